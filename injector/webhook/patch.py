"""The JSON Patch (RFC 6902) that turns the pod as it was sent into the pod with its injection.

The patch is the difference between what is there and what is wanted. What is there already is not added again, so that
a pod that went through the webhook before, in whatever way it comes back, gets an empty patch or only what has changed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from injector.errors import PodError
from injector.webhook import containers, volumes
from injector.webhook.annotations import INJECTED, STATUS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from injector.webhook.pod import Container, Mount, Pod
    from injector.webhook.request import InjectionRequest
    from injector.webhook.settings import Settings
    from injector.webhook.wire import JsonObject, Operation


def build(pod: Pod, request: InjectionRequest, settings: Settings) -> tuple[Operation, ...]:
    """Build the patch of a pod.

    Volumes first, then mounts in containers and in init containers, the agent's init container, the status annotation.
    The agent's container is put behind the others, so that the indices of the mounts hold.

    Returns:
        The operations, always the same for the same pod, request and settings.

    Raises:
        PodError: A volume, container or mount path of the pod is in the way, and is not our own.

    """
    return (
        *_volumes(pod, request, settings),
        *_mounts(pod, request),
        *_init_container(pod, request),
        *_status(pod),
    )


def pointer(*names: str | int) -> str:
    """Make a JSON Pointer (RFC 6901) of member names and indices."""
    return "".join("/" + str(name).replace("~", "~0").replace("/", "~1") for name in names)


def _volumes(pod: Pod, request: InjectionRequest, settings: Settings) -> Iterator[Operation]:
    existing = {str(volume.get("name")): (index, volume) for index, volume in enumerate(pod.volumes or ())}
    missing: list[JsonObject] = []
    for wanted in volumes.build(request, settings):
        if wanted["name"] not in existing:
            missing.append(wanted)
            continue
        index, found = existing[wanted["name"]]
        if _covers(found, wanted):
            continue
        if not _injected_earlier(pod):
            raise _in_the_way(f'a volume named "{wanted["name"]}"')
        yield {"op": "replace", "path": pointer("spec", "volumes", index), "value": wanted}
    yield from _append(pointer("spec", "volumes"), missing, present=pod.volumes is not None)


def _mounts(pod: Pod, request: InjectionRequest) -> Iterator[Operation]:
    wanted = volumes.secret_mounts(request)
    for index, container in enumerate(pod.containers):
        if request.containers is None or container.name in request.containers:
            yield from _mounts_of(container, wanted, pointer("spec", "containers", index, "volumeMounts"))
    for index, container in enumerate(pod.init_containers or ()):
        if not containers.is_ours(container):
            yield from _mounts_of(container, wanted, pointer("spec", "initContainers", index, "volumeMounts"))


def _mounts_of(container: Container, wanted: Sequence[Mount], path: str) -> Iterator[Operation]:
    existing = {mount.path: mount.volume for mount in container.mounts or ()}
    missing = []
    for mount in wanted:
        if mount.path not in existing:
            missing.append(volumes.manifest(mount))
        elif existing[mount.path] != mount.volume:
            raise _in_the_way(f'a mount of the volume "{existing[mount.path]}" at {mount.path} in "{container.name}"')
    yield from _append(path, missing, present=container.mounts is not None)


def _init_container(pod: Pod, request: InjectionRequest) -> Iterator[Operation]:
    if any(container.name == containers.INIT_NAME for container in pod.containers):
        raise _in_the_way(f'a container named "{containers.INIT_NAME}"')
    if not request.init:
        return
    wanted = containers.build_init(request)
    for index, container in enumerate(pod.init_containers or ()):
        if container.name == containers.INIT_NAME:
            if not containers.is_ours(container):
                raise _in_the_way(f'an init container named "{containers.INIT_NAME}"')
            if not _covers(container.manifest, wanted):
                yield {"op": "replace", "path": pointer("spec", "initContainers", index), "value": wanted}
            return
    yield from _append(pointer("spec", "initContainers"), [wanted], present=pod.init_containers is not None)


def _status(pod: Pod) -> Iterator[Operation]:
    if pod.annotations is None:
        yield {"op": "add", "path": pointer("metadata", "annotations"), "value": {STATUS: INJECTED}}
    elif pod.annotations.get(STATUS) != INJECTED:
        yield {"op": "add", "path": pointer("metadata", "annotations", STATUS), "value": INJECTED}


def _append(path: str, items: Sequence[JsonObject], *, present: bool) -> Iterator[Operation]:
    # "add" at "/-" of a missing list is an error, and at a list that is there would replace it (RFC 6902, 4.1).
    if not items:
        return
    if present:
        for item in items:
            yield {"op": "add", "path": path + "/-", "value": item}
    else:
        yield {"op": "add", "path": path, "value": list(items)}


def _injected_earlier(pod: Pod) -> bool:
    return any(containers.is_ours(container) for container in pod.init_containers or ())


def _covers(found: object, wanted: object) -> bool:
    """Tell whether all that is wanted is there. More may be there: the API server adds defaults to what we made."""
    if isinstance(wanted, dict):
        members = cast("dict[str, Any]", wanted)
        return isinstance(found, dict) and all(_covers(found.get(name), value) for name, value in members.items())
    if isinstance(wanted, list):
        return isinstance(found, list) and len(found) == len(wanted) and all(map(_covers, found, wanted))
    return found == wanted


def _in_the_way(what: str) -> PodError:
    return PodError(
        f"the pod already has {what}", hint="rename it, or remove the annotations that ask for the injection"
    )
