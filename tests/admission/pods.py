"""Pods, reviews and what becomes of them: helpers of this folder's tests."""

from __future__ import annotations

import base64
import copy
from typing import Any, Final, cast

import orjson

from injector.webhook.mutate import mutate
from injector.webhook.settings import Settings

PREFIX: Final = "vault.hashicorp.com/"
SETTINGS: Final = Settings(vault_address="https://vault.vault.svc:8200", agent_image="sealer-agent:test")
TOKEN_FOLDER: Final = "/var/run/secrets/kubernetes.io/serviceaccount"
TOKEN_MOUNT: Final = {"name": "kube-api-access-abcde", "mountPath": TOKEN_FOLDER, "readOnly": True}
BASIC: Final = {"agent-inject": "true", "role": "app", "agent-inject-secret-hello.txt": "secret/hello"}


def pod(annotations: dict[str, str] | None = None, **spec: Any) -> dict[str, Any]:
    """A pod with one container, as it is after the API server added its token volume."""
    names = BASIC if annotations is None else annotations
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"generateName": "web-", "annotations": {PREFIX + name: text for name, text in names.items()}},
        "spec": {
            "containers": [{"name": "web", "image": "web:1", "volumeMounts": [TOKEN_MOUNT]}],
            "volumes": [{"name": "kube-api-access-abcde", "projected": {"sources": []}}],
            **spec,
        },
    }


def basic(**annotations: str) -> dict[str, Any]:
    """The pod of the simplest injection, with further annotations whose underscores stand for dashes."""
    return pod({**BASIC, **{name.replace("_", "-"): text for name, text in annotations.items()}})


def annotated(name: str, text: str) -> dict[str, Any]:
    """The pod of the simplest injection, with one annotation more."""
    return pod({**BASIC, name: text})


def own(manifest: dict[str, Any], **annotations: str) -> dict[str, Any]:
    """The same pod with annotations of our own prefix; underscores stand for dashes."""
    result = copy.deepcopy(manifest)
    for name, text in annotations.items():
        result["metadata"]["annotations"]["sealer.dev/" + name.replace("_", "-")] = text
    return result


def own_annotated(name: str, text: str) -> dict[str, Any]:
    """The pod of the simplest injection, with one annotation of our own prefix."""
    result = basic()
    result["metadata"]["annotations"]["sealer.dev/" + name] = text
    return result


def review(manifest: object, *, namespace: str = "default", operation: str = "CREATE") -> dict[str, Any]:
    """The AdmissionReview of a pod's creation."""
    request = {"uid": "7f1b", "namespace": namespace, "operation": operation, "object": manifest}
    return {"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "request": request}


def respond(manifest: object, settings: Settings = SETTINGS, *, namespace: str = "default") -> dict[str, Any]:
    """What the webhook answers about a pod."""
    return cast("dict[str, Any]", mutate(review(manifest, namespace=namespace), settings)["response"])


def operations(response: dict[str, Any]) -> list[dict[str, Any]]:
    """The operations of a response's patch; none if it has no patch."""
    return (
        cast("list[dict[str, Any]]", orjson.loads(base64.b64decode(response["patch"]))) if "patch" in response else []
    )


def injected(manifest: dict[str, Any], settings: Settings = SETTINGS) -> dict[str, Any]:
    """The pod as it is after the webhook; the pod must be let in."""
    response = respond(manifest, settings)
    assert response["allowed"], response
    return cast("dict[str, Any]", apply_patch(manifest, operations(response)))


def refusal(manifest: dict[str, Any], *, namespace: str = "default") -> str:
    """The message that a pod is refused with."""
    response = respond(manifest, namespace=namespace)
    assert not response["allowed"]
    assert "patch" not in response
    return cast("str", response["status"]["message"])


def agent_of(manifest: dict[str, Any], name: str = "vault-agent-init") -> dict[str, Any]:
    """One of the agent's containers, wherever it is."""
    spec = manifest["spec"]
    everywhere = [*spec["containers"], *(spec.get("initContainers") or [])]
    found = [container for container in everywhere if container["name"] == name]
    assert len(found) == 1
    return cast("dict[str, Any]", found[0])


def config_of(manifest: dict[str, Any], name: str = "vault-agent-init") -> dict[str, Any]:
    """The configuration of the agent in one of the containers of an injected pod."""
    values = [one["value"] for one in agent_of(manifest, name)["env"] if one["name"] == "SEALER_AGENT_CONFIG"]
    return cast("dict[str, Any]", orjson.loads(base64.b64decode(values[0], validate=True)))


def apply_patch(document: object, patch: list[dict[str, Any]]) -> object:
    """Apply a JSON Patch as RFC 6902 says, for the kinds that we make; a pointer that leads nowhere is an error."""
    result = copy.deepcopy(document)
    for operation in patch:
        assert operation["op"] in {"add", "replace", "remove"}
        *parents, last = [name.replace("~1", "/").replace("~0", "~") for name in operation["path"].split("/")[1:]]
        target: Any = result
        for name in parents:
            target = target[int(name)] if isinstance(target, list) else target[name]
        if operation["op"] == "remove":
            del target[int(last) if isinstance(target, list) else last]
        else:
            _set(target, last, operation["op"], copy.deepcopy(operation["value"]))
    return result


def _set(target: Any, name: str, kind: str, value: object) -> None:
    if isinstance(target, dict):
        assert kind == "add" or name in target
        target[name] = value
    elif kind == "replace":
        target[int(name)] = value
    else:
        index = len(target) if name == "-" else int(name)
        assert index <= len(target)
        target.insert(index, value)
