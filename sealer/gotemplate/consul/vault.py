"""consul-template's functions that need something fetched: `secret`, `secrets`, `pkiCert`, `file` (reference 3.5)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from sealer.gotemplate.consul.dependencies import file_at, issuing, listing, read_or_write
from sealer.gotemplate.consul.passes import Pass
from sealer.gotemplate.functions import Registry

if TYPE_CHECKING:
    from sealer.gotemplate.limits import Context

FUNCTIONS: Final = Registry()


@FUNCTIONS.add("secret", "func(...string) (any, error)", context=True)
def _secret(context: Context, *arguments: str) -> Any:
    """A path alone is read; with `name=value` behind it, the path is written to and the answer used."""
    return context.service(Pass).secret(read_or_write(*arguments)) if arguments else None


@FUNCTIONS.add("secrets", "func(string) ([]string, error)", context=True)
def _secrets(context: Context, path: str) -> list[str] | None:
    return context.service(Pass).names(listing(path)) if path else None


@FUNCTIONS.add("pkiCert", "func(...string) (any, error)", context=True)
def _pki_cert(context: Context, *arguments: str) -> Any:
    if not arguments:
        return None
    current = context.service(Pass)
    path, *pairs = arguments
    return current.certificate(issuing(path, tuple(pairs), current.surroundings.destination))


@FUNCTIONS.add("file", "func(string) (string, error)", context=True)
def _file(context: Context, path: str) -> str:
    return context.service(Pass).file(file_at(path)) if path else ""
