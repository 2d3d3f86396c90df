"""The whole judge, all signals together: what becomes of healthy, bad, silent and restarted canaries."""

import json
import math
from dataclasses import replace
from typing import Any

import pytest

from line.benchmarks.world import Behaviour, World
from mainline import config
from mainline.canary import wording
from mainline.canary.counts import Counts
from mainline.canary.judge import MOST_POINTS, Judge
from mainline.canary.rules import Situation, decide
from mainline.canary.wording import odds
from mainline.errors import JudgeError

HEALTHY = Behaviour()
BAR = math.log(20)
TWICE = math.log(40)


def settings(**changed: Any) -> config.Canary:
    """The defaults, but for this."""
    return config.Canary(**changed)


@pytest.mark.slow
def test_healthy_canaries_are_not_rolled_back() -> None:
    """All signals, a look every 200 requests: no more of them than alpha says are ever rolled back, or held."""
    ends = [World.of(HEALTHY, seed, batch=200).until("rollback", looks=50) for seed in range(60)]
    assert sum(each.answer == "rollback" for each in ends) <= 60 * 0.05
    assert sum(each.cause in ("drift", "joins", "split") for each in ends) <= 60 * 0.05


@pytest.mark.slow
def test_healthy_canaries_go_all_the_way() -> None:
    """Each step of a release, and promotion at the last."""
    for seed in range(5):
        world = World.of(HEALTHY, seed, batch=2000)
        for share, answer in ((0.1, "next"), (0.5, "next"), (1.0, "promote")):
            world.share = share
            opinion = world.until("next", "promote", "rollback")
            assert (opinion.answer, opinion.cause, opinion.share) == (answer, "good", share)
        assert opinion.step == 3
        assert opinion.reason.startswith("promoted: on 1")


@pytest.mark.parametrize(
    ("behaviour", "said"),
    [
        (Behaviour(failed=0.05), "requests of the canary failed"),
        (Behaviour(failed=1, refused=0), "requests of the canary failed"),
        (Behaviour(seconds=0.008 * 1.6), "answers of the canary took over"),
        (Behaviour(wrong=0.25), "labelled answers of the canary were wrong"),
    ],
    ids=["errs", "does nothing but err", "is slow", "is wrong"],
)
@pytest.mark.parametrize("share", [0.1, 0.5])
def test_a_canary_that_is_worse_is_rolled_back(behaviour: Behaviour, said: str, share: float) -> None:
    """Whichever signal shows it, with the figures of that one."""
    for seed in range(3):
        opinion = World.of(behaviour, seed, share=share, batch=300).until("next", "promote", "rollback", looks=60)
        assert (opinion.answer, opinion.cause) == ("rollback", "harm")
        assert opinion.reason.startswith("rolled back: ")
        assert said in opinion.reason


@pytest.mark.parametrize("share", [0.1, 0.5])
def test_a_canary_that_refuses_more_is_paused_and_never_barred(share: float) -> None:
    """Whatever comes later: until a person goes on with it, and the evidence of it begins anew."""
    for seed in range(3):
        world = World.of(Behaviour(refused=0.15), seed, share=share, batch=300)
        opinion = world.until("next", "promote", "rollback", "pause", looks=60)
        assert (opinion.answer, opinion.cause) == ("pause", "refused")
        assert "requests of the canary were refused" in opinion.reason
        world.judge = Judge.from_state(settings(), json.loads(json.dumps(world.judge.state())))
        world.canary.behaviour = HEALTHY
        assert world.step().reason == opinion.reason
        world.judge.resume()
        assert world.step().answer == "hold"


def test_a_pause_gives_way_to_a_rollback() -> None:
    """Evidence against the canary may come later, as labels do."""
    world = World.of(Behaviour(refused=0.3), 1, batch=300)
    assert world.until("pause").answer == "pause"
    world.canary.behaviour = Behaviour(failed=0.5)
    assert world.until("rollback").answer == "rollback"
    world.judge.resume()
    assert world.step().answer == "rollback"


@pytest.mark.parametrize(
    ("behaviour", "cause"), [(Behaviour(answers=(0.3, 0.5, 0.2)), "drift"), (Behaviour(joined=0.6), "joins")]
)
def test_a_canary_that_is_other_is_held(behaviour: Behaviour, cause: str) -> None:
    """Other predictions, or labels that do not find theirs, ask for a person and roll nothing back."""
    opinion = World.of(behaviour, 1, batch=3000).until("next", "promote", "rollback", looks=12)
    assert (opinion.answer, opinion.cause) == ("hold", cause)


def test_a_fault_that_comes_late_is_found() -> None:
    """After a long healthy start as well."""
    world = World.of(HEALTHY, 5, batch=500)
    world.until("rollback", looks=40)
    world.canary.behaviour = Behaviour(failed=0.08)
    opinion = world.until("rollback", looks=40)
    assert opinion.answer == "rollback"
    assert opinion.requests < 40 * 50 + 500


def test_a_rollback_stays_one() -> None:
    """Whoever asks again hears it again, with its reason; also after a restart of the judge."""
    world = World.of(Behaviour(failed=0.2), 1)
    end = world.until("rollback")
    world.canary.behaviour = replace(HEALTHY, failed=0)
    for _ in range(10):
        world.judge = Judge.from_state(settings(), json.loads(json.dumps(world.judge.state())))
        assert world.step(3000).reason == end.reason


def test_the_reason_has_the_figures() -> None:
    """How many on each side, and the odds."""
    judge = Judge(settings(signals={"errors": False, "refusals": False, "latency": False, "drift": False}))

    def side(right: int, wrong: int) -> Counts:
        return Counts(requests=5000, feedback={"right": right, "wrong": wrong})

    judge.observe(side(0, 0), side(0, 0), 0.1, 0)
    opinion = judge.observe(side(106, 14), side(1097, 3), 0.1, 10)
    assert opinion.reason.startswith(
        "rolled back: 14 of 120 labelled answers of the canary were wrong, 3 of 1,100 of production's; odds 1 : "
    )
    assert opinion.signals["labels"]["canary"] == (14, 120)
    assert opinion.signals["labels"]["champion"] == (3, 1100)


@pytest.mark.parametrize("on_timeout", ["hold", "rollback", "promote"])
@pytest.mark.parametrize("share", [0.1, 1.0])
def test_a_canary_without_traffic_is_never_promoted(on_timeout: str, share: float) -> None:
    """Not when the time is over either, whatever happens then, nor at a share of all."""
    world = World.of(HEALTHY, 1, settings(on_timeout=on_timeout, timeout=100, minimum=1), share=share)
    answers = set()
    for _ in range(15):
        world.champion.serve(500 if share < 1 else 0)
        world.now += 10
        answers.add(world.look().answer)
    assert answers == ({"hold", "rollback"} if on_timeout == "rollback" else {"hold"})


def test_a_step_without_traffic_is_not_passed() -> None:
    """However good the evidence of the steps before."""
    world = World.of(HEALTHY, 2, batch=3000)
    assert world.until("next").answer == "next"
    world.share = 0.5
    for _ in range(10):
        opinion = world.step(0)
    assert (opinion.answer, opinion.cause) == ("hold", "traffic")


def test_a_step_lasts_its_minimum() -> None:
    """And not longer, once all is shown."""
    world = World.of(HEALTHY, 2, settings(minimum=600), batch=3000)
    answers = [world.look().answer] + [world.step().answer for _ in range(62)]
    assert answers.index("next") == 60
    assert "held: 590 s of the 600 s that a step lasts" not in answers


@pytest.mark.parametrize(("on_timeout", "answer"), [("hold", "hold"), ("rollback", "rollback"), ("promote", "next")])
def test_when_the_time_is_over(on_timeout: str, answer: str) -> None:
    """A canary that is neither worse nor shown to be good gets what was said."""
    world = World.of(HEALTHY, 3, settings(on_timeout=on_timeout, timeout=100), batch=50)
    opinions = [world.look()] + [world.step() for _ in range(10)]
    assert {each.cause for each in opinions[:-1]} == {"traffic", "looking"}
    assert (opinions[-1].answer, opinions[-1].cause) == (answer, "timeout")
    assert "100 s are over" in opinions[-1].reason


def test_no_time_is_over_while_a_person_is_waited_for() -> None:
    """A canary that has passed may wait for days: neither silence nor evidence that wavers takes it back then."""
    world = World.of(HEALTHY, 3, settings(on_timeout="rollback", timeout=100), batch=50)
    world.look()
    world.now += 1000
    canary, champion = world.canary.counts(), world.champion.counts()
    assert world.judge.observe(None, champion, world.share, world.now, waits=True).cause == "unread"
    assert world.judge.observe(canary, champion, world.share, world.now, waits=True).cause == "traffic"
    assert world.judge.observe(canary, champion, world.share, world.now).answer == "rollback"


def test_time_does_not_promote_what_drifts() -> None:
    """on_timeout: promote is for want of evidence, not against it."""
    world = World.of(Behaviour(answers=(0.1, 0.7, 0.2)), 3, settings(on_timeout="promote", timeout=100), batch=500)
    opinion = world.until("never", looks=15)
    assert (opinion.answer, opinion.cause) == ("hold", "timeout")
    assert "answers otherwise" in opinion.reason


def test_a_wrong_split_holds() -> None:
    """Requests that do not follow the share, and those that follow it within the tolerance."""
    world = World.of(HEALTHY, 1, batch=1000)
    world.step()
    for _ in range(4):
        world.canary.serve(400)
        world.champion.serve(600)
        world.now += 10
        opinion = world.look()
    assert (opinion.answer, opinion.cause) == ("hold", "split")
    assert "of 4,0" in opinion.reason
    assert "at a share of 10%, so the two sides cannot be compared" in opinion.reason


@pytest.mark.parametrize(("tolerance", "held"), [(0.5, False), (0.0, True)])
def test_users_who_ask_more_are_within_the_tolerance(tolerance: float, held: bool) -> None:
    """12% of the requests at 10% of the users."""
    world = World.of(HEALTHY, 1, settings(signals={"split": {"tolerance": tolerance}}), batch=1000)
    world.look()
    for _ in range(8):
        world.canary.serve(120)
        world.champion.serve(880)
        opinion = world.look()
    assert (opinion.cause == "split") == held
    assert (opinion.split >= BAR) == held


def test_each_share_is_tested_by_itself() -> None:
    """The requests of the step before, and of the look in which it ended, say nothing about the new share."""
    world = World.of(HEALTHY, 1, batch=2000)
    world.step()
    for share in (0.5, 0.2):
        world.canary.serve(1000)
        world.champion.serve(1000)
        world.share = share
        opinion = world.look()
        assert (opinion.split, opinion.requests) == (0, 0)
        opinion = world.step()
        assert opinion.split < BAR
        assert opinion.requests > 0


def test_restarts_of_either_side_lose_nothing_and_add_nothing() -> None:
    """A process that began anew counts from zero; requests are never negative nor counted twice."""
    world = World.of(HEALTHY, 4, batch=400)
    world.look()
    total = 0
    for i in range(20):
        if i % 5 == 2:
            world.canary.restart(world.now)
        if i % 7 == 3:
            world.champion.restart(world.now)
        total += 400
        opinion = world.step()
        both = [opinion.signals["errors"][side][1] for side in ("canary", "champion")]
        assert sum(both) == total
    assert opinion.answer == "hold"
    assert opinion.restarts == {"canary": 4, "champion": 3}


def test_a_side_that_cannot_be_read_is_no_fault() -> None:
    """It holds with the reason; what came meanwhile is compared when both can be read again."""
    world = World.of(HEALTHY, 2, settings(signals={"labels": False}), batch=2000)
    world.until("never", looks=10)
    for _ in range(9):
        world.canary.serve(200)
        world.champion.serve(1800)
        world.now += 10
        opinion = world.judge.observe(None, world.champion.counts(), world.share, world.now, "connection refused")
        assert (opinion.answer, opinion.cause) == ("hold", "unread")
    assert opinion.reason == "held: the canary could not be read for 90 s (connection refused)"
    before = opinion.signals["errors"]["champion"][1]
    opinion = world.step()
    assert opinion.answer == "next"
    assert opinion.signals["errors"]["champion"][1] - before >= 9 * 1800
    gone = world.judge.observe(world.canary.counts(), None, world.share, world.now + 5)
    assert gone.reason == "held: production could not be read for 5 s"


def test_where_there_is_little_traffic_a_batch_is_as_long_as_it_takes() -> None:
    """Looks between which only one side had requests are looked at together: for every signal, after a restart too."""
    often, seldom = World.of(HEALTHY, 6), World.of(HEALTHY, 6)
    for world in (often, seldom):
        world.look()
    for _ in range(5):
        for world in (often, seldom):
            world.canary.serve(30)
        before = {name: each["harm"] for name, each in often.look().signals.items()}
        often.judge = Judge.from_state(settings(), json.loads(json.dumps(often.judge.state())))
        for world in (often, seldom):
            world.champion.serve(300)
        once, apart = seldom.look().signals, often.look().signals
        for name, each in once.items():
            assert apart[name]["harm"] == each["harm"] != before[name]
            assert apart[name]["non_inferiority"] == each["non_inferiority"]


def test_a_judge_that_could_not_read_at_first_is_kept_as_it_is() -> None:
    """Its state holds no answers to tell apart yet."""
    world = World.of(HEALTHY, 2)
    world.judge.observe(None, world.champion.counts(), world.share, world.now)
    again = Judge.from_state(settings(), json.loads(json.dumps(world.judge.state())))
    assert again.observe(world.canary.counts(), world.champion.counts(), world.share, world.now + 1).cause == "traffic"


def test_a_look_with_one_side_silent_changes_nothing() -> None:
    """Not the evidence, at any share below all."""
    world = World.of(HEALTHY, 4)
    world.until("never", looks=5)
    before = world.look().signals
    world.champion.serve(1000)
    after = world.look().signals
    for name, each in before.items():
        assert (after[name]["harm"], after[name]["non_inferiority"]) == (each["harm"], each["non_inferiority"])


def test_at_a_share_of_all_a_canary_that_breaks_is_rolled_back() -> None:
    """Though there is no production beside it any more."""
    world = World.of(HEALTHY, 4, batch=1000)
    world.until("never", looks=5)
    world.share = 1.0
    world.step()
    world.canary.behaviour = Behaviour(failed=0.5)
    opinion = world.until("rollback", "promote")
    assert (opinion.answer, opinion.requests <= 2000) == ("rollback", True)


def test_the_state_is_exact() -> None:
    """A judge that is written to JSON and read again after every look is the judge that never was."""
    kept, broken = World.of(HEALTHY, 9), World.of(HEALTHY, 9)
    for i in range(12):
        if i == 6:
            kept.share = broken.share = 0.5
        one, other = kept.step(), broken.step()
        broken.judge = Judge.from_state(settings(), json.loads(json.dumps(broken.judge.state(), allow_nan=False)))
        assert one == other
        assert kept.judge.state() == broken.judge.state()


@pytest.mark.parametrize("damage", ["format", "signals", "sides", "step", "seen", "end", "split_of", "points"])
@pytest.mark.parametrize("value", [None, 7, "x", [[1]], {}])
def test_a_damaged_state_is_one_line(damage: str, value: object) -> None:
    """Never a traceback, and never silently another judge."""
    world = World.of(Behaviour(failed=1, refused=0), 1)
    assert world.until("rollback").answer == "rollback"
    state = world.judge.state()
    assert state[damage] != value or damage == "split_of"
    if (damage, value) in (("end", None), ("seen", None), ("seen", 7), ("split_of", None)):
        Judge.from_state(settings(), {**state, damage: value})
        return
    with pytest.raises(JudgeError) as refused:
        Judge.from_state(settings(), {**state, damage: value})
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("state", [[], {}, {"format": 2}])
def test_another_file_is_no_state(state: Any) -> None:
    """Nor one of another version."""
    with pytest.raises(JudgeError, match="cannot go on from this state"):
        Judge.from_state(settings(), state)


def test_a_state_of_other_settings_is_refused() -> None:
    """What is gathered belongs to its margins and its signals; bars and times may change."""
    world = World.of(HEALTHY, 1)
    world.step()
    state = world.judge.state()
    Judge.from_state(settings(alpha=0.01, timeout=99), state)
    for other in ({"labels": False}, {"errors": {"margin": 0.1}}):
        with pytest.raises(JudgeError, match="other settings"):
            Judge.from_state(settings(signals=other), state)


def test_evidence_is_about_one_version() -> None:
    """Another one in the canary's place, or in production's, is refused by name."""
    world = World.of(HEALTHY, 1)
    world.step()
    world.canary.version = "newer"
    with pytest.raises(JudgeError, match="the canary serves new and newer"):
        world.step()
    with pytest.raises(JudgeError, match="the champion serves a and b"):
        Judge(settings()).observe(Counts(), [Counts(version="a"), Counts(version="b", process="2")], 0.1, 0)


@pytest.mark.parametrize("share", [-0.1, 1.1, math.nan])
def test_a_share_that_is_none_is_refused(share: float) -> None:
    """By ValueError: it is the program's mistake."""
    with pytest.raises(ValueError, match="share"):
        Judge(settings()).observe(Counts(), Counts(), share, 0)


def test_points_are_bounded() -> None:
    """However long a canary stands, its first and its last look are kept."""
    judge = Judge(settings(signals={"drift": False, "latency": False, "labels": False}))
    for i in range(3 * MOST_POINTS):
        judge.observe(Counts(), Counts(), 0.1, i)
    assert len(judge.points) <= MOST_POINTS
    assert (judge.points[0].time, judge.points[-1].time) == (0, 3 * MOST_POINTS - 1)


class Said:
    """A signal that is given its evidence."""

    def __init__(self, harm: float = 0.0, shown: float | None = 9.0, alone: float | None = None) -> None:
        self.harm, self.shown = harm, shown
        self.without_top, self.bucket = harm if alone is None else alone, 17
        self.canary = self.champion = (100, 1)

    def words(self) -> str:
        return "so it is"


@pytest.mark.parametrize(
    ("signals", "rest", "answer", "cause"),
    [
        ({"errors": Said(), "labels": Said()}, {}, "next", "good"),
        ({"errors": Said(), "labels": Said()}, {"share": 1.0}, "promote", "good"),
        ({"errors": Said(), "labels": Said(shown=2.9)}, {}, "hold", "looking"),
        ({"errors": Said(), "labels": Said(shown=3.0)}, {}, "next", "good"),
        ({"errors": Said()}, {"age": 59.9}, "hold", "looking"),
        ({"errors": Said(harm=BAR + 0.01)}, {}, "rollback", "harm"),
        ({"errors": Said(harm=BAR - 0.01)}, {}, "next", "good"),
        ({"errors": Said(harm=BAR + 0.01), "labels": Said()}, {}, "next", "good"),
        ({"errors": Said(harm=BAR + math.log(2)), "labels": Said()}, {}, "rollback", "harm"),
        ({"errors": Said(), "drift": Said(harm=BAR + 0.01, shown=None)}, {}, "hold", "drift"),
        ({"errors": Said(), "joins": Said(harm=BAR + 0.01, shown=None)}, {}, "hold", "joins"),
        ({"errors": Said(), "drift": Said(harm=99, shown=None)}, {"age": 5}, "hold", "drift"),
        ({"errors": Said(harm=99)}, {"split": BAR + 0.01}, "hold", "split"),
        ({"errors": Said(harm=99)}, {"split": BAR - 0.01}, "rollback", "harm"),
        ({"errors": Said(harm=99)}, {"unread": "gone"}, "rollback", "harm"),
        ({"errors": Said(harm=99, alone=BAR + 0.01)}, {}, "rollback", "harm"),
        ({"errors": Said(harm=99, alone=BAR - 0.01)}, {}, "hold", "alone"),
        ({"errors": Said(harm=99, alone=0), "latency": Said(harm=99)}, {}, "rollback", "harm"),
        ({"errors": Said(harm=99, alone=0)}, {"age": 9999.0}, "hold", "timeout"),
        ({"errors": Said(), "refusals": Said(harm=99)}, {}, "pause", "refused"),
        ({"errors": Said(), "refusals": Said(harm=TWICE - 0.01)}, {}, "next", "good"),
        ({"errors": Said(), "refusals": Said(harm=99, alone=TWICE - 0.01)}, {}, "hold", "alone"),
        ({"errors": Said(harm=99), "refusals": Said(harm=99)}, {}, "rollback", "harm"),
        ({"errors": Said(), "second": Said(shown=None)}, {"second": TWICE + 0.01}, "pause", "second"),
        ({"errors": Said(), "second": Said(shown=None)}, {"second": TWICE - 0.01}, "next", "good"),
        ({"errors": Said(), "second": Said(harm=99, shown=None)}, {"second": 99.0}, "rollback", "harm"),
        ({"errors": Said(), "refusals": Said(harm=99)}, {"split": BAR + 0.01}, "hold", "split"),
        ({"refusals": Said(harm=99)}, {"share": 1.0}, "pause", "refused"),
        ({"errors": Said()}, {"unread": "gone"}, "hold", "unread"),
        ({"errors": Said()}, {"arrived": (0, 900)}, "hold", "traffic"),
        ({"errors": Said(harm=99)}, {"waits": True, "age": 9999.0}, "rollback", "harm"),
    ],
)
def test_the_rules_in_their_order(signals: Any, rest: dict[str, Any], answer: str, cause: str) -> None:
    """Split before harm, harm before a pause, both before all else; what one user alone carries only holds."""
    usual: dict[str, Any] = {"share": 0.1, "age": 60.0, "arrived": (100, 900), "split": 0.0}
    ruling = decide(Situation(settings(), signals, **{**usual, **rest}))
    assert (ruling.answer, ruling.cause) == (answer, cause)


@pytest.mark.parametrize(
    ("log_e", "said"),
    [(math.log(310.4), "1 : 310"), (math.log(20), "1 : 20"), (99.0, "1 : 10^43"), (13.0, "1 : 440,000")],
)
def test_odds_are_readable(log_e: float, said: str) -> None:
    """Two digits; powers of ten where figures end."""
    assert odds(log_e) == said


@pytest.mark.parametrize(("log_e", "said"), [(2.99, "19.8"), (math.log(19.99), "19.9"), (-3.0, "0.05"), (0.1, "1.1")])
def test_evidence_that_is_not_enough_does_not_read_as_if_it_were(log_e: float, said: str) -> None:
    """19.99 of 20 is not 20."""
    assert wording.below(log_e) == said


def test_names_are_listed() -> None:
    """With commas and an and."""
    assert [wording.listed(list("abc")[:n]) for n in (1, 2, 3)] == ["a", "a and b", "a, b and c"]


@pytest.mark.slow
@pytest.mark.parametrize(
    "behaviour", [Behaviour(failed=0.02), Behaviour(wrong=0.125), Behaviour(refused=0.028), Behaviour(seconds=0.0088)]
)
def test_a_canary_that_is_worse_than_allowed_does_not_go_on(behaviour: Behaviour) -> None:
    """At or just past the margin: at most beta of them ever do."""
    ends = [World.of(behaviour, seed, batch=1000).until("next", "rollback", looks=25) for seed in range(20)]
    assert sum(each.answer == "next" for each in ends) <= 1
