"""What the router tells the judge: how many users were on either side, and production's second opinions."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from mainline.canary.moments import Rate

OPINIONS = ("errors", "refusals")
BUCKETS = 10_000
"""Of the router: a share of the users is a share of these."""


@dataclass(frozen=True)
class Routed:
    """What has come together since the canary began, or since the router did."""

    life: str = ""
    """Another one, and all has begun anew."""
    unit: str = ""
    """The canary's id."""
    seen: tuple[int, int] | None = None
    """Buckets that sent a request to the canary and to production since the share was last changed."""
    left: int = 0
    """What production was not asked for want of room."""
    alone: Mapping[int, Rate] = field(default_factory=dict)
    """By bucket: the canary's requests from the first on that production answered and the canary did not; those."""
    both: Mapping[str, Mapping[int, int]] = field(default_factory=dict)
    """What production failed or refused as well, by signal and bucket."""
    failed: Mapping[int, int] = field(default_factory=dict)
    """By bucket, of those that production alone answered: what the canary failed, and did not refuse."""
    nameless: int = 0
    """Requests without the header that names a user: he is known by his address."""


def of_text(text: str) -> Routed:
    """Read what the router answers to `show second`; unknown lines are another version's, and left out.

    Raises ValueError where a line that is known is none.

    >>> of_text("life 7\\nunit v2\\nseen 40 360\\nalone 17 2 30\\nfailed 17 1\\n")
    Routed(life='7', unit='v2', seen=(40, 360), left=0, alone={17: (30, 2)}, both={}, failed={17: 1}, nameless=0)
    """
    said: dict[str, str] = {"life": "", "unit": ""}
    numbers = {"left": 0, "nameless": 0}
    seen = None
    alone: dict[int, Rate] = {}
    both: dict[str, dict[int, int]] = {}
    failed: dict[int, int] = {}
    for line in text.splitlines():
        match line.split():
            case [("life" | "unit") as name, value]:
                said[name] = value
            case ["seen", canary, production]:
                seen = _count(canary), _count(production)
            case [("left" | "nameless") as name, number]:
                numbers[name] = _count(number)
            case ["alone", bucket, bad, total]:
                alone[_count(bucket)] = _count(total), _count(bad)
            case ["failed", bucket, number]:
                failed[_count(bucket)] = _count(number)
            case ["both", bucket, number, signal] if signal in OPINIONS:
                both.setdefault(signal, {})[_count(bucket)] = _count(number)
            case [("life" | "unit" | "seen" | "left" | "nameless" | "alone" | "failed" | "both"), *_]:
                raise ValueError(f"the router's line {line[:60]!r} is none of `show second`")
    if any(bad > total for total, bad in alone.values()) or any(n > alone.get(u, (0, 0))[1] for u, n in failed.items()):
        raise ValueError("the router counts more second opinions of a user than requests")
    return Routed(said["life"], said["unit"], seen, numbers["left"], alone, both, failed, numbers["nameless"])


def _count(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 16):
        raise ValueError(f"{text[:60]!r} is no count of the router's")
    return int(text)
