"""A read-only view of the pod in an admission request: what the webhook looks at, with its shape checked."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, cast

from injector.errors import PodError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from injector.webhook.wire import JsonObject


@dataclass(frozen=True)
class Mount:
    """A volume mount of a container: the volume's name and the folder in the container."""

    volume: str
    path: str


@dataclass(frozen=True)
class Container:
    """A container or init container.

    Attributes:
        mounts: Its volume mounts; None when the pod leaves the list out, which decides how a patch adds to it.
        manifest: The container as it stands. It holds environment variables: never logged.

    """

    name: str
    mounts: tuple[Mount, ...] | None
    manifest: JsonObject = field(repr=False)


@dataclass(frozen=True)
class Pod:
    """What the webhook needs to know of a pod. Lists are None where the pod leaves them out.

    Attributes:
        spec: The whole spec, for members that are looked at once. It holds environment variables: never logged.

    """

    name: str
    phase: str
    annotations: dict[str, str] | None = field(repr=False)
    containers: tuple[Container, ...]
    init_containers: tuple[Container, ...] | None
    volumes: tuple[JsonObject, ...] | None = field(repr=False)
    spec: JsonObject = field(repr=False)

    def annotation(self, key: str, default: str = "") -> str:
        """Look up an annotation by its whole key."""
        return (self.annotations or {}).get(key, default)

    def without(self, names: frozenset[str]) -> Pod:
        """Give the pod without the containers and init containers of some names."""
        containers = tuple(container for container in self.containers if container.name not in names)
        inits = tuple(container for container in self.init_containers or () if container.name not in names)
        return replace(self, containers=containers, init_containers=inits)


def read(manifest: object) -> Pod:
    """Read the pod of an admission request.

    Args:
        manifest: The request's ``object``: a decoded JSON document of any shape.

    Raises:
        PodError: It has not the shape of a pod; the message names the member.

    """
    pod = _object(manifest, "object")
    metadata = _object(pod.get("metadata") or {}, "metadata")
    spec = _object(pod.get("spec") or {}, "spec")
    status = _object(pod.get("status") or {}, "status")
    return Pod(
        name=_text(metadata.get("name") or metadata.get("generateName") or "", "metadata.name"),
        phase=_text(status.get("phase") or "", "status.phase"),
        annotations=_annotations(metadata.get("annotations")),
        containers=_containers(spec.get("containers"), "spec.containers") or (),
        init_containers=_containers(spec.get("initContainers"), "spec.initContainers"),
        volumes=_objects(spec.get("volumes"), "spec.volumes"),
        spec=spec,
    )


def _annotations(value: object) -> dict[str, str] | None:
    if value is None:
        return None
    return {
        key: _text(text, f"metadata.annotations[{key}]") for key, text in _object(value, "metadata.annotations").items()
    }


def _containers(value: object, where: str) -> tuple[Container, ...] | None:
    manifests = _objects(value, where)
    if manifests is None:
        return None
    return tuple(_container(manifest, f"{where}[{index}]") for index, manifest in enumerate(manifests))


def _container(manifest: JsonObject, where: str) -> Container:
    mounts = _objects(manifest.get("volumeMounts"), f"{where}.volumeMounts")
    return Container(
        name=_text(manifest.get("name") or "", f"{where}.name"),
        mounts=None if mounts is None else tuple(_mount(mount, f"{where}.volumeMounts") for mount in mounts),
        manifest=manifest,
    )


def _mount(manifest: JsonObject, where: str) -> Mount:
    return Mount(
        _text(manifest.get("name") or "", f"{where}[].name"),
        _text(manifest.get("mountPath") or "", f"{where}[].mountPath"),
    )


def _objects(value: object, where: str) -> tuple[JsonObject, ...] | None:
    if value is None:
        return None
    if not isinstance(value, list):
        raise PodError(f"the pod's {where} is not a list")
    items = cast("Sequence[object]", value)
    return tuple(_object(item, f"{where}[{index}]") for index, item in enumerate(items))


def _object(value: object, where: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise PodError(f"the pod's {where} is not an object")
    return cast("dict[str, Any]", value)


def _text(value: object, where: str) -> str:
    if not isinstance(value, str):
        raise PodError(f"the pod's {where} is not a string", hint="put it in quotes")
    return value
