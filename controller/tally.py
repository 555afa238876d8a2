"""What the sync path counts, for metrics and for the log; plain numbers, so that counting costs nothing."""

from __future__ import annotations

import threading
import time
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Literal

from controller.leading import NotLeadingError
from controller.verdict import Reason
from sealer.apiserver.errors import ApiError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

Stage = Literal["fetch", "status", "unmanaged", "unseal", "update"]
"""What went wrong, in the existing controller's words (reference, sealed-secrets 2.6)."""
_STAGES: Final[Mapping[Reason, Stage]] = {
    Reason.DECRYPT_FAILED: "unseal",
    Reason.MALFORMED: "unseal",
    Reason.TEMPLATE_ERROR: "unseal",
    Reason.NOT_OWNED: "unmanaged",
    Reason.IMMUTABLE: "update",
    Reason.CONTESTED: "update",
}


def _ignored(_seconds: float) -> None:
    """Tell nobody."""


@dataclass
class Tally:
    """Counts since the start.

    Attributes:
        begun: How many attempts were begun.
        attempts: How many attempts came to each reason.
        errors: What went wrong, and in which namespace.
        key_operations: How often each sealing key was tried on a value, by its fingerprint.
        retries: How often something is tried again, by the name of the error's class.
        faults: How often an attempt ended in an error that nobody thought of: a bug of ours.
        unsealed: How many SealedSecrets were opened, which is what takes private-key operations.
        digest_hits: How often a digest saved that.
        repairs: How often a Secret that somebody changed or deleted was put right.
        contested: How often a repair was put off because they follow each other too closely.
        other_controller: When another controller was last seen to write a status of ours, monotonic seconds; None for
            never.
        on_synced: Called with the seconds from when a SealedSecret, or its change, was seen to when its Secret was
            written.

    """

    begun: int = 0
    attempts: Counter[Reason] = field(default_factory=Counter)
    errors: Counter[tuple[Stage, str]] = field(default_factory=Counter)
    key_operations: Counter[str] = field(default_factory=Counter)
    retries: Counter[str] = field(default_factory=Counter)
    faults: int = 0
    unsealed: int = 0
    digest_hits: int = 0
    repairs: int = 0
    contested: int = 0
    other_controller: float | None = None
    on_synced: Callable[[float], object] = _ignored
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def attempted(self, reason: Reason, namespace: str) -> None:
        """Count what an attempt came to."""
        self.attempts[reason] += 1
        if reason in _STAGES:
            self.errors[_STAGES[reason], namespace] += 1

    @contextmanager
    def at_stage(self, stage: Stage, namespace: str) -> Iterator[None]:
        """Count an error of the API server in the block; not that another replica leads, which is none."""
        try:
            yield
        except NotLeadingError:
            raise
        except ApiError:
            self.errors[stage, namespace] += 1
            raise

    def key_tried(self, fingerprint: str) -> None:
        """Count a private-key operation; from any thread."""
        with self._lock:
            self.key_operations[fingerprint] += 1

    def other_controller_seen(self, within: float = 600.0) -> bool:
        """Return whether another controller was seen in the last so many seconds."""
        return self.other_controller is not None and time.monotonic() - self.other_controller < within
