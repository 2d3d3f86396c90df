"""Who was in production when, by the ledger, and from which day on it is looked at."""

from datetime import date

from mainline.ledger import Entry
from mainline.monitor.reign import Reign, reigns


def event(day: int, version: str, production: str | None, name: str = "promoted") -> Entry:
    """As a host writes it."""
    about = {"event": name, "version": version, "production": production, "share": 0.0, "reason": ""}
    return {"kind": "deployment", "time": f"2026-03-{day:02}T12:00:00+00:00", **about}


def accepted(day: int, version: str, hour: int = 12) -> Entry:
    """As `mainline monitor accept` writes it."""
    return {"kind": "accepted", "time": f"2026-03-{day:02}T{hour}:00:00+00:00", "version": version, "why": "so be it"}


def test_a_version_reigns_from_the_first_whole_day_to_the_last() -> None:
    """The day of a change belongs to nobody: both answered on it."""
    found = reigns([event(1, "one", None, "started"), event(2, "one", "one"), event(9, "two", "two")])
    assert found == [Reign("one", date(2026, 3, 3), date(2026, 3, 8)), Reign("two", date(2026, 3, 10), None)]


def test_a_canary_is_not_in_production() -> None:
    """Whatever happens to it, production goes on."""
    past = [event(2, "one", "one"), event(5, "two", "one", "canary"), event(6, "two", "one", "rolled back")]
    assert reigns(past) == [Reign("one", date(2026, 3, 3), None)]


def test_a_version_that_comes_back_begins_anew() -> None:
    """What it was before says nothing of the days since."""
    found = reigns([event(2, "one", "one"), event(5, "two", "two"), event(8, "one", "one", "reverted")])
    assert [each.version for each in found] == ["one", "two", "one"]
    assert found[-1] == Reign("one", date(2026, 3, 9), None)


def test_what_is_accepted_is_the_reference_from_the_next_day_on() -> None:
    """Of the version in production alone; the last word counts."""
    past = [event(2, "one", "one"), accepted(10, "one"), accepted(20, "one"), accepted(25, "two")]
    assert reigns(past) == [Reign("one", date(2026, 3, 3), None, date(2026, 3, 20))]
    assert reigns(past)[0].start == date(2026, 3, 21)
    assert reigns(past[:1])[0].start == date(2026, 3, 3)


def test_what_was_said_later_is_not_known_on_a_day_before() -> None:
    """Who looks back sees who was in production then, and nothing that was accepted since."""
    past = [event(2, "one", "one"), accepted(10, "one"), accepted(20, "one"), event(25, "two", "two")]
    assert reigns(past, date(2026, 3, 9)) == [Reign("one", date(2026, 3, 3), None)]
    assert reigns(past, date(2026, 3, 19)) == [Reign("one", date(2026, 3, 3), None, date(2026, 3, 10))]
    assert reigns(past, date(2026, 3, 20))[0].accepted == date(2026, 3, 20)
    assert len(reigns(past, date(2026, 3, 25))) == 2
    assert reigns(past, date(2026, 3, 1)) == []


def test_a_new_version_is_not_accepted_by_what_was_said_of_the_last() -> None:
    """A promotion ends what was accepted before it."""
    found = reigns([event(2, "one", "one"), accepted(10, "one"), event(12, "two", "two")])
    assert found == [
        Reign("one", date(2026, 3, 3), date(2026, 3, 11), date(2026, 3, 10)),
        Reign("two", date(2026, 3, 13), None),
    ]


def test_accepting_on_the_day_of_the_promotion_changes_nothing() -> None:
    """No whole day has gone by yet."""
    found = reigns([event(2, "one", "one"), accepted(2, "one", 13)])
    assert found[0].start == found[0].since == date(2026, 3, 3)


def test_a_persons_clock_may_be_behind_the_hosts() -> None:
    """No day is looked at on which the version was not in production."""
    found = reigns([event(5, "one", "one"), accepted(2, "one")])
    assert found[0].start == found[0].since == date(2026, 3, 6)


def test_production_may_be_empty() -> None:
    """As when the only version was withdrawn."""
    found = reigns([event(2, "one", "one"), event(6, "one", None, "withdrawn"), event(8, "two", "two")])
    assert found == [Reign("one", date(2026, 3, 3), date(2026, 3, 5)), Reign("two", date(2026, 3, 9), None)]


def test_days_are_those_of_utc() -> None:
    """A host may write another time zone."""
    late = event(1, "one", "one") | {"time": "2026-03-01T23:30:00-05:00"}
    assert reigns([late])[0].since == date(2026, 3, 3)
