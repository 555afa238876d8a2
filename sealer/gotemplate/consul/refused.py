"""consul-template's functions that are refused: a template that calls one fails with the reason, whatever it passes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NoReturn

from sealer.gotemplate.errors import FunctionError
from sealer.gotemplate.functions import Registry

if TYPE_CHECKING:
    from collections.abc import Callable

CONSUL: Final = (
    "caLeaf", "caRoots", "connect", "datacenters", "exportedServices", "importedServices", "key", "keyExists",
    "keyOrDefault", "ls", "node", "nodes", "partitions", "peerings", "safeLs", "safeTree", "service", "services",
    "tree",
)  # fmt: skip
NOMAD: Final = ("nomadService", "nomadServices", "nomadVar", "nomadVarExists", "nomadVarList", "nomadVarListSafe")
REASONS: Final[dict[str, str]] = {
    **dict.fromkeys(CONSUL, "Consul is not available here: only Vault is"),
    **dict.fromkeys(NOMAD, "Nomad is not available here: only Vault is"),
    "plugin": "programs are not started from templates",
    "sockaddr": "network interfaces are not looked at: pass the address in the environment (status.podIP) and use env",
    **dict.fromkeys(
        ("spew_dump", "spew_printf"),
        "this would write to standard output, where secrets must not be: use spew_sdump or spew_sprintf",
    ),
}


def _refusal(reason: str) -> Callable[..., NoReturn]:
    def refuse(*_: Any) -> NoReturn:
        raise FunctionError(reason)

    return refuse


def _refused() -> Registry:
    functions = Registry()
    for name, reason in REASONS.items():
        functions.add(name, "func(...any) (any, error)")(_refusal(reason))
    return functions


FUNCTIONS: Final = _refused()
