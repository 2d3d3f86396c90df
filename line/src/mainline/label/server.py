"""A server of one page for the person at this machine: nobody else, and no other page, may ask or write."""

import hmac
import json
import secrets
import socket
import socketserver
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from typing import Any

from mainline.errors import MainlineError
from mainline.label.session import Unfit

HERE = "127.0.0.1"
MOST = 64_000  # bytes of a request
Said = dict[str, Any]


@dataclass(frozen=True)
class Page:
    """What there is to ask for."""

    html: bytes
    policy: str
    """Its Content-Security-Policy."""
    asked: Mapping[str, Callable[[], Said]]
    """By name, what GET answers."""
    told: Mapping[str, Callable[[Said], Said]]
    """By name, what POST does with an object and answers."""


@dataclass
class Server:
    """Serves a page at an address that nobody guesses, until it is closed.

    Raises:
        MainlineError: the port cannot be had.
    """

    page: Page
    port: int = 0
    token: str = field(default_factory=lambda: secrets.token_urlsafe(24))

    def __post_init__(self) -> None:
        self.ended = threading.Event()
        handler = type("Bound", (_Handler,), {"server_of": self})
        try:
            self._server = _Threads((HERE, self.port), handler)
        except (OSError, OverflowError) as error:
            why = getattr(error, "strerror", None) or "no port has this number"
            mend = "leave --port out, and a free one is taken"
            raise MainlineError(f"--port {self.port}: cannot be had ({why}); {mend}") from None
        self.port = self._server.server_address[1]

    @property
    def url(self) -> str:
        """Where the page is."""
        return f"http://{HERE}:{self.port}/{self.token}/"

    def start(self) -> None:
        """Serve from now on, beside what goes on here."""
        threading.Thread(target=self._server.serve_forever, args=(0.1,), daemon=True).start()

    def close(self) -> None:
        """Serve no more, to no window that is still open either."""
        self._server.shutdown()
        self._server.server_close()
        self._server.hang_up()


class _Threads(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 32

    def __init__(self, *about: Any) -> None:
        self._open: set[socket.socket] = set()
        super().__init__(*about)

    def process_request(self, request: Any, client_address: Any) -> None:
        """Remember who is connected: a browser keeps its connection to ask again."""
        self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        """Forget who has gone."""
        self._open.discard(request)
        super().shutdown_request(request)

    def hang_up(self) -> None:
        """End all connections."""
        for each in list(self._open):
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)

    def handle_error(self, *_: Any) -> None:
        """A browser that went away in the middle is no matter of the terminal's."""


class _Handler(BaseHTTPRequestHandler):
    server_of: Server
    protocol_version = "HTTP/1.1"
    server_version, sys_version = "mainline", ""
    disable_nagle_algorithm = True
    timeout = 300  # seconds that a browser may keep a connection without asking

    def do_GET(self) -> None:
        """The page, or what it asks."""
        if (name := self._name()) is None:
            return
        page = self.server_of.page
        if name == "":
            return self._answer(HTTPStatus.OK, page.html, "text/html; charset=utf-8")
        if name not in page.asked:
            return self._say(HTTPStatus.NOT_FOUND, {"error": "no such thing here"})
        self._say(*_outcome(page.asked[name]))

    def do_POST(self) -> None:
        """What the page tells."""
        if (name := self._name()) is None or (said := self._told()) is None:
            return
        if name not in (told := self.server_of.page.told):
            return self._say(HTTPStatus.NOT_FOUND, {"error": "no such thing here"})
        status, answer = _outcome(lambda: told[name](said))
        self._say(status, answer)
        if name == "done" and status == HTTPStatus.OK:
            self.server_of.ended.set()

    def _name(self) -> str | None:
        """What is asked for, of those that know the address; others get an answer of their own."""
        hosts = {f"{name}:{self.server_of.port}" for name in (HERE, "localhost")}
        host, origin = self.headers.get("Host", ""), self.headers.get("Origin")
        token, _, name = self.path.removeprefix("/").partition("/")
        if host not in hosts or (origin is not None and origin != f"http://{host}"):
            self._refuse("this page is for the browser of this machine, at the address that `mainline label` says")
        elif self.command == "POST" and origin is None:
            self._refuse("only the page itself may write")
        elif not hmac.compare_digest(token.encode(), self.server_of.token.encode()):
            self._refuse("the address is not the one that `mainline label` says now")
        else:
            return name.partition("?")[0]
        return None

    def _told(self) -> Said | None:
        """The object that was sent; None, with an answer, where it is none."""
        length, kind = self.headers.get("Content-Length", ""), self.headers.get_content_type()
        if not length.isdecimal() or int(length) > MOST or kind != "application/json":
            self._refuse(f"expected a JSON object of at most {MOST:,} bytes")
            return None
        try:
            said = json.loads(self.rfile.read(int(length)))
        except (ValueError, RecursionError):
            said = None
        if not isinstance(said, dict):
            self._say(HTTPStatus.BAD_REQUEST, {"error": "expected a JSON object"})
            return None
        return said

    def _refuse(self, why: str) -> None:
        """Answer, and read no more of this connection: what was sent with it is unread."""
        self.close_connection = True
        self._say(HTTPStatus.FORBIDDEN, {"error": why})

    def _say(self, status: HTTPStatus, said: Said) -> None:
        self._answer(status, json.dumps(said).encode(), "application/json")

    def _answer(self, status: HTTPStatus, content: bytes, kind: str) -> None:
        self.send_response(status)
        for name, value in {
            "Content-Type": kind,
            "Content-Length": str(len(content)),
            "Content-Security-Policy": self.server_of.page.policy,
            "Cache-Control": "no-store",
            "Referrer-Policy": "no-referrer",
            "X-Content-Type-Options": "nosniff",
            "Cross-Origin-Resource-Policy": "same-origin",
            "Connection": "close" if self.close_connection else "keep-alive",
        }.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: Any) -> None:
        """The terminal is for what matters."""


def _outcome(do: Callable[[], Said]) -> tuple[HTTPStatus, Said]:
    """What comes of what the page asked or told: an answer, whatever goes wrong."""
    try:
        return HTTPStatus.OK, do()
    except Unfit as error:
        return HTTPStatus.CONFLICT, {"error": str(error)}
    except MainlineError as error:
        return HTTPStatus.INTERNAL_SERVER_ERROR, {"error": str(error)}
    except OSError as error:
        return HTTPStatus.INTERNAL_SERVER_ERROR, {"error": f"not written: {error.strerror or error}"}
