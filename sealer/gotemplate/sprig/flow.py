"""Sprig's `fail`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NoReturn

from sealer.gotemplate.errors import FunctionError
from sealer.gotemplate.functions import Registry

if TYPE_CHECKING:
    from sealer.gotemplate.limits import Context

FUNCTIONS: Final = Registry()
_WITHHELD: Final = "the message is withheld, as it is not the template's own text"


@FUNCTIONS.add("fail", "func(string) (string, error)", context=True)
def _fail(context: Context, message: str) -> NoReturn:
    """Stop. A message is shown only where the template's own text has it: any other may be made of secrets."""
    raise FunctionError(message if message in context.source else _WITHHELD)
