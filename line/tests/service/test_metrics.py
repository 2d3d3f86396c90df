"""What is counted, under which names."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import psutil
import pytest
from prometheus_client.parser import text_string_to_metric_families

from pipeline.model.signature import Column
from service.metrics import BUCKETS, MOST_COLUMNS, Metrics, tenths

COLUMNS = [Column(name=f"c{i}", kind="numeric") for i in range(3)]


def metrics(classes: tuple | None = ("no", "yes"), edges: tuple = (), columns: list[Column] = COLUMNS) -> Metrics:
    """The counters of a service with one endpoint."""
    return Metrics({"/predict": (200,), "other": ()}, columns, classes, edges, service="S", version="v1")


def value(made: Metrics, name: str, **labels: str) -> float | None:
    """A counter's value, None where there is no such one."""
    return made.registry.get_sample_value(name, labels)


def test_predictions_are_counted_by_class() -> None:
    """One or many at a time; a class that was never predicted is there, as zero."""
    made = metrics()
    made.predicted(np.array([1]), np.empty((1, 2)))
    made.predicted(np.array([1, 1, 1]), np.empty((3, 2)))
    assert value(made, "mainline_predictions_total", prediction="yes") == 4
    assert value(made, "mainline_predictions_total", prediction="no") == 0


def test_numbers_are_counted_by_tenth() -> None:
    """A value on an edge belongs below it; the names say the edges."""
    made = metrics(None, (1.0, 2.5))
    made.predicted(None, np.array([0.0, 1.0, 1.1, 99.0]))
    made.predicted(None, np.array([2.5]))
    counts = [value(made, "mainline_predictions_total", prediction=name) for name in ("<=1.0", "<=2.5", ">2.5")]
    assert counts == [2, 2, 1]
    assert tenths(()) == ["any"]


@pytest.mark.slow
def test_the_service_says_when_it_began() -> None:
    """That is its first process's beginning: workers share it, and a restarted service has another."""
    code = "from line.tests.service.test_metrics import *; print(value(metrics(), 'mainline_start_time_seconds'))"
    own = [sys.executable, "-c", code]
    another = ["sh", "-c", '"$@"; true', "sh", *own]  # a process between this one and the service
    said, later = (float(subprocess.run(each, capture_output=True, check=True).stdout) for each in (own, another))
    assert said == psutil.Process().create_time() < later


def test_inputs_are_counted_by_column() -> None:
    """Missing and out of range."""
    made = metrics()
    made.seen(np.array([0, 2, 0]), np.array([1, 0, 0]))
    assert value(made, "mainline_inputs_missing_total", column="c1") == 2
    assert value(made, "mainline_inputs_out_of_range_total", column="c0") == 1
    assert value(made, "mainline_inputs_missing_total", column="c0") == 0


def test_columns_past_the_hundredth_count_together() -> None:
    """However many columns there are, labels are bounded."""
    many = [Column(name=f"c{i}", kind="numeric") for i in range(500)]
    made = metrics(columns=many)
    made.seen(np.ones(500, dtype=int), np.zeros(500, dtype=int))
    assert value(made, "mainline_inputs_missing_total", column="others") == 500 - MOST_COLUMNS
    assert value(made, "mainline_inputs_missing_total", column="c499") is None


def test_requests_have_bentomls_names_and_labels() -> None:
    """Total, duration and in progress, as BentoML writes them."""
    made = metrics()
    own = {"endpoint": "/predict", "service_name": "S", "service_version": "v1", "runner_name": "S"}
    made.began("/predict")
    assert value(made, "bentoml_service_request_in_progress", **own) == 1
    made.ended("/predict", 200, 0.003)
    made.began("other")
    made.ended("other", 404, 0.001)
    assert value(made, "bentoml_service_request_in_progress", **own) == 0
    assert value(made, "bentoml_service_request_total", http_response_code="200", **own) == 1
    assert value(made, "bentoml_service_request_duration_seconds_sum", http_response_code="200", **own) == 0.003
    other = own | {"endpoint": "other", "http_response_code": "404"}
    assert value(made, "bentoml_service_request_total", **other) == 1


def test_latencies_are_told_apart_by_a_quarter() -> None:
    """Each bucket ends 25% after the one before, from a quarter of a millisecond to seconds."""
    ratios = np.diff(np.log(BUCKETS))
    assert np.allclose(ratios, np.log(1.25), atol=0.01)
    assert BUCKETS[0] <= 0.00025
    assert 5 < BUCKETS[-1] < 20


def test_the_text_is_prometheus() -> None:
    """Every family parses."""
    names = {family.name for family in text_string_to_metric_families(metrics().text().decode())}
    assert {"bentoml_service_request", "mainline_predictions", "mainline_feedback", "mainline_records_stopped"} <= names


CODE = """
import numpy as np, os, sys
from line.tests.service.test_metrics import metrics
made = metrics()
made.predicted(np.array([1]), np.empty((1, 2)))
made.began("other")
made.stopped.set(1)
sys.stdout.write(made.text().decode())
"""


@pytest.fixture
def two_workers(tmp_path: Path) -> str:
    """What the second of two workers says; the first ended without a word."""
    env = os.environ | {"PROMETHEUS_MULTIPROC_DIR": str(tmp_path)}
    said = ""
    for _ in range(2):
        done = subprocess.run(
            [sys.executable, "-W", "ignore", "-c", CODE],
            cwd=Path(__file__).parents[3], env=env, capture_output=True, text=True, check=True,
        )  # fmt: skip
        said = done.stdout
    return said


@pytest.mark.slow
def test_workers_add_up_and_the_dead_are_not_in_progress(two_workers: str) -> None:
    """Counters of a worker that ended stay; what it was doing when it ended does not."""
    samples = {
        (sample.name, sample.labels.get("prediction") or sample.labels.get("endpoint")): sample.value
        for family in text_string_to_metric_families(two_workers)
        for sample in family.samples
    }
    assert samples["mainline_predictions_total", "yes"] == 2
    assert samples["bentoml_service_request_in_progress", "other"] == 1
    assert samples["mainline_records_stopped", None] == 1


ODD = (
    "a,b",
    'say "no"',
    "back\\slash",
    "two\nlines",
    "\r",
    "\u2028",
    "caf\u00e9 \U0001f9c0",
    " ",
    "",
    "{x=1} #",
    "\\n",
    "others",
)


def test_a_class_of_any_name_is_counted_as_what_it_is() -> None:
    """Commas, quotes, line ends and none at all: what Prometheus reads is what the class is called."""
    made = metrics(classes=ODD)
    for place in range(len(ODD)):
        made.predicted(np.full(place + 1, place), np.zeros(place + 1))
    families = text_string_to_metric_families(made.text().decode())
    samples = [each for family in families if family.name == "mainline_predictions" for each in family.samples]
    counts = {each.labels["prediction"]: each.value for each in samples if each.name.endswith("_total")}
    assert counts == {name: place + 1 for place, name in enumerate(ODD)}
