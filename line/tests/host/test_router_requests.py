"""What passes and as what: paths, ids, labels, large and broken requests, slow callers; on real HAProxy."""

import re
import socket
import time

import httpx
import pytest

from line.tests.host.conftest import Backend, access_log, until
from line.tests.host.load import Client
from mainline.host.router import Router

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(
    "path",
    [
        *("/", "/predict", "/predict/table", "/feedback", "/model", "/docs.json", "/model?a=1"),
        *("/docs", "/static_content/swagger-ui.css", "/schema.json", "/invocations", "/ping", "/version"),
        *("/v2", "/v2/", "/v2/health/live", "/v2/health/ready", "/v2/models/a.b-1", "/v2/models/a/ready"),
        "/v2/models/a.b-1/infer",
    ],
)
def test_the_models_own_pages_pass(client: Client, blue: Backend, path: str) -> None:
    """Those and no others; a query does not matter."""
    assert client.ask(path, {"request_id": "any"}).slot == "blue"


def test_whether_a_version_answers_is_told(client: Client, blue: Backend) -> None:
    """As BentoML's clients ask first."""
    assert client.ask("/readyz").status == 200


@pytest.mark.parametrize(
    "path",
    [
        *("/metrics", "/livez", "/healthz", "/predict/", "/PREDICT", "/predict/../metrics", "/%70redict", "//", "/*"),
        *(
            "/static_content/../metrics",
            "/static_content/",
            "/static_content/.a",
            "/v2/models/a/b/infer",
            "/v2/models/",
        ),
        *("/v2/models/a/infer/", "/v2/models/%61/infer", "/ready", "/x/readyz"),
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_nothing_else_passes(client: Client, blue: Backend, path: str, method: str) -> None:
    """404 at the router, in JSON."""
    answer = client.ask(path, method=method)
    assert (answer.status, list(answer.content)) == (404, ["error"])


def test_an_id_names_its_slot_and_version(router: Router, client: Client, green: Backend) -> None:
    """Slot's letter, hash of the version, uuid; each one is new, and the service is given it."""
    first, second = client.ask(), client.ask()
    assert re.fullmatch(r"b[0-9a-f]{8}\.[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", first.id)
    assert first.id != second.id
    router.route("green")
    assert client.ask().id.startswith("g")
    router.set_slot("green", green.address, "newer")
    third, fourth = client.ask().id, client.ask().id
    assert third.split(".")[0] == fourth.split(".")[0]
    router.set_slot("green", green.address, "new")
    assert client.ask().id.split(".")[0] != third.split(".")[0]


@pytest.mark.parametrize(
    ("given", "passed"),
    [
        ("order-17", "order-17"),
        ("a" * 128, "a" * 128),
        ("a" * 129, None),
        ('x","slot":"y', None),
        ("-starts-wrong", None),
        ("", None),
    ],
)
def test_a_callers_own_id_is_passed_on_beside(client: Client, blue: Backend, given: str, passed: str | None) -> None:
    """As x-client-request-id, where it is sane; one that a caller forges is removed."""
    client.ask(x_request_id=given, **({} if passed else {"x_client_request_id": "forged"}))
    headers = blue.seen()["headers"][-1]
    assert headers["x-request-id"].startswith("b")
    assert headers.get("x-client-request-id") == passed


def test_a_label_goes_to_the_slot_that_predicted(router: Router, client: Client, green: Backend) -> None:
    """Whoever sends it, and whatever the share has become since."""
    router.route("blue", "green", 0.5)
    answers = [client.ask(x_user=f"user-{number}") for number in range(40)]
    assert {each.slot for each in answers} == {"blue", "green"}
    for share in (0.0, 1.0):
        router.route("blue", "green", share)
        for each in answers:
            label = client.ask("/feedback", {"request_id": each.id, "label": 3}, x_user="somebody", x_canary="always")
            assert label.content == {"slot": each.slot, "outcome": "right"}


@pytest.mark.parametrize(
    "body",
    [
        {"request_id": "unknown"},
        {"request_id": "g00000000.some"},
        {"request_id": "now.some"},
        {"request_id": "green.some"},
        {"request_id": ""},
        {"request_id": 5},
        {"request_id": ["g"]},
        {"label": 1, "request_id": "x" * 5_000},
    ],
)
def test_a_label_of_an_unknown_id_goes_to_production(
    router: Router, client: Client, green: Backend, body: dict[str, object]
) -> None:
    """Though every other request goes to the canary: an unknown label is none of its own."""
    router.route("blue", "green", 1)
    assert client.ask().slot == "green"
    assert client.ask("/feedback", body).slot == "blue"


def test_a_label_of_a_version_that_is_gone_goes_to_production(
    router: Router, client: Client, blue: Backend, green: Backend
) -> None:
    """The slot is filled by another version now, which never made that prediction."""
    router.route("blue", "green", 1)
    old = client.ask()
    router.set_slot("green", green.address, "newest")
    assert client.ask("/feedback", {"request_id": old.id}).content == {"slot": "blue", "outcome": "unmatched"}


def test_ids_name_the_slot_that_answers_for_one_that_is_down(
    router: Router, client: Client, blue: Backend, green: Backend
) -> None:
    """So that labels are found again when it is back."""
    router.route("blue", "green", 1)
    green.end()
    until(lambda: router.stats()["green"].state == "down", "it is noticed")
    answer = client.ask()
    assert (answer.slot, answer.id[0]) == ("blue", "b")
    green.start()
    until(lambda: router.stats()["green"].state == "up", "it is back")
    assert client.ask("/feedback", {"request_id": answer.id}).content["outcome"] == "right"


@pytest.mark.parametrize(
    "raw",
    [
        b"rubbish\r\n\r\n",
        b"POST /predict HTTP/1.1\r\nHost: x\r\nContent-Length: five\r\n\r\n",
        b"POST /predict HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello!",
        b"GET /model HTTP/1.1\r\nHost: x\r\nbad header\r\n\r\n",
        b"GET /model HTTP/1.1\r\nHost: x\r\nx-long: " + b"a" * 70_000 + b"\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01",
    ],
)
def test_what_is_not_http_is_refused_at_the_router(port: int, client: Client, blue: Backend, raw: bytes) -> None:
    """400, or of newer HAProxys 431 or no answer at all; and the next caller is served."""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        connection.sendall(raw)
        assert connection.recv(4096)[:13] in (b"HTTP/1.1 400 ", b"HTTP/1.1 431 ", b"")
    assert client.ask().slot == "blue"
    assert len(blue.seen()["predicted"]) == 1


@pytest.mark.parametrize("size", [60_000, 1_000_000, 100_000_000])
def test_large_bodies_pass(client: Client, blue: Backend, size: int) -> None:
    """To the byte, larger than the buffer too: what is too large is the service's to say."""
    assert client.ask(content=b" " * size).content["size"] == size


def test_a_body_in_chunks_passes(port: int, client: Client, green: Backend, router: Router) -> None:
    """One whose length is not known before; the id in it is found all the same."""
    router.route("blue", "green", 0)
    known = client.ask(x_canary="always").id
    parts = iter([b'{"request_id": ', f'"{known}"}}'.encode()])
    answer = httpx.post(f"http://127.0.0.1:{port}/feedback", content=parts)
    assert answer.json() == {"slot": "green", "outcome": "right"}


def test_slow_callers_are_cut_off_and_hold_nobody_up(port: int, client: Client, blue: Backend) -> None:
    """200 connections that send their header byte by byte: others are served, and theirs end with 408."""
    slow = [socket.create_connection(("127.0.0.1", port), timeout=20) for _ in range(200)]
    begun = time.monotonic()
    for connection in slow:
        connection.sendall(b"POST /predict HT")
    assert client.ask().slot == "blue"
    while time.monotonic() < begun + 8:
        for connection in slow[:20]:
            connection.sendall(b"T")
        time.sleep(1)
    assert client.ask().slot == "blue"
    for connection in slow:
        assert connection.recv(4096).startswith(b"HTTP/1.1 4")
        connection.close()


def test_a_body_that_does_not_come_holds_no_slot(port: int, router: Router, client: Client, blue: Backend) -> None:
    """A caller that stops in the middle is the router's to wait for, not the service's."""
    with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
        connection.sendall(b"POST /predict HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{")
        client.ask()
        until(lambda: router.stats()["blue"].sessions == 0, "only the whole request was blue's", within=5)


def test_every_line_of_the_log_is_json(router: Router, port: int, client: Client, blue: Backend) -> None:
    """Whatever a caller puts into a path or a header."""
    for path in (b'/"quoted\\', b"/\xff\xfe", b"/" + b"a" * 3000, b'/predict?q="x'):
        with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
            connection.sendall(b"GET " + path + b' HTTP/1.1\r\nHost: x\r\nX-Request-ID: "\\\xff\r\n\r\n')
            connection.recv(4096)
    until(lambda: len(access_log(router)) == 4, "all are logged")
    assert {line["status"] for line in access_log(router)} <= {200, 400, 404}
