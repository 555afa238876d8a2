"""Somebody else who writes a Secret of ours: what counts as a repair, and what is told of a contest."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from controller.manifests import MANAGER
from controller.reconcile import Action
from controller.verdict import Reason, Verdict

if TYPE_CHECKING:
    from collections.abc import Mapping

    from controller.manifests import Key
    from controller.reconcile import Outcome


def is_repair(outcome: Outcome, before: Reason | None) -> bool:
    """Return whether a write undoes what somebody else did.

    Args:
        outcome: What is to be written.
        before: What the last attempt came to: a Secret that was there and is not is one that somebody deleted.

    """
    missed = outcome.action is Action.CREATE and before in {Reason.UNSEALED, Reason.CONTESTED}
    return outcome.repair or missed


def contested(key: Key, existing: Mapping[str, Any] | None) -> Verdict:
    """Return what to tell of a Secret that is changed, or deleted, whenever it was put right."""
    if existing is None:
        return Verdict(
            Reason.CONTESTED,
            f"somebody deletes the Secret {key} again and again; it is made again at growing intervals",
        )
    return Verdict(
        Reason.CONTESTED,
        f"{_writer(existing)} changes the Secret {key} again and again; it is put right at growing intervals",
    )


def _writer(secret: Mapping[str, Any]) -> str:
    """Say who wrote last, as ``managedFields`` have it."""
    entries = [e for e in secret["metadata"].get("managedFields") or [] if e.get("manager") != MANAGER]
    newest = max(entries, key=lambda entry: str(entry.get("time", "")), default=None)
    return f"somebody (field manager {newest['manager']!r})" if newest and newest.get("manager") else "somebody"
