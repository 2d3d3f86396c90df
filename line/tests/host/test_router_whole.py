"""A client gets a whole answer or none: what a slot was cut off in is asked of the other one, or waited for."""

import csv
import signal
import threading
import time

import pytest

from line.tests.host.conftest import Backend, access_log, until
from line.tests.host.load import Client, load
from mainline.host import binary, control
from mainline.host.router import Router

pytestmark = pytest.mark.slow
ACCEPTED = list({each.path: each for each in binary.candidates() if not each.flaw}.values())


@pytest.fixture(autouse=True, params=ACCEPTED, ids=[each.version for each in ACCEPTED])
def each_haproxy(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every HAProxy of this machine that would be taken: the one on PATH and the carried one."""
    monkeypatch.setattr(binary, "candidates", lambda: iter([request.param]))


@pytest.fixture
def patient(router: Router, port: int, blue: Backend) -> Router:
    """The router as hosts run it, that gives a slot half a minute."""
    return Router.start(router.folder, port, metrics=router._routing.settings.metrics, timeout=30)


def test_an_answer_that_breaks_off_is_asked_of_the_other_slot(
    router: Router, client: Client, blue: Backend, green: Backend
) -> None:
    """A service killed between the head of an answer and its end: no client has half of it, or sees an error."""
    router.route("blue", "green", 1.0)
    green.become(half="ended")
    answers = [client.ask() for _ in range(20)]
    assert {(each.status, each.slot) for each in answers} == {(200, "blue")}
    assert router.stats()["green"].failures >= 20
    assert {line["retries"] for line in access_log(router) if line["path"] == "/predict"} == {"+1"}


def test_an_answer_that_hangs_in_the_middle_is_asked_of_the_other_slot(
    patient: Router, port: int, blue: Backend, green: Backend
) -> None:
    """SIGSTOP amid answers: once the hang is known, what the slot holds is answered by the other one, and let go."""
    patient.set_slot("green", green.address, "new")
    patient.route("blue", "green", 0.5)
    with load(port) as seen:
        green.become(half="hung")
        until(lambda: held(patient) > 0, "it holds requests")
        time.sleep(0.3)  # all that it was asked is half answered by now
        green.kill(signal.SIGSTOP)
        until(lambda: patient.stats()["green"].state == "down", "the hang is noticed")
        seen.more(100)
        until(lambda: held(patient) == 0, "nobody waits for it any more")
    assert seen.errors == []


def held(router: Router) -> int:
    """How many requests green's service holds."""
    rows = csv.DictReader(control.ask(router.folder, "show stat green 4 -1").removeprefix("# ").splitlines())
    return int(next(rows)["scur"])


def test_an_answer_that_comes_in_parts_is_waited_for(
    router: Router, client: Client, blue: Backend, green: Backend
) -> None:
    """Its beginning alone is no reason to ask the other slot."""
    router.route("blue", "green", 1.0)
    green.become(half="hung")
    threading.Timer(0.5, green.become, kwargs={"half": ""}).start()
    assert client.ask().slot == "green"
    assert router.stats()["green"].failures == 0


def test_an_answer_larger_than_the_buffer_passes_whole(
    router: Router, client: Client, blue: Backend, green: Backend
) -> None:
    """It cannot be held back in full; it is not taken for one that broke off."""
    router.route("green")
    for size in (47_000, 49_000, 66_000, 1_000_000):
        green.become(padding=size)
        answer = client.ask()
        assert (answer.status, answer.slot, len(answer.content["padding"])) == (200, "green", size)
    assert router.stats()["green"].failures == 0


def test_an_answer_without_a_body_is_whole(router: Router, client: Client, blue: Backend) -> None:
    """HEAD names a length and sends nothing of it."""
    client._connection.request("HEAD", "/model")
    answer = client._connection.getresponse()
    assert (answer.status, answer.read()) == (200, b"")
    assert int(answer.headers["content-length"]) > 0
    assert router.stats()["blue"].failures == 0


def test_a_production_that_is_alone_and_restarts_is_waited_for(patient: Router, port: int, blue: Backend) -> None:
    """Nobody listens for some seconds, and requests are late; none is lost."""
    with load(port) as seen:
        blue.end()
        until(lambda: patient.stats()["blue"].state == "down", "its end is noticed")
        time.sleep(2)
        blue.start()
        seen.more(50)
    assert seen.errors == []
    assert max(each.seconds for each in seen.answers) > 2


def test_a_production_that_takes_a_while_to_be_gone_is_waited_for(patient: Router, port: int, blue: Backend) -> None:
    """As a busy machine ends a killed process: for some time it still takes connections, and drops each."""
    with load(port) as seen:
        blue.become(dies=0.1)
        blue.process.wait(5)
        blue.start()
        seen.more(50)
    assert seen.errors == []


def test_both_slots_hanging_at_once_are_waited_for(patient: Router, port: int, blue: Backend, green: Backend) -> None:
    """As an overloaded machine looks to the checks: late answers, no error, and both are back."""
    patient.set_slot("green", green.address, "new")
    patient.route("blue", "green", 0.5)
    with load(port) as seen:
        for each in (blue, green):
            each.kill(signal.SIGSTOP)
        until(lambda: {each.state for each in patient.stats().values()} == {"down"}, "both hangs are noticed")
        for each in (blue, green):
            threading.Timer(0.5, each.kill, (signal.SIGCONT,)).start()
        seen.more(100)
    assert seen.errors == []
    assert set(seen.slots) == {"blue", "green"}
