"""The page on the injector's metrics and its alerts name what there is, and what there is has its place on the page."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Final, get_args

import yaml

from injector.webhook.metrics import Facts, Metrics
from injector.webhook.mutate import Decision, Reason

if TYPE_CHECKING:
    from prometheus_client import Metric

ROOT: Final = Path(__file__).parents[2]
PAGE: Final = ROOT / "docs" / "reference" / "injector-metrics.md"
MONITORING: Final = ROOT / "deploy" / "monitoring" / "injector"
NAME: Final = re.compile(r"\b(?:sealer|vault_agent)_injector_[a-z_]+")
ROW: Final = re.compile(r"^\| `(\w+)` \| (gauge|counter|histogram)[^|]* \|([^|]*)\|", re.MULTILINE)
ALERT: Final = re.compile(r"`(Sealer[A-Z]\w+)`")
USUAL: Final = ("process_", "python_")


def found() -> list[Metric]:
    """All metrics, each with the labels that it ever has."""
    metrics = Metrics(Facts())
    metrics.decided("shop", Decision("Injected", injection="init_only"))
    metrics.decided("shop", Decision("BadPod", "no"))
    metrics.rejected(400)
    metrics.ended(0.1)
    return [one for one in metrics.registry.collect() if not one.name.startswith(USUAL)]


def name_of(metric: Metric) -> str:
    return f"{metric.name}_total" if metric.type == "counter" else metric.name


def labels_of(metric: Metric) -> frozenset[str]:
    return frozenset(label for sample in metric.samples for label in sample.labels) - {"le"}


def rules() -> list[dict[str, str]]:
    rule = yaml.safe_load((MONITORING / "prometheus-rule.yaml").read_text())
    return [one for group in rule["spec"]["groups"] for one in group["rules"]]


def test_the_page_lists_every_metric_with_its_type_and_labels() -> None:
    rows = {
        (name, kind, frozenset(re.findall(r"`(\w+)`", labels))) for name, kind, labels in ROW.findall(PAGE.read_text())
    }
    assert rows == {(name_of(one), one.type, labels_of(one)) for one in found()}


def test_every_alert_asks_for_metrics_that_there_are() -> None:
    for rule in rules():
        named = {re.sub(r"_(bucket|sum|count)$", "", name) for name in NAME.findall(rule["expr"])}
        assert named
        assert named <= {name_of(one) for one in found()}


def test_the_page_names_every_alert_and_no_other() -> None:
    assert set(ALERT.findall(PAGE.read_text())) == {rule["alert"] for rule in rules()}


def test_the_page_lists_every_reason_of_a_decision() -> None:
    table = PAGE.read_text().split("## Reasons")[1]
    assert set(re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE)) == set(get_args(Reason))


def test_what_is_scraped_is_what_the_deployment_serves() -> None:
    """The port, the path, the labels and the Secret of the PodMonitor are those of deploy/base."""
    endpoint = yaml.safe_load((MONITORING / "pod-monitor.yaml").read_text())["spec"]
    base = ROOT / "deploy" / "base" / "injector"
    template = yaml.safe_load((base / "deployment.yaml").read_text())["spec"]["template"]
    (container,) = template["spec"]["containers"]
    variables = {one["name"]: one.get("value") for one in container["env"]}
    (scraped,) = endpoint["podMetricsEndpoints"]
    assert endpoint["selector"]["matchLabels"].items() <= template["metadata"]["labels"].items()
    assert scraped["port"] in {port["name"] for port in container["ports"]}
    assert scraped["path"] == variables["AGENT_INJECT_TELEMETRY_PATH"]
    namespace = yaml.safe_load((base / "kustomization.yaml").read_text())["namespace"]
    hosts = variables["AGENT_INJECT_TLS_AUTO_HOSTS"].replace("$(POD_NAMESPACE)", namespace).split(",")
    assert scraped["tlsConfig"]["serverName"] in hosts


def test_the_folder_is_what_kustomize_builds() -> None:
    kustomization = yaml.safe_load((MONITORING / "kustomization.yaml").read_text())
    assert {*kustomization["resources"], "kustomization.yaml"} == {file.name for file in MONITORING.iterdir()}
