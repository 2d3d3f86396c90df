"""HTTP as the service speaks it: bounded bodies in, answers out; plain ASGI, as middlewares cost more than models.

Refused
├── 400 the request does not fit the model       ├── 413 too large
├── 404, 405, 406 no such page, method, format   ├── 415 a body of another type
├── 401, 403 no key, or one for something else   ├── 429 too many requests a minute
├── 408 too slow                                 ├── 409 contradicts what was said before
└── 503 too many large bodies at once
"""

import asyncio
import math
import re
import secrets
import time
from collections.abc import Awaitable, Callable, MutableMapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pydantic_core

from service.records.users import User
from service.settings import MIB

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

BODY_SECONDS = 20.0
MAX_HELD = 128 * MIB
DRAINED = 16  # limits' worth of a body too large that are read and dropped before the connection is cut
CHARSET = re.compile(rb"(?i);\s*charset\s*=\s*\"?([A-Za-z0-9_.:-]{1,40})")
SANE_ID = re.compile(rb"[A-Za-z0-9][A-Za-z0-9._:-]{0,127}")


class Refused(Exception):
    """The caller's mistake: a status and a line that says what, where, and what to do."""

    def __init__(
        self, status: int, message: str, problems: Sequence[str] = (), *, headers: tuple[tuple[bytes, bytes], ...] = ()
    ) -> None:
        super().__init__(message)
        self.status, self.problems, self.headers = status, problems, headers


@dataclass
class Request:
    """One request. Its headers are by lower-case name; of one given twice, the last."""

    method: str
    path: str
    headers: dict[bytes, bytes]
    receive: Receive
    id: str = field(init=False)
    began: float = field(default_factory=time.perf_counter)
    held: int = 0
    """Bytes of its body that are in memory."""
    user: User | None = None
    """Whose it is, while a canary is judged."""

    def __post_init__(self) -> None:
        given = self.headers.get(b"x-request-id", b"")
        self.id = given.decode() if SANE_ID.fullmatch(given) else secrets.token_hex(16)

    @property
    def second(self) -> bool:
        """Whether the router asks for a second opinion, of which nothing is to be counted or kept."""
        return b"x-mainline-second" in self.headers

    @property
    def media(self) -> str:
        """The type of the body, without parameters."""
        return self.headers.get(b"content-type", b"").partition(b";")[0].strip().lower().decode("latin-1")

    @property
    def charset(self) -> str:
        """The encoding that the body's type states; utf-8 where it states none."""
        found = CHARSET.search(self.headers.get(b"content-type", b""))
        return found[1].decode().lower() if found else "utf-8"


@dataclass(frozen=True)
class Reply:
    """One answer."""

    status: int
    body: bytes
    media: bytes = b"application/json"
    headers: tuple[tuple[bytes, bytes], ...] = ()


def reply(content: Any, status: int = 200) -> Reply:
    """An answer in JSON: floats in the fewest digits that give the same bits again."""
    return Reply(status, pydantic_core.to_json(content))


class Bodies:
    """Reads bodies: none over its limit, and no more than MAX_HELD bytes of them at a time."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._held = 0

    async def read(self, request: Request) -> bytes:
        """The body of a request.

        Raises:
            Refused: 413 too large (what is left of it is read and dropped, so that the caller sees the answer);
                408 not there in time; 415 compressed; 503 others hold the memory.
        """
        if request.headers.get(b"content-encoding", b"identity").lower() != b"identity":
            raise Refused(415, "the body is compressed; send it as it is")
        try:
            async with asyncio.timeout(BODY_SECONDS):
                return await self._collect(request)
        except TimeoutError:
            raise Refused(408, f"the body was not there within {BODY_SECONDS:g} s") from None

    def release(self, request: Request) -> None:
        """Forget a body that is dealt with."""
        self._held -= request.held
        request.held = 0

    async def _collect(self, request: Request) -> bytes:
        stated = request.headers.get(b"content-length", b"")
        parts: list[bytes] = []
        size, too_large, more = 0, stated.isdigit() and int(stated[:20]) > self._limit, True
        if too_large and b"expect" in request.headers:  # who asks before sending can be told before
            raise self._too_large()
        while more and size <= DRAINED * self._limit:
            message = await request.receive()
            if message["type"] == "http.disconnect":
                raise Refused(400, "the connection ended before the body did")
            part, more = message.get("body", b""), message.get("more_body", False)
            size += len(part)
            too_large = too_large or size > self._limit
            if too_large:
                parts.clear()
            else:
                parts.append(part)
                self._hold(request, len(part))
        if too_large:
            raise self._too_large()
        return b"".join(parts)

    def _too_large(self) -> Refused:
        return Refused(413, f"the body is over {self._limit / MIB:g} MiB; send fewer rows at a time")

    def _hold(self, request: Request, size: int) -> None:
        if self._held + size > MAX_HELD:
            raise Refused(503, "too many large bodies at once; try again")
        self._held += size
        request.held += size


async def send(reply: Reply, send: Send, own: Sequence[tuple[bytes, bytes]]) -> None:
    """Send an answer, with headers that all answers have."""
    length = (b"content-length", str(len(reply.body)).encode())
    headers = [(b"content-type", reply.media), length, *own, *reply.headers]
    await send({"type": "http.response.start", "status": reply.status, "headers": headers})
    await send({"type": "http.response.body", "body": reply.body})


def parse(body: bytes, *, nan: bool = False) -> Any:
    """JSON, strictly: no NaN or Infinity, at most 200 levels deep.

    Args:
        nan: whether NaN is read, as null: it is no JSON, but what Python's clients write for what is missing.

    Raises:
        Refused: 400, with the place.
    """
    nan = nan and b"NaN" in body
    try:
        content = pydantic_core.from_json(body, allow_inf_nan=nan)
    except ValueError as error:
        advice = "; what is missing is null, not NaN" if b"NaN" in body else ""
        raise Refused(400, f"the body is not JSON: {str(error)[:200]}{advice}") from None
    return _without_nan(content) if nan else content


def _without_nan(value: Any) -> Any:
    if isinstance(value, float):
        return None if math.isnan(value) else value
    if isinstance(value, list):
        return [_without_nan(each) for each in value]
    if isinstance(value, dict):
        return {name: _without_nan(each) for name, each in value.items()}
    return value
