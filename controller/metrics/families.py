"""From numbers to what Prometheus reads; docs/reference/metrics.md says what each is for.

The six families of the existing controller keep their names and labels, so that dashboards and alerts go on
(reference, sealed-secrets 2.6).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily

from controller.metrics.sources import PENDING
from controller.verdict import Reason
from sealer import __version__

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from prometheus_client import Metric

    from controller.metrics.numbers import Histogram, Numbers
    from controller.metrics.sources import Snapshot
    from controller.tally import Tally

EXISTING: Final = "sealed_secrets_controller_"
OURS: Final = "sealer_controller_"
_NO_ANSWER: Final = "none"


def families(numbers: Numbers, tally: Tally, now: Snapshot) -> Iterator[Metric]:
    """Yield every family but `condition_info`, those without a sample too. Call it on the loop, which counts.

    Args:
        numbers: What was counted at the edges.
        tally: What the sync path counted.
        now: How things stand.

    """
    yield from _existing(numbers, tally)
    yield from _sync(numbers, tally)
    if now.leads:
        yield from _objects(now)
    yield from _keys(tally, now)
    yield from _leadership(now)
    yield _counter("api_requests", "Requests to the API server.", ("verb", "code"), _api(numbers).items(), prefix=OURS)
    yield _histogram(
        f"{OURS}api_request_duration_seconds",
        "Time of requests to the API server; of a watch, until it begins.",
        ("verb",),
        [((verb,), histogram) for verb, histogram in numbers.api_seconds.items()],
    )


def _existing(numbers: Numbers, tally: Tally) -> Iterator[Metric]:
    build = GaugeMetricFamily(f"{EXISTING}build_info", "The version that runs.", labels=("revision",))
    build.add_metric((f"v{__version__}",), 0)
    yield build
    yield _counter("unseal_requests", "Attempts to unseal.", (), [((), tally.begun)], prefix=EXISTING)
    errors = {(stage, namespace): count for (stage, namespace), count in tally.errors.items()}
    yield _counter("unseal_errors", "What went wrong.", ("reason", "namespace"), errors.items(), prefix=EXISTING)
    http = {(path, str(code), method): count for (path, code, method), count in numbers.http.items()}
    yield _counter(
        "http_requests", "Requests to the HTTP port.", ("path", "code", "method"), http.items(), prefix=EXISTING
    )
    yield _histogram(
        f"{EXISTING}http_request_duration_seconds",
        "Time of requests to the HTTP port.",
        ("path", "method"),
        numbers.http_seconds.items(),
    )


def condition_info(now: Snapshot) -> Metric:
    """Return the one family that has a sample for each object; from any thread."""
    family = GaugeMetricFamily(
        f"{EXISTING}condition_info",
        "The condition of each SealedSecret: 1 synced, -1 not, 0 unknown.",
        labels=("namespace", "name", "condition", "ss_app_kubernetes_io_instance"),
    )
    for namespace, name, instance, value in now.conditions:
        family.add_metric((namespace, name, "Synced", instance), value)
    return family


def _sync(numbers: Numbers, tally: Tally) -> Iterator[Metric]:
    reasons = {(reason.value,): tally.attempts[reason] for reason in Reason}
    yield _counter("attempts", "Attempts by what they came to.", ("reason",), reasons.items())
    retries = {(kind,): count for kind, count in tally.retries.items()}
    yield _counter("retries", "Attempts that are to be repeated, by kind of error.", ("error",), retries.items())
    yield _counter("faults", "Attempts that ended in a bug of ours.", (), [((), tally.faults)])
    yield _counter("unsealed", "SealedSecrets opened with a private key.", (), [((), tally.unsealed)])
    yield _counter("digest_hits", "Attempts for which a digest made that needless.", (), [((), tally.digest_hits)])
    yield _counter("repairs", "Secrets put right that somebody changed or deleted.", (), [((), tally.repairs)])
    yield _counter(
        "repairs_put_off", "Repairs put off, as somebody keeps changing the Secret.", (), [((), tally.contested)]
    )
    yield _histogram(
        f"{OURS}sync_duration_seconds",
        "Time from when a SealedSecret, or its change, was seen to when its Secret was written.",
        (),
        [((), numbers.sync_seconds)],
    )


def _objects(now: Snapshot) -> Iterator[Metric]:
    every = (*(reason.value for reason in Reason), PENDING)
    counts = {(reason,): float(now.objects[reason]) for reason in every}
    yield _gauge("objects", "SealedSecrets by what their newest attempt came to.", ("reason",), counts.items())
    depth = {(priority,): float(count) for priority, count in now.waiting.items()}
    yield _gauge("queue_depth", "SealedSecrets that wait for an attempt.", ("priority",), depth.items())
    yield _gauge("queue_oldest_seconds", "Age of the oldest change without an attempt.", (), [((), now.oldest)])
    seen = [((), float(now.other_controller))]
    yield _gauge("other_controller_seen", "Whether another controller wrote our statuses just now.", (), seen)


def _keys(tally: Tally, now: Snapshot) -> Iterator[Metric]:
    states = {("sealing",): min(1, len(now.keys)), ("opening",): max(0, len(now.keys) - 1), ("unusable",): now.unusable}
    yield _gauge("keys", "Sealing keys by what they are used for.", ("state",), states.items())
    certificates = [(stored.key.fingerprint, stored.key.certificate) for stored in now.keys]
    begins = {(name,): one.not_valid_before_utc.timestamp() for name, one in certificates if one is not None}
    ends = {(name,): one.not_valid_after_utc.timestamp() for name, one in certificates if one is not None}
    labels = ("fingerprint",)
    yield _gauge("key_not_before_timestamp_seconds", "When a key's certificate begins.", labels, begins.items())
    yield _gauge("key_not_after_timestamp_seconds", "When a key's certificate expires.", labels, ends.items())
    tried = {(name,): count for name, count in tally.key_operations.items()}
    yield _counter("key_operations", "Private-key operations, by key.", labels, tried.items())


def _leadership(now: Snapshot) -> Iterator[Metric]:
    yield _gauge("leader", "Whether this replica leads.", (), [((), float(now.leads))])
    changes = [] if now.transitions is None else [((), float(now.transitions))]
    yield _gauge("lease_transitions", "How often the leader has changed, by the Lease.", (), changes)


def _api(numbers: Numbers) -> dict[tuple[str, ...], int]:
    return {(verb, str(status or _NO_ANSWER)): count for (verb, status), count in numbers.api.items()}


def _counter(
    name: str, text: str, labels: tuple[str, ...], samples: Iterable[tuple[tuple[str, ...], float]], prefix: str = OURS
) -> Metric:
    family = CounterMetricFamily(prefix + name, text, labels=labels)
    for values, count in samples:
        family.add_metric(values, count)
    return family


def _gauge(name: str, text: str, labels: tuple[str, ...], samples: Iterable[tuple[tuple[str, ...], float]]) -> Metric:
    family = GaugeMetricFamily(OURS + name, text, labels=labels)
    for values, value in samples:
        family.add_metric(values, value)
    return family


def _histogram(
    name: str, text: str, labels: tuple[str, ...], samples: Iterable[tuple[tuple[str, ...], Histogram]]
) -> Metric:
    family = HistogramMetricFamily(name, text, labels=labels)
    for values, histogram in samples:
        family.add_metric(values, list(histogram.buckets()), histogram.total)
    return family
