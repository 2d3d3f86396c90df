"""Who may ask: each rule where it holds and where it is broken."""

import hashlib
from typing import Any

import pytest

from service.http.callers import Buckets
from tests.service.conftest import Running, Start, people, rows_of

ROW = {"row": rows_of(people(), 1)[0]}
LABEL = {"request_id": "a", "label": "yes"}
OPEN = ("/metrics", "/ping", "/v2/health/live", "/v2/health/ready")
NEEDY = ("/", "/docs", "/docs.json", "/model", "/version", "/v2", "/v2/models/model", "/predict", "/nowhere")
ASKS = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "content-type"}


def hashes(*keys: str) -> str:
    """As SERVICE_API_KEYS holds them."""
    return ",".join(hashlib.sha256(key.encode()).hexdigest() for key in keys)


def by(key: str) -> dict[str, str]:
    """The header that carries it."""
    return {"X-API-Key": key}


def predict(running: Running, **headers: str) -> Any:
    """One row's answer."""
    return running.post("/predict", ROW, headers={name.replace("_", "-"): value for name, value in headers.items()})


def test_by_default_nobody_needs_a_key(start: Start) -> None:
    """One that is sent does no harm; no header of another origin is answered, no preflight either."""
    running = start("people")
    assert predict(running, **by("any")).status_code == 200
    answer = predict(running, Origin="https://a.example")
    assert [name for name in answer.headers if name.startswith(("access", "vary"))] == []
    assert running.ask("OPTIONS", "/predict", headers=ASKS | {"Origin": "https://a.example"}).status_code == 405


@pytest.mark.parametrize(
    "headers",
    [{"Authorization": "Bearer one"}, {"authorization": "bearer  two "}, by("two"),
     by("one") | {"Authorization": "Basic of the proxy"}],
)  # fmt: skip
def test_each_key_opens_in_either_header(headers: dict[str, str], start: Start) -> None:
    """Several hold at once, so that callers can change theirs one after the other."""
    answer = start("people", SERVICE_API_KEYS=hashes("one", "two")).post("/predict", ROW, headers=headers)
    assert answer.status_code == 200


@pytest.mark.parametrize(
    ("headers", "said"),
    [
        ({}, "a key is needed"),
        ({"Authorization": "Bearer three"}, "not known"),
        ({"Authorization": "Basic one"}, "a key is needed"),
        ({"Authorization": "Bearer "}, "a key is needed"),
        (by(hashes("one")), "not known"),
        (by("three") | {"Authorization": "Bearer one"}, "not known"),
        ({"X-Mainline-Second": "1"}, "a key is needed"),
    ],
)
def test_without_a_known_key_it_is_a_401(headers: dict[str, str], said: str, start: Start) -> None:
    """In one line that says how to send it; the hash itself opens nothing. The model's counts know nothing of it."""
    running = start("people", SERVICE_API_KEYS=hashes("one", "two"))
    answer = running.post("/predict", ROW, headers=headers)
    assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")
    assert said in answer.json()["error"]
    assert "X-API-Key: KEY" in answer.json()["error"]
    assert answer.json()["request_id"] == answer.headers["x-request-id"]
    refused = 'endpoint="other",http_response_code="401"'
    assert refused in running.get("/metrics").text.replace(" ", "")
    assert 'endpoint="/predict",http_response_code="401"' not in running.get("/metrics").text


def test_health_and_counts_need_no_key_and_all_else_does(start: Start) -> None:
    """Pages too, and paths that there are not: they tell strangers of the model."""
    running = start("people", SERVICE_API_KEYS=hashes("one"))
    assert {running.get(path).status_code for path in OPEN} == {200}
    assert {running.get(path).status_code for path in NEEDY} == {401}
    assert running.get("/model", headers=by("one")).status_code == 200


def test_the_description_says_how_a_key_is_sent_where_one_is_needed(start: Start) -> None:
    """So that Swagger's page asks for it; elsewhere it says nothing of keys."""
    said = start("people", SERVICE_API_KEYS=hashes("one")).get("/docs.json", headers=by("one")).json()
    assert said["security"] == [{"bearer": []}, {"header": []}]
    assert said["components"]["securitySchemes"]["header"]["name"] == "X-API-Key"
    assert "security" not in start("people").get("/docs.json").json()


def test_labels_have_keys_of_their_own(start: Start) -> None:
    """Which open nothing else, and which no other replaces; each is told so."""
    running = start("people", SERVICE_API_KEYS=hashes("ask"), SERVICE_FEEDBACK_KEYS=hashes("tell"))
    statuses = {
        (path, key): running.post(path, told, headers=by(key)).status_code
        for path, told in (("/predict", ROW), ("/feedback", LABEL))
        for key in ("ask", "tell", "no")
    }
    assert statuses == {
        ("/predict", "ask"): 200, ("/predict", "tell"): 403, ("/predict", "no"): 401,
        ("/feedback", "ask"): 403, ("/feedback", "tell"): 200, ("/feedback", "no"): 401,
    }  # fmt: skip


def test_labels_alone_may_need_a_key_or_take_the_others(start: Start) -> None:
    """With SERVICE_FEEDBACK_KEYS alone anybody may predict; without it the other keys hold for labels."""
    running = start("people", SERVICE_FEEDBACK_KEYS=hashes("tell"))
    assert (predict(running).status_code, running.post("/feedback", LABEL).status_code) == (200, 401)
    running = start("people", SERVICE_API_KEYS=hashes("ask"))
    assert running.post("/feedback", LABEL, headers=by("ask")).status_code == 200


def test_scripts_of_listed_origins_may_ask(start: Start) -> None:
    """A preflight needs no key; answers and errors can be read."""
    origins = ("https://a.example", "http://localhost:5173")
    running = start("people", SERVICE_API_KEYS=hashes("one"), SERVICE_CORS_ORIGINS=", ".join(origins))
    for origin in origins:
        asked = running.ask("OPTIONS", "/predict", headers=ASKS | {"Origin": origin})
        assert (asked.status_code, asked.content) == (200, b"")
        assert asked.headers["access-control-allow-origin"] == origin
        assert "x-api-key" in asked.headers["access-control-allow-headers"]
        for answer in (predict(running, Origin=origin, **by("one")), predict(running, Origin=origin)):
            assert (answer.headers["access-control-allow-origin"], answer.headers["vary"]) == (origin, "Origin")


def test_scripts_of_others_may_not(start: Start) -> None:
    """Their preflight is a 403, and no header lets them read."""
    running = start("people", SERVICE_CORS_ORIGINS="https://a.example")
    for origin in ("https://b.example", "http://a.example", "https://a.example:8443", "null", ""):
        asked = running.ask("OPTIONS", "/predict", headers=ASKS | {"Origin": origin})
        assert asked.status_code == 403
        for answer in (asked, predict(running, Origin=origin)):
            assert "access-control-allow-origin" not in answer.headers
            assert answer.headers["vary"] == "Origin"


def test_every_origin_may_be_let_in(start: Start) -> None:
    """By a star, which is to be said."""
    running = start("people", SERVICE_CORS_ORIGINS="*")
    assert running.ask("OPTIONS", "/predict", headers=ASKS | {"Origin": "https://b.example"}).status_code == 200
    assert predict(running, Origin="https://b.example").headers["access-control-allow-origin"] == "*"


def test_too_many_requests_of_a_key_are_a_429(start: Start) -> None:
    """With the seconds to wait; another key's are its own, and health is never limited."""
    running = start("people", SERVICE_API_KEYS=hashes("one", "two"), SERVICE_RATE_LIMIT="3")
    assert [predict(running, **by("one")).status_code for _ in range(4)] == [200, 200, 200, 429]
    late = predict(running, **by("one"))
    assert 1 <= int(late.headers["retry-after"]) <= 20
    assert "more than 3 requests a minute; try again in" in late.json()["error"]
    assert predict(running, **by("two")).status_code == 200
    assert {running.get("/ping").status_code for _ in range(9)} == {200}


def test_without_keys_it_is_by_address(start: Start) -> None:
    """Of IPv6 by its network; a key that nobody needs makes nobody another caller."""
    running = start("people", SERVICE_RATE_LIMIT="1")

    def of(address: str) -> int:
        async def asked(scope: Any, receive: Any, send: Any) -> None:
            await app(scope | {"client": (address, 1)}, receive, send)

        app, running.app = running.app, asked  # type: ignore[assignment]
        try:
            return running.get("/model", headers=by(address)).status_code
        finally:
            running.app = app

    assert [of("192.0.2.1"), of("192.0.2.1"), of("192.0.2.2")] == [200, 429, 200]
    assert [of("2001:db8::1"), of("2001:db8::2"), of("2001:db8:0:1::1")] == [200, 429, 200]
    assert [of("unix:"), of("unix:")] == [200, 429]


def test_a_bucket_fills_evenly_and_no_further() -> None:
    """Two a minute: one comes back after thirty seconds; after an hour there are two."""
    now = [0.0]
    buckets = Buckets(2, clock=lambda: now[0])
    assert [buckets.wait("a"), buckets.wait("a"), buckets.wait("a")] == [0, 0, 30]
    now[0] = 20
    assert buckets.wait("a") == pytest.approx(10)
    now[0] = 30.1
    assert buckets.wait("a") == 0
    assert buckets.wait("a") > 29
    now[0] = 3600
    assert [bool(buckets.wait("a")) for _ in range(3)] == [False, False, True]


def test_buckets_take_no_more_memory_than_stated() -> None:
    """Who was away longest is forgotten first."""
    buckets = Buckets(1, most=3, clock=lambda: 0.0)
    for name in "abac":
        buckets.wait(name)
    assert buckets.wait("d") == 0  # b goes, not a
    assert (buckets.wait("a") > 0, buckets.wait("b")) == (True, 0)
    for number in range(1000):
        buckets.wait(str(number))
    assert len(buckets._left) == 3


def test_what_asks_from_within_the_bento_needs_no_key(start: Start) -> None:
    """BentoML's methods, as another service depends on them."""
    import asyncio

    from service.http import inside

    running = start("people", SERVICE_API_KEYS=hashes("one"), SERVICE_RATE_LIMIT="1")
    for _ in range(3):
        assert "prediction" in asyncio.run(inside.ask(running.app, "/predict", ROW))
