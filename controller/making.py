"""Bringing one Secret about: with as little as the object takes.

A digest that fits takes nothing, or one read; a new object takes one private-key operation for each item and one write.
"""

from __future__ import annotations

import asyncio
import os
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from controller.apply import Applied
from controller.contest import contested, is_repair
from controller.digest import DigestKeys, digest_in, is_made_of, source_if_as_written
from controller.manifests import MANAGED_BY_LABEL, MANAGER
from controller.reconcile import Action, Outcome, Wanted, wanted_secret
from controller.repairs import AllRepairs
from controller.verdict import Verdict, is_deprecated, unsealed

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from controller.apply import Applier
    from controller.manifests import Key
    from controller.records import Record, Records
    from controller.tally import Tally
    from sealer.keyring import Keyring


@dataclass
class Maker:
    """Brings Secrets about.

    Attributes:
        applier: What writes them.
        records: What is remembered of each object.
        tally: What is counted.
        clock: Monotonic seconds.
        accept_deprecated: Whether SealedSecrets of the deprecated form are unsealed.
        digest_keys: Of digests.

    """

    applier: Applier
    records: Records
    tally: Tally
    clock: Callable[[], float] = time.monotonic
    accept_deprecated: bool = True
    digest_keys: DigestKeys = field(default_factory=DigestKeys)
    _repairs: AllRepairs[Key] = field(default_factory=AllRepairs)
    # Which key opened an object last: with many keys, and objects that do not say, it is the best guess for the next.
    _opened_with: str | None = None
    _finding_out: asyncio.Lock = field(default_factory=asyncio.Lock)
    # As many threads as cores: OpenSSL releases the interpreter lock, and more threads would only wait for each other.
    _threads: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(os.cpu_count(), "unseal"))

    async def make(self, key: Key, record: Record, sealed: Mapping[str, Any], keyring: Keyring) -> Applied:
        """Bring the Secret about.

        Args:
            key: Which object.
            record: What is remembered of it.
            sealed: The SealedSecret.
            keyring: The keys to open it with.

        Raises:
            ApiError: It could not be done.

        """
        # A new object has no Secret as a rule: creating it tells, and saves reading.
        seen = self.records.secret(key)
        if seen is not None and seen.source and self.is_made_of(keyring, seen.source, sealed):
            self.tally.digest_hits += 1
            return Applied(Outcome(Action.NONE, unsealed(sealed)))
        existing = await self.applier.read(key) if seen is not None else None
        if existing is not None and self._is_as_written(sealed, existing, keyring):
            return Applied(Outcome(Action.NONE, unsealed(sealed)), existing)
        guess = self._guess(existing, keyring)
        wanted = await self._open(sealed, keyring, guess)
        applied = await self.applier.write(
            sealed, wanted, existing, lambda outcome, found: self._objection(key, record, outcome, found)
        )
        if applied.outcome.action is not Action.NONE and applied.secret is not None:
            self._wrote(key, record, applied, wanted.source if isinstance(wanted, Wanted) else None)
        return applied

    def _is_as_written(self, sealed: Mapping[str, Any], existing: Mapping[str, Any], keyring: Keyring) -> bool:
        source = source_if_as_written(self.digest_keys, keyring, existing)
        if source is None or not self.is_made_of(keyring, source, sealed):
            return False
        self.tally.digest_hits += 1
        return True

    def is_made_of(self, keyring: Keyring, source: str, sealed: Mapping[str, Any]) -> bool:
        """Return whether `source` is what a SealedSecret is now, and may be."""
        # Made while the deprecated form was accepted, it is to be said that it is no more.
        refused = is_deprecated(sealed) and not self.accept_deprecated
        return not refused and is_made_of(self.digest_keys, keyring, source, sealed)

    def _guess(self, existing: Mapping[str, Any] | None, keyring: Keyring) -> str | None:
        digest = digest_in(existing) if existing is not None else None
        before = self.digest_keys.fingerprint(digest.keys, keyring) if digest is not None else None
        return before or self._opened_with

    async def _open(self, sealed: Mapping[str, Any], keyring: Keyring, guess: str | None) -> Wanted | Verdict:
        if guess is not None or len(keyring.keys) == 1:
            return await self._run(self._unseal, sealed, keyring, guess)
        # With many keys and no guess, one object finds out which key opens, for all who wait for it.
        async with self._finding_out:
            return await self._run(self._unseal, sealed, keyring, self._opened_with)

    def _unseal(self, sealed: Mapping[str, Any], keyring: Keyring, guess: str | None) -> Wanted | Verdict:
        wanted = wanted_secret(sealed, keyring, self.digest_keys, guess=guess, accept_deprecated=self.accept_deprecated)
        self.tally.unsealed += 1
        if isinstance(wanted, Wanted) and wanted.opened_with is not None:
            self._opened_with = wanted.opened_with
        return wanted

    def _objection(
        self, key: Key, record: Record, outcome: Outcome, existing: Mapping[str, Any] | None
    ) -> Verdict | None:
        """Return why a Secret is not put right just now: somebody else changes it each time."""
        if not is_repair(outcome, record.reason):
            return None
        if self.until_repair(key) > 0:
            self.tally.contested += 1
            return contested(key, existing)
        return None

    def _wrote(self, key: Key, record: Record, applied: Applied, source: str | None) -> None:
        """Remember what was written, so that its coming back through the watch is no news."""
        now = self.clock()
        if is_repair(applied.outcome, record.reason):
            self.tally.repairs += 1
            self._repairs.repaired(key, now)
        if self.records.get(key) is record and applied.secret is not None and has_label(applied.secret):
            self.records.secret_written(applied.secret, source)
        if record.seen_at is not None:
            self.tally.on_synced(now - record.seen_at)
            record.seen_at = None

    def until_repair(self, key: Key) -> float:
        """Return the seconds until a Secret that somebody else keeps changing is put right again."""
        return self._repairs.wait(key, self.clock())

    async def _run(self, function: Callable[..., Wanted | Verdict], *args: object) -> Wanted | Verdict:
        """Run what uses private keys where it does not hold up the loop."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, function, *args)


def has_label(secret: Mapping[str, Any]) -> bool:
    """Return whether the watch on our Secrets sees it."""
    return (secret["metadata"].get("labels") or {}).get(MANAGED_BY_LABEL) == MANAGER
