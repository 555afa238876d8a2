"""What Prometheus reads."""

from __future__ import annotations

import asyncio
import io
import json
import re
import secrets
from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import httpx
import pytest
from prometheus_client.openmetrics.parser import text_fd_to_metric_families as parse_openmetrics
from prometheus_client.parser import text_fd_to_metric_families

from controller.keys import KeyStore
from controller.manifests import Key
from controller.metrics.numbers import Histogram, Numbers
from controller.metrics.serve import MetricsApp
from controller.metrics.sources import Sources
from controller.records import Records
from controller.tally import Tally
from controller.verdict import UNSEALED, Reason, Verdict
from controller.workqueue import Priority, WorkQueue
from deploy.local.network import free_port
from deploy.local.peers import SealedSecretsController, kubeseal
from sealer.apiserver.errors import UnavailableError
from sealer.apiserver.lease import Always
from tests.reconciling.running import (
    CANARY,
    Running,
    apply,
    data_of,
    renamed,
    sealed,
    secret,
    start,
    wait_for_data,
    wait_for_reason,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from prometheus_client import Metric

    from deploy.local.control_plane import ControlPlane
    from deploy.local.find import Parts
    from deploy.local.process import Processes

EXISTING: Final = "sealed_secrets_controller_"
OURS: Final = "sealer_controller_"


class Never:
    """The `Leadership` of a standby."""

    def is_leader(self) -> bool:
        return False

    def remaining(self) -> float:
        return 0.0


def some_sources(**more: Any) -> Sources:
    return replace(Sources(Numbers(), Tally(), Records(), WorkQueue(), KeyStore(), Always()), **more)


def ask(sources: Sources, method: str = "GET", path: str = "/metrics", **headers: str) -> httpx.Response:
    async def main() -> httpx.Response:
        transport = httpx.ASGITransport(MetricsApp(sources))
        async with httpx.AsyncClient(transport=transport, base_url="http://here", headers={"accept-encoding": ""}) as c:
            return await c.request(method, path, headers=headers)

    return asyncio.run(main())


def parse(text: str) -> Iterator[Metric]:
    yield from text_fd_to_metric_families(io.StringIO(text))


def samples(text: str) -> dict[str, dict[tuple[tuple[str, str], ...], float]]:
    """Return the samples of an answer: name, then labels, then value."""
    found: defaultdict[str, dict[tuple[tuple[str, str], ...], float]] = defaultdict(dict)
    for family in parse(text):
        for sample in family.samples:
            found[sample.name][tuple(sorted(sample.labels.items()))] = sample.value
    return found


def settled(records: Records, key: Key, verdict: Verdict, **labels: str) -> None:
    metadata = {"namespace": key.namespace, "name": key.name, "uid": key.name, "generation": 1, "labels": labels}
    records.see({"metadata": metadata}, keep=False)
    records.settle(key, 1, verdict)


def test_an_unused_controller_is_all_there_and_parses_in_both_formats() -> None:
    plain = ask(some_sources())
    assert plain.headers["content-type"].startswith("text/plain; version=0.0.4")
    assert f"{OURS}leader 1.0" in plain.text
    assert {"process_resident_memory_bytes", "python_info"} <= set(samples(plain.text))
    modern = ask(some_sources(), accept="application/openmetrics-text; version=1.0.0")
    assert modern.headers["content-type"].startswith("application/openmetrics-text")
    families = parse_openmetrics(io.StringIO(modern.text))  # type: ignore[no-untyped-call]  # it has no types
    names = {family.name for family in families}
    assert f"{EXISTING}unseal_requests" in names


def test_it_is_compressed_when_asked_and_only_then() -> None:
    squeezed = ask(some_sources(), **{"accept-encoding": "gzip"})
    assert squeezed.headers["content-encoding"] == "gzip"
    assert "content-encoding" not in ask(some_sources()).headers
    assert f"{OURS}leader" in squeezed.text


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/", 404), ("GET", "/metrics/x", 404), ("POST", "/metrics", 405), ("HEAD", "/metrics", 200)],
)
def test_nothing_else_is_answered(method: str, path: str, status: int) -> None:
    answer = ask(some_sources(), method, path)
    assert answer.status_code == status
    assert (answer.headers.get("allow") == "GET, HEAD") == (status == 405)
    assert (answer.content == b"") == (method == "HEAD")


def test_conditions_and_objects_are_by_what_the_newest_attempt_came_to() -> None:
    records = Records()
    settled(records, Key("shop", "good"), UNSEALED, **{"app.kubernetes.io/instance": "till"})
    settled(records, Key("shop", "held"), Verdict(Reason.HELD))
    settled(records, Key("shop", "bad"), Verdict(Reason.DECRYPT_FAILED))
    records.see({"metadata": {"namespace": "shop", "name": "new", "uid": "new"}}, keep=False)
    found = samples(ask(some_sources(records=records)).text)
    conditions = {
        (dict(k)["name"], dict(k)["ss_app_kubernetes_io_instance"]): v
        for k, v in found[f"{EXISTING}condition_info"].items()
    }
    assert conditions == {("good", "till"): 1, ("held", ""): 0, ("bad", ""): -1}
    objects = {dict(k)["reason"]: v for k, v in found[f"{OURS}objects"].items() if v}
    assert objects == {"Unsealed": 1, "Held": 1, "DecryptFailed": 1, "Pending": 1}


def test_labels_that_break_out_of_their_quotes_do_not() -> None:
    records = Records()
    settled(records, Key("shop", "x"), UNSEALED, **{"app.kubernetes.io/instance": 'a"} 1\nevil{b="\\'})
    found = samples(ask(some_sources(records=records)).text)
    ((labels, _),) = found[f"{EXISTING}condition_info"].items()
    assert dict(labels)["ss_app_kubernetes_io_instance"] == 'a"} 1\nevil{b="\\'
    assert "evil" not in found


def test_a_standby_says_that_it_is_one_and_nothing_of_how_objects_fare() -> None:
    records = Records()
    settled(records, Key("shop", "x"), UNSEALED)
    found = samples(ask(some_sources(records=records, leadership=Never())).text)
    assert found[f"{OURS}leader"] == {(): 0}
    assert not {f"{EXISTING}condition_info", f"{OURS}objects", f"{OURS}queue_depth"} & set(found)


def test_single_objects_are_left_out_when_asked_and_still_counted() -> None:
    records = Records()
    settled(records, Key("shop", "hidden-name"), UNSEALED)
    text = ask(some_sources(records=records, per_object=False)).text
    assert "hidden-name" not in text
    assert samples(text)[f"{OURS}objects"][(("reason", "Unsealed"),)] == 1


def test_the_queue_is_counted_by_priority_and_its_oldest_change_by_age() -> None:
    async def filled() -> Sources:
        now = [100.0]
        records = Records(clock=lambda: now[0])
        queue: WorkQueue[Key] = WorkQueue(lambda: now[0])
        for name, priority in (("old", Priority.BACKLOG), ("new", Priority.CHANGE), ("told", Priority.TELL)):
            records.see({"metadata": {"namespace": "shop", "name": name, "uid": name}}, keep=False)
            queue.add(Key("shop", name), priority)
            now[0] += 10
        settled(records, Key("shop", "told"), UNSEALED)
        queue.add_later(Key("shop", "retry"), 1000)
        return some_sources(records=records, queue=queue, clock=lambda: now[0])

    found = samples(ask(asyncio.run(filled())).text)
    depth = {dict(labels)["priority"]: value for labels, value in found[f"{OURS}queue_depth"].items()}
    assert depth == {"change": 1, "backlog": 1, "tell": 1, "delayed": 1}
    assert found[f"{OURS}queue_oldest_seconds"] == {(): 30}


def test_errors_of_the_api_server_are_counted_where_they_happened() -> None:
    tally = Tally()
    with pytest.raises(UnavailableError), tally.at_stage("status", "shop"):
        raise UnavailableError("away")
    tally.attempted(Reason.DECRYPT_FAILED, "shop")
    tally.attempted(Reason.NOT_OWNED, "shop")
    tally.attempted(Reason.UNSEALED, "shop")
    found = samples(ask(some_sources(tally=tally)).text)[f"{EXISTING}unseal_errors_total"]
    assert {dict(labels)["reason"]: value for labels, value in found.items()} == {
        "status": 1,
        "unseal": 1,
        "unmanaged": 1,
    }


def test_a_histogram_counts_each_value_in_every_bucket_that_it_fits() -> None:
    histogram = Histogram((0.1, 1.0))
    for value in (0.05, 0.1, 0.5, 7):
        histogram.observe(value)
    assert list(histogram.buckets()) == [("0.1", 2), ("1.0", 3), ("+Inf", 4)]
    assert histogram.total == pytest.approx(7.65)


class Scraped:
    """A controller whose metrics are read."""

    def __init__(self, running: Running, address: str) -> None:
        self.running, self._address = running, address

    def text(self) -> str:
        return httpx.get(f"http://{self._address}/metrics", trust_env=False).text

    def value(self, metric: str, /, **labels: str) -> float | None:
        found = samples(self.text()).get(metric, {})
        return next((value for have, value in found.items() if labels.items() <= dict(have).items()), None)


@pytest.fixture(scope="module")
def scraped(installed: ControlPlane, processes: Processes) -> Iterator[Scraped]:
    namespace = f"scraped-{secrets.token_hex(4)}"
    installed.create_namespace(namespace)
    address = f"127.0.0.1:{free_port()}"
    running = start(installed, processes, namespace, "--all-namespaces=false", "--listen-metrics-addr", address)
    yield Scraped(running, address)
    running.stop()
    installed.delete_namespace(namespace)


def test_a_running_controller_tells_of_an_object_until_it_is_gone(scraped: Scraped) -> None:
    cluster, namespace = scraped.running.cluster, scraped.running.namespace
    good = sealed(scraped.running.recipient(), namespace, "good", {"a": CANARY})
    apply(cluster, good, renamed(good, namespace, "moved"))
    wait_for_data(cluster, namespace, "good", {"a": CANARY})
    wait_for_reason(cluster, namespace, "moved", "DecryptFailed")
    info = f"{EXISTING}condition_info"
    assert scraped.value(info, name="good", namespace=namespace, condition="Synced") == 1
    assert scraped.value(info, name="moved") == -1
    assert scraped.value(f"{EXISTING}unseal_errors_total", reason="unseal", namespace=namespace) == 1
    assert scraped.value(f"{OURS}sync_duration_seconds_count") == 1
    assert scraped.value(f"{OURS}key_operations_total") == 2
    assert scraped.value(f"{OURS}leader") == 1
    assert scraped.value(f"{OURS}lease_transitions") == 0
    assert scraped.value(f"{OURS}keys", state="sealing") == 1
    assert (scraped.value(f"{OURS}api_requests_total", verb="post", code="201") or 0) >= 3
    assert CANARY not in scraped.text()
    cluster.request("DELETE", f"/apis/bitnami.com/v1alpha1/namespaces/{namespace}/sealedsecrets/moved")
    cluster.wait_for("its series ends", lambda: scraped.value(info, name="moved") is None)
    assert scraped.value(info, name="good") == 1


def test_a_repair_is_counted(scraped: Scraped) -> None:
    cluster, namespace = scraped.running.cluster, scraped.running.namespace
    apply(cluster, sealed(scraped.running.recipient(), namespace, "kept", {"a": "1"}))
    wait_for_data(cluster, namespace, "kept", {"a": "1"})
    before = scraped.value(f"{OURS}repairs_total") or 0
    cluster.request("DELETE", f"/api/v1/namespaces/{namespace}/secrets/kept")
    cluster.wait_for("it is counted", lambda: scraped.value(f"{OURS}repairs_total") == before + 1)
    assert data_of(secret(cluster, namespace, "kept")) == {"a": "1"}


def test_requests_to_the_http_port_are_counted(scraped: Scraped) -> None:
    for path in ("/v1/cert.pem", "/no/such/path"):
        scraped.running.get(path)
    name = f"{EXISTING}http_requests_total"
    assert (scraped.value(name, path="/v1/cert.pem", code="200", method="get") or 0) >= 1
    assert scraped.value(name, path="other", code="404", method="get") == 1
    assert (
        scraped.value(f"{EXISTING}http_request_duration_seconds_count", path="/v1/cert.pem", method="get") or 0
    ) >= 1


def test_the_six_of_the_existing_controller_have_its_names_types_and_labels(
    scraped: Scraped, parts: Parts, processes: Processes
) -> None:
    cluster = scraped.running.cluster
    namespace = f"peer-{secrets.token_hex(4)}"
    cluster.create_namespace(namespace)
    flags = ("--all-namespaces=false",)
    with SealedSecretsController(cluster, parts, processes, namespace=namespace, flags=flags) as existing:
        plain = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "x", "namespace": namespace}}
        words = ("--controller-namespace", namespace, "--format", "json")
        made = kubeseal(cluster, parts, *words, input=json.dumps({**plain, "stringData": {"a": "1"}}))
        apply(cluster, json.loads(made), renamed(json.loads(made), namespace, "broken"))
        cluster.wait_for("both are seen", lambda: len(shapes(existing.metrics())) == 6)
        theirs = shapes(existing.metrics())
    here = scraped.running.namespace
    apply(cluster, renamed(sealed(scraped.running.recipient(), here, "x", {"a": "1"}), here, "broken"))
    wait_for_reason(cluster, here, "broken", "DecryptFailed")
    ours = shapes(scraped.text())
    assert {name: shape for name, shape in theirs.items() if ours.get(name) != shape} == {}
    cluster.delete_namespace(namespace)


def shapes(text: str) -> dict[str, tuple[str, frozenset[str]]]:
    """Return the families with the existing controller's prefix: type, and labels."""
    return {
        family.name: (family.type, frozenset(label for one in family.samples for label in one.labels))
        for family in parse(text)
        if family.name.startswith(EXISTING) and not re.search("_created$", family.name)
    }
