"""No client sees an error when a slot dies, hangs, restarts or falls silent: real processes, under load."""

import signal
from collections.abc import Callable

import pytest

from line.tests.host.conftest import Backend, until
from line.tests.host.load import Client, load
from mainline.host.router import Router

pytestmark = pytest.mark.slow


def test_a_killed_canary_costs_no_request(router: Router, port: int, blue: Backend, green: Backend) -> None:
    """SIGKILL of the canary at half of the traffic: production answers."""
    router.route("blue", "green", 0.5)
    with load(port) as seen:
        assert set(seen.more(100).slots) == {"blue", "green"}
        green.kill()
        until(lambda: router.stats()["green"].state == "down", "its end is noticed")
        seen.more(100)
    assert seen.errors == []
    assert seen.slots["green"] > 20


def test_a_killed_production_costs_no_request(router: Router, port: int, blue: Backend, green: Backend) -> None:
    """SIGKILL of production: the canary answers for it, even with a share of 0."""
    router.route("blue", "green", 0.0)
    with load(port) as seen:
        assert set(seen.more(100).slots) == {"blue"}
        blue.kill()
        until(lambda: router.stats()["blue"].state == "down", "its end is noticed")
        seen.more(100)
    assert seen.errors == []
    assert seen.answers[-1].slot == "green"


@pytest.mark.parametrize("victim", ["blue", "green"])
def test_a_slot_that_hangs_costs_no_request(
    router: Router, port: int, blue: Backend, green: Backend, victim: str
) -> None:
    """SIGSTOP: what the slot holds goes to the other one at once, however patient the router is; and back again."""
    hung = {"blue": blue, "green": green}[victim]
    router = Router.start(router.folder, port, metrics=router._routing.settings.metrics, timeout=60)
    router.route("blue", "green", 0.5)
    with load(port) as seen:
        seen.more(100)
        hung.kill(signal.SIGSTOP)
        until(lambda: router.stats()[victim].state == "down", "the hang is noticed")  # type: ignore[index]
        until(lambda: router.stats()[victim].sessions == 0, "what it held is elsewhere")  # type: ignore[index]
        seen.more(200)
        hung.kill(signal.SIGCONT)
        until(lambda: router.stats()[victim].state == "up", "it is back")  # type: ignore[index]
        before = seen.slots[victim]
        seen.more(300)
    assert seen.errors == []
    assert seen.slots[victim] > before + 50


def test_a_slot_that_takes_requests_and_never_answers_costs_none(
    router: Router, port: int, blue: Backend, green: Backend
) -> None:
    """It says that it is ready, and is not: after the timeout the other one is asked."""
    router.route("blue", "green", 0.5)
    with load(port) as seen:
        seen.more(100)
        green.become(mute=True)
        seen.more(8, within=15)
        green.become(mute=False)
        seen.more(100)
    assert seen.errors == []
    assert max(each.seconds for each in seen.answers) > 2


def test_a_restart_of_a_slot_costs_no_request(router: Router, port: int, blue: Backend, green: Backend) -> None:
    """Killed and started again, on the same port, it is back without being announced."""
    router.route("blue", "green", 0.5)
    with load(port) as seen:
        for _ in range(3):
            green.end()
            seen.more(50)
            green.start()
            seen.more(50)
        until(lambda: router.stats()["green"].state == "up", "it is back")
    assert seen.errors == []


def test_the_only_slot_is_asked_though_it_seems_down(router: Router, port: int, blue: Backend, client: Client) -> None:
    """A check that fails is no reason for an error where there is nobody else to ask."""
    blue.become(ready=False)
    until(lambda: router.stats()["blue"].state == "down", "the check fails")
    assert client.ask().slot == "blue"


def test_a_hang_of_the_only_slot_is_waited_for(router: Router, port: int, blue: Backend) -> None:
    """Production alone, asleep for a moment: requests are late, none is lost."""
    with load(port) as seen:
        blue.kill(signal.SIGSTOP)
        until(lambda: router.stats()["blue"].state == "down", "the hang is noticed")
        blue.kill(signal.SIGCONT)
        seen.more(100)
    assert seen.errors == []


def test_nobody_to_ask_is_a_plain_503(router: Router, client: Client, blue: Backend) -> None:
    """With every slot dead a client is told so, in JSON."""
    blue.end()
    answer = client.ask()
    assert (answer.status, list(answer.content)) == (503, ["error"])


def test_a_slot_that_is_not_named_answers_for_nobody(
    router: Router, client: Client, blue: Backend, green: Backend
) -> None:
    """A version that starts, or was rolled back, is not asked even when production is dead."""
    router.route("blue", "green", 1)
    router.route("blue")
    blue.end()
    assert client.ask().status == 503


@pytest.mark.parametrize("path", ["/predict", "/predict/table", "/invocations", "/v2/models/churn-1.2/infer"])
def test_an_error_of_the_canary_is_passed_on(
    router: Router, client: Client, blue: Backend, green: Backend, path: str
) -> None:
    """A 500 that the canary answered is what its user gets; production is only asked for the judge, aside."""
    router.route("blue", "green", 1.0)
    green.become(status=500)
    assert client.ask(path).status == 500
    until(lambda: len(blue.seen()["predicted"]) == 1, "production is asked aside")
    assert blue.seen()["headers"][0]["x-mainline-second"] == "1"
    assert router.stats()["green"].errors == 1


def test_both_slots_dying_in_turn_under_load_costs_no_request(
    router: Router, port: int, blue: Backend, green: Backend, backend: Callable[[str], Backend]
) -> None:
    """One at a time may always be away."""
    router.route("blue", "green", 0.5)
    with load(port) as seen:
        for each in (green, blue, green):
            each.end()
            seen.more(60)
            each.start()
            until(lambda name=each.name: router.stats()[name].state == "up", "it is back")
    assert seen.errors == []
