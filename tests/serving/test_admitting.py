"""Who may ask now: allowances and authentication in front of what uses private keys."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

from controller.http.app import Policy
from controller.http.authentication import Authenticator, token_in
from controller.http.desk import Desk
from controller.http.errors import RefusedError
from controller.http.limits import Rate
from sealer.apiserver.errors import ForbiddenError
from tests.reconciling.samples import sealed
from tests.serving.asking import WITHOUT_LIMIT, client

if TYPE_CHECKING:
    from collections.abc import Mapping

    import httpx

pytestmark = pytest.mark.asyncio
ONE = Policy(rate=Rate(0.001, 0))
BODY = json.dumps(sealed())


@dataclass
class Reviewer:
    """An API server that knows tokens and rights, and counts what it is asked."""

    users: Mapping[str, str] = field(default_factory=lambda: {"good": "ada", "powerless": "bob"})
    allowed: Mapping[str, set[str]] = field(default_factory=lambda: {"ada": {"/v1/verify"}})
    fault: Exception | None = None
    asked: Counter[str] = field(default_factory=Counter)

    async def create(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        await asyncio.sleep(0)
        self.asked[path.rpartition("/")[2]] += 1
        if self.fault:
            raise self.fault
        spec = body["spec"]
        if "token" in spec:
            user = self.users.get(spec["token"])
            return {"status": {"authenticated": True, "user": {"username": user}} if user else {}}
        asked = spec["nonResourceAttributes"]
        rights = self.allowed.get(spec["user"], set())
        return {"status": {"allowed": asked["verb"] == "post" and asked["path"] in rights}}


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


async def post(http: httpx.AsyncClient, path: str = "/v1/verify", **headers: str) -> httpx.Response:
    return await http.post(path, content=BODY, headers=headers)


@pytest.mark.parametrize("path", ["/v1/verify", "/v1/rotate"])
async def test_a_caller_that_asks_too_often_is_told_when_to_come_again(path: str) -> None:
    async with client(policy=Policy(rate=Rate(0.5, 1))) as http:
        answers = [await post(http, path) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert [answer.headers["x-ratelimit-remaining"] for answer in answers] == ["1", "0", "0"]
    assert answers[2].text == "limit exceeded\n"
    assert answers[2].headers["x-ratelimit-limit"] == "2"
    assert answers[2].headers["retry-after"] == "2"


async def test_refusals_tell_the_allowance_too() -> None:
    async with client(policy=ONE) as http:
        answer = await http.post("/v1/verify", content=b"")
    assert (answer.status_code, answer.headers["x-ratelimit-limit"]) == (400, "1")


async def test_paths_have_allowances_of_their_own() -> None:
    async with client(policy=ONE) as http:
        answers = [await post(http, path) for path in ("/v1/verify", "/v1/rotate", "/v1/verify")]
    assert [answer.status_code for answer in answers] == [200, 200, 429]


async def test_looking_is_not_limited() -> None:
    async with client(policy=ONE) as http:
        answers = [await http.get("/v1/cert.pem") for _ in range(5)]
    assert {answer.status_code for answer in answers} == {200}


async def test_callers_behind_the_api_server_do_not_take_from_each_other() -> None:
    async with client(policy=ONE) as http:
        answers = [
            await post(http, **{"X-Forwarded-For": hop}) for hop in ("192.0.2.1", "192.0.2.2", "6.6.6.6, 192.0.2.1")
        ]
    assert [answer.status_code for answer in answers] == [200, 200, 429]


async def test_a_peer_that_names_ever_new_callers_is_stopped() -> None:
    async with client(policy=ONE) as http:
        answers = [await post(http, **{"X-Forwarded-For": f"192.0.2.{number}"}) for number in range(20)]
    statuses = Counter(answer.status_code for answer in answers)
    assert statuses == {200: 10, 429: 10}


async def test_a_caller_that_is_refused_takes_nothing_from_others() -> None:
    async with client(policy=ONE) as http:
        for _ in range(50):
            await post(http, **{"X-Forwarded-For": "192.0.2.1"})
        answer = await post(http, **{"X-Forwarded-For": "192.0.2.2"})
    assert answer.status_code == 200


def authenticated(reviewer: Reviewer, rate: Rate = WITHOUT_LIMIT, **more: Any) -> Policy:
    return Policy(rate=rate, authenticator=Authenticator(reviewer, **more))


async def test_without_a_token_there_is_a_challenge() -> None:
    async with client(policy=authenticated(Reviewer())) as http:
        for headers in (
            {},
            {"Authorization": "Basic Z29vZA=="},
            {"Authorization": "Bearer "},
            {"Authorization": "good"},
        ):
            answer = await post(http, **headers)
            assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")


async def test_a_token_that_is_nobodys_is_refused_and_not_repeated() -> None:
    async with client(policy=authenticated(Reviewer())) as http:
        answer = await post(http, **bearer("canary-token"))
    assert answer.status_code == 401
    assert "canary-token" not in answer.text


async def test_who_may_not_is_told_what_is_missing() -> None:
    async with client(policy=authenticated(Reviewer())) as http:
        answer = await post(http, **bearer("powerless"))
        elsewhere = await post(http, "/v1/rotate", **bearer("good"))
    assert answer.status_code == 403
    assert answer.text.startswith("bob may not post to /v1/verify\nhint: ")
    assert elsewhere.status_code == 403


@pytest.mark.parametrize("header", ["Authorization", "Sealer-Authorization"])
async def test_who_may_is_let_in(header: str) -> None:
    async with client(policy=authenticated(Reviewer())) as http:
        assert (await post(http, **{header: "bearer  good"})).status_code == 200


async def test_looking_needs_no_token() -> None:
    reviewer = Reviewer()
    async with client(policy=authenticated(reviewer)) as http:
        answers = [await http.get(path) for path in ("/healthz", "/readyz", "/v1/cert.pem")]
    assert [answer.status_code for answer in answers] == [200, 200, 200]
    assert not reviewer.asked


async def test_the_api_server_is_asked_once_a_minute() -> None:
    reviewer, now = Reviewer(), [0.0]
    async with client(policy=authenticated(reviewer, clock=lambda: now[0])) as http:
        for now[0] in (0, 1, 59.9, 60, 61):
            assert (await post(http, **bearer("good"))).status_code == 200
    assert reviewer.asked == {"tokenreviews": 2, "subjectaccessreviews": 2}


async def test_a_refusal_is_remembered_for_a_short_time() -> None:
    reviewer, now = Reviewer(), [0.0]
    async with client(policy=authenticated(reviewer, clock=lambda: now[0])) as http:
        for now[0] in (0, 4.9, 5, 9.9):
            assert (await post(http, **bearer("bad"))).status_code == 401
    assert reviewer.asked == {"tokenreviews": 2}


async def test_an_api_server_that_cannot_be_asked_is_unavailable() -> None:
    reviewer = Reviewer(fault=ForbiddenError("tokenreviews is forbidden"))
    async with client(policy=authenticated(reviewer)) as http:
        answer = await post(http, **bearer("good"))
        reviewer.fault = None
        assert (await post(http, **bearer("good"))).status_code == 200
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")


async def test_a_user_is_limited_wherever_it_comes_from() -> None:
    async with client(policy=authenticated(Reviewer(), Rate(0.001, 0))) as http:
        answers = [await post(http, **bearer("good"), **{"X-Forwarded-For": f"192.0.2.{n}"}) for n in range(3)]
    assert [answer.status_code for answer in answers] == [200, 429, 429]


async def test_ever_new_tokens_do_not_flood_the_api_server() -> None:
    reviewer = Reviewer()
    async with client(policy=authenticated(reviewer, Rate(0.001, 4))) as http:
        answers = [await post(http, **bearer(f"bad{number}")) for number in range(20)]
    assert [answer.status_code for answer in answers] == [401] * 5 + [429] * 15
    assert reviewer.asked == {"tokenreviews": 5}


async def test_tokens_are_kept_nowhere_in_the_clear() -> None:
    authenticator = Authenticator(Reviewer())
    await authenticator.review("good", "/v1/verify")
    assert authenticator.known("good", "/v1/verify") == "ada"
    assert "good" not in repr(authenticator._kept)


async def test_only_so_many_tokens_are_remembered() -> None:
    authenticator = Authenticator(Reviewer(users={f"t{n}": "ada" for n in range(1100)}))
    for number in range(1100):
        await authenticator.review(f"t{number}", "/v1/verify")
    assert len(authenticator._kept) == 1024
    assert authenticator.known("t0", "/v1/verify") is None
    assert authenticator.known("t1099", "/v1/verify") == "ada"


async def test_our_own_header_comes_first() -> None:
    both = {"Authorization": "Bearer one", "Sealer-Authorization": "Bearer two"}
    assert token_in(both) == "two"


async def test_who_sends_slowly_leaves_places_to_others() -> None:
    desk = Desk(most=4, most_of_one=2)
    with desk.place("slow"), desk.place("slow"):
        with pytest.raises(RefusedError) as refused, desk.place("slow"):
            pytest.fail("a third place")
        assert (refused.value.status, refused.value.headers["Retry-After"]) == (503, "1")
        with desk.place("a"), desk.place("b"), pytest.raises(RefusedError), desk.place("c"):
            pytest.fail("a fifth place")
    with desk.place("slow"), desk.place("slow"):
        pass


async def test_work_is_done_one_at_a_time() -> None:
    desk, now, most = Desk(), Counter[str](), Counter[str]()

    def work() -> None:
        now["working"] += 1
        most["working"] = max(most["working"], now["working"])
        sum(range(200_000))
        now["working"] -= 1

    await asyncio.gather(*(desk.work(work) for _ in range(8)))
    assert most["working"] == 1
