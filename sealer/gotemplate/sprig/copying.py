"""Copy a value with all that it holds, as mitchellh/copystructure does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from sealer.gotemplate import values
from sealer.gotemplate.errors import LimitError
from sealer.gotemplate.sprig.versions import ZERO_VERSION, Version

if TYPE_CHECKING:
    from sealer.gotemplate.limits import Context

MAX_DEPTH: Final = 100


def deep_copy(context: Context, value: Any, depth: int = 0) -> Any:
    """Copy lists, maps and pointers; other values cannot be changed and are kept.

    Args:
        context: The rendering, which is charged for each element.
        value: Any Go value.
        depth: How deep within the outermost value this one is.

    Raises:
        LimitError: It is nested too deep, or takes too many steps.

    """
    context.spend(3)
    if depth > MAX_DEPTH:
        raise LimitError(f"copies values nested more than {MAX_DEPTH} deep")
    if isinstance(value, (list, dict)) and values.is_nil(value):
        return value
    if isinstance(value, list):
        copied = [deep_copy(context, item, depth + 1) for item in value]
        return values.Slice(copied, value.go_type) if isinstance(value, values.Slice) else copied
    if isinstance(value, dict):
        entries = {key: deep_copy(context, item, depth + 1) for key, item in value.items()}
        return values.Map(entries, value.go_type) if isinstance(value, values.Map) else entries
    if isinstance(value, values.Pointer) and value.target is not None:
        return values.Pointer(deep_copy(context, value.target, depth + 1), value.go_type)
    if isinstance(value, Version):
        return ZERO_VERSION  # its fields are not exported, so package reflect cannot copy them
    return value
