"""Both sides of a split: whose counts are read, what is new among them, and how many users they tell of."""

from collections.abc import Sequence
from dataclasses import replace

from mainline.canary import units
from mainline.canary.counts import Counts
from mainline.canary.meter import Meter
from mainline.canary.moments import Moments
from mainline.canary.opinion import SidesState
from mainline.errors import JudgeError

NAMES = ("canary", "champion")
Readings = Counts | Sequence[Counts] | None
"""What a side has counted: of one process or of each, or None where it could not be read."""


class Sides:
    """What the canary and the champion count, look after look."""

    def __init__(self) -> None:
        self._meters = [Meter(), Meter()]
        self._versions = ["", ""]
        self.unit = ""
        """The canary's id, by which users are told apart from another canary's."""
        self.users = (0, 0)
        """Of either side so far; none where each request counts as one of its own."""

    def read(self, canary: Counts | Sequence[Counts], champion: Counts | Sequence[Counts]) -> tuple[Counts, Counts]:
        """What came to both since the look before.

        Raises:
            JudgeError: the readings are of other versions than before.
        """
        sides = [[side] if isinstance(side, Counts) else list(side) for side in (canary, champion)]
        for i, readings in enumerate(sides):
            self._versions[i] = _version(NAMES[i], self._versions[i], readings)
        self.unit = next((each.unit for each in sides[0] if each.unit), self.unit)
        ours, theirs = (
            meter.read([_of_unit(each, self.unit) for each in side])
            for meter, side in zip(self._meters, sides, strict=True)
        )
        self.users = _users(ours, theirs)
        return ours, theirs

    @property
    def standing(self) -> Counts:
        """All that the champion has counted since it began."""
        return self._meters[1].standing

    @property
    def restarts(self) -> dict[str, int]:
        """How often a process of either side began anew."""
        return {side: meter.restarts for side, meter in zip(NAMES, self._meters, strict=True)}

    def state(self) -> SidesState:
        """All there is to know."""
        meters, versions = self._meters, self._versions
        return SidesState((meters[0].state(), meters[1].state()), (versions[0], versions[1]), self.unit, self.users)

    def restore(self, state: SidesState) -> None:
        """Go on from a state; raise ValueError or KeyError if it is none."""
        self._meters = [Meter.from_state(each) for each in state.meters]
        self._versions, self.unit, self.users = list(state.versions), state.unit, state.users


def _of_unit(counts: Counts, unit: str) -> Counts:
    """A process that counts the users of another canary has not begun to count this one's."""
    return counts if counts.unit == unit else replace(counts, moments={}, lost={})


def _users(canary: Counts, champion: Counts) -> tuple[int, int]:
    """How many there were on either side, of whatever signal tells it; none, where only one side tells."""
    names = [units.key(signal) for signal in ("errors", "refusals")]
    each = [
        max((side.moments.get(name, Moments()).buckets for name in names), default=0) for side in (canary, champion)
    ]
    return (each[0], each[1]) if all(each) else (0, 0)


def _version(side: str, before: str, readings: Sequence[Counts]) -> str:
    """The one version that a side serves.

    Raises:
        JudgeError: there are several, or it is another than before: evidence about two versions is about neither.
    """
    versions = {each.version for each in readings} | {before}
    versions.discard("")
    if len(versions) > 1:
        raise JudgeError(
            f"the {side} serves {' and '.join(sorted(versions))} by turns; a judge is of one version: "
            "begin anew, without the state of the other"
        )
    return versions.pop() if versions else ""
