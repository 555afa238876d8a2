"""The election at the real API server; what takes long or luck is in tests/leading/test_simulated.py."""

from __future__ import annotations

import asyncio
import logging
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    import pytest

    from tests.leading.conftest import Candidates

MICRO_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z")


def run(candidates: Candidates, scene: Callable[[Candidates], Awaitable[None]]) -> None:
    async def main() -> None:
        async with candidates:
            await scene(candidates)

    asyncio.run(main())


def test_of_five_who_come_at_once_one_leads(candidates: Candidates) -> None:
    async def scene(all_of_them: Candidates) -> None:
        for name in "abcde":
            all_of_them.start(name)
        leader = await all_of_them.a_leader()
        seen = all_of_them.elections.values()
        await all_of_them.wait(lambda: all(one.record and one.record.holder == leader for one in seen))
        assert all_of_them.calls == [(leader, "lead")]
        spec = (await all_of_them.lease())["spec"]
        assert (spec["holderIdentity"], spec["leaseDurationSeconds"], spec["leaseTransitions"]) == (leader, 3, 0)
        assert MICRO_TIME.fullmatch(spec["acquireTime"])
        assert MICRO_TIME.fullmatch(spec["renewTime"])

    run(candidates, scene)


def test_after_a_kill_another_leads(candidates: Candidates) -> None:
    async def scene(two: Candidates) -> None:
        two.start("a")
        assert await two.a_leader() == "a"
        two.start("b")
        await two.wait(two.elections["b"].decided.is_set)
        await two.kill("a")
        assert await two.a_leader() == "b"
        assert (await two.lease())["spec"]["leaseTransitions"] == 1

    run(candidates, scene)


def test_a_clean_stop_leaves_a_lease_that_is_free(candidates: Candidates) -> None:
    async def scene(two: Candidates) -> None:
        two.start("a")
        assert await two.a_leader() == "a"
        await two.stop("a")
        spec = (await two.lease())["spec"]
        assert (spec["holderIdentity"], spec["leaseDurationSeconds"]) == ("", 1)
        assert two.calls == [("a", "lead"), ("a", "follow")]
        two.start("b")
        await two.wait(two.elections["b"].decided.is_set)
        assert two.leaders() == ["b"], "it took the free lease at its first try"

    run(candidates, scene)


def test_a_process_that_is_started_again_under_its_name_leads_on(candidates: Candidates) -> None:
    async def scene(one: Candidates) -> None:
        one.start("a")
        await one.a_leader()
        acquired = (await one.lease())["spec"]["acquireTime"]
        await one.kill("a")
        one.start("a")
        await one.wait(one.elections["a"].decided.is_set)
        assert one.leaders() == ["a"]
        assert (await one.lease())["spec"]["acquireTime"] == acquired

    run(candidates, scene)


def test_a_deleted_lease_is_put_back_by_its_leader(candidates: Candidates) -> None:
    async def scene(two: Candidates) -> None:
        two.start("a")
        await two.a_leader()
        two.start("b")
        await two.wait(two.elections["b"].decided.is_set)
        uid = (await two.lease())["metadata"]["uid"]
        await two.delete()
        version = two.elections["a"].record
        await two.wait(lambda: two.elections["a"].record not in {None, version})
        again = await two.lease()
        assert again["metadata"]["uid"] != uid
        assert again["spec"]["holderIdentity"] == "a"
        assert two.calls == [("a", "lead")]

    run(candidates, scene)


def test_a_leader_edited_out_of_its_lease_stops_and_one_leads_again_later(candidates: Candidates) -> None:
    async def scene(two: Candidates) -> None:
        two.start("a")
        await two.a_leader()
        two.start("b")
        await two.wait(two.elections["b"].decided.is_set)
        await two.edit(holderIdentity="somebody")
        await two.wait(lambda: ("a", "follow") in two.calls)
        assert two.leaders() == []
        leader = await two.a_leader()
        assert (await two.lease())["spec"]["holderIdentity"] == leader

    run(candidates, scene)


def test_what_others_write_to_the_lease_stays_and_costs_no_term(candidates: Candidates) -> None:
    async def scene(one: Candidates) -> None:
        one.start("a")
        await one.a_leader()
        await one._client.merge(one.path, {"metadata": {"labels": {"team": "x"}}})
        before = (await one.lease())["spec"]["renewTime"]
        election = one.elections["a"]
        await one.wait(lambda: bool(election.record and election.record.renewed > before))
        assert (await one.lease())["metadata"]["labels"] == {"team": "x"}
        assert one.calls == [("a", "lead")]

    run(candidates, scene)


def test_without_rights_it_says_so_once_and_goes_on_trying(
    candidates: Candidates, caplog: pytest.LogCaptureFixture
) -> None:
    cluster, namespace = candidates.cluster, candidates.namespace
    cluster.create_service_account(namespace, "nobody")
    candidates.kubeconfig = str(cluster.service_account_kubeconfig(namespace, "nobody"))
    role = {"rules": [{"apiGroups": ["coordination.k8s.io"], "resources": ["leases"], "verbs": ["*"]}]}
    subject = {"kind": "ServiceAccount", "name": "nobody", "namespace": namespace}

    async def scene(one: Candidates) -> None:
        one.start("a")
        await one.wait(lambda: one.answers[:3] == [403] * 3)
        said = [record for record in caplog.records if record.levelno >= logging.WARNING]
        assert len(said) == 1
        assert "leases" in said[0].getMessage()
        rights = f"/apis/rbac.authorization.k8s.io/v1/namespaces/{namespace}"
        named = {"apiVersion": "rbac.authorization.k8s.io/v1", "metadata": {"name": "leases"}}
        await asyncio.to_thread(cluster.request, "POST", f"{rights}/roles", {**named, "kind": "Role", **role})
        ref = {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "leases"}
        binding = {**named, "kind": "RoleBinding", "roleRef": ref, "subjects": [subject]}
        await asyncio.to_thread(cluster.request, "POST", f"{rights}/rolebindings", binding)
        await one.a_leader()

    run(candidates, scene)
