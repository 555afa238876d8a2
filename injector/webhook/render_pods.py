"""The pods that manifests would make, as the API server would send them to the webhook (pure).

Before any webhook is called, the API server's ServiceAccount admission mounts the token of the pod's service account in
every container. A manifest in git lacks it, and the patch depends on it: the agent logs in with that token. So it is
added here as it is there. Sources: Kubernetes, "Managing Service Accounts", sections "Bound service account tokens" and
"ServiceAccount admission controller".
"""

from __future__ import annotations

import copy
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from sealer.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from sealer.documents import Document, Origin

Json = dict[str, Any]
Path = tuple[str, ...]

# Where the pod, or the pod template, is in the kinds that have one.
_TEMPLATES: Final[Mapping[tuple[str, str], Path]] = {
    ("v1", "Pod"): (),
    ("v1", "PodTemplate"): ("template",),
    ("v1", "ReplicationController"): ("spec", "template"),
    ("apps", "Deployment"): ("spec", "template"),
    ("apps", "StatefulSet"): ("spec", "template"),
    ("apps", "DaemonSet"): ("spec", "template"),
    ("apps", "ReplicaSet"): ("spec", "template"),
    ("batch", "Job"): ("spec", "template"),
    ("batch", "CronJob"): ("spec", "jobTemplate", "spec", "template"),
}
_USUAL: Final = ("spec", "template")
_TOKEN_FOLDER: Final = "/var/run/secrets/kubernetes.io/serviceaccount"  # noqa: S105  # a folder
_TOKEN_VOLUME: Final = "kube-api-access-"  # noqa: S105  # a name's beginning
# The API server ends the name with five random characters; what is kept in git must be the same each time.
_MARK: Final = "00000"


@dataclass(frozen=True)
class Candidate:
    """A pod that the API server would ask the webhook about.

    Attributes:
        title: Kind, namespace and name of the object that makes it, such as ``Deployment shop/web``.
        namespace: Its own.
        pod: The Pod's manifest, with the token of its service account.
        document: Where it comes from.
        path: Of the pod, or the pod template, in the document.

    """

    title: str
    namespace: str
    pod: Json = field(repr=False)
    document: Document
    path: Path

    @property
    def annotations(self) -> Json:
        """The pod's annotations; empty where they are none that a person can read."""
        return _object(_object(self.pod.get("metadata")).get("annotations"))

    @property
    def outer_annotations(self) -> Json:
        """The annotations of the object that makes the pod; empty for a pod itself."""
        return _object(_object(_object(self.document.value).get("metadata")).get("annotations")) if self.path else {}

    def at(self, message: str) -> Origin:
        """Return the place of the annotation that a message names; of the pod where it names none."""
        named = sorted((key for key in self.annotations if key in message), key=len)
        place = ("metadata", "annotations", named[-1]) if named else ()
        return self.document.at((*self.path, *place))


def accounts(documents: Iterable[Document], namespace: str) -> dict[tuple[str, str], bool]:
    """Find the service accounts among manifests, and whether each lets its token be mounted.

    Args:
        documents: Manifests of any kind.
        namespace: Of those that name none.

    """
    found = {}
    for document in documents:
        manifest = _object(document.value)
        if manifest.get("kind") == "ServiceAccount" and _group(manifest) == "v1":
            metadata = _object(manifest.get("metadata"))
            mounts = manifest.get("automountServiceAccountToken") is not False
            found[str(metadata.get("namespace") or namespace), str(metadata.get("name"))] = mounts
    return found


def find(document: Document, namespace: str, known: Mapping[tuple[str, str], bool]) -> Candidate | None:
    """Return the pod that an object makes; None where it makes none.

    Args:
        document: A manifest.
        namespace: Where it names none.
        known: What `accounts` found.

    Raises:
        InputError: It is no manifest, or one of a kind with a pod template that has none.

    """
    manifest = document.value
    if not isinstance(manifest, dict) or not isinstance(manifest.get("kind"), str):
        raise InputError(f"{document.origin}: not a Kubernetes manifest", hint="expected an object with a kind")
    path = _path(manifest)
    if path is None:
        return None
    metadata = _object(manifest.get("metadata"))
    place = str(metadata.get("namespace") or namespace)
    name = str(metadata.get("name") or metadata.get("generateName") or "")
    pod = _pod(_at(manifest, path), name, place) if path else copy.deepcopy(manifest)
    if not isinstance(pod.get("spec"), dict):
        where = ".".join((*path, "spec"))
        raise InputError(f"{document.at(path)}: a {manifest['kind']} without {where}")
    _mount_token(pod["spec"], place, known)
    return Candidate(f"{manifest['kind']} {place}/{name}", place, pod, document, path)


def _path(manifest: Json) -> Path | None:
    path = _TEMPLATES.get((_group(manifest), manifest["kind"]))
    if path is not None:
        return path
    # Kinds of others, such as rollouts, that keep a pod template where Deployment has it.
    containers = _object(_at(manifest, _USUAL).get("spec")).get("containers")
    return _USUAL if isinstance(containers, list) else None


def _group(manifest: Json) -> str:
    """Return the API group, and ``v1`` for the core one, which has no name."""
    return str(manifest.get("apiVersion") or "").partition("/")[0]


def _pod(template: Json, name: str, namespace: str) -> Json:
    metadata = {**_object(template.get("metadata")), "namespace": namespace}
    metadata.setdefault("generateName", f"{name}-")
    return copy.deepcopy({"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": template.get("spec")})


def _mount_token(spec: Json, namespace: str, known: Mapping[tuple[str, str], bool]) -> None:
    """Do what the API server's ServiceAccount admission does to a pod's volumes and mounts."""
    account = str(spec.get("serviceAccountName") or spec.get("serviceAccount") or "default")
    asked = spec.get("automountServiceAccountToken")
    if not (known.get((namespace, account), True) if asked is None else asked):
        return
    volumes = [one for one in _list(spec.get("volumes")) if isinstance(one, dict)]
    present = next((str(one["name"]) for one in volumes if str(one.get("name")).startswith(_TOKEN_VOLUME)), None)
    name = present or _TOKEN_VOLUME + _MARK
    mounted = [
        _mount(container, name) for kind in ("initContainers", "containers") for container in _list(spec.get(kind))
    ]
    if present is None and any(mounted):
        spec["volumes"] = [*_list(spec.get("volumes")), {"name": name, "projected": _token()}]


def _mount(container: Any, volume: str) -> bool:
    """Mount the token in a container that has nothing there; return whether it was needed."""
    if not isinstance(container, dict):
        return False
    mounts = _list(container.get("volumeMounts"))
    if any(_object(mount).get("mountPath") == _TOKEN_FOLDER for mount in mounts):
        return False
    container["volumeMounts"] = [*mounts, {"name": volume, "mountPath": _TOKEN_FOLDER, "readOnly": True}]
    return True


def _token() -> Json:
    namespace = {"path": "namespace", "fieldRef": {"apiVersion": "v1", "fieldPath": "metadata.namespace"}}
    return {
        "defaultMode": 420,
        "sources": [
            {"serviceAccountToken": {"expirationSeconds": 3607, "path": "token"}},
            {"configMap": {"name": "kube-root-ca.crt", "items": [{"key": "ca.crt", "path": "ca.crt"}]}},
            {"downwardAPI": {"items": [namespace]}},
        ],
    }


def _at(manifest: Json, path: Path) -> Json:
    for name in path:
        manifest = _object(manifest.get(name))
    return manifest


def _object(value: Any) -> Json:
    return value if isinstance(value, dict) else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
