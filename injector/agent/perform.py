"""One action for one thing that is wanted, in a worker: ask Vault, and say what came of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from injector.agent.errors import TemplateError
from injector.agent.renewal import certificate_life, is_news
from injector.agent.wants import Issue, LocalFile, Names, Read, Want, Write
from injector.vault.answers import Answer

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from injector.agent.container import Container
    from injector.agent.renewal import Action
    from injector.vault.answers import VaultLease
    from injector.vault.operations import VaultOperations
    from sealer.gotemplate.consul.pems import Pems


@dataclass(frozen=True)
class Fetched:
    """Something came.

    Attributes:
        value: An `Answer`, None for a write without one, names, a certificate, or a file's content.
        event: What to report; empty for nothing.

    """

    value: object = field(repr=False)
    event: str = ""


@dataclass(frozen=True)
class Unchanged:
    """There is nothing new."""


@dataclass(frozen=True)
class Renewed:
    """A lease goes on."""

    lease: VaultLease


Outcome: TypeAlias = Fetched | Unchanged | Renewed


class Performer:
    """Does what is due; may be called from many threads at once.

    Args:
        vault: Vault.
        container: Where local files are.
        now: The wall clock, aware.
        chance: From 0 to 1, drawn once: by it, replicas that were started together replace certificates apart.

    """

    def __init__(
        self, vault: VaultOperations, container: Container, now: Callable[[], datetime], chance: float
    ) -> None:
        self._vault = vault
        self._container = container
        self._now = now
        self._life = certificate_life(chance)

    def perform(self, want: Want, action: Action, held: object) -> Outcome:
        """Do what is due for one thing.

        Args:
            want: The thing.
            action: What is due.
            held: What is held of it; None for nothing.

        Raises:
            SealerError: It cannot be done.

        """
        if action == "renew" and isinstance(held, Answer) and held.lease is not None:
            return Renewed(self._vault.renew_lease(held.lease.lease_id))
        known = held if action == "look" and isinstance(held, Answer) and isinstance(want, Read) else None
        if known is not None and not is_news(known, self._vault.metadata(want.path)):
            return Unchanged()
        return self._fetch(want)

    def _fetch(self, want: Want) -> Fetched:
        match want:
            case Read():
                answer = self._vault.read(want.path, want.parameters)
                warned = "".join(f"; warning: {warning}" for warning in answer.warnings)
                return Fetched(answer, f"fetched {want}{warned}")
            case Write():
                return Fetched(self._vault.write(want.path, dict(want.data)), f"sent to {want}")
            case Names():
                return Fetched(tuple(sorted(self._vault.names(want.path))), f"listed {want}")
            case Issue():
                return self._certificate(want)
            case LocalFile():
                return Fetched(self._file(want))

    def _file(self, want: LocalFile) -> bytes:
        content = self._container.read(want.path)
        if content is None:
            raise TemplateError(f"{want}: no such file")
        return content

    def _certificate(self, want: Issue) -> Fetched:
        from sealer.gotemplate.consul.pems import find_pems, pems_in_answer  # noqa: PLC0415  # loads cryptography

        life, now = self._life, self._now()
        kept = self._container.read(want.destination) if want.destination else None
        if kept:
            found = find_pems(kept.decode("latin-1"), life)
            if found.is_good(now):
                return Fetched(found, f"kept the certificate of {want}{_due(found)}")
        answer = self._vault.write(want.path, dict(want.data))
        issued = find_pems("" if answer is None else pems_in_answer(answer.document), life)
        if not issued.is_good(now):
            raise TemplateError(f"{want}: the answer holds no certificate, or one that is due for renewal already")
        return Fetched(issued, f"sent to {want}: a certificate{_due(issued)}")


def _due(pems: Pems) -> str:
    return f", due at {pems.renew_at:%Y-%m-%dT%H:%M:%SZ}" if pems.renew_at else ""
