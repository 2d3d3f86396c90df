"""The router's own life: changes of route, reloads, its death, ports and folders; on real HAProxy, under load."""

import errno
import http.client
import json
import os
import re
import shutil
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import psutil
import pytest

from line.tests.host.conftest import Backend, until
from line.tests.host.load import Answer, Client, load
from line.tests.host.test_alerts import ALERTS
from mainline.errors import MainlineError
from mainline.host import control, haproxy
from mainline.host import processes as proc
from mainline.host import router as module
from mainline.host.model import Route
from mainline.host.router import Router
from mainline.tools import ports

pytestmark = pytest.mark.slow


def processes(router: Router) -> dict[str, int]:
    """Process ids of the router: master and worker."""
    said = control.exchange(router.folder / control.MASTER, "show proc")
    lines = said.partition("# old workers")[0].splitlines()  # they end what they have begun
    return {line.split()[1]: int(line.split()[0]) for line in lines if line[:1].isdigit()}


class Within(http.client.HTTPConnection):
    """One of the router's own connections to a slot, which go through a socket in its folder."""

    def __init__(self, path: str) -> None:
        super().__init__("router", timeout=5)
        self._path = path

    def connect(self) -> None:
        """Connect; once."""
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect(self._path)


@contextmanager
def within(router: Router, slot: str, count: int = 2) -> Iterator[list[Within]]:
    """Some of them, from the folder itself: a path of a socket may have 107 characters at most."""
    before = Path.cwd()
    os.chdir(router.folder)
    made = [Within(f"{slot}.sock") for _ in range(count)]
    try:
        yield made
    finally:
        os.chdir(before)
        for each in made:
            each.close()


def test_changes_of_route_cost_no_request(router: Router, port: int, blue: Backend, green: Backend) -> None:
    """A whole release and back, again and again under load: shares, promotion, draining, taking out."""
    with load(port) as seen:
        for _ in range(8):
            for share in (0.05, 0.5, 1.0):
                router.route("blue", "green", share)
            router.route("green", "blue", 0)
            router.route("green")
            router.set_slot("blue", None)
            router.set_slot("blue", blue.address, "old")
            router.route("green", "blue", shadow=True)
            router.route("blue", "green", 0.3)
            seen.more(20)
    assert seen.errors == []
    assert set(seen.slots) == {"blue", "green"}


def test_from_the_moment_route_returns_nobody_gets_the_old_one(
    router: Router, client: Client, blue: Backend, green: Backend
) -> None:
    """A rollback is immediate."""
    for _ in range(20):
        router.route("blue", "green", 1)
        assert client.ask().slot == "green"
        router.route("blue")
        assert client.ask().slot == "blue"


def test_reloads_cost_no_request(router: Router, port: int, blue: Backend, green: Backend) -> None:
    """Slots, shares and connections survive them."""
    router.route("blue", "green", 0.5)
    with load(port) as seen:
        for _ in range(4):
            before = processes(router)["worker"]
            router.reload()
            assert processes(router)["worker"] != before
            seen.more(50)
            until(lambda old=before: not proc.born(old), "the old worker has ended what it had begun")
    assert seen.errors == []
    assert min(seen.slots.values()) > 50


def test_a_reload_closes_no_connection_within_that_is_about_to_be_used(router: Router, blue: Backend) -> None:
    """What the old worker sends itself while it stops is answered; were it dropped, four drops would be a 502."""
    with within(router, "blue") as (fresh, used):
        for each in (fresh, used):
            each.connect()
        used.request("GET", "/seen")
        assert json.loads(used.getresponse().read())
        router.reload()
        for each in (fresh, used):
            each.request("GET", "/seen")
            assert json.loads(each.getresponse().read())


def test_other_settings_reload_the_same_settings_do_not(
    router: Router, port: int, blue: Backend, client: Client
) -> None:
    """Starting again is going on: with the slots and route that were there, in the same process if it can be."""
    before = processes(router)
    metrics = router._routing.settings.metrics
    again = Router.start(router.folder, port, metrics=metrics, timeout=2, open_to_all=True)
    assert (processes(again), again.routed) == (before, Route("blue"))
    Router.start(router.folder, port, metrics=metrics, timeout=3, open_to_all=True)
    assert processes(again)["master"] == before["master"]
    assert processes(again)["worker"] != before["worker"]
    assert client.ask().slot == "blue"


@pytest.mark.parametrize("victim", ["worker", "master"])
def test_a_killed_router_comes_back_as_it_was(
    router: Router, port: int, blue: Backend, green: Backend, victim: str
) -> None:
    """kill -9 of HAProxy, and ensure() from another process: same slots, same route, same ids."""
    router.route("blue", "green", 1.0)
    prefix = Client(port).ask().id.partition(".")[0]
    os.kill(processes(router)[victim], signal.SIGKILL)
    until(lambda: not haproxy.alive(router.folder), "it is dead")
    again = Router.attach(router.folder)
    assert again.ensure()
    assert not again.ensure()
    answer = Client(port).ask()
    assert (answer.slot, answer.id.partition(".")[0], again.routed) == ("green", prefix, Route("blue", "green", 1.0))


def test_a_hung_router_is_replaced(router: Router, port: int, blue: Backend, monkeypatch: pytest.MonkeyPatch) -> None:
    """One that does not answer is no router: ensure() ends it and starts another."""
    monkeypatch.setattr(control, "ANSWERS_WITHIN", 2.0)
    worker = processes(router)["worker"]
    os.kill(worker, signal.SIGSTOP)
    until(lambda: psutil.Process(worker).status() == psutil.STATUS_STOPPED, "it hangs")
    assert router.ensure()
    assert Client(port).ask().slot == "blue"


def test_a_router_whose_folder_was_lost_is_replaced(tmp_path: Path, port: int) -> None:
    """It still holds the port, and nobody can speak to it any more: the next one of that folder ends it."""
    folder, metrics = tmp_path / "router", f"127.0.0.1:{ports.free()}"
    lost = processes(Router.start(folder, port, metrics=metrics))
    shutil.rmtree(folder)
    made = Router.start(folder, port, metrics=metrics)
    try:
        assert set(processes(made).values()).isdisjoint(lost.values())
        assert not any(proc.born(pid) for pid in lost.values())
    finally:
        made.stop()


def test_route_revives_a_dead_router(router: Router, port: int, blue: Backend, green: Backend) -> None:
    """Whoever wants a route gets it."""
    os.kill(processes(router)["worker"], signal.SIGKILL)
    until(lambda: not haproxy.alive(router.folder), "it is dead")
    router.route("green")
    assert Client(port).ask().slot == "green"


def test_it_outlives_whoever_started_it(router: Router) -> None:
    """It is in a session of its own: an agent's end, or Ctrl-C, does not reach it."""
    assert os.getsid(processes(router)["master"]) == processes(router)["master"] != os.getsid(0)


def test_a_slot_is_drained_before_it_is_taken_out(
    router: Router, port: int, client: Client, blue: Backend, green: Backend
) -> None:
    """A request that has begun is answered by whom it was sent to; only then is the slot empty."""
    router.route("blue", "green", 1)
    green.become(delay=0.3)
    with load(port, clients=2) as seen:
        until(lambda: router.stats()["green"].sessions > 0, "green is at work")
        assert not router.drained("green")
        router.route("blue")
        assert router.stats()["green"].state == "draining"
        router.set_slot("green", None)
        assert (router.drained("green"), router.stats()["green"].state) == (True, "empty")
        seen.more(20)
    assert (seen.errors, set(router.slots)) == ([], {"blue"})
    assert router.stats()["green"].failures == 0


def test_taking_out_the_canary_ends_its_share(router: Router, client: Client, blue: Backend, green: Backend) -> None:
    """In one step; production cannot be taken out."""
    router.route("blue", "green", 1)
    router.set_slot("green", None)
    assert (router.routed, client.ask().slot) == (Route("blue"), "blue")
    with pytest.raises(MainlineError, match="slot blue is production; route its traffic elsewhere"):
        router.set_slot("blue", None)


def test_a_draining_slot_still_gets_its_labels(router: Router, client: Client, blue: Backend, green: Backend) -> None:
    """They are asked of whoever predicted, for as long as it is there."""
    router.route("blue", "green", 1)
    known = client.ask().id
    router.route("blue")
    assert client.ask("/feedback", {"request_id": known}).content == {"slot": "green", "outcome": "right"}
    router.set_slot("green", None)
    assert client.ask("/feedback", {"request_id": known}).content == {"slot": "blue", "outcome": "unmatched"}


def test_production_that_moves_costs_no_request(
    router: Router, port: int, blue: Backend, backend: Callable[[str], Backend]
) -> None:
    """The same version on another port, and the old process killed at once."""
    second = backend("second")
    with load(port) as seen:
        router.set_slot("blue", second.address, "old")
        blue.end()
        seen.more(100)
    assert (seen.errors, seen.answers[-1].slot) == ([], "second")


def test_a_folder_that_cannot_be_is_one_clear_line(tmp_path: Path) -> None:
    """A file stands where it should be."""
    (tmp_path / "file").touch()
    with pytest.raises(MainlineError, match=r"^router: .*file/router cannot be made .Not a directory.; choose another"):
        Router.start(tmp_path / "file/router", ports.free())


def test_a_folder_without_a_router_is_one_clear_line(router: Router, tmp_path: Path) -> None:
    """Nothing was ever started there; or what is remembered is damaged."""
    with pytest.raises(MainlineError, match=r"^router: there is none in .*; start one$"):
        Router.attach(tmp_path / "nowhere")
    for damage in ("", "{}", "[]", '{"format": 2}'):
        (tmp_path / module.MEMORY).write_text(damage)
        with pytest.raises(MainlineError, match=r"^router: .*router.json is not as it was written .*; delete it$"):
            Router.attach(tmp_path)


def test_stats_count_by_slot(router: Router, client: Client, blue: Backend, green: Backend) -> None:
    """Requests, errors passed on, and failures that were sent to the other."""
    router.route("blue", "green", 0)
    for _ in range(3):
        client.ask()
    client.ask(x_canary="always")
    assert {slot: each.requests for slot, each in router.stats().items()} == {"blue": 3, "green": 1}
    assert {each.state for each in router.stats().values()} == {"up"}
    green.become(mute=True)
    assert client.ask(x_canary="always").slot == "blue"
    assert {slot: each.failures for slot, each in router.stats().items()} == {"blue": 0, "green": 1}
    green.become(mute=False, status=500)
    assert client.ask(x_canary="always").status == 500
    assert {slot: each.errors for slot, each in router.stats().items()} == {"blue": 0, "green": 1}


def test_its_own_metrics_are_private_and_there(router: Router, client: Client, blue: Backend) -> None:
    """HAProxy's exporter, on the address for it."""
    client.ask()
    text = httpx.get(f"http://{router._routing.settings.metrics}/metrics").text
    assert 'haproxy_server_http_responses_total{proxy="slots",server="blue",code="2xx"} 1' in text
    asked = set(re.findall(r"\bhaproxy_\w+", ALERTS.read_text()))
    assert len(asked) == 2
    assert all(f'{name}{{proxy="public"' in text for name in asked)


@pytest.mark.parametrize("which", ["port", "metrics"])
def test_a_port_that_is_taken_is_one_clear_line(tmp_path: Path, which: str) -> None:
    """Who listens there already goes on; nothing is left of the router."""
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        taken = other.getsockname()[1]
        port, metrics = (taken, ports.free()) if which == "port" else (ports.free(), taken)
        with pytest.raises(MainlineError, match=f"^router: 127.0.0.1:{taken} is taken; stop what listens there, .*$"):
            Router.start(tmp_path, port, metrics=f"127.0.0.1:{metrics}")
    assert not haproxy.alive(tmp_path)


def test_a_port_that_is_taken_leaves_a_running_router_as_it_was(
    router: Router, client: Client, port: int, blue: Backend, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Settings that cannot be had are refused, and requests are answered as before."""
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        taken = f"127.0.0.1:{other.getsockname()[1]}"
        monkeypatch.setattr(haproxy, "STARTS_WITHIN", 3.0)
        with pytest.raises(MainlineError, match=f"^router: {taken} is taken; stop what listens there"):
            Router.start(router.folder, port, metrics=taken, timeout=2)
        assert client.ask().slot == "blue"
    Router.start(router.folder, port, metrics=taken, timeout=2)
    assert httpx.get(f"http://{taken}/metrics").status_code == 200
    assert client.ask().slot == "blue"


def test_two_routers_do_not_share_a_port(router: Router, port: int, tmp_path: Path) -> None:
    """The second one is refused, instead of taking every other connection."""
    with pytest.raises(MainlineError, match="is taken"):
        Router.start(tmp_path / "second", port, metrics=f"127.0.0.1:{ports.free()}")


def test_a_folder_with_a_long_name_will_do(tmp_path: Path) -> None:
    """Longer than a socket's path may be, with a blank and an umlaut."""
    made = Router.start(tmp_path / ("ä b" + "c" * 150), ports.free(), metrics=f"127.0.0.1:{ports.free()}")
    assert made.stats()["blue"].state == "empty"
    made.stop()
    assert not haproxy.alive(made.folder)


def test_a_full_disk_does_not_keep_a_bad_canary_in_traffic(
    router: Router, client: Client, blue: Backend, green: Backend, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The route changes, and the user is told that it is not written down."""

    def full(path: Path, text: str) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    router.route("blue", "green", 1)
    monkeypatch.setattr(module, "_write", full)
    with pytest.raises(MainlineError, match=r"does what it should, but .* \(No space left on device\); make room"):
        router.route("blue")
    assert client.ask().slot == "blue"


def test_the_log_does_not_grow_for_ever(
    router: Router, client: Client, blue: Backend, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When it is large it begins anew, and the one before is kept."""
    log, old = router.folder / "access.log", router.folder / "access.1.log"
    client.ask()
    until(lambda: log.stat().st_size > 0, "it is logged")
    router.ensure()
    assert not old.exists()
    monkeypatch.setattr(module, "LARGEST_LOG", 10)
    router.ensure()
    assert '"/predict"' in old.read_text().replace("\\", "")
    assert log.stat().st_size == 0
    client.ask()
    until(lambda: log.stat().st_size > 0, "it is logged")
    assert json.loads(log.read_text().splitlines()[0])["status"] == 200


def test_stopping_lets_requests_end(router: Router, port: int, blue: Backend) -> None:
    """The one that has begun is answered; then nobody listens."""
    blue.become(delay=0.8)
    answers: list[Answer] = []
    asking = threading.Thread(target=lambda: answers.append(Client(port).ask()))
    asking.start()
    until(lambda: router.stats()["blue"].sessions == 1, "it is asked")
    router.stop()
    asking.join()
    assert [each.slot for each in answers] == ["blue"]
    with pytest.raises(ConnectionRefusedError):
        Client(port).ask()
