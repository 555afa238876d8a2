from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

from injector.providers.vault import VaultProvider
from injector.vault.answers import Answer, TokenLease
from injector.vault.auth import Auth, GivenCredential, KubernetesAuth
from injector.vault.errors import (
    InvalidReferenceError,
    InvalidTokenError,
    SecretNotFoundError,
    VaultError,
    VaultUnreachableError,
)
from injector.vault.retry import Clock, RetryPlan

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from injector.vault.verbatim import Json

AUTH = KubernetesAuth("app", GivenCredential("jwt"))


@dataclass
class Reader:
    """A `SecretReader` that keeps its secrets in a dict and fails as it is told."""

    secrets: dict[str, Answer] = field(default_factory=dict)
    faults: list[VaultError] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)
    revoke_fault: VaultError | None = None

    def login(self, auth: Auth) -> TokenLease:
        assert auth is AUTH
        self.calls.append("login")
        return TokenLease("token", 3600, renewable=True)

    def read(self, path: str, parameters: Sequence[tuple[str, str]] = ()) -> Answer:
        self.calls.append(f"read {path}{f' {dict(parameters)}' if parameters else ''}")
        if self.faults:
            raise self.faults.pop(0)
        if path not in self.secrets:
            raise SecretNotFoundError(f"no secret exists at {path}")
        return self.secrets[path]

    def write(self, path: str, data: Mapping[str, str]) -> Answer | None:
        self.calls.append(f"write {path} {dict(data)}")
        if self.faults:
            raise self.faults.pop(0)
        return Answer({"data": None}, {}, {})

    def names(self, path: str) -> list[str]:
        self.calls.append(f"names {path}")
        return sorted(self.secrets)

    def revoke_self(self) -> None:
        self.calls.append("revoke")
        if self.revoke_fault:
            raise self.revoke_fault

    def close(self) -> None:
        self.calls.append("close")


def provider(reader: Reader, lines: list[str] | None = None) -> VaultProvider:
    clock = Clock(monotonic=lambda: 0.0 if len(reader.calls) < 20 else 1e9, sleep=lambda _: None, chance=lambda: 0.0)
    report = (lines if lines is not None else []).append
    return VaultProvider(reader, AUTH, plan=RetryPlan(), report=report, clock=clock)


HELLO = {
    "secret/a": Answer({}, {"data": {"x": "y"}}, {"x": "y"}),
    "secret/b": Answer({}, {}, {}, "kv1", ("secret/b?version=2: the version is ignored",)),
}


def test_many_reads_take_one_login() -> None:
    reader = Reader(dict(HELLO))
    vault = provider(reader)
    stored = vault.fetch("secret/a")
    vault.fetch("/secret/b")
    vault.close()
    assert (stored.document, stored.fields) == ({"data": {"x": "y"}}, {"x": "y"})
    assert reader.calls == ["login", "read secret/a", "read secret/b", "revoke", "close"]


def test_a_token_that_ended_is_replaced() -> None:
    reader = Reader(dict(HELLO), faults=[InvalidTokenError("ended")])
    vault = provider(reader)
    vault.fetch("secret/a")
    assert reader.calls == ["login", "read secret/a", "login", "read secret/a"]


def test_a_fault_that_heals_is_borne() -> None:
    lines: list[str] = []
    reader = Reader(dict(HELLO), faults=[VaultUnreachableError("away"), VaultUnreachableError("away")])
    provider(reader, lines).fetch("secret/a")
    assert len(lines) == 2
    assert reader.calls.count("login") == 1


def test_a_secret_that_is_nowhere_ends_in_its_error() -> None:
    with pytest.raises(SecretNotFoundError, match="secret/none"):
        provider(Reader()).fetch("secret/none")


def test_what_is_no_reference_is_not_asked_for() -> None:
    reader = Reader()
    with pytest.raises(InvalidReferenceError):
        provider(reader).fetch("secret/../x")
    assert reader.calls == []


def test_closing_without_login_gives_nothing_back() -> None:
    reader = Reader()
    provider(reader).close()
    assert reader.calls == ["close"]


def test_a_token_that_cannot_be_given_back_is_no_failure() -> None:
    lines: list[str] = []
    reader = Reader(dict(HELLO), revoke_fault=VaultUnreachableError("away"))
    vault = provider(reader, lines)
    vault.fetch("secret/a")
    vault.close()
    assert lines == ["the token lives until its end: away"]
    assert reader.calls[-1] == "close"


def test_templates_ask_with_the_same_login_and_patience() -> None:
    reader = Reader(dict(HELLO), faults=[InvalidTokenError("ended")])
    vault = provider(reader)
    assert vault.names("/secret/") == ["secret/a", "secret/b"]
    assert vault.write("pki//issue", {"ttl": "1h"}) == {"data": None}
    assert vault.ask("secret/b", (("version", "2"),)) == {}
    write = "write pki/issue {'ttl': '1h'}"
    assert reader.calls == ["login", "names secret", write, "login", write, "read secret/b {'version': '2'}"]


@pytest.mark.parametrize("path", ["", "/", "secret/../x", "a\nb"])
def test_templates_do_not_ask_for_what_is_no_path(path: str) -> None:
    reader = Reader()
    vault = provider(reader)
    for ask in (lambda: vault.ask(path, ()), lambda: vault.write(path, {}), lambda: vault.names(path)):
        with pytest.raises(InvalidReferenceError):
            ask()
    assert reader.calls == []


@pytest.mark.parametrize("how", ["ask", "fetch"])
@pytest.mark.parametrize(
    ("answer", "used", "last"),
    [
        ({"lease_id": "database/creds/web/1", "auth": None}, True, "close"),
        ({"lease_id": "", "auth": {"client_token": "child"}}, True, "close"),
        ({"lease_id": "", "auth": None}, True, "revoke"),
        ({"lease_id": "database/creds/web/1", "auth": None}, False, "revoke"),
    ],
)
def test_a_token_is_kept_only_while_leases_in_use_hang_on_it(
    answer: dict[str, Json], used: bool, last: str, how: str
) -> None:
    reader = Reader({"a": Answer(answer, {}, {}), "b": Answer({}, {}, {})})
    vault = provider(reader)
    for path in ("a", "b"):
        if how == "ask":
            vault.ask(path, ())
        else:
            vault.fetch(path)
    if used:
        vault.keep_leases()
    vault.close()
    assert next(call for call in reader.calls if call in {"revoke", "close"}) == last
