"""Adds packages: to the ranges, to what the service installs, and to what makes the model; then the pins of all."""

from collections.abc import Sequence
from dataclasses import dataclass

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from mainline.dependencies import lists, refusal, told
from mainline.dependencies.compiling import compile_all, moved
from mainline.dependencies.scratch import NAMED, Scratch, Versions
from mainline.errors import ConfigError, ToolFailed


@dataclass(frozen=True)
class Added:
    """What came of it."""

    new: tuple[str, ...]
    """The names that were added, as they are listed."""
    here: tuple[str, ...]
    """Those that every list has already."""


def sorted_out(found: Scratch, asked: Sequence[Requirement]) -> Added:
    """Which of some packages are to be added, and which are there.

    Raises:
        ConfigError: one is there in a version that its range does not allow, or under another name.
    """
    here: list[str] = []
    new: list[str] = []
    wanting = (found.place.ranges, *NAMED)
    known = [found.asked(path) for path in wanting] + [set(found.pinned(path)) for path in found.compiled]
    for each in asked:
        name = canonicalize_name(each.name)
        _require_fitting(found, each)
        (here if all(name in names for names in known) else new).append(name)
    return Added(tuple(dict.fromkeys(new)), tuple(dict.fromkeys(here)))


def _require_fitting(found: Scratch, asked: Requirement) -> None:
    """Refuse what is there in another version, or under another name."""
    name, pinned = canonicalize_name(asked.name), found.pinned(found.place.pins)
    versions = pinned.get(name, [])
    if wrong := sorted(set(versions) - set(asked.specifier.filter(versions, prereleases=True))):
        raise ConfigError(
            f"{name}: is here at {wrong[0]}, and {asked.specifier} asks for another; say so in {found.place.ranges}, "
            f"and run `{found.place.make} requirements`"
        )
    for other in (each for one in told.ONE_MODULE if name in one for each in one - {name}):
        if other in pinned:
            mend = f"first: mainline remove {other}"
            raise ConfigError(f"{name}: {other} is here, and is imported by the same name; {mend}")


def add(found: Scratch, asked: Sequence[Requirement], age: str) -> None:
    """Add packages in a scratch folder, and compile its pins; the others stay as they are.

    Raises:
        ConfigError: a package cannot be had so.
        ToolFailed: no index answers.
    """
    before = {path: found.pinned(path) for path in found.compiled}
    allowed = found.asked(found.place.ranges)
    fresh = [each for each in asked if canonicalize_name(each.name) not in allowed]
    text = found.text(found.place.ranges)
    found.allow(*map(str, fresh))
    for path in NAMED:
        found.name(path, *(_called(each) for each in asked))
    _compile(found, [str(each) for each in asked], age, before)
    (found.folder / found.place.ranges).write_bytes(text.encode())
    pinned = found.pinned(found.place.pins)
    found.allow(*(_with_range(each, pinned) for each in fresh))


def _compile(found: Scratch, asked: Sequence[str], age: str, before: dict[str, Versions]) -> None:
    make = found.place.make
    try:
        compile_all(found, age)
    except ToolFailed as error:
        raise refusal.of(error, found, asked, age, before[found.place.pins], make) from None
    require_kept(found, before)


def require_kept(found: Scratch, before: dict[str, Versions]) -> None:
    """Refuse pins that have moved: they were out of step before.

    Raises:
        ConfigError: with the command that mends it.
    """
    for path, versions in before.items():
        if wrong := moved(versions, found.pinned(path)):
            raise ConfigError(
                f"{path}: not in step with {found.place.pins} ({wrong[0]}); run `{found.place.make} requirements` first"
            )


def _called(asked: Requirement) -> str:
    extras = f"[{','.join(sorted(asked.extras))}]" if asked.extras else ""
    return canonicalize_name(asked.name) + extras


def _with_range(asked: Requirement, pinned: Versions) -> str:
    """What is asked for, with the range that its version suggests where it has none."""
    if asked.specifier:
        return f"{_called(asked)}{asked.specifier}"
    return _called(asked) + lists.range_from(pinned[canonicalize_name(asked.name)])
