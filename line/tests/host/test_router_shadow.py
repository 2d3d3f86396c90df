"""A canary that shadows gets copies, and no client feels it: slow, dead, hung or failing; on real HAProxy."""

import signal
import statistics
from pathlib import Path

import pytest

from line.tests.host.conftest import Backend, until
from line.tests.host.load import Client, load
from mainline.host.router import Router

pytestmark = pytest.mark.slow


def settled(router: Router) -> dict[str, int]:
    """The counts, once no copy is on its way."""
    until(lambda: router.shadow_stats()["in_flight"] == 0, "all copies are done", within=15)
    return router.shadow_stats()


def test_copies_arrive_with_the_same_id_and_body(router: Router, client: Client, blue: Backend, green: Backend) -> None:
    """So that labels can be joined there too; all clients are answered by production."""
    router.route("blue", "green", shadow=True)
    body = {"row": {"text": "ä\x00b"}}
    answers = [client.ask(content=body, content_type="application/json") for _ in range(20)]
    labels = [client.ask("/feedback", {"request_id": each.id, "label": 1}) for each in answers]
    assert {each.slot for each in answers + labels} == {"blue"}
    assert settled(router) == {"copied": 40, "dropped": 0, "failed": 0, "in_flight": 0}
    seen = green.seen()
    assert sorted(seen["predicted"]) == sorted(seen["labelled"]) == sorted(each.id for each in answers)
    sent = {(each["size"], each["content-type"]) for each in seen["headers"]}
    assert sent == {(str(answers[0].content["size"]), "application/json")}


def test_pages_are_not_copied(router: Router, client: Client, blue: Backend, green: Backend) -> None:
    """Only predictions and labels are."""
    router.route("blue", "green", shadow=True)
    client.ask("/model", method="GET")
    client.ask("/docs.json", method="GET")
    client.ask("/predict", method="GET")
    assert settled(router)["copied"] == 0


def test_without_a_shadow_nothing_is_copied(router: Router, client: Client, blue: Backend, green: Backend) -> None:
    """A canary with a share gets its users and nothing else; nor is what the shadow answers itself copied to it."""
    router.route("blue", "green", 0.0)
    client.ask()
    assert green.seen()["predicted"] == []
    router.route("blue", "green", shadow=True)
    assert client.ask(x_canary="always").slot == "green"
    assert (settled(router)["copied"], len(green.seen()["predicted"])) == (0, 1)


@pytest.mark.parametrize("way", ["slow", "dead", "hung", "failing"])
def test_no_client_waits_for_a_shadow(router: Router, port: int, blue: Backend, green: Backend, way: str) -> None:
    """Answers come as without it, none is an error, and no more than 32 copies are on their way."""
    router.route("blue", "green", shadow=True)
    most = 0
    with load(port) as seen:
        match way:
            case "slow":
                green.become(delay=0.5)
            case "dead":
                green.kill()
            case "hung":
                green.kill(signal.SIGSTOP)
            case "failing":
                green.become(status=500)
        begun = len(seen.answers)
        for _ in range(20):
            seen.more(40)
            most = max(most, router.shadow_stats()["in_flight"])
    green.kill(signal.SIGCONT)
    assert seen.errors == []
    assert set(seen.slots) == {"blue"}
    assert statistics.median(each.seconds for each in seen.answers[begun:]) < 0.05
    assert most <= 32
    counts = settled(router)
    assert counts["copied"] + counts["dropped"] == len(seen.answers)
    assert (counts["dropped"] > 0) == (way != "failing")
    assert (counts["failed"] > 0) == (way in ("dead", "failing"))


def test_a_body_larger_than_the_buffer_is_not_copied(
    router: Router, client: Client, blue: Backend, green: Backend
) -> None:
    """Half of it would be a failure of the shadow's that is none."""
    router.route("blue", "green", shadow=True)
    assert client.ask(content=b" " * 40_000).content["size"] == 40_000
    assert client.ask(content=b" " * 200_000).content["size"] == 200_000
    assert settled(router)["copied"] == settled(router)["dropped"] == 1
    assert [each["size"] for each in green.seen()["headers"]] == ["40000"]


def test_a_shadow_answers_when_production_is_dead(
    router: Router, client: Client, blue: Backend, green: Backend, tmp_path: Path
) -> None:
    """Its answers are better than none."""
    router.route("blue", "green", shadow=True)
    blue.kill()
    assert client.ask().slot == "green"
