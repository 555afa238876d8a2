"""The volumes that an injection adds to a pod, and under which names.

Each has a usual name, which is that of the existing injector where it has the volume too. Where the pod has another
volume of that name, the first free one of ``NAME-1``, ``NAME-2``… is taken.
"""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal, cast

from injector.webhook import launching
from injector.webhook.annotations import CONTAINERS
from injector.webhook.pod import Mount

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from injector.webhook.pod import Container, Pod
    from injector.webhook.process import Process
    from injector.webhook.request import InjectionRequest

SECRETS: Final = "vault-secrets"
LAUNCH: Final = "sealer-launch"

Reach = Literal["application", "agents", "process"]


@dataclass(frozen=True)
class Volume:
    """A volume: its source, and under which usual name and where the agent's containers have it.

    Attributes:
        reach: Who has it: the application's containers too, all of the agent's, or those whose process names it.

    """

    mount: Mount
    source: Mapping[str, Any]
    reach: Reach
    read_only: bool = False

    @property
    def name(self) -> str:
        """The usual name."""
        return self.mount.volume


def secret_mounts(request: InjectionRequest) -> tuple[Mount, ...]:
    """List the memory volumes with files and where they are mounted, in the pod's containers and in the agent's.

    The pod's own volume comes first; those of single secrets are numbered in the order of their folders, so that equal
    pods get equal patches.
    """
    pod_folder, *others = request.folders
    custom = (Mount(f"{SECRETS}-custom-{index}", folder) for index, folder in enumerate(others))
    return (Mount(SECRETS, pod_folder), *custom)


def build(request: InjectionRequest, processes: Iterable[Process]) -> tuple[Volume, ...]:
    """Make the volumes: those in memory, and those that hold what the cluster has for the agent."""
    limit = {} if request.size_limit is None else {"sizeLimit": request.size_limit}
    memory = {"emptyDir": {"medium": "Memory", **limit}}
    # medium Memory is tmpfs: secrets never reach the node's disk, and are gone with the pod.
    private = dict.fromkeys(mount for process in processes for mount in process.folders)
    shared = [*secret_mounts(request), *([Mount(LAUNCH, launching.FOLDER)] if request.env_files else [])]
    return (
        *(Volume(mount, memory, "process") for mount in private),
        *(Volume(mount, memory, "application") for mount in shared),
        *(_from_cluster(request) if request.parts else ()),
    )


def _from_cluster(request: InjectionRequest) -> Iterator[Volume]:
    token = request.login.token
    if token is not None and token.source is not None:
        projected = {"projected": {"sources": [{"serviceAccountToken": token.source}]}}
        yield Volume(Mount(token.volume, token.folder), projected, "agents", read_only=True)
    if request.configmap is not None:
        config = {"configMap": {"name": request.configmap}}
        yield Volume(Mount("vault-config", "/vault/configs"), config, "agents", read_only=True)
    if request.extra_secret is not None:
        yield Volume(Mount("extra-secrets", "/vault/custom"), _secret(request.extra_secret), "agents", read_only=True)
    if request.tls_secret is not None:
        yield Volume(Mount("vault-tls-secrets", "/vault/tls"), _secret(request.tls_secret), "agents", read_only=True)


def _secret(name: str) -> dict[str, Any]:
    return {"secret": {"secretName": name}}


def manifest(mount: Mount, *, read_only: bool = False) -> dict[str, Any]:
    """Make a volume mount as it stands in a container."""
    made: dict[str, Any] = {"name": mount.volume, "mountPath": mount.path}
    if read_only:
        made["readOnly"] = True
    return made


def choose_names(pod: Pod, ours: frozenset[str], wanted: Iterable[Volume]) -> dict[str, str]:
    """Choose the names of the volumes.

    Args:
        pod: The pod as it was sent.
        ours: The names of the agent's containers that an earlier injection put into it.
        wanted: The volumes.

    Returns:
        The usual name of each, and the one that it gets in this pod; always the same for the same pod. What an earlier
        injection made, or what is there and is just the same, is taken again.

    """
    existing = {str(volume.get("name")): volume for volume in pod.volumes or ()}
    containers = (*pod.containers, *(pod.init_containers or ()))
    agents = _mounted(container for container in containers if container.name in ours)
    # Where a mount of the pod's own is in our place, the pod is refused: after an injection, those there are ours.
    application = _mounted(containers) if CONTAINERS in (pod.annotations or {}) else agents
    return {
        volume.name: _choose(volume, existing, application if volume.reach == "application" else agents)
        for volume in wanted
    }


def _mounted(containers: Iterable[Container]) -> set[tuple[str, str]]:
    return {(mount.path, mount.volume) for container in containers for mount in container.mounts or ()}


def _choose(volume: Volume, existing: Mapping[str, Mapping[str, Any]], mounted: set[tuple[str, str]]) -> str:
    pattern = re.compile(re.escape(volume.name) + r"(-[0-9]+)?")
    earlier = sorted(name for path, name in mounted if path == volume.mount.path and pattern.fullmatch(name))
    if earlier:
        return earlier[0]
    candidates = (volume.name if number == 0 else f"{volume.name}-{number}" for number in itertools.count())
    return next(name for name in candidates if name not in existing or covers(existing[name], volume.source))


def covers(found: object, wanted: object) -> bool:
    """Tell whether all that is wanted is there. More may be there: the API server adds defaults to what we made."""
    if isinstance(wanted, dict):
        members = cast("dict[str, Any]", wanted)
        return isinstance(found, dict) and all(covers(found.get(name), value) for name, value in members.items())
    if isinstance(wanted, list):
        return isinstance(found, list) and len(found) == len(wanted) and all(map(covers, found, wanted))
    return found == wanted
