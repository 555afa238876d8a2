"""Which service-account token the agent logs in with (reference, vault-agent-injector 2.5).

It is the one in the volume that the pod names, or one that is projected for the agent alone, or the pod's own.
"""

from __future__ import annotations

import posixpath
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from injector.errors import PodError
from injector.webhook import own_values
from injector.webhook.keys import OWN_PREFIX, PREFIX

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from injector.webhook.annotations import Annotations
    from injector.webhook.pod import Mount, Pod
    from injector.webhook.settings import Settings
    from injector.webhook.wire import JsonObject

ANNOTATION: Final = "agent-service-account-token-volume-name"
AUDIENCE: Final = "service-account-token-audience"
EXPIRATION: Final = "service-account-token-expiration-seconds"
VOLUME: Final = "sealer-token"
_FOLDER: Final = "/var/run/secrets/sealer.dev/serviceaccount"
_NAMED_FOLDER: Final = "/var/run/secrets/vault.hashicorp.com/serviceaccount"
_CLOUD: Final = "eks.amazonaws.com"


@dataclass(frozen=True)
class TokenMount:
    """A service-account token: the volume it is in, where that is mounted, and the file's name below.

    Attributes:
        source: The projected volume's ``serviceAccountToken``, where the webhook makes the volume; None where the pod
            has it.

    """

    volume: str
    folder: str
    file: str
    source: JsonObject | None = None

    @property
    def path(self) -> str:
        """The token's file in the agent's container."""
        return posixpath.join(self.folder, self.file)


def detect(pod: Pod, annotations: Annotations, settings: Settings, *, needed: bool) -> TokenMount | None:
    """Find the token that the agent logs in with.

    A pod with ``automountServiceAccountToken: false`` has none: then one is projected.

    Args:
        pod: The pod without the agent's containers; the API server has added its token volume by then.
        annotations: The pod's.
        settings: Audience and expiration where the pod says nothing.
        needed: Whether the login cannot do without.

    Returns:
        The token; None only where none is needed.

    Raises:
        PodError: The volume that the pod names is not there, or has no token in it.

    """
    named = annotations.texts.get(ANNOTATION)
    if named is not None:
        return _named(pod, named)
    audience = annotations.own.get(AUDIENCE, settings.token_audience or "")
    mounted = next((mount for mount in _mounts(pod) if "serviceaccount" in mount.path), None)
    if needed and (audience or EXPIRATION in annotations.own or mounted is None):
        return TokenMount(VOLUME, _FOLDER, "token", _source(audience, annotations.own, settings))
    return None if mounted is None else TokenMount(mounted.volume, mounted.path, "token")


def cloud_mount(pod: Pod) -> JsonObject | None:
    """Find the mount of the token that AWS gives roles for (IRSA), among the containers of the application."""
    for container in pod.containers:
        for mount, manifest in zip(container.mounts or (), container.manifest.get("volumeMounts") or (), strict=True):
            if _CLOUD in mount.path:
                return {**manifest, "readOnly": True}
    return None


def _source(audience: str, own: Mapping[str, str], settings: Settings) -> JsonObject:
    seconds = settings.token_expiration
    if EXPIRATION in own:
        seconds = own_values.token_expiration(OWN_PREFIX + EXPIRATION, own[EXPIRATION])
    named = {"audience": audience} if audience else {}
    return {**named, "expirationSeconds": seconds, "path": "token"}


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
    folder = next((mount.path for mount in _mounts(pod) if mount.volume == name), _NAMED_FOLDER)
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
