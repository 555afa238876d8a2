"""The agent's containers (reference, vault-agent-injector 2.2 and 2.3): what is the same for all flavours."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from injector.errors import JsonPatchError, PodError
from injector.webhook import json_patch, volumes
from injector.webhook.keys import PREFIX
from injector.webhook.pod import Mount

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from injector.webhook.process import Process
    from injector.webhook.request import AgentSettings, InjectionRequest, Part
    from injector.webhook.settings import Resources
    from injector.webhook.volumes import Volume

# Other tools know the agent by these names. The one that stays has the sidecar's, wherever in the pod it is.
NAMES: Final[Mapping[Part, str]] = {"init": "vault-agent-init", "sidecar": "vault-agent", "native": "vault-agent"}


def build(
    request: InjectionRequest, part: Part, process: Process, wanted: Iterable[Volume], names: Mapping[str, str]
) -> dict[str, Any]:
    """Make one of the agent's containers.

    Args:
        request: What the pod asks for.
        part: Which container.
        process: What runs in it.
        wanted: The pod's volumes.
        names: The names that they have in this pod, by their usual ones.

    Returns:
        The manifest of a container that the Pod Security level "restricted" accepts, unless the pod asks for something
        else: user or group 0, no security context, a patch of its own.

    Raises:
        PodError: The pod's patch for the container does not apply.

    """
    made = {
        "name": NAMES[part],
        "image": request.agent.image,
        "command": list(process.command),
        "args": list(process.args) or None,
        "env": list(process.env),
        "resources": _resources(request.agent),
        "volumeMounts": list(_mounts(request, process, wanted, names)),
        "securityContext": _security_context(request.agent) if request.agent.security_context else None,
        "lifecycle": {"preStop": {"exec": {"command": list(process.pre_stop)}}} if process.pre_stop else None,
        "startupProbe": process.startup_probe,
        "restartPolicy": "Always" if part == "native" else None,
    }
    return _patched(request.agent, part, {name: value for name, value in made.items() if value is not None})


def _patched(agent: AgentSettings, part: Part, manifest: dict[str, Any]) -> dict[str, Any]:
    key, patch = (
        ("agent-init-json-patch", agent.init_patch) if part == "init" else ("agent-json-patch", agent.sidecar_patch)
    )
    if not patch:
        return manifest
    try:
        patched = json_patch.apply(manifest, patch)
    except JsonPatchError as error:
        raise PodError(
            f"annotation {PREFIX}{key} does not apply to the container {NAMES[part]}: {error.message}"
        ) from error
    if not isinstance(patched, dict) or not isinstance(patched.get("name"), str):
        raise PodError(f"annotation {PREFIX}{key} makes something of the container {NAMES[part]} that is no container")
    return patched


def _resources(agent: AgentSettings) -> dict[str, dict[str, str]]:
    both = {"limits": _quantities(agent.limits), "requests": _quantities(agent.requests)}
    return {name: quantities for name, quantities in both.items() if quantities}


def _quantities(resources: Resources) -> dict[str, str]:
    named = {"cpu": resources.cpu, "memory": resources.memory, "ephemeral-storage": resources.ephemeral_storage}
    return {name: quantity for name, quantity in named.items() if quantity is not None}


def _mounts(
    request: InjectionRequest, process: Process, wanted: Iterable[Volume], names: Mapping[str, str]
) -> Iterator[Mapping[str, Any]]:
    """List the mounts: the pod's own token, then ours, then those copied from the application.

    A mount that is copied never hides one of ours: two mounts at one path the API server would refuse.

    Raises:
        PodError: Two of ours are at one path, as the pod put its files where the agent has something else.

    """
    taken: dict[object, object] = {}
    for mount in (*_foreign(request), *_own(process, wanted, names)):
        path, name = mount.get("mountPath"), mount.get("name")
        if path in taken:
            raise PodError(
                f'the agent would have two volumes at {path}, "{taken[path]}" and "{name}"',
                hint=f"choose another folder for the files with {PREFIX}secret-volume-path",
            )
        taken[path] = name
        yield mount
    for mount in request.copied_mounts:
        if mount.get("mountPath") not in taken:
            taken[mount.get("mountPath")] = mount.get("name")
            yield mount


def _foreign(request: InjectionRequest) -> Iterator[Mapping[str, Any]]:
    token = request.login.token
    if token is not None and token.source is None:
        yield volumes.manifest(Mount(token.volume, token.folder), read_only=True)
    if request.login.cloud_token is not None:
        yield request.login.cloud_token


def _own(process: Process, wanted: Iterable[Volume], names: Mapping[str, str]) -> Iterator[Mapping[str, Any]]:
    for volume in wanted:
        if volume.reach != "process" or volume.mount in process.folders:
            yield volumes.manifest(Mount(names[volume.name], volume.mount.path), read_only=volume.read_only)


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
