"""The page on metrics, the alerts and the dashboard name what there is, and what there is has its place on the page."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Final

import yaml

from controller.keys import KeyStore
from controller.metrics.families import condition_info, families
from controller.metrics.numbers import Numbers
from controller.metrics.sources import Sources, snapshot
from controller.records import Records
from controller.tally import Tally
from controller.workqueue import WorkQueue
from sealer.apiserver.lease import Always

if TYPE_CHECKING:
    from prometheus_client import Metric

ROOT: Final = Path(__file__).parents[2]
PAGE: Final = ROOT / "docs" / "reference" / "metrics.md"
MONITORING: Final = ROOT / "deploy" / "monitoring"
NAME: Final = re.compile(r"\b(?:sealer|sealed_secrets)_controller_[a-z_]+")
ROW: Final = re.compile(r"^\| `(\w+)`(?: \(\*leader\*\))? \| (\w+)[^|]* \|([^|]*)\|", re.MULTILINE)
ALERT: Final = re.compile(r"`(Sealer[A-Z]\w+)`")


def found() -> list[Metric]:
    numbers, tally = Numbers(), Tally()
    now = snapshot(Sources(numbers, tally, Records(), WorkQueue(), KeyStore(), Always()))
    return [*families(numbers, tally, now), condition_info(now)]


def name_of(metric: Metric) -> str:
    return f"{metric.name}_total" if metric.type == "counter" else metric.name


def labels_of(metric: Metric) -> tuple[str, ...]:
    return tuple(getattr(metric, "_labelnames", ()))


def rules() -> list[dict[str, str]]:
    rule = yaml.safe_load((MONITORING / "prometheus-rule.yaml").read_text())
    return [one for group in rule["spec"]["groups"] for one in group["rules"]]


def named_in(expressions: list[str]) -> set[str]:
    """Return the metrics in PromQL, without what a histogram appends."""
    return {re.sub(r"_(bucket|sum|count)$", "", name) for text in expressions for name in NAME.findall(text)}


def test_the_page_lists_every_metric_with_its_type_and_labels() -> None:
    rows = {(name, kind, tuple(re.findall(r"`(\w+)`", labels))) for name, kind, labels in ROW.findall(PAGE.read_text())}
    assert rows == {(name_of(one), one.type, labels_of(one)) for one in found()}


def test_every_alert_asks_for_metrics_that_there_are() -> None:
    expressions = [rule["expr"] for rule in rules()]
    assert all(NAME.search(text) for text in expressions)
    assert named_in(expressions) <= {name_of(one) for one in found()}


def test_alerts_about_the_leader_and_the_keys_tell_installs_apart() -> None:
    """Two installs in two namespaces have a leader each, and that one has a key does not help the other."""
    told = re.compile(r"\b(?:max|sum)(?: by \((\w+)\) )?\(sealer_controller_(?:lea\w+|keys|key_not\w+)[{)]")
    found = [(rule["alert"], label) for rule in rules() for label in told.findall(rule["expr"])]
    assert len(found) >= 7
    assert [alert for alert, label in found if not (label == "namespace" or alert == "SealerKeyUnusable")] == []


def test_the_page_names_every_alert_and_no_other() -> None:
    assert set(ALERT.findall(PAGE.read_text())) == {rule["alert"] for rule in rules()}


def test_every_panel_asks_for_metrics_that_there_are() -> None:
    dashboard = json.loads((MONITORING / "dashboard.json").read_text())
    expressions = [target["expr"] for panel in dashboard["panels"] for target in panel["targets"]]
    assert named_in(expressions) <= {name_of(one) for one in found()}
    assert all(NAME.search(text) or "process_resident_memory_bytes" in text for text in expressions)


def test_the_labels_that_alerts_choose_by_have_such_values() -> None:
    """A misspelt reason would make an alert that never fires."""
    now = snapshot(Sources(Numbers(), Tally(), Records(), WorkQueue(), KeyStore(), Always()))
    values = {
        (name_of(one), label): {sample.labels.get(label) for sample in one.samples}
        for one in families(Numbers(), Tally(), now)
        for label in ("reason", "state")
    }
    chosen = re.findall(r'(\w+)\{(reason|state)(?:=|!~)"([^"]*)"', "\n".join(rule["expr"] for rule in rules()))
    assert chosen
    for name, label, pattern in chosen:
        assert set(pattern.split("|")) <= values[name, label]


def test_the_dashboard_and_the_rules_are_built_by_kustomize_as_they_are() -> None:
    kustomization = yaml.safe_load((MONITORING / "kustomization.yaml").read_text())
    files = {*kustomization["resources"], *kustomization["configMapGenerator"][0]["files"], "kustomization.yaml"}
    assert files == {file.name for file in MONITORING.iterdir() if file.is_file()}
