"""The verdict on a version: what it says, since when, and what it keeps to."""

import doctest
import json
from dataclasses import replace
from datetime import date
from types import ModuleType

import numpy as np
import pytest

from line.tests.monitor.world import AGE, FIRST, NAME, OLDER, World, day, dev, older, profiles, reign
from mainline import config
from mainline.monitor import page, reach, told, watch, words
from mainline.monitor.dev_rows import DevRows
from mainline.monitor.profiles.bins import parts_of_error
from mainline.monitor.profiles.book import UNIT, Book
from mainline.monitor.profiles.profile import Profiles
from mainline.monitor.profiles.signals import AGE_BUCKETS, ANSWERS, Signal, Version
from mainline.monitor.reign import Reign
from mainline.monitor.verdict import BLIND, DRIFTED, EXIT, HARMLESS, QUIET, SUSPECTED, WORSE, Verdict

SETTINGS = config.Monitor()
OLDER_PEOPLE = World(age=(0.01, 0.0, 0.15, 0.2, 0.3, 0.34, 0.0))
WRONG = World(wrong=0.2)


def judged(
    days: int = 130,
    then: World | None = None,
    at: int = 80,
    *,
    world: World | None = None,
    measured: DevRows | str | None = None,
    settings: config.Monitor = SETTINGS,
    accepted: date | None = None,
    until: int | None = None,
    seed: int = 0,
    before: bool = True,
    without: tuple[int, ...] = (),
) -> Verdict:
    """A world that changes on a day, as it is judged on the last."""
    found = profiles(days, world, then=then, at=at, seed=seed, older=60 if before else 0, without=without)
    last = day(days - 1 if until is None else until)
    return reach.reach(
        found, reign(accepted), last, settings, dev=measured or dev(), before=older(60) if before else None
    )


def test_a_world_that_stays_is_quiet() -> None:
    """With nothing that cannot be watched."""
    found = judged()
    assert (found.word, found.drifted, found.worse, found.changed_labels, found.cannot) == (QUIET, None, None, None, ())
    assert [each.name for each in found.signals] == ["column:age", "column:plan", "answers", "confidence"]


def test_a_drift_is_told_with_its_columns() -> None:
    """And no others; whether it does harm is not known until labels have come."""
    found = judged(84, OLDER_PEOPLE)
    assert found.word == DRIFTED
    assert found.drifted == day(80)
    assert [each.name for each in found.named] == ["column:age"]


def test_a_drift_that_does_no_harm_is_told_so() -> None:
    """Once labels of the days after have shown it."""
    found = judged(220, OLDER_PEOPLE)
    assert found.word == HARMLESS
    assert found.harmless is not None
    assert found.harmless > day(80)


def test_more_wrong_answers_are_worse() -> None:
    """Whatever else is told."""
    found = judged(130, replace(OLDER_PEOPLE, wrong=0.2))
    assert found.word == WORSE
    assert found.drifted
    assert found.worse is not None
    assert day(80) < found.worse < day(95)


def test_labels_that_come_late_are_named() -> None:
    """Where a longer wait would see them."""
    found = judged(130, settings=config.Monitor(wait=2))
    assert [each for each in found.cannot if each.startswith("labels that take longer than 2 days, ")]
    assert judged(130, settings=config.Monitor(wait=7)).cannot == ()


def test_each_reference_has_weights_of_its_own() -> None:
    """A signal that can be watched from the second on takes nothing from what was told by the first."""
    days = watch.every_day(day(0), day(59))
    parts = (watch.Span(days[:28], days[28:56]), watch.Span(days[:56], days[56:]))
    sure = watch.Watched("column:a", days[28:], np.log(np.full(32, 8000.0)), 0.02)
    later = watch.Watched("column:b", days[28:], np.array([-np.inf] * 28 + [0.0] * 4), 0.02)
    found = np.exp(reach._together([sure, later], parts))
    assert found[:28] == pytest.approx(8000)
    assert found[28:] == pytest.approx(4000.5)


def test_a_model_that_is_less_sure_is_suspected_before_labels_come() -> None:
    """By what its confidence was worth on the dev rows."""
    found = judged(85, World(unsure=0.8))
    assert found.word == SUSPECTED
    assert [each.name for each in found.named] == ["confidence"]


def test_a_changed_truth_is_seen_by_labels_alone() -> None:
    """Confidence sees nothing of it."""
    found = judged(130, WRONG)
    assert found.word == WORSE
    assert found.drifted is None


def test_labels_that_stay_away_are_told_and_are_no_verdict() -> None:
    """They are the robots' affair."""
    found = judged(130, World(labelled=0.02))
    assert found.word == QUIET
    assert found.changed_labels is not None


def test_days_without_a_profile_make_it_blind() -> None:
    """Two of them; an alarm that was told stays."""
    assert judged(100, without=(99,)).word == QUIET
    assert judged(100, without=(98, 99)).word == BLIND
    assert judged(100, OLDER_PEOPLE, 70, without=(98, 99), measured="none are here").word == DRIFTED
    assert judged(220, OLDER_PEOPLE, without=(218, 219)).word == BLIND  # that it did no harm says nothing of now


def test_what_came_of_later_days_breaks_no_silence() -> None:
    """A host whose clock is ahead, or a look back at days before the host came back."""
    assert judged(100, without=(96, 97), until=97).word == BLIND
    assert judged(100, without=(97,), until=97).word == QUIET


def test_a_version_of_which_nothing_is_known_yet_is_quiet_for_two_days() -> None:
    """Then it is blind: no host sends anything."""
    nothing = profiles(1, older=30, without=(0,))
    for last, word in ((FIRST, QUIET), (day(1), BLIND), (day(9), BLIND)):
        found = reach.reach(nothing, reign(), last, SETTINGS, dev=dev(), before=older(30))
        assert found.word == word, last


def test_before_the_reference_is_whole_nothing_has_drifted() -> None:
    """Though the risk is watched from the first day on, against the dev rows."""
    found = judged(20, OLDER_PEOPLE, 10)
    assert found.word == QUIET
    assert found.parts == ()
    assert judged(27, WRONG, 0).word == WORSE


def test_the_very_first_version_has_only_the_judge_for_four_weeks() -> None:
    """Nobody knows how much its days differ."""
    found = judged(27, WRONG, 0, before=False)
    assert found.word == QUIET
    assert [each for each in found.cannot if each.startswith("errors: in ")]


def test_what_cannot_be_had_is_said() -> None:
    """No dev rows: neither the risk nor its estimate; drift all the same."""
    found = judged(84, OLDER_PEOPLE, measured="the dev rows are in no cache")
    assert found.word == DRIFTED
    assert found.cannot == (
        "errors before labels come: the dev rows are in no cache",
        "errors: the dev rows are in no cache",
    )
    assert "confidence" not in [each.name for each in found.signals]


def test_answers_that_all_count_as_one_are_not_watched_and_it_is_said() -> None:
    """Of a regression whose target hardly varied; all else is watched."""
    about = Version(NAME, "regression", (Signal("column:age", "number", AGE), Signal(ANSWERS, ANSWERS, ("any",))),
                    ("any",), parts_of_error())  # fmt: skip
    found = {}
    for n in range(60):
        made = Book.empty(about)
        made.counts[about.places["column:age"]] = np.tile([0, 0, 10, 10, 10, 10, 0], 6) * UNIT
        made.counts[about.places[ANSWERS]] = 40 * UNIT
        made.answered[:] = 240
        made.labels[day(n)] = np.repeat([10, 0], [1, AGE_BUCKETS * len(about.scores) - 1])
        made.truths[day(n)] = np.repeat([10, 0], [1, AGE_BUCKETS - 1])
        found[day(n)] = {NAME: made}
    measured = DevRows(np.repeat([100.0, 0.0], [1, len(about.scores) - 1]), None)
    said = reach.reach(Profiles.of({NAME: about}, found.items()), reign(), day(59), SETTINGS, dev=measured)
    assert said.word == QUIET
    assert [each.name for each in said.signals] == ["column:age"]
    assert [each.name for each in said.labels] == ["labels of any"]
    assert [each for each in said.cannot if each.startswith("answers: the target")]


def test_a_regressions_errors_are_not_called_wrong_answers() -> None:
    """On the page neither: what is told is a squared error, which is no share of answers."""
    about = Version(NAME, "regression", (Signal(ANSWERS, ANSWERS, ("up to 5", "above 5")),),
                    ("up to 5", "above 5"), parts_of_error())  # fmt: skip
    found = {}
    for n in range(60):
        made = Book.empty(about)
        made.counts[:] = 20 * UNIT
        made.answered[:] = 120
        labels = np.zeros((2, AGE_BUCKETS, len(about.scores)), np.int64)
        labels[:, 0, 15 if n >= 40 else 0] = 50
        made.labels[day(n)] = labels.ravel()
        found[day(n)] = {NAME: made}
    measured = DevRows(np.repeat([1000.0, 0.0], [1, len(about.scores) - 1]), None)
    all_of_it = Profiles.of({NAME: about}, found.items())
    judged_so = reach.reach(all_of_it, reign(), day(59), SETTINGS, dev=measured)
    assert judged_so.word == WORSE
    said = told.told(judged_so, all_of_it, [reign()])
    assert said["why"][0].startswith(f"Answers are further off than allowed, since those of {day(40)}: 77.5% of the")
    assert said["risk"]["words"].startswith("Mean squared error, of the largest that counts, on 1,000 dev rows: 2.5%")
    assert "How far off answers were" in page.render(said)
    assert "wrong among" not in page.render(said)


def test_an_answer_that_hardly_gets_a_label_is_named() -> None:
    """Of refused loans nobody learns what they would have become."""
    found = judged(130, world=World(labelled=0.002))
    assert [each for each in found.cannot if each.startswith("whether the answer yes is right: ")]
    assert not [each for each in judged(130).cannot if "is right" in each]
    rare = World(requests=1, labelled=0.0)
    assert not [each for each in judged(60, world=rare).cannot if "is right" in each]  # too few to miss a label of


def test_what_was_accepted_is_quiet_from_then_on() -> None:
    """All alarms of before are over, the risk's too, whose measure is what production has been since."""
    assert judged(160, replace(OLDER_PEOPLE, wrong=0.2), 80).word == WORSE
    found = judged(160, replace(OLDER_PEOPLE, wrong=0.2), 80, accepted=day(100))
    assert found.word == QUIET
    assert found.days[0] == day(101)
    assert found.risk.measured == pytest.approx(0.2, abs=0.03)  # type: ignore[union-attr]


def test_what_was_accepted_today_has_no_whole_day_yet() -> None:
    """Though months of profiles are of it."""
    assert judged(100, accepted=day(99)).risk == "its first whole day is not over"


def test_what_moves_after_it_was_accepted_is_told_again() -> None:
    """Against the reference since."""
    assert judged(190, OLDER_PEOPLE, 170, accepted=day(100)).drifted is not None


def test_a_new_version_is_not_judged_by_the_days_of_the_last() -> None:
    """It has a reference of its own."""
    found = judged(84)
    assert found.days[0] == FIRST
    assert found.parts[0].reference[0] == FIRST


def test_the_evidence_of_a_day_is_the_same_whenever_one_looks() -> None:
    """So that looking more often raises no more alarms: each day's evidence is of days up to it."""
    late = judged(130, OLDER_PEOPLE)
    for until in (40, 55, 56, 57, 84, 100):
        early = judged(130, OLDER_PEOPLE, until=until)
        assert early.drift == pytest.approx(late.drift[: len(early.drift)], abs=1e-9)
        assert len(early.drift) == until + 1 - 28


def test_settings_say_how_far_is_too_far() -> None:
    """Nine points are allowed where params.yaml allows twelve."""
    assert judged(84, OLDER_PEOPLE, settings=config.Monitor(tolerance=0.12)).word == QUIET
    assert judged(130, WRONG, settings=config.Monitor(risk=0.15)).word == QUIET
    other_answers = World(answers=(0.62, 0.38))
    assert judged(84, other_answers).word == DRIFTED
    assert judged(84, other_answers, settings=config.Monitor(tolerance=0.12)).word == QUIET
    fewer_labels = World(labelled=0.06)
    assert judged(130, fewer_labels, settings=config.Monitor(labels=0.02)).changed_labels
    assert not judged(130, fewer_labels).changed_labels


def test_weights_add_up_to_one_whatever_is_watched() -> None:
    """Columns a half, answers a quarter, the estimated risk an eighth, of what there is."""
    found = judged(60)
    weights = {each.name: weight for each, weight in reach._weighted(found.signals)}
    assert weights == pytest.approx({"column:age": 2 / 7, "column:plan": 2 / 7, "answers": 2 / 7, "confidence": 1 / 7})
    fewer = reach._weighted([each for each in found.signals if each.name != "confidence"])
    assert sum(weight for _, weight in fewer) == pytest.approx(1)


def test_each_verdict_has_an_exit_code_of_its_own_where_somebody_should_act() -> None:
    """0 where nobody should; none that another error has: 1, 2 and 4."""
    acting = [code for code in EXIT.values() if code]
    assert len(acting) == len(set(acting)) == 4
    assert {word for word, code in EXIT.items() if not code} == {QUIET, HARMLESS}
    assert not set(acting) & {1, 2, 4}


def test_it_is_told_in_json() -> None:
    """All of it, with no infinity and nothing that JSON does not know."""
    past = [older(60), reign()]
    for days, then in ((5, None), (30, None), (130, replace(OLDER_PEOPLE, wrong=0.2))):
        found = profiles(days, then=then, at=80, older=60)
        made = reach.reach(found, reign(), day(days - 1), SETTINGS, dev=dev(), before=older(60))
        said = told.told(made, found, past)
        assert json.loads(json.dumps(said, allow_nan=False)) == said
        assert said["verdict"] == made.word
        assert len(said["days"]) == days + 60
        assert {len(powers) for powers in said["evidence"].values()} <= {days}


def test_then_and_now_are_the_reference_and_the_last_four_weeks() -> None:
    """As shares of each bin; the strongest signal comes first."""
    found = profiles(130, then=OLDER_PEOPLE, at=80, older=60)
    made = reach.reach(found, reign(), day(129), SETTINGS, dev=dev(), before=older(60))
    first, *_ = told.told(made, found, [reign()])["signals"]
    assert first["name"] == "column:age"
    assert first["then"] == pytest.approx([0.01, 0.0, 0.25, 0.25, 0.25, 0.24, 0.0], abs=0.01)
    assert first["now"] == pytest.approx([0.01, 0.0, 0.15, 0.2, 0.3, 0.34, 0.0], abs=0.01)


def test_days_without_a_request_are_told() -> None:
    """Hosts send profiles that hold nothing: it is quiet, though not since all is well."""

    def why(idle: int) -> list[str]:
        found = profiles(100, then=World(requests=0), at=100 - idle)
        made = reach.reach(found, reign(), day(99), SETTINGS, dev=dev())
        assert made.word == QUIET
        return told.told(made, found, [reign()])["why"]

    assert why(30)[-1].startswith("Profiles do come, but no request has been counted for 30 days")
    assert why(2)[-1].startswith("Profiles do come, but no request has been counted for 2 days")
    assert not [each for each in why(1) if "no request" in each]


def test_it_is_told_in_sentences() -> None:
    """What, since when, how far, and what to do."""
    found = profiles(84, then=OLDER_PEOPLE, at=80, older=60)
    made = reach.reach(found, reign(), day(83), SETTINGS, dev=dev(), before=older(60))
    first, second = words.sentences(made, found)["drift"]
    assert first.startswith(f"Drifted, told on {day(80)}. age: higher, by ")
    assert first.endswith(f" points, since {day(80)}.")
    assert "mainline monitor accept" in second
    young = profiles(5, older=60)
    made = reach.reach(young, reign(), day(4), SETTINGS, dev=dev(), before=older(60))
    ((only,),) = [lines for lines in words.sentences(made, young).values() if lines]
    assert only.startswith(f"{NAME} has no reference yet: 5 of 28 days and ")


@pytest.mark.parametrize("module", [words], ids=["words"])
def test_the_examples_run(module: ModuleType) -> None:
    """Each example says what comes of it."""
    result = doctest.testmod(module)
    assert result.attempted
    assert not result.failed


def test_the_calendar_says_of_each_day_what_was_known() -> None:
    """The older version's days, the reference, quiet days, those since the alarm; and a day without a profile."""
    found = profiles(130, then=replace(OLDER_PEOPLE, wrong=0.2), at=80, older=60, without=(70,))
    made = reach.reach(found, reign(), day(129), SETTINGS, dev=dev(), before=older(60))
    state = {each["day"]: each["state"] for each in told.told(made, found, [older(60), reign()])["days"]}
    assert state[str(day(-60))] == state[str(day(-1))] == "other"
    assert state[str(day(0))] == state[str(day(27))] == "reference"
    assert state[str(day(28))] == state[str(day(79))] == "quiet"
    assert state[str(day(70))] == "none"
    assert state[str(day(80))] == "drifted"
    assert state[str(day(129))] == "worse"


@pytest.mark.slow
def test_null_years_hardly_ever_alarm() -> None:
    """30 years of worlds that stay, days that differ among them: at most one in twenty may, by the promise."""
    alarms = {"drift": 0, "risk": 0}
    for seed in range(30):
        world = World(requests=(100, 1000)[seed % 2], days_differ=(0.0, 0.03)[seed % 3 == 0])
        found = judged(365, world=world, seed=seed)
        alarms["drift"] += found.drifted is not None
        alarms["risk"] += found.worse is not None
    assert alarms["drift"] <= 1
    assert alarms["risk"] <= 1


def test_reigns_of_others_do_not_count() -> None:
    """Where the ledger names a version of which no profile is, nothing of others is taken for it."""
    found = profiles(60, older=60)
    stranger = Reign("another-version", FIRST, None)
    made = reach.reach(found, stranger, day(59), SETTINGS, dev=dev())
    assert made.signals == ()
    assert made.word == QUIET  # profiles do come, though none of its requests
    assert OLDER in found.versions
    assert not np.any(made.drift)
