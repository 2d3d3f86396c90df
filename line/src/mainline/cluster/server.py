"""The judge's HTTP: GET for Argo Rollouts and for people, POST for Flagger; bounded, as anyone in the cluster may ask.

    GET  /judge?canary=HASH&stable=HASH&share=0.1     an opinion: {"answer": "promote|next|hold|pause|rollback", ...}
    GET  /released?canary=HASH&stable=HASH&share=0.1  next once deploy/production.env names the canary's version
    GET  /barred?canary=HASH                          rollback where its version must not be started; else next
    GET  /healthz, /readyz, /                         whether it works, whether git was read, and what it knows
    POST /flagger/confirm-traffic-increase, /flagger/rollback, /flagger/confirm-promotion   by status; see flagger.py

HASH is Argo Rollouts' rollouts-pod-template-hash. An answer that cannot be known is a hold, with status 200: a question
that is none is 400.
"""

import io
import json
import re
import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from mainline.cluster import flagger
from mainline.cluster.answers import Answers, Question, Said
from mainline.errors import ConfigError, MainlineError

PATIENCE = 10.0  # seconds for a request to arrive
AT_ONCE = 32
LONGEST = 2048
MOST = 64_000  # bytes of a body
LABEL = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?")


class Server:
    """Serves from its making until it is closed.

    Raises:
        MainlineError: the address cannot be had.
    """

    def __init__(
        self,
        address: tuple[str, int],
        answers: Answers,
        namespace: str,
        known: Callable[[], Said],
        usual: Callable[[], float],
    ) -> None:
        """Args: host (empty for all) and port; what answers; what it knows, for people; the canary's usual share."""
        handler = type(
            "Bound", (_Handler,), {"answers": answers, "namespace": namespace, "known": known, "usual": usual}
        )
        try:
            self._server = _Threads(address, handler)
        except (OSError, OverflowError) as error:
            why = getattr(error, "strerror", None) or "no such address"
            raise MainlineError(f"--serve {address[0]}:{address[1]}: cannot be had ({why})") from None
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, args=(0.1,), name="server", daemon=True).start()

    def close(self) -> None:
        """Serve no more."""
        self._server.shutdown()
        self._server.server_close()


class _Threads(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def __init__(self, address: tuple[str, int], handler: Any) -> None:
        self._free = threading.BoundedSemaphore(AT_ONCE)
        if not address[0] and socket.has_dualstack_ipv6():
            self.address_family, address = socket.AF_INET6, ("::", address[1])
        elif ":" in address[0]:
            self.address_family = socket.AF_INET6
        super().__init__(address, handler)

    def server_bind(self) -> None:
        """Listen on IPv4 as well, where no address was named."""
        if self.address_family == socket.AF_INET6:
            with suppress(OSError):
                self.socket.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        super().server_bind()

    def process_request(self, request: Any, client_address: Any) -> None:
        """A thread each, but not for more than there may be: those are asked to come again."""
        if self._free.acquire(blocking=False):
            return super().process_request(request, client_address)
        with suppress(OSError):
            request.sendall(b"HTTP/1.0 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n")
        self.shutdown_request(request)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """Free its place at the end, whatever comes."""
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._free.release()

    def handle_error(self, *_: Any) -> None:
        """Who went away in the middle is no matter of the log's."""


class _InTime(socket.SocketIO):
    """Reads a request, which has to arrive as a whole: who sends a byte now and then keeps no place."""

    def __init__(self, connection: socket.socket, patience: float) -> None:
        super().__init__(connection, "r")
        self._connection, self._until = connection, time.monotonic() + patience

    def readinto(self, buffer: Any) -> int | None:
        """As far as there is time left."""
        self._connection.settimeout(max(0.001, self._until - time.monotonic()))
        return super().readinto(buffer)


class _Handler(BaseHTTPRequestHandler):
    answers: Answers
    namespace: str
    known: Callable[[], Said]
    usual: Callable[[], float]
    timeout = PATIENCE
    server_version, sys_version = "mainline", ""

    def setup(self) -> None:
        """Read by the clock."""
        super().setup()
        self.rfile = io.BufferedReader(_InTime(self.connection, self.timeout))

    def do_GET(self) -> None:
        """An opinion, or what is known."""
        self._do(lambda: _asked(self.path, self.answers, type(self).known))

    def do_POST(self) -> None:
        """Flagger's webhooks."""
        self._do(lambda: self._told())

    def _told(self) -> tuple[HTTPStatus, Said]:
        which = urlsplit(self.path).path.removeprefix("/flagger/")
        if which not in flagger.ASKED:
            return HTTPStatus.NOT_FOUND, {"error": f"no such thing here; there are: {', '.join(flagger.ASKED)}"}
        length = self.headers.get("Content-Length", "")
        if not re.fullmatch("[0-9]{1,9}", length) or int(length) > MOST:
            raise ConfigError(f"expected a JSON object of at most {MOST:,} bytes")
        try:
            body = json.loads(self.rfile.read(int(length)))
        except (ValueError, RecursionError):
            body = None
        if not isinstance(body, dict):
            raise ConfigError("expected a JSON object")
        return flagger.answer(self.answers, which, body, self.namespace, type(self).usual())

    def _do(self, what: Callable[[], tuple[HTTPStatus, Said]]) -> None:
        try:
            if len(self.path) > LONGEST:
                raise ConfigError(f"an address of more than {LONGEST} characters")
            status, said = what()
        except ConfigError as error:
            status, said = HTTPStatus.BAD_REQUEST, {"error": str(error)}
        except MainlineError as error:
            status, said = HTTPStatus.SERVICE_UNAVAILABLE, {"error": str(error)}
        except TimeoutError:
            status, said = HTTPStatus.REQUEST_TIMEOUT, {"error": "its body did not arrive"}
        content = json.dumps(said).encode()
        self.connection.settimeout(self.timeout)
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: Any) -> None:
        """What is asked every second is no news."""


def _asked(path: str, answers: Answers, known: Callable[[], Said]) -> tuple[HTTPStatus, Said]:
    parts = urlsplit(path)
    asked = dict(parse_qsl(parts.query, max_num_fields=16))
    match parts.path:
        case "/judge":
            return HTTPStatus.OK, answers.judge(_question(asked))
        case "/released":
            return HTTPStatus.OK, answers.released(_question(asked))
        case "/barred":
            return HTTPStatus.OK, answers.barred(Question.of_hashes(_label(asked, "canary"), "").canary)
        case "/healthz":
            return HTTPStatus.OK, {"ok": True}
        case "/readyz":
            ready = answers.ready
            return HTTPStatus.OK if ready else HTTPStatus.SERVICE_UNAVAILABLE, {"ok": ready}
        case "/":
            return HTTPStatus.OK, known()
    return HTTPStatus.NOT_FOUND, {
        "error": "no such thing here; there are: /judge, /released, /barred, /healthz, /readyz"
    }


def _question(asked: dict[str, str]) -> Question:
    try:
        share = float(asked["share"])
    except (KeyError, ValueError):
        share = 0.0
    if not 0 < share <= 1:
        raise ConfigError(f"share={asked.get('share', '')}: the canary's share of the users, above 0 and at most 1")
    return Question.of_hashes(_label(asked, "canary"), _label(asked, "stable"), share)


def _label(asked: dict[str, str], name: str) -> str:
    value = asked.get(name, "")
    if not LABEL.fullmatch(value):
        raise ConfigError(f"{name}={value[:80]}: no rollouts-pod-template-hash")
    return value
