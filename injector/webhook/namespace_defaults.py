"""Defaults of a namespace: annotations that its pods need not carry, from the data of a ConfigMap.

They lie below the pod's own annotations and above the flags of the webhook. A mistake among them is reported, and never
refuses a pod: whoever makes the pod cannot mend the ConfigMap.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from injector.errors import AnnotationError
from injector.webhook.keys import OWN, VAULT

if TYPE_CHECKING:
    from collections.abc import Mapping

    from injector.webhook.keys import Table

# Whether a pod is injected is the pod's to say: the API server sends only those that do. The others are the webhook's.
_NOT_HERE: Final = frozenset({"agent-inject", "agent-inject-status", "agent-request-namespace", "agent-containers"})
_SHOWN: Final = 64


@dataclass(frozen=True)
class NamespaceDefaults:
    """What a ConfigMap says.

    Attributes:
        annotations: Whole annotation keys and their values, all of them valid.
        problems: A sentence for each entry that is passed over, in the order of the keys.

    """

    annotations: Mapping[str, str] = field(repr=False)
    problems: tuple[str, ...] = ()


def read(data: Mapping[str, str]) -> NamespaceDefaults:
    """Read the data of a ConfigMap.

    Args:
        data: Keys of annotations without their prefix, as a ConfigMap's keys hold no slash: ``role: app``,
            ``native-sidecar: "true"``.

    """
    annotations: dict[str, str] = {}
    problems: list[str] = []
    for name in sorted(data):
        table = _table(name)
        if table is None:
            problems.append(_unknown(name))
            continue
        problem = _problem(table, name, data[name])
        if problem is None:
            annotations[table.prefix + name] = data[name]
        else:
            problems.append(problem)
    return NamespaceDefaults(annotations, tuple(problems))


def _table(name: str) -> Table | None:
    # No name is in both tables (a test says so), so that the prefix can be left out.
    return next((table for table in (VAULT, OWN) if table.find(name) is not None), None)


def _unknown(name: str) -> str:
    suggestions = [found for table in (VAULT, OWN) if (found := table.nearest(name)) is not None]
    meant = f": did you mean {suggestions[0].partition('/')[2]}?" if suggestions else ""
    return f"unknown key {name[:_SHOWN]}{meant}"


def _problem(table: Table, name: str, text: str) -> str | None:
    found = table.find(name)
    if found is None or name in _NOT_HERE:
        return f"key {name} is no default: it is said by each pod"
    try:
        found[0].read(name, text)
        if text:
            found[0].usable(name, text)
    except AnnotationError as error:
        return error.message.replace("annotation ", "key ", 1)
    return None
