"""Who is asked: shares, users that stay where they are, and headers that force a side; on real HAProxy."""

from collections import Counter

import pytest

from line.tests.host.conftest import Backend, access_log, until
from line.tests.host.load import Client
from mainline.host.router import Router

pytestmark = pytest.mark.slow
USERS = [f"user-{number}" for number in range(600)]
ROUND, PRIMES = 2**32, (2654435761, 2246822519, 3266489917, 668265263, 374761393)


def bucket(user: str, seed: int = 7) -> int:
    """XXH32 of a text under 16 bytes, modulo 10,000: https://github.com/Cyan4973/xxHash, doc/xxhash_spec.md."""
    data, (one, two, three, four, five) = user.encode(), PRIMES
    total = (seed + five + len(data)) % ROUND

    def turned(value: int, by: int) -> int:
        return (value << by | value >> (32 - by)) % ROUND

    while len(data) >= 4:
        total = turned((total + int.from_bytes(data[:4], "little") * three) % ROUND, 17) * four % ROUND
        data = data[4:]
    for byte in data:
        total = turned((total + byte * five) % ROUND, 11) * one % ROUND
    for shift, prime in ((15, two), (13, three), (16, 1)):
        total = (total ^ total >> shift) * prime % ROUND
    return total % 10_000


def canaries(client: Client) -> set[str]:
    """The users whom green answers."""
    return {user for user in USERS if client.ask(x_user=user).slot == "green"}


def test_exactly_the_users_of_the_buckets_below_the_limit_get_the_canary(
    router: Router, client: Client, green: Backend
) -> None:
    """A share of 0, 5, 25, 50 and 100%: the same users as by hand, and who is in stays in."""
    for share in (0, 0.05, 0.25, 0.5, 1):
        router.route("blue", "green", share)
        assert canaries(client) == {user for user in USERS if bucket(user) < share * 10_000}


def test_a_user_whose_canary_is_taken_back_gets_production(router: Router, client: Client, green: Backend) -> None:
    """After a rollback nobody is left behind."""
    router.route("blue", "green", 1)
    assert canaries(client) == set(USERS)
    router.route("blue")
    assert canaries(client) == set()


def test_who_has_no_name_is_known_by_his_address(router: Router, client: Client, green: Backend) -> None:
    """At 30% of 1,000 addresses: 300 give or take six standard deviations; each stays. An empty name is none."""
    router.route("blue", "green", 0.3)
    addresses = [f"10.0.{number // 250}.{number % 250}" for number in range(1000)]
    first = [client.ask(x_forwarded_for=address).slot for address in addresses]
    assert abs(Counter(first)["green"] - 300) < 6 * (1000 * 0.3 * 0.7) ** 0.5
    again = [client.ask(x_forwarded_for=f"1.2.3.4, {each}", x_user="").slot for each in addresses[:100]]
    assert again == first[:100]
    for odd in ("", "nobody", "2001:db8::1"):
        assert len({client.ask(x_forwarded_for=odd).slot for _ in range(20)}) == 1
    near = {client.ask(x_forwarded_for=f"2001:db8:1:1::{number}").slot for number in range(20)}
    assert len(near) == 1


@pytest.mark.parametrize(("share", "header", "slot"), [(0, "always", "green"), (1, "never", "blue")])
def test_a_header_forces_a_side(
    router: Router, client: Client, green: Backend, share: float, header: str, slot: str
) -> None:
    """x-canary: always or never, whatever the share."""
    router.route("blue", "green", share)
    assert {client.ask(x_user=user, x_canary=header).slot for user in USERS[:50]} == {slot}
    assert {client.ask(x_user=user, x_canary="maybe").slot for user in USERS[:50]} == {"green" if share else "blue"}


def test_a_header_cannot_force_a_canary_that_is_none(router: Router, client: Client, green: Backend) -> None:
    """Without a canary in the route, a slot that merely runs gets nothing."""
    assert {client.ask(x_canary="always").slot for _ in range(20)} == {"blue"}


def test_a_name_with_commas_is_one_name(router: Router, client: Client, green: Backend) -> None:
    """The whole header counts, not the last of a list."""
    router.route("blue", "green", 0.5)
    names = [f"a,{user}" for user in USERS[:40]]
    assert {name for name in names if client.ask(x_user=name).slot == "green"} == {
        name for name in names if bucket(name) < 5_000
    }


def test_the_log_names_buckets_not_users(router: Router, client: Client, green: Backend) -> None:
    """One JSON object a request: bucket, slot, status, id; the user's name is not in it."""
    router.route("blue", "green", 0.5)
    answer = client.ask(x_user="user-3", x_request_id="order-17")
    until(lambda: len(access_log(router)) > 0, "it is logged")
    line = access_log(router)[-1]
    assert (line["bucket"], line["id"]) == (str(bucket("user-3")), answer.id)
    assert (line["slot"], line["status"], line["path"]) == (answer.slot, 200, "/predict")
    assert (line["client_id"], "user-3" in str(line)) == ("order-17", False)
