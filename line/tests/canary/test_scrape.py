"""Reading counters, from a service or from a Prometheus server, over real HTTP."""

import http.server
import json
import threading
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from mainline.canary.counts import Counts
from mainline.canary.meter import Meter
from mainline.canary.moments import Moments
from mainline.canary.scrape import ENDPOINTS, Unread, of_prometheus, of_text, source
from mainline.errors import ConfigError
from service.app import PREDICTING

OWN = 'service_name="S",service_version="v1",runner_name="S"'
INF = float("inf")
CALLS = (("/predict", 200, 6), ("/predict/table", 200, 1), ("/predict", 400, 2), ("/predict", 503, 1))


def metrics(began: float = 5.5, extra: str = "") -> str:
    """What a service that answered ten predictions says."""
    lines = ["# TYPE bentoml_service_request counter"]
    for endpoint, code, count in CALLS:
        labels = f'endpoint="{endpoint}",http_response_code="{code}",{OWN}'
        lines.append(f"bentoml_service_request_total{{{labels}}} {count}.0")
        for le, within in (("0.01", count - 1), ("0.0125", count), ("+Inf", count)):
            lines.append(f'bentoml_service_request_duration_seconds_bucket{{{labels},le="{le}"}} {within}.0')
    lines.append(f'bentoml_service_request_total{{endpoint="/feedback",http_response_code="200",{OWN}}} 99.0')
    lines.append(f'bentoml_service_request_total{{endpoint="other",http_response_code="500",{OWN}}} 99.0')
    lines += [
        'mainline_predictions_total{prediction="a \\"b\\" 🙂"} 7.0',
        'mainline_feedback_total{outcome="right"} 3.0',
    ]
    return "\n".join([*lines, f"mainline_start_time_seconds {began}", extra]) + "\n"


EXPECTED = Counts(
    requests=10,
    failed=1,
    refused=2,
    latency={0.01: 5, 0.0125: 7, INF: 7},
    predictions={'a "b" 🙂': 7},
    feedback={"right": 3},
    began=5.5,
    version="v1",
)


def test_only_predictions_count_as_requests() -> None:
    """Other endpoints are left out, codes are told apart, and only answers have a latency."""
    assert of_text(metrics()) == EXPECTED
    assert ENDPOINTS == PREDICTING


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "is this the address of a service"),
        ("<html>hello</html>", "not Prometheus' text format"),
        ("up 1\n", "is this the address of a service"),
        (metrics(extra='mainline_predictions_total{prediction="x"} NaN'), "mainline_predictions_total is nan"),
        (metrics(extra='mainline_feedback_total{outcome="wrong"} -1'), "mainline_feedback_total is -1"),
        (metrics().replace('le="0.01"', 'le="soon"'), "a bucket ends at 'soon'"),
        (metrics().replace('le="0.0125"', 'le="0.001"'), "do not add up"),
    ],
)
def test_what_cannot_be_read_is_no_observation(text: str, said: str) -> None:
    """A page that is none, or counters that cannot be, say why."""
    with pytest.raises(Unread, match=said):
        of_text(text)


Answer = Callable[[str], tuple[int, str]]


@pytest.fixture
def served() -> Iterator[Callable[[Answer], str]]:
    """Serve an answer over HTTP; the address."""
    servers: list[http.server.ThreadingHTTPServer] = []

    def serve(answer: Answer) -> str:
        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                status, text = answer(self.path)
                self.send_response(status)
                self.end_headers()
                self.wfile.write(text.encode())

            def log_message(self, *arguments: Any) -> None:
                pass

        servers.append(http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler))
        threading.Thread(target=servers[-1].serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        return f"http://127.0.0.1:{servers[-1].server_port}"

    yield serve
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.mark.parametrize("path", ["", "/", "/metrics"])
def test_a_service_is_read_at_its_metrics(path: str, served: Callable[[Answer], str]) -> None:
    """The address may say /metrics, or leave it out."""
    address = served(lambda asked: (200, metrics()) if asked == "/metrics" else (404, "no"))
    assert source(address + path)() == [EXPECTED]


@pytest.mark.parametrize(("status", "text"), [(500, "down\nbadly"), (301, ""), (200, "x" * (17 << 20))])
def test_an_answer_that_is_none_is_no_observation(status: int, text: str, served: Callable[[Answer], str]) -> None:
    """Errors, redirects and endless bodies are one line."""
    with pytest.raises(Unread) as unread:
        source(served(lambda _: (status, text)))()
    assert "\n" not in str(unread.value)


def test_nobody_there_is_no_observation() -> None:
    """A refused connection is no observation."""
    with pytest.raises(Unread, match="refused"):
        source("http://127.0.0.1:1")()


@pytest.mark.parametrize(
    ("target", "prometheus"),
    [
        ("127.0.0.1:3000", None),
        ("ftp://host", None),
        ("http://", None),
        ("http://[::1", None),
        ("http://host:99999", None),
        ('{job="canary"}', None),
        ("{}", "http://host"),
        ('{job="canary"', "http://host"),
        ("http://host", "nowhere"),
    ],
)
def test_an_address_that_is_none_is_refused(target: str, prometheus: str | None) -> None:
    """Before anything is read."""
    with pytest.raises(ConfigError):
        source(target, prometheus)


def prometheus(text: str, **labels: str) -> list[dict[str, Any]]:
    """A service's series as Prometheus answers them."""
    from prometheus_client.parser import text_string_to_metric_families

    return [
        {"metric": {"__name__": each.name, **each.labels, **labels}, "value": [1.5, str(each.value)]}
        for family in text_string_to_metric_families(text)
        for each in family.samples
    ]


def test_a_prometheus_server_gives_the_same_counts(served: Callable[[Answer], str]) -> None:
    """By the instance of an address, or by labels that several processes share."""
    asked: list[str] = []

    def answer(path: str) -> tuple[int, str]:
        asked.append(parse_qs(urlsplit(path).query)["query"][0])
        result = prometheus(metrics(), instance="h:1", job="j") + prometheus(metrics(9), instance="h:2", job="j")
        return 200, json.dumps({"status": "success", "data": {"resultType": "vector", "result": result}})

    address = served(answer)
    read = source('{job="j"}', address)()
    assert [(each.process, each.began) for each in read] == [("j/h:1", 5.5), ("j/h:2", 9)]
    assert all(each.requests == 10 and each.latency == EXPECTED.latency for each in read)
    source("http://h:1/metrics", address)()
    assert ',job="j"}' in asked[0]
    assert ',instance="h:1"}' in asked[1]


def answered(*results: list[dict[str, Any]]) -> list[Counts]:
    """The counts that Prometheus' answer with these series holds."""
    result = [series for each in results for series in each]
    return of_prometheus(json.dumps({"status": "success", "data": {"resultType": "vector", "result": result}}))


def test_a_pod_at_the_address_of_one_before_is_a_process_of_its_own() -> None:
    """While the series of both answer: what the new one has counted is not added to the old one's."""
    old = prometheus(metrics(), instance="10.0.0.7:3000", job="pods", namespace="shop", pod="model-a-1")
    new = prometheus(metrics(9), instance="10.0.0.7:3000", job="pods", namespace="shop", pod="model-a-2")
    read = answered(old, new)
    assert [(each.process, each.began, each.requests) for each in read] == [
        ("shop/model-a-1/10.0.0.7:3000", 5.5, 10),
        ("shop/model-a-2/10.0.0.7:3000", 9, 10),
    ]
    meter = Meter()
    assert meter.read(answered(old)).requests == 0
    assert meter.read(read).requests == 0, "a pod first seen only sets where counting starts"


def test_pods_of_one_name_in_two_namespaces_are_two() -> None:
    """A selector may reach further than one namespace."""
    assert len(answered(*(prometheus(metrics(), pod="p", namespace=each) for each in ("a", "b")))) == 2


@pytest.mark.parametrize("label", ["prometheus", "prometheus_replica", "replica"])
def test_what_two_replicas_of_prometheus_scraped_counts_once(label: str) -> None:
    """By the later of both, so that no counter ever falls: it would count as a process that began anew."""
    later = metrics().replace('outcome="right"} 3.0', 'outcome="right"} 4.0')
    for first, second in (("0", "1"), ("1", "0")):
        (read,) = answered(
            prometheus(metrics(), instance="h:1", job="j", **{label: first}),
            prometheus(later, instance="h:1", job="j", **{label: second}),
        )
        assert (read.requests, read.feedback) == (10, {"right": 4})


def test_replicas_of_a_pod_that_began_anew_are_read_by_its_new_life() -> None:
    """However much the life before had counted."""
    old = metrics().replace("} 6.0", "} 600.0")
    pods = [prometheus(text, pod="p", prometheus=each) for text, each in ((metrics(9), "0"), (old, "1"))]
    (read,) = answered(*pods)
    assert (read.began, read.requests) == (9, 10)


def test_a_pod_that_two_jobs_scrape_counts_once() -> None:
    """And two processes of one address, which no pod tells apart, are two jobs'."""
    assert len(answered(*(prometheus(metrics(), instance="h:1", pod="p", job=each) for each in "ab"))) == 1
    assert len(answered(*(prometheus(metrics(), instance="h:1", job=each) for each in "ab"))) == 2


def test_an_operator_that_calls_the_port_endpoint_hides_no_request() -> None:
    """Prometheus' operator does; it keeps the service's own label as exported_endpoint."""
    series = prometheus(metrics(), pod="p")
    for each in series:
        if "endpoint" in each["metric"]:
            each["metric"]["exported_endpoint"] = each["metric"]["endpoint"]
        each["metric"]["endpoint"] = "http"
    (read,) = answered(series)
    assert (read.requests, read.failed, read.latency) == (10, 1, EXPECTED.latency)


@pytest.mark.parametrize("text", ["", "[]", '{"data": {"result": [{"metric": {}}]}}', '{"data": {"result": []}}'])
def test_another_answer_of_prometheus_is_no_observation(text: str) -> None:
    """No JSON, other JSON, or no series."""
    with pytest.raises(Unread):
        of_prometheus(text)


USERS = """mainline_unit_info{unit="v2.1"} 1
mainline_unit_sum{signal="errors",age="",view="all",of="n"} 10
mainline_unit_sum{signal="errors",age="",view="all",of="b"} 1
mainline_unit_sum{signal="errors",age="",view="all",of="nn"} 34
mainline_unit_sum{signal="errors",age="",view="all",of="bb"} 1
mainline_unit_sum{signal="errors",age="",view="all",of="nb"} 5
mainline_unit_sum{signal="errors",age="",view="all",of="buckets"} 4
mainline_unit_sum{signal="labels",age="300",view="first8",of="n"} 0
mainline_unit_top{signal="errors",age="",view="all",rank="1",of="bucket"} 4711
mainline_unit_top{signal="errors",age="",view="all",rank="1",of="n"} 5
mainline_unit_top{signal="errors",age="",view="all",rank="1",of="b"} 1
mainline_labels_lost{age="300"} 3
mainline_feedback_age_seconds_bucket{outcome="wrong",le="+Inf"} 9
mainline_feedback_age_seconds_bucket{outcome="wrong",le="10"} 4"""


def test_users_are_read() -> None:
    """Sums by rate, view and age, the worst buckets, what was forgotten, and how old labels were."""
    counts = of_text(metrics(extra=USERS))
    assert counts.unit == "v2.1"
    assert counts.moments == {"errors//all": Moments(10, 1, 34, 1, 5, 4, {4711: (5, 1)})}
    assert counts.lost == {300.0: 3}
    assert counts.ages == {"wrong": {10.0: 4, INF: 9}}


def test_users_are_asked_of_prometheus_as_well(served: Callable[[Answer], str]) -> None:
    """Their gauges are among the series that a side's selector names."""
    asked: list[str] = []

    def answer(path: str) -> tuple[int, str]:
        asked.append(parse_qs(urlsplit(path).query)["query"][0])
        return 200, '{"data": {"result": []}}'

    with pytest.raises(Unread):
        source('{job="canary"}', served(answer))()
    assert all(name in asked[0] for name in ("mainline_unit_info", "mainline_unit_sum", "mainline_labels_lost"))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('of="n"} 10', 'of="n"} 0.2e999'),
        ('of="nn"} 34', 'of="nn"} 7'),
        ('of="buckets"} 4', 'of="buckets"} 40'),
        ('rank="1",of="b"} 1', 'rank="1",of="b"} 8'),
        ('age="300"} 3', 'age="soon"} 3'),
        ('le="10"', 'le="ten"'),
    ],
)
def test_users_who_cannot_be_are_no_observation(before: str, after: str) -> None:
    """Sums that no users have, ages and counts that are none: the look is not one, and says why."""
    assert before in USERS
    with pytest.raises(Unread):
        of_text(metrics(extra=USERS.replace(before, after)))


def of_users(n: int, b: int = 0, began: float = 1.0, process: str = "", lost: int = 0) -> Counts:
    """A process that counts n requests of one user."""
    sums = {"errors//all": Moments.of({3: (n, b)})} if n else {}
    return Counts(requests=n, moments=sums, unit="u", began=began, process=process, lost={10.0: lost})


@pytest.mark.parametrize("began", [1.0, 2.0])
def test_lives_of_a_side_add_up(began: float) -> None:
    """A process that began anew, said or seen, adds its sums to those before; what is new counts from nothing."""
    meter = Meter()
    assert meter.read([of_users(5, lost=1)]).fresh == {}
    now = meter.read([of_users(9, 1, lost=2)])
    assert (now.fresh["errors//all"], now.moments["errors//all"].n) == ((4, 1), 9)
    again = Meter.from_state(json.loads(json.dumps(meter.state())))
    for each in (meter, again):
        now = each.read([of_users(4, began=began, lost=2)])
        assert (now.fresh["errors//all"], now.lost) == ((4, 0), {10.0: 4})
        assert now.moments["errors//all"] == Moments.of({3: (9, 1)}).plus(Moments.of({3: (4, 0)}))
        assert now.moments["errors//all"].size == 13
    assert again.state() == meter.state()


def test_processes_of_a_side_add_up() -> None:
    """A user of two processes counts as large as both; one that goes away takes nothing back."""
    meter = Meter()
    both = [of_users(6, process="1"), of_users(4, process="2")]
    meter.read(both)
    assert meter.read(both).moments["errors//all"].size == 10
    assert meter.read(both[:1]).moments["errors//all"].n == 10


A = Counts(10, 1, 2, {0.1: 5, INF: 7}, {"a": 7}, {"right": 3}, began=1)


@pytest.mark.parametrize(
    ("now", "new"),
    [
        (Counts(15, 2, 2, {0.1: 6, INF: 11}, {"a": 10, "b": 1}, {"right": 4}, began=1), 5),
        (Counts(4, 0, 0, {0.1: 4, INF: 4}, {"a": 4}, {}, began=2), 4),
        (Counts(40, 1, 2, {0.1: 35, INF: 37}, {"a": 37}, {"right": 3}, began=2), 40),
        (Counts(4, 0, 0, {0.1: 4, INF: 4}, {"a": 4}, {}, began=1), 4),
        (Counts(10, 5, 0, {0.1: 5, INF: 7}, {"a": 7}, {"right": 3}, began=1), 10),
        (Counts(10, 5, 2, {0.1: 5, INF: 7}, {"a": 7}, {"right": 3}, began=1), 10),
        (Counts(12, 1, 2, {0.1: 8, INF: 9}, {"a": 9}, {"right": 3}, began=1), 12),
    ],
    ids=["grew", "began anew", "began anew and grew past", "fell", "one code fell", "codes crossed", "a bucket fell"],
)
def test_what_is_new_is_counted_per_process(now: Counts, new: int) -> None:
    """A process that began anew counts from zero, whether its start time says so or a counter that fell."""
    meter = Meter()
    assert meter.read([A]).requests == 0
    assert meter.read([now]).requests == new
    assert meter.restarts == (now.began == 2 or new == now.requests)


def test_a_sides_processes_are_told_apart() -> None:
    """One that comes later sets only its own start; one that goes away takes nothing back."""
    from dataclasses import replace

    meter = Meter()
    first, second = replace(A, process="1"), replace(A, process="2", requests=100)
    meter.read([first])
    assert meter.read([replace(first, requests=12), second]).requests == 2
    assert meter.read([replace(second, requests=103)]).requests == 3
    assert meter.read([replace(first, requests=20), replace(second, requests=104)]).requests == 9


def test_a_meter_goes_on_from_its_state() -> None:
    """Through JSON, infinite buckets and exact start times included."""
    meter = Meter()
    meter.read([A])
    again = Meter.from_state(json.loads(json.dumps(meter.state())))
    assert again.state() == meter.state()
    assert again.read([A]).requests == 0
