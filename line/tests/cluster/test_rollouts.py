"""What the judge makes of a Rollout's status: events for the ledger, by the API as it answers."""

import shutil

from line.tests.cluster.stage import Stage
from line.tests.host.hosts import release

HEALTHY = {"phase": "Healthy", "stableRS": "aaa", "currentPodHash": "aaa"}
ABORTED = {
    "phase": "Degraded",
    "stableRS": "aaa",
    "currentPodHash": "bbb",
    "abort": True,
    "abortedAt": "2026-03-01T12:00:00Z",
    "message": "RolloutAborted: Rollout aborted update to revision 2",
}
PROMOTED = {"phase": "Healthy", "stableRS": "bbb", "currentPodHash": "bbb"}


def test_what_a_healthy_rollout_runs_is_production(stage: Stage) -> None:
    """The first by itself, the next in its place; each is written down once."""
    stage.status = {"phase": "Progressing"}
    service = stage.judge()
    assert stage.events() == []
    stage.status = HEALTHY
    stage.round(service)
    stage.round(service)
    assert stage.events() == [("promoted", "a")]
    stage.status = PROMOTED
    stage.round(service)
    assert stage.events() == [("promoted", "a"), ("promoted", "b")]
    assert [each["production"] for each in stage.ledger()] == ["aaaaaaaa", "bbbbbbbb"]


def test_what_still_rolls_out_is_not(stage: Stage) -> None:
    """Paused at a step, or on its way: production is what has been through all steps, also where nothing is known."""
    service = stage.judge()
    for phase in ("Progressing", "Paused", "Degraded"):
        stage.status = {**PROMOTED, "phase": phase}
        stage.round(service)
    assert stage.events() == [("promoted", "a")]


def test_going_back_bars_what_was_left(stage: Stage) -> None:
    """As on a host: production.env names what was production before, and runs at once."""
    service = stage.judge()
    for status, name in ((HEALTHY, "a"), (PROMOTED, "b"), (HEALTHY, "a")):
        stage.want(production=release(name), canary=release(name))
        stage.status = status
        stage.round(service)
    assert stage.events() == [("promoted", "a"), ("promoted", "b"), ("reverted", "a"), ("rolled back", "b")]
    assert stage.ask(service, "/")["barred"] == {
        "bbbbbbbb": "deploy/production.env went back from bbbbbbbb to aaaaaaaa"
    }


def test_a_release_that_is_taken_back_bars_its_version(stage: Stage) -> None:
    """As on a host, in the middle of it; a release that gives way to another does not."""
    service = stage.judge()
    stage.status = HEALTHY
    stage.round(service)
    for name in "bcda":
        stage.want(production=release(name))
        stage.round(service)
    assert stage.events() == [("promoted", "a"), ("rolled back", "d")]
    assert stage.ledger()[-1]["reason"] == "deploy/production.env went back to aaaaaaaa"


def test_what_the_judge_said_is_why_it_was_promoted(stage: Stage) -> None:
    """The ledger has its last words about the version."""
    service = stage.judge()
    stage.status = HEALTHY
    stage.round(service)
    judge = "/judge?canary=bbb&stable=aaa&share=1"
    stage.ask(service, judge)
    stage.serve((stage.pods[1], 10_000, 0), (stage.pods[0], 10_000, 0))
    said = stage.ask(service, judge)["reason"]
    stage.status = PROMOTED
    stage.round(service)
    assert f"x: {stage.ledger()[-1]['reason']}".partition(": ")[2] == said.partition(": ")[2]


def test_an_abort_by_hand_bars_the_version(stage: Stage) -> None:
    """With the Rollout's own words; once, and not again once a person has the version again."""
    service = stage.judge()
    stage.status = ABORTED
    stage.round(service)
    stage.round(service)
    assert len(stage.events()) == 2
    entry = stage.ledger()[-1]
    assert (entry["event"], entry["version"], entry["reason"]) == ("rolled back", "bbbbbbbb", ABORTED["message"])
    stage.want(canary=release("b", force="again"))
    stage.round(service)
    assert stage.ask(service, "/")["barred"] == {}
    stage.status = {**ABORTED, "abortedAt": "2026-03-01T13:00:00Z"}
    stage.round(service)
    assert stage.events() == [("promoted", "a"), *[("rolled back", "b")] * 2]


def test_an_abort_of_another_change_bars_nothing(stage: Stage) -> None:
    """Of the Rollout's resources, where both sides are of one version."""
    service = stage.judge()
    stage.sets["a22"] = "aaaaaaaa"
    stage.status = {**ABORTED, "currentPodHash": "a22"}
    stage.round(service)
    assert stage.events() == [("promoted", "a")]


def test_a_judge_without_its_memory_knows_what_is_in_production(stage: Stage) -> None:
    """The ledger has it, under the cluster's name: it is not written down again, and going back is still that."""
    service = stage.judge(name="paris")
    stage.status = HEALTHY
    stage.round(service)
    stage.status = PROMOTED
    stage.round(service)
    shutil.rmtree(stage.folder / "state")
    service = stage.judge(name="paris")
    stage.round(service)
    assert stage.events() == [("promoted", "a"), ("promoted", "b")]
    stage.want(production=release("a"))
    stage.status = HEALTHY
    stage.round(service)
    assert stage.events()[2:] == [("reverted", "a"), ("rolled back", "b")]


def test_a_new_cluster_that_runs_what_is_barred_lifts_no_bar(stage: Stage) -> None:
    """Its Rollout skips all steps; the ledger is not told that it is production, and people are told what runs."""
    service = stage.judge()
    stage.status = ABORTED
    stage.round(service)
    shutil.rmtree(stage.folder / "state")
    stage.status = PROMOTED
    service = stage.judge(name="new")
    stage.round(service)
    assert stage.events() == [("promoted", "a"), ("rolled back", "b")]
    assert "bbbbbbbb runs here, and was rolled back" in stage.ask(service, "/")["wrong"]["production"]


def test_several_rollouts_need_a_name(stage: Stage) -> None:
    """Else whose status it is cannot be known; one that is not there is none."""
    stage.others.append("worker")
    service = stage.judge()
    stage.status = HEALTHY
    stage.round(service)
    assert "--rollout says which" in stage.ask(service, "/")["wrong"]["rollout"]
    assert stage.events() == []
    stage.round(stage.judge(rollout="nothing"))
    assert stage.events() == []
    stage.round(stage.judge(rollout="model"))
    assert stage.events() == [("promoted", "a")]
