"""Bodies, bounded while they are read; JSON, strictly."""

import asyncio
from collections.abc import Iterable
from typing import Any

import pytest

from service.http import protocol
from service.http.protocol import Bodies, Refused, Request
from service.settings import MIB


def request(parts: Iterable[bytes] = (), **headers: str) -> Request:
    """A request whose body comes in parts, and then the caller hangs up."""
    messages: list[dict[str, Any]] = [{"type": "http.request", "body": part, "more_body": True} for part in parts]
    if messages:
        messages[-1]["more_body"] = False
    waiting = iter(messages)

    async def receive() -> dict[str, Any]:
        return next(waiting, {"type": "http.disconnect"})

    given = {name.replace("_", "-").encode(): value.encode() for name, value in headers.items()}
    return Request("POST", "/predict", given, receive)


def read(bodies: Bodies, asked: Request) -> bytes:
    """The body of a request."""
    return asyncio.run(bodies.read(asked))


@pytest.mark.parametrize("parts", [[b""], [b"abc"], [b"a", b"", b"bc"], [b"x" * MIB]])
def test_a_body_within_the_limit_is_read(parts: list[bytes]) -> None:
    """Whole, in however many parts it comes, up to the last byte that is allowed."""
    assert read(Bodies(MIB), request(parts)) == b"".join(parts)


@pytest.mark.parametrize(
    ("asked", "status", "said"),
    [
        (request([b"x" * MIB, b"x"]), 413, "over 1 MiB"),
        (request([b"x"], content_length="9999999"), 413, "over 1 MiB"),
        (request([b"x"], content_encoding="gzip"), 415, "compressed"),
        (request(), 400, "the connection ended"),
    ],
)
def test_other_bodies_are_refused(asked: Request, status: int, said: str) -> None:
    """Too large by its length or by its bytes, compressed, or broken off."""
    with pytest.raises(Refused, match=said) as caught:
        read(Bodies(MIB), asked)
    assert caught.value.status == status


def test_of_a_body_too_large_nothing_is_kept() -> None:
    """What comes after the limit is dropped as it comes; after sixteen limits no more is read."""
    bodies, taken = Bodies(MIB), 0

    async def receive() -> dict[str, Any]:
        nonlocal taken
        taken += 1
        assert bodies._held <= MIB
        return {"type": "http.request", "body": bytes(MIB // 2), "more_body": True}

    with pytest.raises(Refused) as caught:
        asyncio.run(bodies.read(Request("POST", "/", {}, receive)))
    assert caught.value.status == 413
    assert taken == 2 * protocol.DRAINED + 1


@pytest.mark.slow
def test_all_bodies_together_are_bounded() -> None:
    """Who would hold more than there is for all is asked to come again; released bodies make room."""
    bodies = Bodies(protocol.MAX_HELD)
    first = request([bytes(protocol.MAX_HELD)])
    read(bodies, first)
    with pytest.raises(Refused) as caught:
        read(bodies, request([b"x"]))
    assert caught.value.status == 503
    bodies.release(first)
    assert read(bodies, request([b"x"])) == b"x"


def test_a_body_that_does_not_come_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """After BODY_SECONDS the answer is 408."""
    monkeypatch.setattr(protocol, "BODY_SECONDS", 0.01)

    async def receive() -> dict[str, Any]:
        await asyncio.sleep(60)
        return {}

    with pytest.raises(Refused) as caught:
        asyncio.run(Bodies(MIB).read(Request("POST", "/", {}, receive)))
    assert caught.value.status == 408


@pytest.mark.parametrize("given", ["a", "order-7.b:c_d", "x" * 128])
def test_a_sane_request_id_is_kept(given: str) -> None:
    """Letters, digits and a few marks, up to 128."""
    assert request(x_request_id=given).id == given


@pytest.mark.parametrize("given", ["", " a", "a b", "x" * 129, "a\nb", "ä", "<script>", "-a"])
def test_another_is_replaced(given: str) -> None:
    """By one that is made, another one each time."""
    made = [request(x_request_id=given).id for _ in range(2)]
    assert all(protocol.SANE_ID.fullmatch(each.encode()) for each in made)
    assert given not in made
    assert made[0] != made[1]


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[1,]", b"NaN", b'{"a": Infinity}', b'{"a": -Infinity}', b"\xff", b'"\\ud800"',
     b"[" * 100_000, b"1" * 9999],
)  # fmt: skip
def test_what_is_not_json_is_refused(body: bytes) -> None:
    """Broken, not finite, not text, too deep, too long a number: 400, in one line."""
    with pytest.raises(Refused, match="not JSON") as caught:
        protocol.parse(body)
    assert caught.value.status == 400


def test_json_is_parsed() -> None:
    """As it stands."""
    assert protocol.parse(b'{"a": [1, 2.5, null, true, "\xc3\xa4"]}') == {"a": [1, 2.5, None, True, "ä"]}


@pytest.mark.parametrize(("stated", "media"), [("Text/CSV; charset=utf-8", "text/csv"), ("", ""), ("a/b ;x", "a/b")])
def test_the_type_of_a_body_has_no_parameters(stated: str, media: str) -> None:
    """In lower case, without what comes after the semicolon."""
    assert request(content_type=stated).media == media
