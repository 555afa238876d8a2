"""Which service-account token the agent logs in with: found among the pod's volumes and mounts (reference 2.5)."""

from __future__ import annotations

import posixpath
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from injector.errors import PodError
from injector.webhook.keys import PREFIX

if TYPE_CHECKING:
    from collections.abc import Iterator

    from injector.webhook.pod import Mount, Pod
    from injector.webhook.wire import JsonObject

ANNOTATION: Final = "agent-service-account-token-volume-name"
_OWN_FOLDER: Final = "/var/run/secrets/vault.hashicorp.com/serviceaccount"


@dataclass(frozen=True)
class TokenMount:
    """A service-account token: the volume it is in, where that is mounted, and the file's name below."""

    volume: str
    folder: str
    file: str

    @property
    def path(self) -> str:
        """The token's file in the agent's container."""
        return posixpath.join(self.folder, self.file)


def detect(pod: Pod, volume: str | None) -> TokenMount:
    """Find the token that the agent logs in with.

    Args:
        pod: The pod as it was sent; the API server has added its token volume by then.
        volume: What the annotation names; None to take the first mount of a service-account folder.

    Raises:
        PodError: There is no such volume, or no token in it.

    """
    return _mounted_by_kubernetes(pod) if volume is None else _named(pod, volume)


def _mounted_by_kubernetes(pod: Pod) -> TokenMount:
    for mount in _mounts(pod):
        if "serviceaccount" in mount.path:
            return TokenMount(mount.volume, mount.path, "token")
    raise PodError(
        "no service account token is mounted in the pod's containers",
        hint=f"do not set automountServiceAccountToken to false, or add a projected volume with a serviceAccountToken "
        f"source and name it in the annotation {PREFIX}{ANNOTATION}",
    )


def _named(pod: Pod, name: str) -> TokenMount:
    manifest = next((volume for volume in pod.volumes or () if volume.get("name") == name), None)
    if manifest is None:
        raise PodError(f'there is no volume "{name}", which the annotation {PREFIX}{ANNOTATION} names')
    file = _projected_token(manifest)
    if not file:
        raise PodError(
            f'the volume "{name}", which the annotation {PREFIX}{ANNOTATION} names, holds no service account token',
            hint="it must be a projected volume with a serviceAccountToken source",
        )
    folder = next((mount.path for mount in _mounts(pod) if mount.volume == name), _OWN_FOLDER)
    return TokenMount(name, folder, file)


def _projected_token(volume: JsonObject) -> str | None:
    projected = volume.get("projected")
    sources = projected.get("sources") if isinstance(projected, dict) else None
    for source in sources if isinstance(sources, list) else ():
        token = source.get("serviceAccountToken") if isinstance(source, dict) else None
        path = token.get("path") if isinstance(token, dict) else None
        if isinstance(path, str):
            return path
    return None


def _mounts(pod: Pod) -> Iterator[Mount]:
    for container in pod.containers:
        yield from container.mounts or ()
