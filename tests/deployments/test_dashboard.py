"""The dashboard and the alerts speak of metrics that there are, by labels that these have."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

import api.metrics
from api.metrics import REGISTRY

ROOT = Path(__file__).parent.parent.parent / "deployments"
DASHBOARD: dict[str, Any] = json.loads((ROOT / "grafana" / "reelwright.json").read_text())
ALERTS: dict[str, Any] = yaml.safe_load((ROOT / "prometheus" / "alerts.yml").read_text())
#: What a scrape adds to every series, and a histogram to its buckets.
EVERYWHERE = {"instance", "job", "le"}
#: Words of the language, not of ours.
NOT_METRICS = {"and", "by", "or", "unless", "sum", "max", "min", "rate", "increase", "time"}
NOT_METRICS |= {"histogram_quantile", "label_values"}


def panels() -> list[dict[str, Any]]:
    return [panel for panel in DASHBOARD["panels"] if panel["type"] != "row"]


def expressions() -> list[str]:
    asked = [target["expr"] for panel in panels() for target in panel["targets"]]
    asked += [rule["expr"] for group in ALERTS["groups"] for rule in group["rules"]]
    variables = DASHBOARD["templating"]["list"]
    return asked + [each["definition"] for each in variables if each["type"] == "query"]


def known() -> dict[str, set[str]]:
    """Every series' name with its labels."""
    labels = {
        metric._name: set(metric._labelnames)
        for metric in vars(api.metrics).values()
        if hasattr(metric, "_labelnames")
    }
    found: dict[str, set[str]] = {}
    for name, collectors in REGISTRY._names_to_collectors.items():
        found[name] = labels.get(getattr(collectors, "_name", ""), set())
    # Those of the process itself are known when they are read.
    for family in REGISTRY.collect():
        for sample in family.samples:
            found.setdefault(sample.name, set(sample.labels))
    return found


def series_of(expression: str) -> dict[str, set[str]]:
    """The names of series in an expression, each with the labels that are asked of it."""
    plain = re.sub(r'"[^"]*"|\[[^\]]*\]', "", expression)
    groups = {name for found in re.findall(r"by \(([^)]*)\)", plain) for name in found.split(", ")}
    without = re.sub(r"by \([^)]*\)", "", plain)
    asked: dict[str, set[str]] = {}
    for name, matchers in re.findall(r"\b([a-z_]{3,})\b(?:\{([^}]*)\})?", without):
        if name in NOT_METRICS or name in EVERYWHERE:
            continue
        labels = set(re.findall(r"([a-z_]+)\s*=", matchers))
        asked[name] = asked.get(name, set()) | labels | groups
        without = without.replace(matchers, "") if matchers else without
    return {name: labels for name, labels in asked.items() if "_" in name}


@pytest.mark.parametrize("expression", expressions())
def test_an_expression_asks_for_series_that_there_are(expression: str) -> None:
    """By their full names, as Prometheus keeps them, and labels of theirs."""
    names = re.findall(r"\b(?:reelwright|process|python)_[a-z_]+", expression)
    assert names
    for name, labels in series_of(expression).items():
        if name in names:
            assert name in known(), name
            assert labels <= known()[name] | EVERYWHERE, name


def test_a_series_that_is_not_there_would_be_seen() -> None:
    asked = series_of('sum by (job_id) (rate(reelwright_nothing_total{user="a"}[5m]))')
    assert asked == {"reelwright_nothing_total": {"job_id", "user"}}
    assert "reelwright_nothing_total" not in known()


def test_every_metric_of_ours_is_on_the_dashboard() -> None:
    shown = " ".join(expressions())
    ours = {metric._name for metric in vars(api.metrics).values() if hasattr(metric, "_labelnames")}
    assert {name for name in ours if name not in shown} == set()


def test_the_dashboard_is_one_that_grafana_reads() -> None:
    """Panels with ids of their own that lie side by side, and a source that may be chosen."""
    assert DASHBOARD["schemaVersion"] >= 39
    assert DASHBOARD["uid"]
    ids = [panel["id"] for panel in DASHBOARD["panels"]]
    assert len(ids) == len(set(ids))
    taken: set[tuple[int, int]] = set()
    for panel in DASHBOARD["panels"]:
        at = panel["gridPos"]
        assert at["x"] + at["w"] <= 24
        cells = {
            (x, y)
            for x in range(at["x"], at["x"] + at["w"])
            for y in range(at["y"], at["y"] + at["h"])
        }
        assert not cells & taken, panel["title"]
        taken |= cells
    for panel in panels():
        assert panel["title"]
        assert panel["datasource"] == {"type": "prometheus", "uid": "${datasource}"}
        for target in panel["targets"]:
            assert target["expr"].count("(") == target["expr"].count(")")


def test_every_alert_says_what_is_the_matter() -> None:
    rules = [rule for group in ALERTS["groups"] for rule in group["rules"]]
    assert len({rule["alert"] for rule in rules}) == len(rules)
    for rule in rules:
        assert rule["annotations"]["summary"].endswith(".")
        assert rule["labels"]["severity"] in ("page", "ticket")
