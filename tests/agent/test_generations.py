"""What a generation is made of, and what is done with what is held: without Vault."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import pytest

from injector.agent.config import decode_config
from injector.agent.container import Container
from injector.agent.errors import ConfigurationError, TemplateError
from injector.agent.generation import Renderer
from injector.agent.handover import Handover, encode, left, parse
from injector.agent.perform import Fetched, Performer, Renewed, Unchanged
from injector.agent.settings import Refresh
from injector.agent.store import Store
from injector.agent.wants import Read, Write
from injector.vault.answers import Answer, TokenLease, VaultLease
from injector.vault.verbatim import Number
from tests.agent.configurations import custom, newest, template

if TYPE_CHECKING:
    from injector.agent.wants import Want
    from injector.vault.operations import VaultOperations
    from injector.vault.verbatim import Json

NOW = datetime(2026, 1, 1, tzinfo=UTC)
HELD: dict[str, Json] = {"version": Number("1"), "custom_metadata": None, "deletion_time": "", "destroyed": False}


def answer(
    data: dict[str, Json], *, lease: str = "", seconds: int = 0, renewable: bool = False, kind: Any = "kv1"
) -> Answer:
    body: dict[str, Json] = {
        "lease_id": lease,
        "lease_duration": Number(str(seconds)),
        "renewable": renewable,
        "data": data,
    }
    return Answer(body, data, data, kind, ())


def renderer(*templates: dict[str, Any], **more: Any) -> Renderer:
    config = decode_config(json.dumps(newest(*templates, **more)).encode())
    return Renderer(config, Container(Path("/pod")))


def test_what_is_missing_is_said_for_each_file_and_a_chain_is_followed_link_by_link() -> None:
    follow = '{{ with secret "kv1/a" }}{{ with secret (printf "kv1/%s" .Data.next) }}{{ .Data.v }}{{ end }}{{ end }}'
    made = renderer(custom(follow, "chain"), template("plain", "kv1/b"))
    values: dict[Want, object] = {}
    first = made.render(values)
    assert list(first.missing.items()) == [
        (Read("kv1/a"), "/vault/secrets/chain"),
        (Read("kv1/b"), "/vault/secrets/plain"),
    ]
    values |= {Read("kv1/a"): answer({"next": "c"}), Read("kv1/b"): answer({"v": "1"})}
    assert set(made.render(values).missing) == {Read("kv1/c")}
    values[Read("kv1/c")] = answer({"v": "end"})
    last = made.render(values)
    assert not last.missing
    assert [file.content for file in last.files] == [b"end", b"v: 1\n"]
    assert last.used == {Read("kv1/a"), Read("kv1/b"), Read("kv1/c")}


def test_a_file_that_cannot_be_made_any_more_stays_as_it_was_and_others_go_on() -> None:
    strict = custom('{{ with secret "kv1/a" }}{{ .Data.v }}{{ end }}', "strict", error_on_missing_key=True)
    made = renderer(strict, template("plain", "kv1/b"))
    made.render({Read("kv1/a"): answer({"v": "1"}), Read("kv1/b"): answer({"v": "1"})})
    found = made.render({Read("kv1/a"): answer({}), Read("kv1/b"): answer({"v": "2"})})
    assert [file.content for file in found.files] == [b"1", b"v: 2\n"]
    (failure,) = found.failures
    assert 'the template of strict, line 1:33: at <.Data.v>: map has no entry for key "v"' in failure.message


def test_a_file_that_can_never_be_made_is_an_error() -> None:
    strict = custom('{{ with secret "kv1/a" }}{{ .Data.v }}{{ end }}', "strict", error_on_missing_key=True)
    with pytest.raises(TemplateError, match="the template of strict"):
        renderer(strict).render({Read("kv1/a"): answer({})})


class Renewing:
    """A Vault that renews leases, and tells a secret's metadata; everything else would be a fault of the agent."""

    def __init__(self, metadata: dict[str, Json] | None = None) -> None:
        self.renewed: list[str] = []
        self._metadata = metadata

    def renew_lease(self, lease_id: str) -> VaultLease:
        self.renewed.append(lease_id)
        return VaultLease(lease_id, 60.0, renewable=True)

    def metadata(self, path: str) -> dict[str, Json]:
        assert path == "secret/a"
        assert self._metadata is not None
        return self._metadata


def performer(vault: Renewing) -> Performer:
    return Performer(cast("VaultOperations", vault), Container(Path("/pod")), lambda: NOW, 0.5)


def test_a_renewable_lease_is_renewed_and_what_it_holds_stays() -> None:
    store, vault = Store(Refresh(), lambda: NOW, lambda: 0.5), Renewing()
    want, held = (
        Read("database/creds/app"),
        answer({"user": "x"}, lease="l/1", seconds=60, renewable=True, kind="other"),
    )
    store.want([want], 0.0)
    assert store.due(0.0)
    assert store.succeeded(want, Fetched(held), 0.0)
    due = store.next_due()
    assert due == pytest.approx(43.0)
    ((_, then),) = store.due(43.1)
    assert then.action == "renew"
    outcome = performer(vault).perform(want, then.action, held)
    assert (outcome, vault.renewed) == (Renewed(VaultLease("l/1", 60.0, renewable=True)), ["l/1"])
    assert not store.succeeded(want, outcome, 43.1)
    assert store.values[want] is held
    assert store.next_due() == pytest.approx(86.1)


def test_metadata_without_news_leaves_the_secret_unread() -> None:
    held = answer({"data": {"v": "1"}, "metadata": HELD}, kind="kv2")
    metadata: dict[str, Json] = {"current_version": Number("1"), "custom_metadata": None, "versions": {"1": HELD}}
    assert performer(Renewing(metadata)).perform(Read("secret/a"), "look", held) == Unchanged()


def test_what_came_again_and_is_equal_is_no_news() -> None:
    store = Store(Refresh(), lambda: NOW, lambda: 0.5)
    store.want([Read("kv1/a")], 0.0)
    assert store.succeeded(Read("kv1/a"), Fetched(answer({"v": "1"})), 0.0)
    assert not store.succeeded(Read("kv1/a"), Fetched(answer({"v": "1"})), 1.0)
    assert store.succeeded(Read("kv1/a"), Fetched(answer({"v": "2"})), 2.0)


def test_a_handover_comes_back_as_it_was_numbers_and_all() -> None:
    token = TokenLease("canary", 3600.0, renewable=True, accessor="a")
    dynamic = answer({"n": Number("1.50"), "s": "\u2028"}, lease="l/1", seconds=60, kind="other")
    given = Handover(
        token, 1000.5, {Read("a/b", (("x", "y"),)): (dynamic, 1000.25), Write("p/i", (("cn", "z"),)): (dynamic, 7.0)}
    )
    assert parse(encode(given)) == given
    assert "canary" not in repr(given)


@pytest.mark.parametrize(("passed", "rest"), [(0.0, 60.0), (50.0, 10.0), (-5.0, 60.0), (56.0, None), (600.0, None)])
def test_a_token_is_taken_up_with_the_time_that_it_has_left(passed: float, rest: float | None) -> None:
    found = left(Handover(TokenLease("t", 60.0, renewable=True), 1000.0), 1000.0 + passed)
    assert (None if found is None else found.duration) == rest


@pytest.mark.parametrize(
    "content", [b"", b"{}", b"canary", b"\xff", b'{"version":2}', b'{"version":1,"token":"canary"}']
)
def test_a_handover_of_somebody_else_is_refused_without_showing_it(content: bytes) -> None:
    with pytest.raises(ConfigurationError) as caught:
        parse(content)
    assert "canary" not in str(caught.value)
