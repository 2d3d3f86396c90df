"""The router: HAProxy before two slots, told at run time who gets what, so that no request is lost on any change.

In its folder: router.json, what it is to do; haproxy.cfg, route.map and *.lua, made from that; key, which labels and
x-canary need; access.log, one JSON object a request; router.log, what HAProxy says of itself. One process at a time may
change a router.
"""

import hashlib
import os
import secrets
import shutil
import time
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Self

from mainline.canary.routed import Routed
from mainline.errors import MainlineError
from mainline.host import binary, haproxy, runtime_api
from mainline.host.model import SLOTS, Route, Slot
from mainline.host.routing import KEY, Routing, Server, Settings, resolved
from mainline.host.runtime_api import Stats

__all__ = ["Router", "Server", "Stats"]

MEMORY = "router.json"
LARGEST_LOG = 64 * 1024**2


class Router:
    """A router, running or to be run; made by `start` or `attach`."""

    def __init__(self, folder: Path, routing: Routing) -> None:
        self.folder, self._routing = folder, routing

    @classmethod
    def start(
        cls,
        folder: Path,
        port: int,
        *,
        host: str = "127.0.0.1",
        metrics: str = "127.0.0.1:8405",
        user_header: str = "x-user",
        timeout: int = 30,
        open_to_all: bool = False,
        second: bool = True,
    ) -> Self:
        """Start a router, or go on with the one of this folder, its slots and route as they were.

        Args:
            folder: its own; made if it is not there.
            metrics: where Prometheus may scrape the router itself.
            timeout: seconds that a slot may take to answer before the other is asked.
            open_to_all: whether labels and x-canary are taken from those, too, who do not have the key.
            second: whether production is asked for what a canary fails or refuses.

        Raises:
            MainlineError: a port is taken, there is no HAProxy, or a setting is wrong.
        """
        settings = Settings(f"{host}:{port}", metrics, user_header, timeout, second=second)
        try:
            folder.mkdir(parents=True, exist_ok=True)
            key = "" if open_to_all else hashlib.sha256(key_of(folder).encode()).hexdigest()
        except OSError as error:
            raise MainlineError(f"router: {folder} cannot be made ({error.strerror}); choose another folder") from None
        before = _remembered(folder) if (folder / MEMORY).exists() else Routing(settings)
        router = cls(folder, replace(before, settings=replace(settings, key=key)))
        router.ensure()
        return router

    @classmethod
    def attach(cls, folder: Path) -> Self:
        """The router of a folder; raises MainlineError if there never was one."""
        return cls(folder, _remembered(folder))

    @property
    def slots(self) -> dict[Slot, Server]:
        """What is in the slots that are not empty."""
        return dict(self._routing.slots)

    @property
    def routed(self) -> Route | None:
        """Who gets what; None before the first route."""
        return self._routing.route

    def set_slot(self, slot: Slot, address: str | None, version: str = "") -> None:
        """Put a version that is ready into a slot; None takes it out, once it has answered what it was asked.

        A canary that is taken out loses its share first. Nothing is sent to a slot before `route` names it.

        Raises:
            MainlineError: production cannot be taken out.
        """
        if slot not in SLOTS:
            raise MainlineError(f"router: there is no slot {slot!r}; there are {' and '.join(SLOTS)}")
        if address is not None:
            self._become(self._routing.with_slot(slot, Server(resolved(address), version)))
            return
        route = self._routing.route
        if route and slot == route.production:
            raise MainlineError(f"router: slot {slot} is production; route its traffic elsewhere first")
        if route and slot == route.canary:
            self.route(route.production, None)
        self._wait_until_drained(slot)
        self._become(self._routing.with_slot(slot, None))

    def route(self, production: Slot, canary: Slot | None = None, share: float = 0.0, *, shadow: bool = False) -> None:
        """Say who gets what, from the next request on; slots that are not named drain.

        Args:
            share: of the users, 0 to 1, for the canary. With 0 it still answers when production is down.
            shadow: send the canary copies of all requests instead.

        Raises:
            MainlineError: a slot is empty, a share makes no sense, or this HAProxy cannot copy requests.
        """
        if shadow and not (found := binary.taken()).shadows:
            raise MainlineError(
                f"router: {found.path} was built without Lua and cannot shadow; choose another canary.strategy in "
                "params.yaml, or put an HAProxy with Lua on PATH"
            )
        self._become(self._routing.with_route(Route(production, canary, float(share), shadow)))

    def stats(self) -> dict[Slot, Stats]:
        """How the slots do; raises ToolFailed if HAProxy does not answer."""
        return runtime_api.stats(self.folder, self._routing)

    def shadow_stats(self) -> dict[str, int]:
        """Copies for a shadow since HAProxy started: copied, dropped, failed (no answer, or 500 and up), in_flight."""
        return runtime_api.shadow_stats(self.folder)

    def told(self) -> Routed | None:
        """What it knows of users and second opinions; None without Lua, or without a route so far.

        Raises:
            ToolFailed: HAProxy does not answer.
        """
        return runtime_api.told(self.folder)

    def drained(self, slot: Slot) -> bool:
        """Whether a slot gets no traffic, and has answered all that it was asked."""
        now = self.stats()[slot]
        return slot not in self._routing.named and now.sessions == now.queue == 0

    def _wait_until_drained(self, slot: Slot) -> None:
        """Wait; what takes longer than the timeout is asked of the other slot when this one goes."""
        deadline = time.monotonic() + self._routing.settings.timeout
        while haproxy.alive(self.folder) and not self.drained(slot) and time.monotonic() < deadline:
            time.sleep(0.05)

    def ensure(self) -> bool:
        """Have it run and do what it is to do, whatever happened to it.

        Returns:
            Whether it had to be started.

        Raises:
            MainlineError: it does not start, or does not take what it is told; or its folder cannot be written: a full
                disk must not keep a bad canary in traffic, so what could not be written down is done all the same.
        """
        try:
            self._remember()
        except OSError as error:
            self._run()
            raise MainlineError(
                f"router: it does what it should, but {self.folder} cannot be written ({error.strerror}); "
                "make room, or when it starts again it does what it did before"
            ) from None
        _shorten(self.folder / haproxy.ACCESS_LOG)
        return self._run()

    def _run(self) -> bool:
        started = not haproxy.alive(self.folder)
        if started:
            haproxy.start(self.folder)
        runtime_api.apply(self.folder, self._routing)
        if haproxy.description(self.folder) != self._routing.fingerprint:
            haproxy.reload(self.folder)
        return started

    def reload(self) -> None:
        """Have HAProxy read its files anew; connections and requests go on."""
        self.ensure()
        haproxy.reload(self.folder)

    def stop(self) -> None:
        """End it, once it has answered what it was asked."""
        haproxy.stop(self.folder, self._routing.settings.timeout)

    def _become(self, routing: Routing) -> None:
        self._routing = routing
        self.ensure()

    def _remember(self) -> None:
        for name, text in {MEMORY: self._routing.to_json(), **self._routing.files()}.items():
            path = self.folder / name
            if not path.exists() or path.read_text() != text:
                _write(path, text)


def key_of(folder: Path) -> str:
    """The key of a router's folder, made where there is none; raises OSError where it cannot be."""
    path = folder / KEY
    if not path.exists() or not path.read_text().strip():
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as stream:
            stream.write(secrets.token_urlsafe(24) + "\n")
    return path.read_text().strip()


def _remembered(folder: Path) -> Routing:
    try:
        return Routing.from_json((folder / MEMORY).read_text())
    except FileNotFoundError:
        raise MainlineError(f"router: there is none in {folder}; start one") from None
    except (ValueError, KeyError, TypeError) as error:
        raise MainlineError(f"router: {folder / MEMORY} is not as it was written ({error}); delete it") from None


def _write(path: Path, text: str) -> None:
    partial = path.with_name(path.name + ".partial")
    with partial.open("w") as stream:
        stream.write(text)
        stream.flush()
        os.fsync(stream.fileno())
    os.replace(partial, path)


def _shorten(log: Path) -> None:
    """Start the log anew when it is large, and keep the one before; its writer holds it open, so it is copied."""
    if log.exists() and log.stat().st_size > LARGEST_LOG:
        with suppress(OSError):  # no room for it: all the more reason to go on
            shutil.copyfile(log, log.with_suffix(".1.log"))
        os.truncate(log, 0)
