"""What the cluster's judge answers over HTTP, by real git, real counters and the API as it answers."""

from line.tests.cluster.stage import Stage
from line.tests.host.hosts import release

PAIR = "canary=bbb&stable=aaa"
JUDGE, RELEASED, BARRED = f"/judge?{PAIR}&share=0.1", f"/released?{PAIR}&share=0.1", f"/barred?{PAIR}"


def test_a_good_canary_may_go_on(stage: Stage) -> None:
    """Once both sides have answered enough; before, it is held."""
    service, (a, b) = stage.judge(), stage.pods
    assert stage.ask(service, JUDGE)["answer"] == "hold"
    stage.serve((a, 90_000, 0), (b, 10_000, 0))
    said = stage.ask(service, JUDGE)
    assert (said["answer"], said["cause"], said["requests"], said["version"]) == ("next", "good", 10_000, "bbbbbbbb")


def test_a_bad_canary_is_rolled_back_barred_and_written_down(stage: Stage) -> None:
    """The ledger has it with the judge's reason, and whoever asks again hears the same."""
    service, (a, b) = stage.judge(), stage.pods
    stage.ask(service, JUDGE)
    stage.serve((a, 900, 0), (b, 50, 50))
    assert stage.ask(service, JUDGE)["answer"] == "rollback"
    assert stage.ask(service, JUDGE)["answer"] == "rollback"
    stage.round(service)
    assert stage.events() == [("rolled back", "b")]
    said = stage.ask(service, BARRED)
    stage.round(service)
    said = stage.ask(service, BARRED)
    assert said["answer"] == "rollback"
    assert "50 of 100" in said["reason"]


def test_it_is_released_once_git_names_it(stage: Stage) -> None:
    """By deploy/production.env; until then it waits, however good it is."""
    service = stage.judge()
    assert stage.ask(service, RELEASED)["answer"] == "hold"
    stage.want(production=release("b"))
    stage.round(service)
    assert stage.ask(service, RELEASED)["answer"] == "next"
