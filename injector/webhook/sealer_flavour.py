"""The flavour ``sealer``: our own agent. It needs no shell, so no annotation's text is ever read by one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from injector.webhook import agent_config, environment
from injector.webhook.pod import Mount
from injector.webhook.process import Process

if TYPE_CHECKING:
    from collections.abc import Iterator

    from injector.webhook.request import InjectionRequest, Part
    from injector.webhook.wire import JsonObject

CONFIG_VARIABLE: Final = "SEALER_AGENT_CONFIG"
CONFIG_FOLDER: Final = "/vault/configs"
_PROGRAM: Final = "sealer-agent"
# A native sidecar that is not ready holds up the pod's start: looked at each second, and given as long as the agent's
# own attempts last (300 s), twice over, before it is started anew.
_PROBE: Final = {"periodSeconds": 1, "timeoutSeconds": 5, "failureThreshold": 600}


def process(request: InjectionRequest, part: Part) -> Process:
    """Make the process of one of the agent's containers.

    Raises:
        PodError: The agent cannot do what the pod asks for.

    """
    flags = () if request.configmap is None else ("--config", _config_file(part))
    return Process(
        command=(_PROGRAM,),
        args=("init" if part == "init" else "run", *flags),
        env=_env(request, part),
        startup_probe=_startup_probe(flags) if part == "native" else None,
        folders=_folders(request, part),
    )


def warnings(request: InjectionRequest) -> Iterator[str]:
    """List what our own agent does otherwise than the pod may expect: nothing, so far, that is not said elsewhere."""
    del request
    yield from ()


def _config_file(part: Part) -> str:
    return f"{CONFIG_FOLDER}/{'config-init' if part == 'init' else 'config'}.json"


def _env(request: InjectionRequest, part: Part) -> tuple[JsonObject, ...]:
    config = [] if request.configmap is not None else [agent_config.encode(agent_config.build(request, part))]
    return (
        *environment.pod_fields(),
        *environment.proxy(request),
        *(environment.variable(CONFIG_VARIABLE, text) for text in config),
        *environment.last(request),
    )


def _startup_probe(flags: tuple[str, ...]) -> JsonObject:
    return {"exec": {"command": [_PROGRAM, "ready", *flags]}, **_PROBE}


def _folders(request: InjectionRequest, part: Part) -> tuple[Mount, ...]:
    if part == "native":
        return (Mount("home-sidecar", agent_config.HOME),)
    return (Mount("vault-agent-cache", agent_config.HANDOVER_FOLDER),) if agent_config.hands_over(request) else ()
