"""What the router is to do, as plain data: who is in which slot, who gets which share, and the files that say so."""

import hashlib
import json
import re
import socket
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from string import Template
from typing import Self

from mainline.errors import ConfigError, MainlineError
from mainline.host.model import SLOTS, Route, Slot

BUCKETS = 10_000
NOWHERE = "127.0.0.1:1"  # an empty slot's address; nothing is ever sent there
LONGEST_WAIT = 10  # seconds for a production that is gone and alone; a service is there again by then
HERE = Path(__file__).parent
SCRIPTS = ("shadow.lua", "second.lua")
KEY = "key"  # the file beside haproxy.cfg that holds the key
_FORMAT = 1
_TOKEN = re.compile(r"[A-Za-z0-9-]{1,64}")


@dataclass(frozen=True)
class Settings:
    """What the router is started with: addresses as host:port, `timeout` in whole seconds for one answer.

    `key`: a hash of the key that labels and x-canary need; empty where anyone may send them. `second`: whether
    production is asked for what the canary fails or refuses.
    """

    listen: str
    metrics: str
    user_header: str
    timeout: int
    key: str = ""
    second: bool = True

    def __post_init__(self) -> None:
        for address in (self.listen, self.metrics):
            split(address)
        if not _TOKEN.fullmatch(self.user_header):
            raise ConfigError(f"user_header: {self.user_header!r} is no header's name; write letters, digits and -")
        if self.timeout < 1:
            raise ConfigError(f"timeout: at least 1 second, not {self.timeout}")


@dataclass(frozen=True)
class Server:
    """A version that runs in a slot."""

    address: str
    version: str


@dataclass(frozen=True)
class Routing:
    """All of it; never changed, only replaced."""

    settings: Settings
    slots: dict[Slot, Server] = field(default_factory=dict)
    route: Route | None = None

    @property
    def named(self) -> set[str | None]:
        """The slots that get traffic; each answers for the other when that one is down."""
        return {self.route.production, self.route.canary} if self.route else set()

    @property
    def last(self) -> Server | None:
        """Production: who is asked when no slot is ready."""
        return self.slots[self.route.production] if self.route else None

    def with_slot(self, slot: Slot, placed: Server | None) -> Self:
        """The same with another version in a slot, or none."""
        others = {name: each for name, each in self.slots.items() if name != slot}
        return replace(self, slots=others | ({slot: placed} if placed else {}))

    def with_route(self, route: Route) -> Self:
        """The same with another route.

        Raises:
            MainlineError: a slot that it names is empty or both are one, or the share is none.
        """
        for slot in filter(None, (route.production, route.canary)):
            if slot not in self.slots:
                raise MainlineError(f"router: slot {slot} is empty; start a version in it before it gets traffic")
        if route.production == route.canary:
            raise MainlineError(f"router: slot {route.canary} cannot be production and canary at once")
        if not 0 <= route.share <= 1 or (route.canary is None and (route.share or route.shadow)):
            raise MainlineError(f"router: a share of {route.share} needs a canary, and to be between 0 and 1")
        if route.shadow and route.share:
            raise MainlineError("router: a canary that shadows has no share: its answers are thrown away")
        return replace(self, route=route)

    def files(self) -> dict[str, str]:
        """The files that HAProxy reads, by name."""
        return {
            "haproxy.cfg": self._configuration(),
            "route.map": "".join(f"{key} {value}\n" for key, value in self.map().items()),
            **{name: (HERE / name).read_text() for name in SCRIPTS},
        }

    def map(self) -> dict[str, str]:
        """What HAProxy looks up for each request: the route, each slot's id prefix, and each prefix's slot."""
        prefixes: dict[str, str] = {slot: prefix(slot, placed.version) for slot, placed in self.slots.items()}
        canary = self.route.canary if self.route else None
        unit = prefixes[canary] if canary else "-"
        line = _line(self.route, unit) if self.route else "-:-:0:-:-"
        return {"now": line, **prefixes, **{value: key for key, value in prefixes.items()}}

    def _configuration(self) -> str:
        facts: dict[str, object] = asdict(self.settings) | {"fingerprint": self.fingerprint}
        facts |= {name: _server(self.slots.get(name)) for name in SLOTS} | {"last": _server(self.last)}
        facts |= {f"{name}_weight": _weight(name in self.slots, name in self.named) for name in SLOTS}
        facts["trusted"] = f"req.fhdr(x-mainline-key) -m str -f {KEY}" if self.settings.key else "always_true"
        facts["second"] = str(self.settings.second).lower()
        facts["patience"] = min(LONGEST_WAIT, self.settings.timeout // 2)
        return Template((HERE / "haproxy.cfg").read_text()).substitute(facts)

    @property
    def fingerprint(self) -> str:
        """Of all that only a reload can change: where the running HAProxy has another one, it needs one."""
        parts = [repr(self.settings), *((HERE / name).read_text() for name in ("haproxy.cfg", *SCRIPTS))]
        return hashlib.blake2s("\0".join(parts).encode(), digest_size=8).hexdigest()

    def to_json(self) -> str:
        """All of it as text that `from_json` reads."""
        return json.dumps({"format": _FORMAT, **asdict(self)}, indent=1) + "\n"

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Read it again; raises ValueError, KeyError or TypeError on anything else."""
        read = json.loads(text)
        if read["format"] != _FORMAT:
            raise ValueError(f"format {read['format']}")
        slots = {slot: Server(**placed) for slot, placed in read["slots"].items() if slot in SLOTS}
        made = cls(Settings(**read["settings"]), slots)
        return made.with_route(Route(**read["route"])) if read["route"] else made


def _line(route: Route, unit: str) -> str:
    """The route as haproxy.cfg reads it: production:canary:limit:shadow:unit."""
    limit = max(round(route.share * BUCKETS), int(route.share > 0))
    shadow = route.canary if route.shadow else "-"
    return f"{route.production}:{route.canary or route.production}:{limit}:{shadow}:{unit}"


def _server(placed: Server | None) -> str:
    return placed.address if placed else f"{NOWHERE} disabled"


def _weight(filled: bool, named: bool) -> str:
    return f"weight {int(named)}" if filled else "weight 0 disabled"


def prefix(slot: Slot, version: str) -> str:
    """How ids of requests begin that a version in a slot is to answer: the slot's letter, and a hash."""
    return slot[0] + hashlib.blake2s(version.encode(), digest_size=4).hexdigest()


def split(address: str) -> tuple[str, int]:
    """Host and port of an address; raises ConfigError if it is none."""
    host, _, port = address.rpartition(":")
    if not re.fullmatch(r"[A-Za-z0-9._-]+|\[[0-9a-fA-F:.]+\]", host) or not port.isdigit() or not 0 < int(port) < 65536:
        raise ConfigError(f"router: {address!r} is no address; write it like 127.0.0.1:3001")
    return host.strip("[]"), int(port)


def resolved(address: str) -> str:
    """The same address with the host as a number, as HAProxy asks for."""
    host, port = split(address)
    try:
        found = str(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][4][0])
    except OSError as error:
        raise MainlineError(f"router: the host of {address} is unknown here ({error.strerror})") from None
    return f"[{found}]:{port}" if ":" in found else f"{found}:{port}"
