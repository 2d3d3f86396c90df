"""The host's state machine: what must never happen, searched for; and each way a candidate may go."""

from dataclasses import replace

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from mainline.host import machine
from mainline.host.model import (
    SLOTS,
    Action,
    Block,
    Died,
    Event,
    Failed,
    Gone,
    Judged,
    Ready,
    Record,
    Release,
    Retire,
    Route,
    Rules,
    Run,
    State,
    Wanted,
    Warm,
)
from mainline.host.state import state_from, state_to

A, B, C = (Release(version=name, commit=name * 40, bento=f"model:{name}") for name in "abc")
SLOT = st.sampled_from(SLOTS)
ANY = st.none() | st.builds(
    lambda release, force: replace(release, force=force),
    st.sampled_from([A, B, C]),
    st.sampled_from(["", "", "x", "y"]),
)


def after(*events: Event, rules: Rules = Rules(), state: State = State()) -> State:  # noqa: B008
    """The state that events lead to."""
    for event in events:
        state, _ = machine.step(state, event, rules, 0.0)
    return state


def serving(release: Release) -> State:
    """A host with a version in production, and nothing beside it."""
    return after(Wanted(None, release), Ready("blue"), Warm("blue"))


def candidate(release: Release, *, tag: Release, rules: Rules = Rules()) -> State:  # noqa: B008
    """A in production, and a warm candidate in green."""
    return after(Wanted(release, tag), Ready("green"), Warm("green"), state=serving(A), rules=rules)


def judged(version: str, answer: str) -> Judged:
    """The judge's answer."""
    return Judged(version, answer, f"because {answer}")  # type: ignore[arg-type]


def told(state: State, event: Event, rules: Rules = Rules()) -> list[str]:  # noqa: B008
    """The records that an event leaves."""
    return [each.event for each in machine.step(state, event, rules, 0.0)[1] if isinstance(each, Record)]


class World:
    """What orders are carried out on: a router and two slots."""

    def __init__(self) -> None:
        self.running: dict[str, str] = {}
        self.route: Route | None = None

    def carry_out(self, actions: tuple[Action, ...]) -> None:
        """Do as ordered; what is so already stays as it is."""
        for action in actions:
            match action:
                case Run(slot, release):
                    self.running[slot] = release.version
                case Route():
                    self.route = action
                case Retire(slot):
                    assert self.route is None or slot not in (self.route.production, self.route.canary)
                    self.running.pop(slot, None)


class Host(RuleBasedStateMachine):
    """Any events in any order, crashes among them."""

    def __init__(self) -> None:
        super().__init__()
        self.state, self.rules, self.world = State(), Rules(deaths=3), World()
        self.let_pass: set[str] = set()  # versions that the judge let pass since they were last started
        self.were_production: set[str] = set()
        self.bad: dict[str, set[str]] = {}  # rolled back: the force words that were there then
        self.words: dict[str, set[str]] = {}  # force words seen since

    def _happen(self, event: Event, done: int | None = None) -> None:
        before = self.state
        self.state, actions = machine.step(before, event, self.rules, 1.0)
        orders = tuple(action for action in actions if not isinstance(action, Record))
        assert orders == machine.orders(self.state)
        self._watch(before, event, [action for action in actions if isinstance(action, Record)])
        self.world.carry_out(orders[:done])  # a crash after some of them ...
        self.state = state_from(state_to(self.state))  # ... and the agent reads again what it kept
        self.world.carry_out(machine.orders(self.state))
        once = (dict(self.world.running), self.world.route)
        self.world.carry_out(machine.orders(self.state))
        assert once == (self.world.running, self.world.route)

    def _watch(self, before: State, event: Event, records: list[Record]) -> None:
        for record in records:
            if record.event == "started":
                self.let_pass.discard(record.version)
                if record.version in self.bad:
                    assert self.words.get(record.version), "started again without force"
                    self.words[record.version] = set()
            if record.event == "promoted" and before.production:
                assert record.version in self.let_pass or self.rules.strategy == "all_at_once", "was not judged"
            if record.event == "reverted":
                assert record.version in self.were_production
                assert record.version not in self.bad
                self._mark(before.production.release.version)
            if record.event in ("promoted", "reverted"):
                self.were_production.add(record.version)
                self.bad.pop(record.version, None)
                assert before.other.up or event == Warm(before.other.slot), "was not warm"
            if record.event in ("rolled back", "failed"):
                self._mark(record.version)

    def _mark(self, version: str) -> None:
        held = (self.state.wanted_canary, self.state.wanted_production)
        words = {each.force for each in held if each and each.version == version}
        self.bad[version] = self.bad.get(version, set()) | words
        self.words[version] = set()

    @rule(canary=ANY, production=ANY, done=st.none() | st.integers(0, 4))
    def git_changes(self, canary: Release | None, production: Release | None, done: int | None) -> None:
        for each in (canary, production):
            if each and each.force and each.version in self.bad and each.force not in self.bad[each.version]:
                self.words.setdefault(each.version, set()).add(each.force)
                self.bad[each.version].add(each.force)
        self._happen(Wanted(canary, production), done)

    @rule(slot=SLOT, kind=st.sampled_from([Ready, Warm, Gone]), done=st.none() | st.integers(0, 4))
    def a_slot_changes(self, slot: str, kind: type, done: int | None) -> None:
        self._happen(kind(slot), done)

    @rule(slot=SLOT, at=st.none() | st.sampled_from([0.0, 30.0, 100.0, 200.0, 300.0, 90_000.0]))
    def a_slot_breaks(self, slot: str, at: float | None) -> None:
        self._happen(Failed(slot, "broken") if at is None else Died(slot, "broken", at))

    @precondition(lambda self: self.state.other)
    @rule()
    def the_candidate_gets_warm(self) -> None:
        self._happen(Ready(self.state.other.slot))
        self._happen(Warm(self.state.other.slot))

    @precondition(lambda self: self.state.other)
    @rule(
        answer=st.sampled_from(["promote", "next", "next", "hold", "pause", "rollback"]),
        done=st.none() | st.integers(0, 4),
    )
    def the_judge_looks(self, answer: str, done: int | None) -> None:
        version = self.state.other.release.version
        other = self.state.other
        goes_on = other.phase in ("canary", "releasing") and other.up and not other.paused
        if answer in ("promote", "next") and goes_on:
            self.let_pass.add(version)
        self._happen(judged(version, answer), done)

    @rule(version=st.sampled_from("abcd"), answer=st.sampled_from(["promote", "rollback"]))
    def the_judge_answers_late(self, version: str, answer: str) -> None:
        if self.state.other is None or self.state.other.release.version != version:
            self._happen(judged(version, answer))

    @rule(version=st.sampled_from([A, B, C]), force=st.sampled_from(["", "x", "y"]), answers=st.integers(0, 4))
    def a_release_takes_its_way(self, version: Release, force: str, answers: int) -> None:
        if self.state.other:
            self.git_changes(canary=None, production=None, done=None)
            self._happen(Gone(self.state.other.slot) if self.state.other else Gone("blue"))
        self.git_changes(canary=None, production=replace(version, force=force), done=None)
        if self.state.other:
            self.the_candidate_gets_warm()
        for _ in range(answers):
            if self.state.other:
                self.the_judge_looks(answer="next", done=None)

    @rule(strategy=st.sampled_from(["canary", "shadow", "blue_green", "all_at_once"]))
    def the_strategy_changes(self, strategy: str) -> None:
        self.rules = replace(self.rules, strategy=strategy)

    @invariant()
    def production_is_served(self) -> None:
        if self.were_production:
            assert self.state.production is not None
            slot = self.state.production.slot
            assert self.world.running[slot] == self.state.production.release.version
            assert self.world.route.production == slot

    @invariant()
    def what_is_paused_gets_nothing(self) -> None:
        if self.state.other and self.state.other.paused and self.state.production:
            assert self.world.route.share == 0

    @invariant()
    def there_are_two_slots(self) -> None:
        places = [place.slot for place in (self.state.production, self.state.other) if place]
        assert len(places) == len(set(places))
        assert set(self.world.running) <= set(places)


Host.TestCase.settings = settings(max_examples=100, stateful_step_count=30, deadline=None, derandomize=True)
TestHost = Host.TestCase


def test_the_first_version_is_production_when_it_is_warm() -> None:
    """With nothing in production there is nothing to judge by; before it is warm, nothing is routed."""
    waiting = after(Wanted(None, A), Ready("blue"))
    assert (waiting.production, waiting.other.phase) == (None, "warming")
    assert machine.orders(waiting) == (Run("blue", A),)
    assert machine.orders(after(Warm("blue"), state=waiting)) == (
        Run("blue", A),
        Route("blue", None, 0.0, False),
    )


def test_a_canary_waits_for_its_tag_and_is_released_in_steps() -> None:
    """Each step needs its own answer; the last makes it production, and the old one leaves."""
    state = candidate(B, tag=A)
    assert machine.orders(state)[-1] == Route("blue", "green", 0.1, False)
    state = after(judged("b", "next"), judged("b", "next"), state=state)
    assert (state.other.phase, state.other.share) == ("passed", 0.1)
    shares = []
    state = after(Wanted(B, B), state=state)
    while state.production.release == A:
        shares.append(state.other.share)
        state = after(judged("b", "next"), state=state)
    assert shares == [0.5, 1.0]
    assert machine.orders(state) == (Run("green", B), Route("green", None, 0.0, False), Retire("blue"))
    assert after(Gone("blue"), state=state).other is None


def test_a_release_that_was_no_canary_begins_at_the_first_step() -> None:
    """production.env alone names it: it is judged at every step, the first included."""
    state = candidate(replace(B), tag=B, rules=Rules(share=0.3, steps=(0.01, 1.0)))
    assert (state.other.phase, state.other.share) == ("canary", 0.3)
    alone = after(Wanted(None, B), Ready("green"), Warm("green"), state=serving(A), rules=Rules(steps=(0.01, 1.0)))
    assert (alone.other.phase, alone.other.share) == ("canary", 0.01)


def test_a_hold_moves_nothing() -> None:
    """Nor does any answer about another version, or that nothing runs in a slot that is in use."""
    state = candidate(B, tag=B)
    for event in (judged("b", "hold"), judged("c", "next"), judged("c", "rollback"), Gone("green"), Gone("blue")):
        assert after(event, state=state) == state


def test_a_version_that_was_production_and_rolled_back_is_judged_anew() -> None:
    """A force word lets it start; it does not let it pass."""
    state = after(*[judged("b", "next")] * 3, Gone("blue"), state=candidate(B, tag=B))
    state = after(Wanted(B, A), Warm("blue"), Gone("green"), Wanted(None, replace(B, force="x")), state=state)
    assert told(state, Warm("green")) == ["canary"]


@pytest.mark.parametrize("tag", [A, B])
@pytest.mark.parametrize("passes", [0, 1, 2])
def test_a_rollback_ends_a_candidate_at_any_step(tag: Release, passes: int) -> None:
    """It gets nothing any more, leaves, and does not come back while git still names it."""
    state = after(*[judged("b", "next")] * passes, judged("b", "rollback"), state=candidate(B, tag=tag))
    assert machine.orders(state)[-2:] == (Route("blue", None, 0.0, False), Retire("green"))
    state = after(Gone("green"), Wanted(B, tag), Wanted(None, B), state=state)
    assert (state.other, state.barred[0].why) == (None, "because rollback")


def test_a_force_word_brings_a_version_back_once() -> None:
    """The same word does not count again after the next rollback; another one does."""
    state = after(judged("b", "rollback"), Gone("green"), state=candidate(B, tag=A))
    forced = Wanted(replace(B, force="one"), A)
    state = after(forced, state=state)
    assert state.other.release.version == "b"
    state = after(Warm("green"), judged("b", "rollback"), Gone("green"), forced, forced, state=state)
    assert state.other is None
    assert after(Wanted(replace(B, force="two"), A), state=state).other is not None


def test_what_was_rolled_back_elsewhere_is_not_started_here() -> None:
    """A host that is new knows it from the ledger, used-up force words too; what stands here stays."""
    known = (Block("b", "it was wrong", ("one",)), Block("a", "it was slow"))
    state = after(Wanted(replace(B, force="one"), A, known), state=serving(A))
    assert state.other is None
    assert [bar.version for bar in state.barred] == ["b"]
    assert after(Wanted(C, A, (Block("b", "heard again"),)), state=state).barred == state.barred
    assert after(Wanted(C, A, known), state=serving(A)).other.release == C
    assert after(Wanted(replace(B, force="two"), A, known), state=serving(A)).other.release.version == "b"


def test_production_goes_back_at_once_to_a_version_that_was_it_before() -> None:
    """A revert is not judged; the version it leaves counts as rolled back."""
    state = after(*[judged("b", "next")] * 3, Gone("blue"), state=candidate(B, tag=B))
    assert state.production.release == B
    back = after(Wanted(B, A), Ready("blue"), state=state)
    assert machine.orders(back)[-1] == Route("green", None, 0.0, False)
    assert told(back, Warm("blue")) == ["reverted", "rolled back"]  # the one comes, the other may not come back
    back = after(Warm("blue"), Gone("green"), Wanted(B, A), state=back)
    assert (back.production.release, back.other) == (A, None)
    assert after(Wanted(B, B), state=back).other is None


def test_a_candidate_in_green_that_was_production_before_is_switched_to_by_its_tag() -> None:
    """Where the old version stands as canary already, the revert does not wait for the judge."""
    state = after(*[judged("b", "next")] * 3, Gone("blue"), Wanted(A, B), Warm("blue"), state=candidate(B, tag=B))
    assert state.other.phase == "canary"
    assert after(Wanted(A, A), state=state).production.release == A


def test_a_tag_taken_back_in_the_middle_of_a_release_rolls_it_back() -> None:
    """production.env names production's version again: the candidate leaves and is barred, canary.env or not."""
    state = after(judged("b", "next"), state=candidate(B, tag=B))
    assert state.other.phase == "releasing"
    assert told(state, Wanted(B, A)) == ["rolled back"]
    assert after(Wanted(B, A), Gone("green"), state=state).other is None


def test_another_tag_replaces_a_candidate_without_a_grudge() -> None:
    """The newer release starts when the slot is free; the older may come again."""
    state = after(judged("b", "next"), state=candidate(B, tag=B))
    assert told(state, Wanted(B, C)) == ["withdrawn"]
    state = after(Wanted(B, C), state=state)
    assert machine.orders(state)[-1] == Retire("green")
    assert after(Gone("green"), state=state).other.release == C
    assert state.barred == ()


def test_a_canary_that_never_gets_ready_is_given_up() -> None:
    """It is barred, and production stays; a first version is tried on."""
    state = after(Wanted(B, A), state=serving(A))
    assert told(state, Failed("green", "not ready in 120 s")) == ["failed"]
    assert after(Failed("green", "no"), Gone("green"), state=state).other is None
    assert told(after(Wanted(None, A)), Failed("blue", "not ready in 120 s")) == []


def test_a_candidate_may_die_but_not_again_and_again() -> None:
    """Its share stays while it is started again; at the bound it is given up. Production has no bound."""
    state = candidate(B, tag=A)
    state = after(*killed("green", 4), state=state)
    assert (state.other.phase, state.other.up) == ("canary", False)
    assert after(judged("b", "next"), state=state).other.phase == "canary"
    assert told(state, Died("green", "killed", 500.0)) == ["failed"]
    assert after(*killed("blue", 9), state=state).production.release == A


def killed(slot: str, times: int, first: float = 100.0, apart: float = 100.0) -> list[Died]:
    """Deaths of a slot, one after the other."""
    return [Died(slot, "killed", first + apart * number) for number in range(times)]  # type: ignore[arg-type]


def test_deaths_of_long_ago_do_not_count() -> None:
    """Those of a day of the agent's work do: one that dies thrice a day is not given up in four days."""
    seldom = after(*killed("green", 12, apart=30_000), state=candidate(B, tag=A))
    assert (seldom.other.phase, len(seldom.other.deaths)) == ("canary", 3)
    assert told(seldom, Died("green", "killed", 500_000)) == []
    often = after(*killed("green", 4, apart=20_000), state=candidate(B, tag=A))
    assert told(often, Died("green", "killed", 80_100)) == ["failed"]


@pytest.mark.parametrize("apart", [-60.0, -1.0, 0.0, 1.0, 60.0])
def test_what_takes_production_too_is_not_the_candidates_fault(apart: float) -> None:
    """A reboot, or an engine that restarts: deaths within a minute of production's, before or after, do not count."""
    state = candidate(B, tag=A)
    for number in range(1, 8):
        both = [Died("green", "gone", 1000.0 * number), Died("blue", "gone", 1000.0 * number + apart)]
        state = after(*sorted(both, key=lambda died: died.at), state=state)
    assert (state.other.phase, state.other.deaths) == ("canary", ())


def test_production_that_dies_at_another_time_excuses_nothing() -> None:
    """Only the same minute is the same cause."""
    state = candidate(B, tag=A)
    for number in range(1, 5):
        at = 1000.0 * number
        state = after(Died("blue", "gone", at), Died("green", "gone", at + 61), state=state)
    assert told(state, Died("green", "gone", 9000.0)) == ["failed"]


@pytest.mark.parametrize("phase", ["canary", "passed", "releasing"])
def test_a_paused_candidate_gets_nothing_and_is_not_barred(phase: str) -> None:
    """It stands where it stood, at a share of 0, whatever the judge says but a rollback; told once."""
    state = candidate(B, tag=B if phase == "releasing" else A)
    if phase != "canary":
        state = after(judged("b", "next"), state=state)
    assert state.other.phase == phase
    assert told(state, judged("b", "pause")) == ["paused"]
    paused = after(judged("b", "pause"), state=state)
    assert machine.orders(paused)[-1] == Route("blue", "green", 0.0)
    assert (paused.other.phase, paused.other.share, paused.other.paused) == (phase, state.other.share, "because pause")
    answers = ("pause", "next", "promote", "hold")
    assert [told(paused, judged("b", each)) for each in answers] == [[], [], [], []]
    assert after(judged("b", "next"), state=paused) == paused
    assert paused.barred == ()
    assert told(paused, judged("b", "rollback")) == ["rolled back"]


def test_a_paused_canary_is_not_released_by_its_tag() -> None:
    """It had passed; that production.env names it says nothing of what paused it."""
    state = after(judged("b", "next"), judged("b", "pause"), state=candidate(B, tag=A))
    assert told(state, Wanted(B, B)) == []
    assert after(Wanted(B, B), state=state).other.phase == "passed"


@pytest.mark.parametrize("name", ["canary", "production"])
def test_a_person_lets_a_paused_candidate_go_on_by_another_word(name: str) -> None:
    """At the share that it had; a word that was there before the pause is none, and each counts once."""
    forced = replace(B, force="x")
    state = after(Wanted(forced, A), Ready("green"), Warm("green"), judged("b", "pause"), state=serving(A))
    assert told(state, Wanted(forced, A)) == []
    assert told(state, Wanted(B, A)) == []
    word = replace(B, force="y")
    wanted = Wanted(word, A) if name == "canary" else Wanted(forced, word)
    found = [each for each in machine.step(state, wanted, Rules(), 0.0)[1] if isinstance(each, Record)]
    assert [(each.event, each.share, each.force) for each in found] == [("resumed", 0.1, "y")]
    on = after(wanted, state=state)
    assert (on.other.paused, machine.orders(on)[-1]) == ("", Route("blue", "green", 0.1))
    assert told(after(judged("b", "pause"), state=on), wanted) == []


def test_a_person_takes_a_paused_canary_away() -> None:
    """By another version in canary.env; nothing is held against it."""
    state = after(judged("b", "pause"), state=candidate(B, tag=A))
    assert told(state, Wanted(A, A)) == ["withdrawn"]
    assert after(Wanted(A, A), state=state).barred == ()


def test_a_shadow_gets_copies_until_it_has_passed_and_its_tag() -> None:
    """Then it goes through the steps as any release."""
    rules = Rules(strategy="shadow")
    state = candidate(B, tag=A, rules=rules)
    assert machine.orders(state)[-1] == Route("blue", "green", 0.0, True)
    state = after(judged("b", "next"), Wanted(B, B), state=state, rules=rules)
    assert machine.orders(state)[-1] == Route("blue", "green", 0.1, False)


def test_blue_green_switches_everybody_and_keeps_the_old_until_the_judge_is_sure() -> None:
    """After its judged share, all at once; the old one stands by until the next answer."""
    rules = Rules(strategy="blue_green")
    state = after(judged("b", "next"), state=candidate(B, tag=B, rules=rules), rules=rules)
    assert machine.orders(state) == (Run("blue", A), Run("green", B), Route("blue", "green", 1.0, False))
    assert after(judged("b", "rollback"), state=state, rules=rules).production.release == A
    assert after(judged("b", "promote"), state=state, rules=rules).production.release == B


def test_all_at_once_asks_nobody() -> None:
    """A warm version with its tag is production; without one it waits and gets no requests."""
    rules = Rules(strategy="all_at_once")
    assert candidate(B, tag=B, rules=rules).production.release == B
    waiting = candidate(B, tag=A, rules=rules)
    assert machine.orders(waiting)[-1] == Route("blue", "green", 0.0, False)
    assert after(Wanted(B, B), state=waiting, rules=rules).production.release == B


def test_nothing_wanted_keeps_what_serves() -> None:
    """Empty files stop a candidate, never production."""
    state = after(Wanted(None, None), state=candidate(B, tag=A))
    assert machine.orders(state) == (Run("blue", A), Route("blue", None, 0.0, False), Retire("green"))


@pytest.mark.parametrize("canary", [A, B])
def test_a_rollback_that_takes_canary_env_back_along_is_the_same_to_a_host(canary: Release) -> None:
    """In the middle of a release and after it: production.env says what serves, and what is barred for it."""
    released = after(judged("b", "next"), state=candidate(B, tag=B))
    state = after(Wanted(canary, A), Gone("green"), state=released)
    assert (state.production.release, state.other) == (A, None)
    assert [each.version for each in state.barred] == ["b"]
    promoted = after(judged("b", "promote"), Gone("blue"), state=after(*[judged("b", "next")] * 2, state=released))
    assert promoted.production.release == B
    back = after(Wanted(canary, A), Ready("blue"), Warm("blue"), Gone("green"), state=promoted)
    assert (back.production.release, back.other) == (A, None)
    assert [each.version for each in back.barred] == ["b"]
