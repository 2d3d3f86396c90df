"""What the service counts, for Prometheus and the judge; every set of labels is bounded.

    bentoml_service_request_total{endpoint, http_response_code, service_name, service_version, runner_name}
    bentoml_service_request_duration_seconds      the same labels: from the body's last byte to the answer's
    bentoml_service_request_in_progress           without the code
    mainline_predictions_total{prediction}        a class, or of a regression the tenth: <=3.5, ..., >9.5
    mainline_inputs_missing_total{column}         a column past the hundredth counts as "others"
    mainline_inputs_out_of_range_total{column}    outside of what the training rows held
    mainline_feedback_total{outcome}              right, wrong, unmatched, duplicate, contradicting
    mainline_feedback_absolute_error{_sum,_count} of a regression
    mainline_feedback_age_seconds{outcome}        right, wrong: how long after the answer the label came
    mainline_records_total{what}                  rows written, dropped
    mainline_records_stopped                      1 while records cannot be written
    mainline_precomputed_total{outcome}           rows, with a store: hit, miss, unread (not looked for)
    mainline_precomputed_lacking                  1 while the store is away, or has no answers of this version
    mainline_start_time_seconds                   when the service began: another value, and all counts began anew

What is counted by user, for the judge, is said in records/users.py. The first three have BentoML's names and labels, so
that what reads BentoML's reads ours. Its own count each unknown path for ever; here that is one endpoint, "other".
"""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import prometheus_client
import psutil
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, Summary, generate_latest, mmap_dict
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead

from pipeline.model.signature import Column
from pipeline.sections import Label
from service import system
from service.records.users import AGES

BUCKETS = tuple(round(0.00025 * 1.25**i, 6) for i in range(48))  # 25% apart, to 9 s: the judge compares by 10%
OUTCOMES = ("right", "wrong", "unmatched", "duplicate", "contradicting")
MOST_COLUMNS = 100
mmap_dict._INITIAL_MMAP_SIZE = 2**20  # of a worker's file: room for every label, so that it never grows
TYPE = prometheus_client.CONTENT_TYPE_LATEST.encode()


class Metrics:
    """The counters of one worker; in files of its own where PROMETHEUS_MULTIPROC_DIR says so, to be added up."""

    def __init__(
        self,
        endpoints: Mapping[str, Sequence[int]],
        columns: Sequence[Column],
        classes: Sequence[Label] | None,
        edges: Sequence[float],
        *,
        service: str,
        version: str,
    ) -> None:
        """Args: endpoints, each with the codes to count from zero; edges, between which numbers are counted."""
        self.registry = registry = CollectorRegistry()
        own = {"service_name": service, "service_version": version, "runner_name": service}
        names = ["endpoint", *own]
        namespace, coded = "bentoml_service", ["endpoint", "http_response_code", *own]
        self._own = own
        self._totals = Counter("request_total", "Requests.", coded, namespace=namespace, registry=registry)
        self._durations = Histogram(
            "request_duration_seconds", "Seconds.", coded, namespace=namespace, registry=registry, buckets=BUCKETS
        )
        running = Gauge(
            "request_in_progress", "Now.", names, namespace=namespace, registry=registry, multiprocess_mode="livesum"
        )
        usual = [(endpoint, code) for endpoint, codes in endpoints.items() for code in codes]
        self._requests = {pair: self._of_requests(*pair) for pair in usual}
        self._running = {endpoint: running.labels(endpoint=endpoint, **own) for endpoint in endpoints}
        self._edges = np.array(edges)
        labels = [str(label) for label in classes] if classes is not None else tenths(edges)
        predictions = Counter("mainline_predictions", "Rows, by answer.", ["prediction"], registry=registry)
        self._predictions = [predictions.labels(label) for label in labels]
        self._missing = _by_column("mainline_inputs_missing", "Values not given.", columns, registry)
        self._strange = _by_column("mainline_inputs_out_of_range", "Values unseen in training.", columns, registry)
        feedback = Counter("mainline_feedback", "Labels, by outcome.", ["outcome"], registry=registry)
        self.feedback = {outcome: feedback.labels(outcome) for outcome in OUTCOMES}
        ages = Histogram("mainline_feedback_age_seconds", "When.", ["outcome"], registry=registry, buckets=AGES)
        self.feedback_ages = {outcome: ages.labels(outcome) for outcome in ("right", "wrong")}
        self.error = Summary("mainline_feedback_absolute_error", "Of a regression.", registry=registry)
        records = Counter("mainline_records", "Records.", ["what"], registry=registry)
        self.written, self.dropped = records.labels("written"), records.labels("dropped")
        self.stopped = Gauge(
            "mainline_records_stopped", "1 while unwritable.", registry=registry, multiprocess_mode="livemax"
        )
        precomputed = Counter("mainline_precomputed", "Rows looked for.", ["outcome"], registry=registry)
        self._precomputed = [precomputed.labels(each) for each in ("hit", "miss", "unread")]
        self._lacking = Gauge(
            "mainline_precomputed_lacking", "1 while there are none.", registry=registry, multiprocess_mode="livemax"
        )
        began = Gauge("mainline_start_time_seconds", "Unix time.", registry=registry, multiprocess_mode="max")
        began.set(_beginning())
        _settle()

    def began(self, endpoint: str) -> None:
        """A request came in, for one of the endpoints."""
        self._running[endpoint].inc()

    def ended(self, endpoint: str, code: int, seconds: float) -> None:
        """It is answered."""
        self._running[endpoint].dec()
        if (endpoint, code) not in self._requests:
            self._requests[endpoint, code] = self._of_requests(endpoint, code)
        total, duration = self._requests[endpoint, code]
        total.inc()
        duration.observe(seconds)

    def predicted(self, places: np.ndarray | None, values: np.ndarray) -> None:
        """Count answers: (rows,) places among the classes, or (rows,) numbers."""
        if places is None:
            places = np.searchsorted(self._edges, values, side="left")
        if len(places) == 1:
            self._predictions[places[0]].inc()
            return
        for place, count in enumerate(np.bincount(places).tolist()):
            if count:
                self._predictions[place].inc(count)

    def seen(self, missing: np.ndarray, strange: np.ndarray) -> None:
        """Count inputs: (columns,) of how many rows lack a value, and have one outside its range."""
        for counts, counters in ((missing, self._missing), (strange, self._strange)):
            for place in counts.nonzero()[0].tolist():
                counters[place].inc(int(counts[place]))

    def looked(self, *rows: int) -> None:
        """Count rows looked for in a store: hits, misses, and those not looked for."""
        for counter, count in zip(self._precomputed, rows, strict=True):
            if count:
                counter.inc(count)

    def lacks(self, answers: bool) -> None:
        """Show whether there is no store to be had, or none of this version's answers in it."""
        self._lacking.set(answers)

    def _of_requests(self, endpoint: str, code: int) -> tuple[Counter, Histogram]:
        labels = {"endpoint": endpoint, "http_response_code": code, **self._own}
        return self._totals.labels(**labels), self._durations.labels(**labels)

    def text(self) -> bytes:
        """All of it, of all workers, as Prometheus reads it."""
        if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
            return generate_latest(self.registry)
        registry = CollectorRegistry()
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
        return generate_latest(registry)


def tenths(edges: Sequence[float]) -> list[str]:
    """What the parts of a range are called: equal names are equal parts, in whichever model."""
    return [f"<={edge!r}" for edge in edges] + [f">{edges[-1]!r}" if edges else "any"]


def _by_column(name: str, about: str, columns: Sequence[Column], registry: CollectorRegistry) -> list[Counter]:
    counter = Counter(name, about, ["column"], registry=registry)
    names = [column.name for column in columns]
    return [counter.labels(each if i < MOST_COLUMNS else "others") for i, each in enumerate(names)]


def _beginning() -> float:
    """When the process began that all workers are children of: theirs come and go, and their counts stay."""
    above = psutil.Process().parent()
    return float((above or psutil.Process()).create_time())


def _settle() -> None:
    """Own the disk space of what is counted: a counter that finds the disk full would take the worker with it.

    And forget what workers that were killed said of themselves.
    """
    folder = os.environ.get("PROMETHEUS_MULTIPROC_DIR")
    if not folder:
        return
    for path in Path(folder).glob("*.db"):
        pid = path.stem.rpartition("_")[2]
        if pid == str(os.getpid()):
            with path.open("r+b") as file:
                system.reserve(file.fileno(), path.stat().st_size)
        elif system.gone(pid):
            mark_process_dead(pid)  # type: ignore[no-untyped-call]
