"""What the judge is asked of a candidate: with what the router tells, at the share that it has, and after a pause."""

from collections.abc import Iterator

import pytest

from mainline import config
from mainline.canary.counts import Counts
from mainline.canary.moments import Moments
from mainline.canary.routed import Routed
from mainline.errors import ToolFailed
from mainline.host import analysis, state
from mainline.host.analysis import Analysis
from mainline.host.log import Log
from mainline.host.model import Placed, Release, State

SETTINGS = config.Canary(signals=config.Signals(latency=False, labels=False, drift=False))
HOST = State(
    Placed("blue", Release("v1"), "production", 0.0, up=True),
    Placed("green", Release("v2"), "canary", 0.0, up=True, share=0.1),
)
PAUSED = State(HOST.production, Placed("green", Release("v2"), "canary", 0.0, up=True, share=0.1, paused="why"))


class Both:
    """What both sides have counted, look by look: the canary refuses every fourth of so many users, production none."""

    def __init__(self) -> None:
        self.looks = 0
        self.refuses = True

    def counts(self, *_: object) -> tuple[list[Counts], str]:
        """The canary's, then production's."""
        self.looks += 1
        half, canary = (self.looks + 1) // 2, self.looks % 2
        users, bad = (40 * half, 10 * half * canary) if canary else (360 * half, 0)
        if not self.refuses:
            bad = 10 * canary
        sums = {number: (1, int(number < bad)) for number in range(users)}
        moments = {"refusals//all": Moments.of(sums), "errors//all": Moments.of(dict.fromkeys(sums, (1, 0)))}
        moments["errors//first8"] = moments["errors//all"]
        return [Counts(users, 0, bad, unit="g1", moments=moments, version="v2" if canary else "v1")], ""


@pytest.fixture
def both(monkeypatch: pytest.MonkeyPatch) -> Iterator[Both]:
    """Two services that can be read."""
    made = Both()
    monkeypatch.setattr(analysis, "_counts", made.counts)
    return made


def look(judge: Analysis, at: float, host: State = HOST, routed: Routed | None = None) -> analysis.Heard:
    """What is heard at a moment."""
    heard = judge.look(host, {}, SETTINGS, at, lambda: routed)
    assert heard is not None
    return heard


def test_a_canary_that_refuses_more_is_paused_until_a_person_lets_it_go_on(both: Both) -> None:
    """The pause stays, at a share of 0 and with the next agent; then its evidence begins anew, and may pause again."""
    judge = Analysis(Log(lambda _: None))
    heard = [look(judge, 10.0 * number) for number in range(4)]
    assert (heard[-1].opinion.answer, heard[-1].opinion.cause) == ("pause", "refused")
    judge = Analysis(Log(lambda _: None), heard[-1].about, heard[-1].evidence)
    both.refuses = False
    paused = look(judge, 40.0, PAUSED).opinion
    assert (paused.answer, paused.share) == ("pause", 0.0)
    evidence = judge.resume(SETTINGS)
    judge = Analysis(Log(lambda _: None), heard[-1].about, evidence)
    assert look(judge, 50.0).opinion.answer == "hold"


def test_what_the_router_tells_is_evidence(both: Both) -> None:
    """Second opinions, and users of either side in place of requests; a router that does not answer says nothing."""
    both.refuses = False
    judge = Analysis(Log(lambda _: None))
    for number in range(4):
        routed = Routed("life", "g1", (40, 360), 0, {7: (10 * number + 1, 10 * number + 1)}, {})
        opinion = look(judge, 10.0 * number, routed=routed).opinion
    assert (opinion.answer, opinion.cause) == ("pause", "second")
    assert opinion.signals["second"]["canary"] == (31, 31)

    def away() -> Routed:
        raise ToolFailed("router: it does not answer")

    heard = judge.look(HOST, {}, SETTINGS, 50.0, away)
    assert heard is not None
    assert heard.opinion.signals["second"]["canary"] == (31, 31)


def test_a_pause_survives_the_agents_memory(both: Both, tmp_path_factory: pytest.TempPathFactory) -> None:
    """What is kept of it is read again as it was."""
    folder = tmp_path_factory.mktemp("state")
    state.save(folder, state.Memory(PAUSED))
    assert state.load(folder).state == PAUSED
