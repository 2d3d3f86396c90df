"""Who may ask: keys, pages of other origins, and requests a minute; App goes past this where none of it is set."""

import hashlib
import hmac
import ipaddress
import math
import time
from collections.abc import Callable

from service.access import ANY, Access
from service.http.protocol import Message, Refused, Reply, Request

INSIDE = "service.inside"
"""In the scope of what asks from within the Bento, which needs no key; no request from outside can say it."""
# Whoever watches it has no key: engines and routers ask for health, the judge and Prometheus for counts, which tell of
# no row. Who publishes the port leaves /metrics out at the proxy, as the router does.
PUBLIC = frozenset({"/livez", "/readyz", "/healthz", "/ping", "/metrics", "/v2/health/live", "/v2/health/ready"})
FEEDBACK = "/feedback"
MOST = 10_000  # callers whose requests are counted at a time
ASKED = b"access-control-request-method"
TOLD = b"x-request-id, x-model-version, retry-after, www-authenticate"

Headers = tuple[tuple[bytes, bytes], ...]


class Callers:
    """Decides about each request before anything of it is read."""

    def __init__(self, access: Access, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._access = access
        self._buckets = Buckets(access.rate, clock=clock) if access.rate else None

    @classmethod
    def of(cls, access: Access) -> "Callers | None":
        """None where anybody may ask anything, as often as they like."""
        asked = access.keys or access.feedback_keys or access.origins or access.rate
        return cls(access) if asked else None

    def meet(self, request: Request, scope: Message) -> Reply | None:
        """Let a request pass, or answer it: a browser that asks whether a page of another origin may ask.

        Raises:
            Refused: 401 without a key that is known; 403 with one for something else, or from an origin that is not
                listed; 429 too many requests.
        """
        if scope.get(INSIDE) or request.path in PUBLIC:
            return None
        if self._access.origins and request.method == "OPTIONS" and ASKED in request.headers:
            return self._preflight(request)
        caller = self._known(request) or _address(scope)
        if self._buckets and (wait := self._buckets.wait(caller)):
            seconds = math.ceil(wait)
            raise Refused(
                429,
                f"more than {self._access.rate:,} requests a minute; try again in {seconds} s",
                headers=((b"retry-after", str(seconds).encode()),),
            )
        return None

    def headers(self, request: Request) -> Headers:
        """What lets a page of another origin read an answer, be it an error."""
        if not self._access.origins:
            return ()
        if ANY in self._access.origins:
            return (b"access-control-allow-origin", b"*"), (b"access-control-expose-headers", TOLD)
        varies = (b"vary", b"Origin")
        if not self._may_read(request):
            return (varies,)
        origin = (b"access-control-allow-origin", request.headers[b"origin"])
        return varies, origin, (b"access-control-expose-headers", TOLD)

    def _may_read(self, request: Request) -> bool:
        origin = request.headers.get(b"origin", b"").decode("latin-1").lower()
        return ANY in self._access.origins or origin in self._access.origins

    def _preflight(self, request: Request) -> Reply:
        if not self._may_read(request):
            raise Refused(403, "pages of this origin may not ask; SERVICE_CORS_ORIGINS lists those that may")
        allowed = (
            (b"access-control-allow-methods", b"GET, HEAD, POST"),
            (b"access-control-allow-headers", b"authorization, x-api-key, content-type, accept, x-request-id, x-user"),
            (b"access-control-max-age", b"600"),
        )
        return Reply(200, b"", b"text/plain", allowed)

    def _known(self, request: Request) -> str:
        """The caller's key, hashed; empty where none is needed."""
        of_labels = request.path == FEEDBACK and self._access.feedback_keys
        needed = self._access.feedback_keys if of_labels else self._access.keys
        if not needed:
            return ""
        key = _key(request)
        found = hashlib.sha256(key).digest()
        if key and _is_among(found, needed):
            return found.hex()
        if key and _is_among(found, (*self._access.keys, *self._access.feedback_keys)):
            others = "labels need a key of their own" if of_labels else "this key is for /feedback alone"
            raise Refused(403, others)
        said = "this key is not known here" if key else "a key is needed"
        raise Refused(
            401,
            f"{said}; send yours as Authorization: Bearer KEY, or as X-API-Key: KEY",
            headers=((b"www-authenticate", b"Bearer"),),
        )


class Buckets:
    """A minute's requests for each caller, which fill up again evenly; those who were away longest are forgotten."""

    def __init__(self, rate: int, *, most: int = MOST, clock: Callable[[], float] = time.monotonic) -> None:
        """Args: rate, requests a minute; most, callers at a time; clock, in seconds."""
        self._rate, self._most, self._clock = rate, most, clock
        self._left: dict[str, tuple[float, float]] = {}

    def wait(self, caller: str) -> float:
        """Take one request from a caller's; or answer in how many seconds, over 0, there will be one."""
        now = self._clock()
        left, then = self._left.pop(caller, (float(self._rate), now))
        left = min(self._rate, left + (now - then) * self._rate / 60)
        may = left >= 1
        self._left[caller] = (left - may, now)  # at the end, as the latest
        if len(self._left) > self._most:
            del self._left[next(iter(self._left))]
        return 0.0 if may else (1 - left) * 60 / self._rate


def _key(request: Request) -> bytes:
    """The key that a request carries: a proxy may need Authorization for itself, so X-API-Key goes first."""
    if given := request.headers.get(b"x-api-key", b"").strip():
        return given
    scheme, _, key = request.headers.get(b"authorization", b"").partition(b" ")
    return key.strip() if scheme.lower() == b"bearer" else b""


def _is_among(found: bytes, keys: tuple[bytes, ...]) -> bool:
    """In a time that does not tell which it was."""
    return any([hmac.compare_digest(found, each) for each in keys])


def _address(scope: Message) -> str:
    """Where a request comes from: of IPv6 the network, as one household has 2**64 addresses."""
    host = (scope.get("client") or ("",))[0]
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return str(host)
    return str(address) if address.version == 4 else str(ipaddress.ip_network((int(address), 64), strict=False))
