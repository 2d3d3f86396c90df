"""Which versions must not come back to this host, and how a person lifts that: pure."""

from dataclasses import replace

from mainline.host.model import Bar, Release, State


def bar_of(state: State, version: str) -> Bar | None:
    """The bar of a version, lifted or not."""
    return next((bar for bar in state.barred if bar.version == version), None)


def allowed(state: State, release: Release) -> bool:
    """Whether a release may be started, or go on: not barred, or a person said so since."""
    bar, other = bar_of(state, release.version), state.other
    if bar is None or bar.lifted:
        return True
    return other is not None and other.phase != "leaving" and other.release.version == release.version


def used(state: State, release: Release) -> tuple[Bar, ...]:
    """The bars once a release is started: that a person let it start counts for one start."""
    return tuple(replace(bar, lifted=False) if bar.version == release.version else bar for bar in state.barred)


def bar(state: State, release: Release, why: str) -> tuple[Bar, ...]:
    """The bars, with one for a version; the force words that git holds for it now are used up."""
    old = bar_of(state, release.version)
    sources = (release, state.wanted_canary, state.wanted_production)
    words = {each.force for each in sources if each and each.force and each.version == release.version}
    new = Bar(release.version, why, tuple(sorted(words.union(old.words if old else ()))))
    return (*without(state, release.version), new)


def told(state: State, known: tuple[Bar, ...]) -> State:
    """The state with the bars that others know of, for versions that do not stand here and have none yet."""
    places = [place.release.version for place in (state.production, state.other) if place]
    new = [bar for bar in known if bar.version not in places and bar_of(state, bar.version) is None]
    return replace(state, barred=(*state.barred, *new))


def without(state: State, version: str) -> tuple[Bar, ...]:
    """The bars of the others."""
    return tuple(each for each in state.barred if each.version != version)


def lifted(state: State) -> tuple[Bar, ...]:
    """The bars, after a look for force words in git that were not there before."""
    asked = [release for release in (state.wanted_canary, state.wanted_production) if release and release.force]

    def look(bar: Bar) -> Bar:
        words = {release.force for release in asked if release.version == bar.version} - set(bar.words)
        return replace(bar, lifted=True, words=(*bar.words, *sorted(words))) if words else bar

    return tuple(map(look, state.barred))
