"""The volumes and mounts that an injection adds to a pod."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from injector.webhook.pod import Mount

if TYPE_CHECKING:
    from injector.webhook.request import InjectionRequest
    from injector.webhook.settings import Settings

SECRETS = "vault-secrets"
TLS = "vault-tls-secrets"
TLS_FOLDER = "/vault/tls"


def secret_mounts(request: InjectionRequest) -> tuple[Mount, ...]:
    """List the memory volumes and where they are mounted, in the pod's containers and in the agent's.

    The pod's own volume comes first; those of single secrets are numbered in the order of their folders, so that equal
    pods get equal patches.
    """
    pod_folder, *others = request.folders
    custom = (Mount(f"{SECRETS}-custom-{index}", folder) for index, folder in enumerate(others))
    return (Mount(SECRETS, pod_folder), *custom)


def build(request: InjectionRequest, settings: Settings) -> tuple[dict[str, Any], ...]:
    """Make the volumes: one in memory for each folder, and Vault's CA if the pod names a Secret with it."""
    volumes = [_memory(mount.volume, settings.secrets_size_limit) for mount in secret_mounts(request)]
    if request.init and request.tls_secret is not None:
        volumes.append({"name": TLS, "secret": {"secretName": request.tls_secret}})
    return tuple(volumes)


def manifest(mount: Mount, *, read_only: bool = False) -> dict[str, Any]:
    """Make a volume mount as it stands in a container."""
    made: dict[str, Any] = {"name": mount.volume, "mountPath": mount.path}
    if read_only:
        made["readOnly"] = True
    return made


def _memory(name: str, size_limit: str | None) -> dict[str, Any]:
    # medium Memory is tmpfs: secrets never reach the node's disk, and are gone with the pod.
    limit = {} if size_limit is None else {"sizeLimit": size_limit}
    return {"name": name, "emptyDir": {"medium": "Memory", **limit}}
