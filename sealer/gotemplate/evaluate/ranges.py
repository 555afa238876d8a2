"""Loops: what `range` can go over, and what its variables get in each turn (text/template, "Actions")."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

from sealer.gotemplate import types, values
from sealer.gotemplate.evaluate.reflect import in_slot
from sealer.gotemplate.ordering import sorted_items

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sealer.gotemplate.evaluate.state import State
    from sealer.gotemplate.nodes import PipeNode


class Break(Exception):  # noqa: N818 - not an error: it ends a loop
    """`{{break}}`."""


class Continue(Exception):  # noqa: N818 - not an error: it ends a turn
    """`{{continue}}`."""


def loop(state: State, pipe: PipeNode, value: Any, body: Callable[[State, Any], None]) -> bool:
    """Execute the body once for each element.

    Args:
        state: The execution.
        pipe: The pipeline of the loop, for its variables.
        value: What to go over, plain; None for nothing.
        body: The body.

    Returns:
        Whether there was an element.

    """
    names = [variable.idents[0] for variable in pipe.declared]
    mark = len(state.names)
    turned = False
    for index, element in turns(state, value, variables=len(names)):
        turned = True
        state.spend()
        _set(state, names, index, element, is_assign=pipe.is_assign)
        with suppress(Continue):
            body(state, element)
        state.pop(mark)
    return turned


def _set(state: State, names: list[str], index: Any, element: Any, *, is_assign: bool) -> None:
    if is_assign:
        for name, value in zip(names, (index, element) if len(names) > 1 else (element,), strict=True):
            state.assign(name, value)
    elif names:
        state.slots[-1] = element
        if len(names) > 1:
            state.slots[-2] = index


def turns(state: State, value: Any, variables: int) -> Iterator[tuple[Any, Any]]:
    """Index or key, and element, of each turn; fails where a value cannot be gone over."""
    found = values.type_of(value)
    kind = "invalid" if found is None else found.kind
    if found is None:
        return iter(())
    if kind in types.INTEGERS:
        if variables > 1:
            # Go names the number here; a value does not belong into an error.
            state.fail("can't use an integer to iterate over more than one variable")
        return ((None, values.integer(at, found)) for at in range(value))
    if kind in {"slice", "array"}:
        elem = found.element
        return ((at, in_slot(item, elem)) for at, item in enumerate(values.elements(value)))
    if kind == "map":
        key_type, elem = found.key or types.STRING, found.element
        return ((in_slot(key, key_type), in_slot(item, elem)) for key, item in sorted_items(value))
    if isinstance(value, values.Channel):
        elem = found.element
        return ((at, in_slot(item, elem)) for at, item in enumerate(value.items))
    # Go prints the value here; it may be a secret, so its type stands for it.
    return state.fail(f"range can't iterate over a value of type {found.name}")
