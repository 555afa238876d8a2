"""The agent's init container (reference, vault-agent-injector 2.2 and 2.3)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from injector.webhook import agent_config, volumes
from injector.webhook.pod import Container, Mount

if TYPE_CHECKING:
    from injector.webhook.request import AgentSettings, InjectionRequest
    from injector.webhook.settings import Resources

INIT_NAME: Final = "vault-agent-init"
CONFIG_VARIABLE: Final = "SEALER_AGENT_CONFIG"
_COMMAND: Final = ("sealer-agent",)


def build_init(request: InjectionRequest) -> dict[str, Any]:
    """Make the init container that fetches the secrets and ends.

    No shell is involved, so that the image needs none and no annotation's text is ever read as a command.

    Returns:
        The manifest of a container that the Pod Security level "restricted" accepts, unless the pod asks for user or
        group 0.

    """
    return {
        "name": INIT_NAME,
        "image": request.agent.image,
        "command": list(_COMMAND),
        "args": ["init"],
        "env": _environment(request),
        "resources": _resources(request.agent),
        "volumeMounts": _mounts(request),
        "securityContext": _security_context(request.agent),
    }


def is_ours(container: Container) -> bool:
    """Tell whether an init container is one that this webhook made for the pod at some earlier time."""
    return container.name == INIT_NAME and container.manifest.get("command") == list(_COMMAND)


def _environment(request: InjectionRequest) -> list[dict[str, Any]]:
    return [
        _from_pod("NAMESPACE", "metadata.namespace"),
        _from_pod("HOST_IP", "status.hostIP"),
        _from_pod("POD_IP", "status.podIP"),
        {"name": "VAULT_LOG_LEVEL", "value": request.agent.log_level},
        {"name": CONFIG_VARIABLE, "value": agent_config.encode(agent_config.build(request))},
    ]


def _from_pod(name: str, path: str) -> dict[str, Any]:
    return {"name": name, "valueFrom": {"fieldRef": {"fieldPath": path}}}


def _resources(agent: AgentSettings) -> dict[str, dict[str, str]]:
    both = {"limits": _quantities(agent.limits), "requests": _quantities(agent.requests)}
    return {name: quantities for name, quantities in both.items() if quantities}


def _quantities(resources: Resources) -> dict[str, str]:
    named = {"cpu": resources.cpu, "memory": resources.memory, "ephemeral-storage": resources.ephemeral_storage}
    return {name: quantity for name, quantity in named.items() if quantity is not None}


def _mounts(request: InjectionRequest) -> list[dict[str, Any]]:
    token = request.login.token
    mounts = [volumes.manifest(Mount(token.volume, token.folder), read_only=True)]
    mounts += [volumes.manifest(mount) for mount in volumes.secret_mounts(request)]
    if request.tls_secret is not None:
        mounts.append(volumes.manifest(Mount(volumes.TLS, volumes.TLS_FOLDER), read_only=True))
    return mounts


def _security_context(agent: AgentSettings) -> dict[str, Any]:
    return {
        "allowPrivilegeEscalation": False,
        "capabilities": {"drop": ["ALL"]},
        "readOnlyRootFilesystem": True,
        # As in the existing injector, a pod that asks for id 0 gets it, and Kubernetes must then not insist on
        # non-root.
        "runAsNonRoot": 0 not in {agent.run_as_user, agent.run_as_group},
        "runAsUser": agent.run_as_user,
        "runAsGroup": agent.run_as_group,
        "seccompProfile": {"type": "RuntimeDefault"},
    }
