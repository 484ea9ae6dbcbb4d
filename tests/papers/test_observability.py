"""Alert rules and dashboard speak of metrics that exist, in a language that Prometheus reads; the runbook knows every alert."""

import json
import re
from collections.abc import Iterator
from typing import Any

import promql_parser
import pytest
import yaml

from tests.papers.test_operating import ROOT, text

FOLDER = ROOT / "deploy" / "observability"
RULES: list[dict[str, Any]] = [
    rule
    for group in yaml.safe_load((FOLDER / "alerts.yaml").read_text(encoding="utf-8"))["groups"]
    for rule in group["rules"]
]
PANELS: list[dict[str, Any]] = json.loads((FOLDER / "dashboard.json").read_text(encoding="utf-8"))["panels"]
EXPRESSIONS = [rule["expr"] for rule in RULES] + [target["expr"] for panel in PANELS for target in panel["targets"]]
OF_PROMETHEUS = {"up", "process_resident_memory_bytes"}
PARTS = re.compile(r"_(?:bucket|count|sum|total)$")


def selected(expression: str) -> Iterator[str]:
    """The names of the metrics it looks at; where it chooses by a pattern, each the pattern allows."""
    yield from re.findall(r"\b((?:catalog|progress|notifier|process)_[a-z_]+|up)\b(?=[{\[\s)]|$)", expression)
    for services, rest in re.findall(r'__name__=~"\(([a-z|]+)\)(_[a-z_]+)"', expression):
        yield from (f"{service}{rest}" for service in services.split("|"))


def exported(service: str) -> set[str]:
    """What a service's sources and the edge's say that it exports."""
    folders = (ROOT / "services" / service / service, ROOT / "libs" / "edge" / "edge")
    sources = "".join(path.read_text(encoding="utf-8") for folder in folders for path in folder.glob("*.py"))
    said = re.findall(r'(?:gauge|gauge_from|counter|histogram)\(\s*"([a-z_]+)"', sources)
    return {f"{service}_{name}" for name in said} | set(re.findall(r'MetricFamily\("([a-z_]+)"', sources))


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_every_expression_can_be_read_and_looks_at_what_is_exported(expression: str) -> None:
    promql_parser.parse(expression)
    names = set(selected(expression))
    assert names
    for name in names - OF_PROMETHEUS:
        assert PARTS.sub("", name) in exported(name.partition("_")[0]), name


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["alert"])
def test_every_alert_says_how_bad_it_is_and_the_runbook_what_to_do(rule: dict[str, Any]) -> None:
    assert rule["labels"]["severity"] in {"page", "ticket"}
    assert rule["annotations"]["summary"]
    assert f"**{rule['alert']}**" in text()


def test_the_runbook_and_the_dashboard_speak_of_no_alert_that_is_not_there() -> None:
    alerts = {rule["alert"] for rule in RULES}
    assert set(re.findall(r"\*\*(Ozg\w+)\*\*", text())) == alerts
    described = " ".join(panel["description"] for panel in PANELS)
    assert set(re.findall(r"Runbook: (Ozg\w+)", described)) <= alerts


def test_prometheus_asks_every_process_of_ours() -> None:
    composed = yaml.safe_load((ROOT / "deploy" / "compose.yaml").read_text(encoding="utf-8"))["services"]
    asked = yaml.safe_load((FOLDER / "prometheus.yaml").read_text(encoding="utf-8"))["scrape_configs"][0]
    ours = {name for name in composed if re.fullmatch(r"(catalog|progress|notifier)-(web|worker)", name)}
    assert ours == {target.partition(":")[0] for target in asked["static_configs"][0]["targets"]}
