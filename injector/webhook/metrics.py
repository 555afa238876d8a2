"""What Prometheus is told: the four metrics of the existing injector (reference 4.5), and ours.

Names, labels and buckets of the four are that one's. Gauges are asked for when they are scraped; a review costs three
additions.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, PlatformCollector, ProcessCollector
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest

from sealer import __version__

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from injector.webhook.mutate import Decision

CONTENT_TYPE: Final = CONTENT_TYPE_LATEST
_MILLISECONDS: Final = (5, 10, 25, 50, 75, 100, 250, 500, 1000, 2500, 5000, 7500, 10000)
# Labels are kept for ever, and whoever reaches the port may name any number of namespaces.
_NAMESPACES: Final = 10_000
_LONGEST_NAME: Final = 63
_OTHER: Final = "other"
_REFUSED: Final = frozenset({"SystemNamespace", "BadAnnotation", "BadPod"})


@dataclass(frozen=True)
class Facts:
    """What is asked for at each scrape.

    Attributes:
        expiry: When the serving certificate ends; None where that is not known.
        leading: Whether this replica renews the certificate and looks for pods without injection.
        missed: How many pods asked for injection and did not get it; None where this replica does not look.

    """

    expiry: Callable[[], datetime | None] = lambda: None
    leading: Callable[[], bool] = lambda: True
    missed: Callable[[], int | None] = lambda: None


class Metrics:
    """The registry of one process."""

    def __init__(self, facts: Facts | None = None) -> None:
        facts = facts or Facts()
        self.registry = registry = CollectorRegistry()
        self._namespaces: set[str] = set()
        ProcessCollector(registry=registry)
        PlatformCollector(registry=registry)
        self._queue = Gauge("vault_agent_injector_request_queue_length", "Reviews being answered.", registry=registry)
        self._duration = Histogram(
            "vault_agent_injector_request_processing_duration_ms",
            "Time of a review in milliseconds.",
            buckets=_MILLISECONDS,
            registry=registry,
        )
        self._injections = Counter(
            "vault_agent_injector_injections_by_namespace",
            "Pods injected.",
            ("namespace", "injection_type"),
            registry=registry,
        )
        self._failed = Counter(
            "vault_agent_injector_failed_injections_by_namespace", "Pods refused.", ("namespace",), registry=registry
        )
        self._decisions = Counter(
            "sealer_injector_decisions", "Reviews by what was decided.", ("reason",), registry=registry
        )
        self._warnings = Counter("sealer_injector_warnings", "Warnings given to users.", registry=registry)
        self._rejected = Counter(
            "sealer_injector_rejected_requests",
            "Requests that were no reviews, by status.",
            ("code",),
            registry=registry,
        )
        info = Gauge("sealer_injector_build_info", "1, with the version.", ("version",), registry=registry)
        info.labels(__version__).set(1)
        _asked(
            registry,
            "sealer_injector_certificate_expiry_timestamp_seconds",
            "When the serving certificate ends; 0 where that is not known.",
            lambda: end.timestamp() if (end := facts.expiry()) else 0.0,
        )
        _asked(registry, "sealer_injector_leader", "Whether this replica leads.", lambda: float(facts.leading()))
        _asked(
            registry,
            "sealer_injector_uninjected_pods",
            "Pods that ask for injection and were created without it; NaN where another replica looks.",
            lambda: float("nan") if (missed := facts.missed()) is None else float(missed),
        )

    def began(self) -> None:
        """Count a review that is being answered."""
        self._queue.inc()

    def ended(self, seconds: float) -> None:
        """Count a review that was answered, however it went."""
        self._queue.dec()
        self._duration.observe(seconds * 1000)

    def decided(self, namespace: str, decision: Decision) -> None:
        """Count a decision."""
        self._decisions.labels(decision.reason).inc()
        self._warnings.inc(len(decision.warnings))
        if decision.injection:
            self._injections.labels(self._label(namespace), decision.injection).inc()
        elif decision.reason in _REFUSED:
            self._failed.labels(self._label(namespace)).inc()

    def rejected(self, status: int) -> None:
        """Count a request that was no review."""
        self._rejected.labels(str(status)).inc()

    def _label(self, namespace: str) -> str:
        if namespace in self._namespaces:
            return namespace
        if len(self._namespaces) >= _NAMESPACES or len(namespace) > _LONGEST_NAME:
            return _OTHER
        self._namespaces.add(namespace)
        return namespace

    def text(self) -> bytes:
        """Return all of it, as Prometheus reads it."""
        return generate_latest(self.registry)


def _asked(registry: CollectorRegistry, name: str, text: str, value: Callable[[], float]) -> None:
    Gauge(name, text, registry=registry).set_function(value)
