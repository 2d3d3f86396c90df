"""What the environment says of who may ask the service, and where it may listen because of that."""

import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass

from service.variables import SettingError, whole

HASH = re.compile(r"[0-9a-fA-F]{64}")
ORIGIN = re.compile(r"https?://[A-Za-z0-9.\-\[\]:]+")
ANY = "*"


@dataclass(frozen=True)
class Access:
    """Who may ask, and how often."""

    keys: tuple[bytes, ...] = ()
    """SHA-256 of the keys of which each caller needs one; none where anybody may ask."""
    feedback_keys: tuple[bytes, ...] = ()
    """The same for labels, in place of the others."""
    origins: frozenset[str] = frozenset()
    """Of pages from elsewhere whose scripts may read answers, or ANY."""
    rate: int = 0
    """The most requests of a caller in a minute; 0 where there is no limit."""
    open: bool = False
    """Whether it is said that anybody who reaches the service may ask it."""

    @classmethod
    def read(cls, environment: Mapping[str, str]) -> "Access":
        """Understand the environment.

        Raises:
            SettingError: a variable does not say what it should.
        """
        said = environment.get("SERVICE_OPEN", "")
        if said not in ("", "0", "1"):
            raise SettingError(f"SERVICE_OPEN: must be 1 or 0 (got {said[:20]!r})")
        return cls(
            keys=_hashes(environment, "SERVICE_API_KEYS"),
            feedback_keys=_hashes(environment, "SERVICE_FEEDBACK_KEYS"),
            origins=_origins(environment),
            rate=whole(environment, "SERVICE_RATE_LIMIT", 0),
            open=said == "1",
        )

    def check(self, host: str) -> None:
        """Refuse an address at which strangers could ask, where nobody has said that they may.

        Raises:
            SettingError: it is such an address.
        """
        if self.keys or self.open or _is_loopback(host):
            return
        raise SettingError(
            f"host {host}: others than this machine could ask the model; set SERVICE_API_KEYS (docs/service.md, "
            '"Who may ask"), listen on 127.0.0.1, or say SERVICE_OPEN=1'
        )


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:  # BentoML takes addresses alone, and says so
        return True


def _listed(environment: Mapping[str, str], name: str) -> list[str]:
    return environment.get(name, "").replace(",", " ").split()


def _hashes(environment: Mapping[str, str], name: str) -> tuple[bytes, ...]:
    """Keys by their hashes; what is none is not shown, as it may be the key itself."""
    listed = _listed(environment, name)
    for place, each in enumerate(listed, 1):
        if not HASH.fullmatch(each):
            raise SettingError(f"{name}: must hold SHA-256 hashes of keys, 64 hex digits each (number {place} is none)")
    if name in environment and not listed and environment[name]:
        raise SettingError(f"{name}: holds no hash of a key")
    return tuple(bytes.fromhex(each) for each in listed)


def _origins(environment: Mapping[str, str]) -> frozenset[str]:
    listed = _listed(environment, "SERVICE_CORS_ORIGINS")
    for each in listed:
        if each != ANY and not ORIGIN.fullmatch(each):
            raise SettingError(
                f"SERVICE_CORS_ORIGINS: must hold origins such as https://example.com, or * (got {each[:80]!r})"
            )
    return frozenset(each if each == ANY else each.lower() for each in listed)
