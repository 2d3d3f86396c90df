"""Reads what a service has counted: from its own /metrics, or from a Prometheus server that scraped it."""

import json
import math
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from itertools import pairwise
from urllib.parse import urlsplit

import httpx
from prometheus_client.parser import text_string_to_metric_families

from mainline.canary import units
from mainline.canary.counts import Counts
from mainline.errors import ConfigError
from mainline.tools import http

ENDPOINTS = ("/predict", "/predict/table", "/invocations", "/v2/models/{name}/infer")
REQUESTS = "bentoml_service_request_total"
SECONDS = "bentoml_service_request_duration_seconds_bucket"
PREDICTIONS = "mainline_predictions_total"
FEEDBACK = "mainline_feedback_total"
BEGAN = "mainline_start_time_seconds"
GROWING = (REQUESTS, SECONDS, PREDICTIONS, FEEDBACK)

REPLICAS = ("prometheus", "prometheus_replica", "replica", "__replica__")
"""Labels by which servers that scrape the same processes are told apart."""

PATIENCE = 5.0
LARGEST = 16 * 2**20

Sample = units.Sample
Source = Callable[[], list[Counts]]


class Unread(Exception):
    """There is no observation this time; the message says why."""


def source(target: str, prometheus: str | None = None) -> Source:
    """How to read one side.

    Args:
        target: the address of a service, "http://host:port"; with a Prometheus server also the labels of its
            series, '{job="canary"}', where several processes may share them.
        prometheus: the address of a Prometheus server.

    Returns:
        A function that answers the counts of each process, and raises Unread where there are none to be had.

    Raises:
        ConfigError: an address or a selector is none.
    """
    if prometheus is None:
        address = _address(target)
        url = f"{address}/metrics" if urlsplit(address).path in ("", "/") else address
        return lambda: [of_text(_get(url))]
    query = f"{_address(prometheus)}/api/v1/query?" + str(httpx.QueryParams(query=_selector(target)))
    return lambda: of_prometheus(_get(query))


def of_text(text: str) -> Counts:
    """The counts of one process, from Prometheus' text format.

    Raises:
        Unread: it is no such text, or does not hold the service's counters.
    """
    try:
        families = list(text_string_to_metric_families(text))
    except (ValueError, KeyError, IndexError) as error:
        raise Unread(f"what it answers is not Prometheus' text format ({str(error)[:100]})") from None
    return _counts((sample.name, sample.labels, sample.value) for family in families for sample in family.samples)


def of_prometheus(text: str) -> list[Counts]:
    """The counts of each process, from the answer to an instant query.

    Raises:
        Unread: it is no such answer, or holds no series.
    """
    samples: dict[str, dict[tuple[str, ...], list[Sample]]] = defaultdict(lambda: defaultdict(list))
    try:
        answer = json.loads(text)
        for series in answer["data"]["result"]:
            labels = series["metric"]
            process, scraper = _process(labels)
            # Prometheus' operator calls the port it scrapes `endpoint`, too, and the service's own label otherwise then
            own = {**labels, "endpoint": labels.get("exported_endpoint", labels.get("endpoint"))}
            samples[process][scraper].append((labels["__name__"], own, float(series["value"][1])))
    except (ValueError, KeyError, TypeError, IndexError, AttributeError):
        raise Unread("what it answers is not Prometheus' answer to a query") from None
    if not samples:
        raise Unread("Prometheus has no such series now")
    return [_last(process, list(scraped.values())) for process, scraped in sorted(samples.items())]


def _process(labels: Mapping[str, str]) -> tuple[str, tuple[str, ...]]:
    """Which process a series is of, and who scraped it.

    A pod's address goes to another pod after it, while the series of both still answer; and several jobs may scrape it.
    """
    job, instance, pod = (labels.get(name, "") for name in ("job", "instance", "pod"))
    replica = tuple(labels.get(name, "") for name in REPLICAS)
    if not pod:
        return f"{job}/{instance}", replica
    return "/".join(filter(None, (labels.get("namespace"), pod, instance))), (job, *replica)


def _last(process: str, scraped: list[list[Sample]]) -> Counts:
    """The counts of one process, of whoever scraped it last: all counters only grow, so those are never behind."""

    def age(samples: Iterable[Sample]) -> tuple[float, float]:
        began = max((value for name, _, value in samples if name == BEGAN), default=0.0)
        return began, sum(value for name, _, value in samples if name in GROWING)

    return _counts(max(scraped, key=age), process=process)


def _counts(samples: Iterable[Sample], process: str = "") -> Counts:
    by_name: dict[str, list[Sample]] = defaultdict(list)
    for sample in samples:
        by_name[sample[0]].append(sample)
    if not by_name[REQUESTS]:
        raise Unread(f"it has no {REQUESTS}: is this the address of a service?")
    codes: dict[str, int] = defaultdict(int)
    latency: dict[float, int] = defaultdict(int)
    for name, labels, value in by_name[REQUESTS] + by_name[SECONDS]:
        code = labels.get("http_response_code", "")[:1]
        if labels.get("endpoint") not in ENDPOINTS:
            continue
        if name == REQUESTS:
            codes[code] += _whole(name, value)
        elif code == "2":  # a refusal is fast, and says nothing of the model
            latency[_edge(labels.get("le", ""))] += _whole(name, value)
    ordered = dict(sorted(latency.items()))
    if any(low > high for low, high in pairwise(ordered.values())):
        raise Unread(f"{SECONDS}: its buckets do not add up")
    try:
        users = units.read(by_name, _whole)
    except ValueError as error:
        raise Unread(str(error)) from None
    return Counts(
        requests=sum(codes.values()),
        failed=codes["5"],
        refused=codes["4"],
        latency=ordered,
        predictions={labels.get("prediction", ""): _whole(name, value) for name, labels, value in by_name[PREDICTIONS]},
        feedback={labels.get("outcome", ""): _whole(name, value) for name, labels, value in by_name[FEEDBACK]},
        began=max((_finite(name, value) for name, _, value in by_name[BEGAN]), default=0.0),
        process=process,
        version=by_name[REQUESTS][0][1].get("service_version", ""),
        **users,
    )


def _edge(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise Unread(f"{SECONDS}: a bucket ends at {text!r}, which is no number") from None


def _finite(name: str, value: float) -> float:
    if not math.isfinite(value) or value < 0:
        raise Unread(f"{name} is {value!r}")
    return value


def _whole(name: str, value: float) -> int:
    return round(_finite(name, value))


def _address(text: str) -> str:
    try:
        parts = urlsplit(text)
        known = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:  # of a port or an IPv6 address that is none
        known = False
    if not known:
        raise ConfigError(f"{text}: no address of a server; give one such as http://127.0.0.1:3000")
    return text.rstrip("/")


def _selector(target: str) -> str:
    if target.startswith("{"):
        labels = target.strip("{} ")
        if not labels or not target.endswith("}"):
            raise ConfigError(f'{target}: no labels of a series; give them as {{job="canary"}}')
    else:
        labels = f'instance="{urlsplit(_address(target)).netloc.rpartition("@")[2]}"'
    names = "|".join((REQUESTS, SECONDS, PREDICTIONS, FEEDBACK, BEGAN, *units.NAMES))
    return f'{{__name__=~"{names}",{labels}}}'


def _get(url: str) -> str:
    """The body of an address, within PATIENCE seconds and LARGEST bytes."""
    deadline, body = time.monotonic() + PATIENCE, bytearray()
    try:
        with http.client().stream("GET", url, timeout=PATIENCE) as response:
            for part in response.iter_bytes():
                body += part
                if len(body) > LARGEST or time.monotonic() > deadline:
                    raise Unread(f"its answer is too long for {PATIENCE:g} s or {LARGEST >> 20} MiB")
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise Unread(str(error) or type(error).__name__) from None
    text = body.decode("utf-8", "replace")
    if not response.is_success:
        raise Unread(f"it answered {response.status_code}: {' '.join(text[:200].split())}")
    return text
