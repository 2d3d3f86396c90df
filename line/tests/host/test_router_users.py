"""What the judge is told of users, and what production answers where the canary does not; on real HAProxy."""

import stat
from typing import Any

import pytest

from line.tests.host.conftest import Backend, until
from line.tests.host.load import Client
from line.tests.host.test_router_shares import bucket
from mainline.canary.routed import Routed
from mainline.host.router import Router
from mainline.host.routing import prefix
from mainline.tools import ports

pytestmark = pytest.mark.slow
UNIT = prefix("green", "new")
OURS = [name for name in (f"user-{number}" for number in range(40)) if bucket(name) < 5_000]
THEIRS = [name for name in (f"user-{number}" for number in range(40)) if bucket(name) >= 5_000]


def units(backend: Backend) -> list[str | None]:
    """What a service was told of who asks."""
    return [headers.get("x-mainline-unit") for headers in backend.seen()["headers"]]


def told(router: Router) -> Routed:
    """What the router knows."""
    found = router.told()
    assert found is not None
    return found


def alone(router: Router) -> dict[int, tuple[int, int]]:
    """By bucket: requests of the canary, and those that production alone answered."""
    return dict(told(router).alone)


@pytest.fixture
def half(router: Router, green: Backend) -> Router:
    """Half of the users get the canary."""
    router.route("blue", "green", 0.5)
    return router


def test_both_sides_are_told_the_bucket(half: Router, client: Client, blue: Backend, green: Backend) -> None:
    """Of the canary that is judged; nobody says so from outside."""
    for name in (OURS[0], THEIRS[0]):
        client.ask(x_user=name, x_mainline_unit="b00000000.1", x_mainline_second="1")
    assert units(green) == [f"{UNIT}.{bucket(OURS[0])}"]
    assert units(blue) == [f"{UNIT}.{bucket(THEIRS[0])}"]
    assert "x-mainline-second" not in str(blue.seen()["headers"]) + str(green.seen()["headers"])


def test_who_is_no_user_of_the_split_has_no_bucket(
    router: Router, client: Client, blue: Backend, green: Backend
) -> None:
    """Where there is no canary, and where a header forces a side."""
    client.ask(x_user="user-1", x_mainline_unit="b00000000.1")
    router.route("blue", "green", 0.5)
    client.ask(x_user=OURS[0], x_canary="never")
    client.ask(x_user=THEIRS[0], x_canary="always")
    assert (units(blue), units(green)) == ([None, None], [None])
    assert told(router).seen is None


def test_copies_for_a_shadow_carry_the_bucket(router: Router, client: Client, blue: Backend, green: Backend) -> None:
    """So that both sides count the same users; who forces a side is none on either."""
    router.route("blue", "green", shadow=True)
    client.ask(x_user="user-1")
    until(lambda: bool(green.seen()["headers"]), "the copy is there")
    client.ask(x_user="user-1", x_canary="never")
    until(lambda: len(green.seen()["headers"]) == 2, "the other copy is there")
    assert units(blue) == units(green) == [f"{UNIT}.{bucket('user-1')}", None]


def test_users_of_either_side_are_counted_since_the_share_changed(half: Router, client: Client) -> None:
    """Each once, however often he asks; pages and labels are no requests."""
    for name in (*OURS[:3], *THEIRS[:5]) * 2:
        client.ask(x_user=name)
    client.ask("/feedback", {"request_id": "x", "label": 1}, x_user=OURS[5])
    client.ask("/model", method="GET", x_user=OURS[6])
    assert (told(half).unit, told(half).seen, told(half).nameless) == (UNIT, (3, 5), 0)
    half.route("blue", "green", 0.6)
    client.ask(x_user=OURS[0])
    assert told(half).seen == (1, 0)
    client.ask(x_forwarded_for="10.1.1.1")
    assert told(half).nameless == 1


def test_what_the_canary_alone_fails_or_refuses_is_told_by_user(
    half: Router, client: Client, blue: Backend, green: Backend
) -> None:
    """Production is asked the same, marked, once the client has his answer; all is counted from the first on."""
    first, second = OURS[:2]
    client.ask(x_user=first)
    green.become(status=500)
    assert client.ask(x_user=first, content={"row": {"a": 1}}, content_type="application/json").status == 500
    until(lambda: alone(half) == {bucket(first): (1, 1)}, "production has answered")
    assert told(half).failed == {bucket(first): 1}
    asked = blue.seen()["headers"][-1]
    assert (asked["x-mainline-second"], asked["content-type"]) == ("1", "application/json")
    assert asked["size"] == green.seen()["headers"][-1]["size"]
    assert "x-mainline-unit" not in asked
    green.become(status=422)
    client.ask(x_user=second)
    until(lambda: alone(half).get(bucket(second)) == (1, 1), "refusals, too")
    green.become(status=200)
    for _ in range(3):
        client.ask(x_user=first)
    assert alone(half) == {bucket(first): (4, 1), bucket(second): (1, 1)}
    assert (told(half).both, told(half).failed) == ({}, {bucket(first): 1})


@pytest.mark.parametrize(("canary", "production", "signal"), [(500, 400, "errors"), (400, 500, "refusals")])
def test_what_production_does_not_answer_either_is_told_apart(
    half: Router, client: Client, blue: Backend, green: Backend, canary: int, production: int, signal: str
) -> None:
    """It is not held against the canary."""
    green.become(status=canary)
    blue.become(status=production)
    for _ in range(2):
        client.ask(x_user=OURS[0])
    until(lambda: told(half).both == {signal: {bucket(OURS[0]): 2}}, "production was asked twice")
    assert alone(half) == {}


def test_what_production_fails_is_nobody_elses_to_answer(
    half: Router, client: Client, blue: Backend, green: Backend
) -> None:
    """Only of the canary's answers a second opinion is asked."""
    blue.become(status=500)
    client.ask(x_user=THEIRS[0])
    client.ask(x_user=OURS[0])
    assert (len(blue.seen()["predicted"]), len(green.seen()["predicted"])) == (1, 1)
    assert (alone(half), told(half).left) == ({}, 0)


def test_what_the_canary_left_unanswered_is_no_answer_of_its(
    half: Router, client: Client, blue: Backend, green: Backend
) -> None:
    """Production answers in its place, and is not asked for a second opinion on itself."""
    green.become(half="cut")
    blue.become(status=500)
    assert client.ask(x_user=OURS[0]).status == 500
    green.become(half="", status=500)
    client.ask(x_user=OURS[1])
    until(lambda: told(half).both == {"errors": {bucket(OURS[1]): 1}}, "the other's was asked")
    assert len(blue.seen()["predicted"]) == 2


def test_what_cannot_be_asked_is_left(half: Router, client: Client, blue: Backend, green: Backend) -> None:
    """A body that is larger than the buffer, and all where production is away; no client waits."""
    green.become(status=500)
    client.ask(content=b" " * 200_000, x_user=OURS[0])
    until(lambda: told(half).left == 1, "the large one is left")
    blue.kill()
    blue.process.wait()
    client.ask(x_user=OURS[0])
    until(lambda: told(half).left == 2, "nobody was there to be asked")
    assert alone(half) == {}


def test_no_client_waits_for_a_second_opinion(half: Router, client: Client, blue: Backend, green: Backend) -> None:
    """However slow production is, and of many no more than 32 are on their way."""
    green.become(status=500)
    blue.become(delay=1.0)
    slowest = max(client.ask(x_user=OURS[0]).seconds for _ in range(40))
    assert slowest < 0.5
    until(lambda: told(half).alone.get(bucket(OURS[0])) == (40, 32), "those on their way are answered")
    assert told(half).left == 8


def test_another_canary_begins_anew(half: Router, client: Client, green: Backend) -> None:
    """What was known was about the one before; another life of the router says that it is another."""
    green.become(status=500)
    client.ask(x_user=OURS[0])
    until(lambda: len(alone(half)) == 1, "production has answered")
    life = told(half).life
    half.set_slot("green", green.address, "newest")
    green.become(status=200)
    client.ask(x_user=OURS[1])
    now = told(half)
    assert (now.life, now.unit, now.seen, now.alone) == (life, prefix("green", "newest"), (1, 0), {})
    half.reload()
    until(lambda: told(half).life != life, "the router lives anew")
    assert told(half).seen is None


@pytest.fixture
def closed(port: int, green: Backend, router: Router) -> Router:
    """The same router, that trusts those alone who have its key, and asks for no second opinion."""
    listen: dict[str, Any] = {"metrics": f"127.0.0.1:{ports.free()}", "timeout": 2}
    made = Router.start(router.folder, port, **listen, second=False)
    made.route("blue", "green", 0.5)
    return made


def test_labels_and_forced_sides_need_the_key(closed: Router, client: Client, blue: Backend, green: Backend) -> None:
    """Without it a label is a 403 that says so, and x-canary as if it was not there; no service sees the key."""
    key = (closed.folder / "key").read_text().strip()
    label = {"request_id": "x", "label": 1}
    for wrong in ({}, {"x_mainline_key": ""}, {"x_mainline_key": key + "x"}, {"x_mainline_key": key[:-1]}):
        refused = client.ask("/feedback", label, **wrong)
        assert (refused.status, "X-Mainline-Key" in refused.content["error"]) == (403, True)
        assert client.ask(x_user=THEIRS[0], x_canary="always", **wrong).slot == "blue"
    assert blue.seen()["labelled"] == green.seen()["labelled"] == []
    assert client.ask("/feedback", label, x_mainline_key=key).content["slot"] == "blue"
    assert client.ask(x_user=THEIRS[0], x_canary="always", x_mainline_key=key).slot == "green"
    assert key not in str(blue.seen()) + str(green.seen())


def test_a_key_is_its_hosts_and_stays(closed: Router, port: int) -> None:
    """Nobody else reads it; another one, written by hand, holds from the next start on."""
    path = closed.folder / "key"
    key = path.read_text()
    assert (len(key.strip()) >= 32, stat.S_IMODE(path.stat().st_mode)) == (True, 0o600)
    assert all(key.strip() not in (closed.folder / name).read_text() for name in ("router.json", "haproxy.cfg"))
    settings: dict[str, Any] = {"metrics": closed._routing.settings.metrics, "timeout": 2, "second": False}
    Router.start(closed.folder, port, **settings)
    assert path.read_text() == key
    path.write_text("another\n")
    Router.start(closed.folder, port, **settings)
    label = {"request_id": "x", "label": 1}
    assert [Client(port).ask("/feedback", label, x_mainline_key=each).status for each in (key.strip(), "another")] == [
        403,
        200,
    ]


def test_production_is_not_asked_where_the_settings_say_so(
    closed: Router, client: Client, blue: Backend, green: Backend
) -> None:
    """Users are counted all the same."""
    green.become(status=500)
    client.ask(x_user=OURS[0])
    client.ask(x_user=THEIRS[0])
    assert told(closed).seen == (1, 1)
    assert (len(blue.seen()["predicted"]), told(closed).left, alone(closed)) == (1, 0, {})
