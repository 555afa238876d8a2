"""The process in one of the agent's containers, as a flavour makes it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from injector.webhook.pod import Mount
    from injector.webhook.wire import JsonObject


@dataclass(frozen=True)
class Process:
    """What runs in a container.

    Attributes:
        command: The container's ``command``.
        args: Its ``args``; left out where there are none.
        env: Its whole ``env``, in order.
        startup_probe: Only for the part ``native``: succeeds when all files are there.
        pre_stop: A command to be run before the container is stopped.
        folders: Memory volumes that no container of the application gets. Parts that name the same volume share it.

    """

    command: tuple[str, ...]
    args: tuple[str, ...] = ()
    env: tuple[JsonObject, ...] = field(default=(), repr=False)
    startup_probe: JsonObject | None = None
    pre_stop: tuple[str, ...] | None = None
    folders: tuple[Mount, ...] = ()
