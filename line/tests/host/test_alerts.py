"""deploy/host/alerts.yml: what Prometheus says of a host that is well, and of each that is not."""

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from prometheus_client import generate_latest

from service.metrics import Metrics

ALERTS = Path(__file__).parents[3] / "deploy/host/alerts.yml"
MINUTES = 3000
EVENING = "45h"
CLASSES = "haproxy_frontend_http_responses_total{proxy='public', code='5xx'}"
REQUESTS = "haproxy_frontend_http_requests_total{proxy='public'}"
FAST = "bentoml_service_request_duration_seconds_bucket{endpoint='/predict', le='0.5'}"
ALL = "bentoml_service_request_duration_seconds_bucket{endpoint='/predict', le='+Inf'}"
SLOW = "bentoml_service_request_duration_seconds_bucket{endpoint='/predict', le='1'}"
UP = "up{job='mainline-router'}"
WELL = {
    REQUESTS: "0+600x3000",
    CLASSES: "0+0.5x3000",  # one of 1,200 fails
    FAST: "0+590x3000",
    SLOW: "0+600x3000",
    ALL: "0+600x3000",
    UP: "1x3000",
    "mainline_records_stopped": "0x3000",
    "mainline_monitor_days_without_profile{version='v'}": "1x3000",
    "mainline_monitor_alarm{version='v', verdict='quiet'}": "0x3000",
}
"""Series by the minute."""


def rules() -> list[dict[str, Any]]:
    """As they stand in the file."""
    (group,) = yaml.safe_load(ALERTS.read_text())["groups"]
    found: list[dict[str, Any]] = group["rules"]
    return found


def test_every_alarm_says_how_urgent_it_is_and_what_it_is_about() -> None:
    """A page wakes somebody, a ticket waits for the morning."""
    assert len({rule["alert"] for rule in rules()}) == len(rules()) == 8
    for rule in rules():
        assert rule["labels"]["severity"] in ("page", "ticket")
        assert rule["annotations"]["summary"].endswith((".", "shows why."))


def metrics(prefix: str) -> set[str]:
    """The metrics that the alarms ask for, of one source."""
    text = " ".join(rule["expr"] for rule in rules())
    return set(re.findall(rf"\b{prefix}\w+", text))


def test_they_ask_of_the_monitor_what_it_exports() -> None:
    """By name: of another there would be no alarm, ever."""
    source = (Path(__file__).parents[2] / "src/mainline/monitor/export.py").read_text()
    names = {name.removeprefix("mainline_monitor_") for name in metrics("mainline_monitor_")}
    assert names
    assert names <= set(re.findall(r'gauge\(\s*"(\w+)"', source))


def test_they_ask_of_the_service_what_it_counts() -> None:
    """By the name under which Prometheus gets it, of a service that was never asked."""
    counted = Metrics({"/predict": (200,)}, (), ("no", "yes"), (), service="s", version="v")
    told = generate_latest(counted.registry).decode()
    names = metrics("bentoml_") | metrics("mainline_records_")
    assert len(names) == 2
    assert all(re.search(rf"^{name}[ {{]", told, re.MULTILINE) for name in names)


@pytest.mark.skipif(not shutil.which("promtool"), reason="promtool, which comes with Prometheus, is not here")
@pytest.mark.parametrize(
    ("change", "firing"),
    [
        pytest.param({}, set(), id="well"),
        pytest.param({CLASSES: "0+12x3000"}, {"MainlineFailsFast", "MainlineFailsSlowly"}, id="two percent fail"),
        pytest.param({CLASSES: "0+5x3000"}, {"MainlineFailsSlowly"}, id="less than one percent fails"),
        pytest.param({FAST: "0+500x3000"}, {"MainlineIsSlow"}, id="slow"),
        pytest.param(
            {REQUESTS: "0+600x2000 1200000x1000", CLASSES: "0+0.5x2000 1000x1000"},
            {"MainlineHasNoTraffic"},
            id="nobody asks",
        ),
        pytest.param({UP: "0x3000"}, {"MainlineIsAway"}, id="no answer"),
        pytest.param({UP: ""}, {"MainlineIsAway"}, id="not scraped"),
        pytest.param({"mainline_records_stopped": "1x3000"}, {"MainlineRecordsNothing"}, id="disk full"),
        pytest.param(
            {"mainline_monitor_days_without_profile{version='v'}": "2x3000"}, {"MainlineHasNoProfile"}, id="no profile"
        ),
        pytest.param(
            {"mainline_monitor_alarm{version='v', verdict='quiet'}": "1x3000"}, {"MainlineMonitor"}, id="worse"
        ),
    ],
)
def test_prometheus_tells_what_is_wrong_and_nothing_else(
    change: dict[str, str], firing: set[str], tmp_path: Path
) -> None:
    """By Prometheus' own tool, on two simulated days."""
    series = {name: values for name, values in (WELL | change).items() if values}
    test = {
        "rule_files": [str(ALERTS)],
        "evaluation_interval": "1m",
        "tests": [
            {
                "interval": "1m",
                "input_series": [{"series": name, "values": values} for name, values in series.items()],
                "promql_expr_test": [
                    {
                        "expr": 'count by (alertname) (ALERTS{alertstate="firing"})',
                        "eval_time": EVENING,
                        "exp_samples": [{"labels": f'{{alertname="{name}"}}', "value": 1} for name in sorted(firing)],
                    }
                ],
            }
        ],
    }
    (tmp_path / "test.yml").write_text(yaml.safe_dump(test))
    told = subprocess.run(["promtool", "test", "rules", "test.yml"], cwd=tmp_path, capture_output=True, text=True)
    assert told.returncode == 0, told.stdout + told.stderr
