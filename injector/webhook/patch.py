"""The JSON Patch (RFC 6902) that turns the pod as it was sent into the pod with its injection.

The patch is the difference between what is there and what is wanted. What is there already is not added again, so that
a pod that went through the webhook before, in whatever way it comes back, gets an empty patch or only what has changed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from injector.webhook import agent_patch, containers, flavours, launching, volumes
from injector.webhook.agent_patch import append, in_the_way, pointer
from injector.webhook.annotations import CONTAINERS, INJECTED, STATUS
from injector.webhook.pod import Mount

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from typing import Any

    from injector.webhook.pod import Container, Pod
    from injector.webhook.request import InjectionRequest
    from injector.webhook.volumes import Volume
    from injector.webhook.wire import JsonObject, Operation


def build(pod: Pod, request: InjectionRequest) -> tuple[Operation, ...]:
    """Build the patch of a pod.

    Volumes first, then mounts and commands of the pod's containers and init containers, whose indices hold as long as
    nothing is put before them; then the agent's containers, and what the pod says about itself.

    Returns:
        The operations, always the same for the same pod and request.

    Raises:
        PodError: A container or a mount path of the pod is in the way, and is not our own.

    """
    ours = agent_patch.ours(pod)
    processes = {part: flavours.process(request, part) for part in request.parts}
    wanted = volumes.build(request, processes.values())
    names = volumes.choose_names(pod, ours, wanted)
    agents = {part: containers.build(request, part, process, wanted, names) for part, process in processes.items()}
    return (
        *_volumes(pod, wanted, names),
        *_application(pod, request, names, ours),
        *agent_patch.build(pod, agents, ours, init_first=request.init_first),
        *_process_namespace(pod, request),
        *_annotations(pod, [agent["name"] for agent in agents.values()]),
    )


def _volumes(pod: Pod, wanted: Sequence[Volume], names: Mapping[str, str]) -> Iterator[Operation]:
    existing = {str(volume.get("name")): (index, volume) for index, volume in enumerate(pod.volumes or ())}
    missing: list[JsonObject] = []
    for volume in wanted:
        manifest = {"name": names[volume.name], **volume.source}
        if manifest["name"] not in existing:
            missing.append(manifest)
            continue
        index, found = existing[manifest["name"]]
        if not volumes.covers(found, manifest):
            yield {"op": "replace", "path": pointer("spec", "volumes", index), "value": manifest}
    yield from append(pointer("spec", "volumes"), missing, present=pod.volumes is not None)


def _application(
    pod: Pod, request: InjectionRequest, names: Mapping[str, str], ours: frozenset[str]
) -> Iterator[Operation]:
    files = [(Mount(names[mount.volume], mount.path), False) for mount in volumes.secret_mounts(request)]
    launch = [(Mount(names[volumes.LAUNCH], launching.FOLDER), True)] if request.env_files else []
    for index, container in enumerate(pod.containers):
        if container.name in ours:
            continue
        chosen = request.containers is None or container.name in request.containers
        launched = any(container.name in env_file.containers for env_file in request.env_files)
        at = pointer("spec", "containers", index)
        yield from _mounts_of(container, [*(files if chosen else ()), *(launch if launched else ())], at)
        yield from _command(container, launching.wrapped(container, request.env_files), at)
    for index, container in enumerate(pod.init_containers or ()):
        if container.name not in ours:
            yield from _mounts_of(container, files, pointer("spec", "initContainers", index))


def _mounts_of(container: Container, wanted: Sequence[tuple[Mount, bool]], at: str) -> Iterator[Operation]:
    existing = {mount.path: mount.volume for mount in container.mounts or ()}
    missing = []
    for mount, read_only in wanted:
        if mount.path not in existing:
            missing.append(volumes.manifest(mount, read_only=read_only))
        elif existing[mount.path] != mount.volume:
            raise in_the_way(f'a mount of the volume "{existing[mount.path]}" at {mount.path} in "{container.name}"')
    yield from append(at + "/volumeMounts", missing, present=container.mounts is not None)


def _command(container: Container, command: Sequence[str], at: str) -> Iterator[Operation]:
    present: Any = container.manifest.get("command")
    if list(command) != (present or []):
        yield {"op": "add", "path": at + "/command", "value": list(command)}


def _process_namespace(pod: Pod, request: InjectionRequest) -> Iterator[Operation]:
    wanted = request.share_process_namespace
    if wanted is not None and request.parts and wanted != bool(pod.spec.get("shareProcessNamespace")):
        yield {"op": "add", "path": pointer("spec", "shareProcessNamespace"), "value": wanted}


def _annotations(pod: Pod, agents: Sequence[str]) -> Iterator[Operation]:
    wanted = {CONTAINERS: ",".join(agents), STATUS: INJECTED}
    if pod.annotations is None:
        yield {"op": "add", "path": pointer("metadata", "annotations"), "value": wanted}
        return
    for key, text in wanted.items():
        if pod.annotations.get(key) != text:
            yield {"op": "add", "path": pointer("metadata", "annotations", key), "value": text}
