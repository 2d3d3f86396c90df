"""Which versions must not come back to this host, and how a person lifts that: pure."""

from dataclasses import replace

from mainline.host.model import Block, Release, State


def block_of(state: State, version: str) -> Block | None:
    """The block of a version, lifted or not."""
    return next((block for block in state.barred if block.version == version), None)


def allowed(state: State, release: Release) -> bool:
    """Whether a release may be started, or go on: not barred, or a person said so since."""
    block, other = block_of(state, release.version), state.other
    if block is None or block.lifted:
        return True
    return other is not None and other.phase != "leaving" and other.release.version == release.version


def used(state: State, release: Release) -> tuple[Block, ...]:
    """The blocks once a release is started: that a person let it start counts for one start."""
    return tuple(replace(block, lifted=False) if block.version == release.version else block for block in state.barred)


def block(state: State, release: Release, why: str) -> tuple[Block, ...]:
    """The blocks, with one for a version; the force words that git holds for it now are used up."""
    old = block_of(state, release.version)
    words = words_of(state, release.version) | ({release.force} if release.force else set())
    new = Block(release.version, why, tuple(sorted(words.union(old.words if old else ()))))
    return (*without(state, release.version), new)


def words_of(state: State, version: str) -> set[str]:
    """What git holds now to have a version again."""
    sources = (state.wanted_canary, state.wanted_production)
    return {each.force for each in sources if each and each.force and each.version == version}


def told(state: State, known: tuple[Block, ...]) -> State:
    """The state with the blocks that others know of, for versions that do not stand here and have none yet."""
    places = [place.release.version for place in (state.production, state.other) if place]
    new = [block for block in known if block.version not in places and block_of(state, block.version) is None]
    return replace(state, barred=(*state.barred, *new))


def without(state: State, version: str) -> tuple[Block, ...]:
    """The blocks of the others."""
    return tuple(each for each in state.barred if each.version != version)


def lifted(state: State) -> tuple[Block, ...]:
    """The blocks, after a look for force words in git that were not there before."""
    asked = [release for release in (state.wanted_canary, state.wanted_production) if release and release.force]

    def look(block: Block) -> Block:
        words = {release.force for release in asked if release.version == block.version} - set(block.words)
        return replace(block, lifted=True, words=(*block.words, *sorted(words))) if words else block

    return tuple(map(look, state.barred))
