"""Who wrote what, and when, by the API server's own account."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from pathlib import Path

POLICY: Final = """
apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived]
rules:
  - level: Metadata
    verbs: [create, update, patch, delete]
    resources:
      - {group: "", resources: [secrets, events]}
      - {group: bitnami.com, resources: [sealedsecrets, sealedsecrets/status]}
  - level: Request
    verbs: [create, update]
    resources: [{group: coordination.k8s.io, resources: [leases]}]
  - level: None
"""
_AGENT: Final = re.compile(r"sealer-controller/\S+ \((\S+)\)")


@dataclass(frozen=True)
class Write:
    """One write that the API server carried out, or may have: whoever asked for it was killed meanwhile.

    Attributes:
        at: When it was done.
        who: The replica's identity, from its User-Agent.
        verb: ``create``, ``update``, ``patch`` or ``delete``.
        kind: The resource, with its subresource.
        name: The object's.
        certain: Whether it answered that it did.
        holder: For a Lease: its holder as written.

    """

    at: str
    who: str
    verb: str
    kind: str
    name: str
    certain: bool = True
    holder: str = ""


def writes(log: Path, namespace: str) -> list[Write]:
    """Return what replicas wrote in a namespace, in the order in which it was done."""
    found = [_write(json.loads(line)) for line in log.read_text().splitlines() if f'"{namespace}"' in line]
    return sorted((one for one in found if one is not None), key=lambda one: one.at)


def terms(found: list[Write]) -> list[str]:
    """Return who wrote, one entry for each run of writes by the same replica."""
    return [who for who, _ in groupby(one.who for one in found)]


def _write(event: dict[str, Any]) -> Write | None:
    agent, code = _AGENT.fullmatch(event.get("userAgent", "")), event["responseStatus"]["code"]
    refused = 400 <= code < 500
    if agent is None or refused:
        return None
    about = event["objectRef"]
    kind = "/".join(filter(None, (about["resource"], about.get("subresource"))))
    spec = event.get("requestObject", {}).get("spec", {})
    name, holder = about.get("name", ""), spec.get("holderIdentity", "")
    return Write(event["stageTimestamp"], agent[1], event["verb"], kind, name, code < 300, holder)
