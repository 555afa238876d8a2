"""What the webhook would do to a pod, laid open for a person: patch, pod and the agents' configurations (pure)."""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING, Any, Final, Literal, cast

import orjson

from injector.webhook import json_patch
from injector.webhook.annotations import CONTAINERS
from injector.webhook.sealer_flavour import CONFIG_VARIABLE
from sealer import documents

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from injector.webhook.wire import JsonObject, Operation

Part = Literal["patch", "pod", "config"]
PARTS: Final[tuple[Part, ...]] = ("patch", "pod", "config")
_CONFIG_VARIABLES: Final = frozenset({CONFIG_VARIABLE, "VAULT_CONFIG"})


def show(pod: JsonObject, patch: tuple[Operation, ...]) -> dict[Part, Any]:
    """Apply a patch, and read what it tells the agents.

    Args:
        pod: As it is sent to the webhook.
        patch: What the webhook answers.

    Returns:
        The patch; the pod after it; and the configuration of each of the agent's containers by the container's name,
        none for one that reads its configuration from a ConfigMap.

    """
    mutated = cast("dict[str, Any]", json_patch.apply(pod, json_patch.parse(orjson.dumps(patch).decode())))
    return {"patch": list(patch), "pod": mutated, "config": dict(_configurations(mutated))}


def write(shown: Iterable[tuple[str, Any]], output: Literal["yaml", "json"]) -> str:
    """Encode results, each with its title, as YAML documents, or as JSON values one after another."""
    if output == "json":
        return documents.write_json(value for _, value in shown)
    texts = ((title, documents.write_yaml([value])) for title, value in shown)
    return "".join(text.replace("---\n", f"---\n# {_one_line(title)}\n", 1) for title, text in texts)


def _configurations(pod: JsonObject) -> Iterator[tuple[str, Any]]:
    names = pod["metadata"]["annotations"][CONTAINERS].split(",")
    spec = pod["spec"]
    everywhere = (*(spec.get("initContainers") or ()), *(spec.get("containers") or ()))
    containers = {one.get("name"): one for one in everywhere}
    for name in filter(None, names):
        for variable in containers[name].get("env") or ():
            # Not every variable has a name: the pod's own patch (agent-json-patch) may have put anything there.
            if variable.get("name") in _CONFIG_VARIABLES:
                yield name, _decoded(str(variable.get("value")))


def _decoded(text: str) -> Any:
    try:
        return orjson.loads(base64.b64decode(text, validate=True))
    except (binascii.Error, orjson.JSONDecodeError):
        # As above.
        return text


def _one_line(title: str) -> str:
    return " ".join(title.split())
