"""How Sprig makes text of any value: `toString`, `toStrings`, and joining."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sealer.gotemplate import fmt, text, types, values

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sealer.gotemplate.limits import Context


def printed(context: Context, value: Any) -> str:
    """Text of a value as `%v` prints it.

    Raises:
        LimitError: The text is too large.

    """
    return fmt.sprint([value], context.reserve)


def strval(context: Context, value: Any) -> str:
    """Text of a value: a string and bytes as they are, an error's or a Stringer's own text, else as `%v` prints it.

    Raises:
        LimitError: The text is too large.

    """
    if type(value) is str:
        return value
    if isinstance(value, bytes):
        return text.decode(value)
    return printed(context, value)


def to_strings(context: Context, value: Any) -> values.Slice:
    """Texts of the elements of a list, without its nils; of any other value, of itself; of nil, none.

    A `[]string` is given back itself, not a copy, as Sprig does.

    Raises:
        LimitError: A text is too large.

    """
    if isinstance(value, values.Slice) and value.go_type is types.STRINGS:
        return value
    if values.kind_of(value) in {"slice", "array"}:
        return values.strings([strval(context, item) for item in values.elements(value) if item is not None])
    return values.strings([] if value is None else [strval(context, value)])


def join_all(context: Context, separator: str, parts: Sequence[str]) -> str:
    """Join texts.

    Raises:
        LimitError: The result is too large.

    """
    context.spend(len(parts) // 8)
    context.reserve(sum(map(text.size, parts)) + text.size(separator) * len(parts))
    return separator.join(parts)
