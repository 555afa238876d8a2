"""What Prometheus sees of the webhook."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import httpx
import orjson
from prometheus_client.parser import text_string_to_metric_families

from injector.webhook import app
from injector.webhook.metrics import Facts, Metrics
from injector.webhook.mutate import Decision
from tests.admission import pods

if TYPE_CHECKING:
    from collections.abc import Sequence

JSON = {"Content-Type": "application/json"}


def scraped(metrics: Metrics) -> dict[str, dict[tuple[str, ...], float]]:
    """Samples by name and label values, in the order of the labels' names."""
    found: dict[str, dict[tuple[str, ...], float]] = {}
    for family in text_string_to_metric_families(metrics.text().decode()):
        for sample in family.samples:
            found.setdefault(sample.name, {})[tuple(value for _, value in sorted(sample.labels.items()))] = sample.value
    return found


def send(around: app.Around, bodies: Sequence[bytes]) -> None:
    async def run() -> None:
        transport = httpx.ASGITransport(app.create(pods.SETTINGS, around))
        async with httpx.AsyncClient(transport=transport, base_url="https://webhook") as client:
            for body in bodies:
                await client.post("/mutate", content=body, headers=JSON)

    asyncio.run(run())


def test_the_four_metrics_of_the_existing_injector_count() -> None:
    around = app.Around()
    refused = pods.annotated("agent-inject", "yes")
    namespace = pods.review(pods.basic())["request"]["namespace"]
    send(around, [orjson.dumps(pods.review(one)) for one in (pods.basic(), pods.basic(), refused)])
    found = scraped(around.metrics)
    injected = found["vault_agent_injector_injections_by_namespace_total"]
    assert injected == {("init_and_sidecar", namespace): 2.0}
    assert found["vault_agent_injector_failed_injections_by_namespace_total"] == {(namespace,): 1.0}
    assert found["vault_agent_injector_request_processing_duration_ms_count"] == {(): 3.0}
    assert found["vault_agent_injector_request_queue_length"] == {(): 0.0}
    buckets = {key[-1] for key in found["vault_agent_injector_request_processing_duration_ms_bucket"]}
    assert {"5.0", "10.0", "25.0", "50.0", "75.0", "100.0", "250.0", "10000.0", "+Inf"} <= buckets
    assert found["sealer_injector_decisions_total"] == {("Injected",): 2.0, ("BadAnnotation",): 1.0}


def test_names_of_namespaces_that_somebody_makes_up_do_not_fill_the_memory() -> None:
    metrics = Metrics()
    refused = Decision("BadPod", "no")
    for number in range(10_100):
        metrics.decided(f"made-up-{number}", refused)
    metrics.decided("x" * 1_000_000, refused)
    counted = scraped(metrics)["vault_agent_injector_failed_injections_by_namespace_total"]
    assert (len(counted), counted["other",]) == (10_001, 101.0)


def test_what_is_no_review_is_counted_by_its_status() -> None:
    around = app.Around()
    send(around, [b"", b"{", b"[]"])
    assert scraped(around.metrics)["sealer_injector_rejected_requests_total"] == {("400",): 1.0, ("500",): 2.0}
    assert scraped(around.metrics)["vault_agent_injector_request_queue_length"] == {(): 0.0}


def test_gauges_tell_what_is_true_when_they_are_asked() -> None:
    end = datetime(2026, 12, 1, tzinfo=UTC)
    found = scraped(Metrics(Facts(lambda: end, lambda: False, lambda: 3)))
    assert found["sealer_injector_certificate_expiry_timestamp_seconds"] == {(): end.timestamp()}
    assert found["sealer_injector_leader"] == {(): 0.0}
    assert found["sealer_injector_uninjected_pods"] == {(): 3.0}


def test_metrics_are_served_where_they_are_asked_for_and_nowhere_by_default() -> None:
    async def ask(around: app.Around) -> httpx.Response:
        transport = httpx.ASGITransport(app.create(pods.SETTINGS, around))
        async with httpx.AsyncClient(transport=transport, base_url="https://webhook") as client:
            return await client.get("/metrics")

    served = asyncio.run(ask(app.Around(telemetry_path="/metrics")))
    assert served.headers["content-type"].startswith("text/plain; version=")
    assert asyncio.run(ask(app.Around())).status_code == 404
