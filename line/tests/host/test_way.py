"""The whole way of a version through a real agent and router; what may happen to them on it is in test_agent."""

from line.tests.host.hosts import Host, phase, release
from line.tests.host.test_agent import FAST, WHOLE, events, first, pids
from mainline.host import processes


def test_a_version_goes_from_a_merge_to_production(host: Host) -> None:
    """Canary, passed, tag, steps, promotion; the old one ends; the ledger and the router say the same."""
    host.want(FAST)
    agent = first(host)
    host.want(canary=release("b"))
    host.until(agent, lambda: phase(agent) == "canary")
    assert (agent.router.routed.canary, agent.router.routed.share) == ("green", 0.1)
    assert (host.version(**{"x-canary": "always"}), host.version(**{"x-canary": "never"})) == ("b" * 8, "a" * 8)
    host.answers = ["hold", "next"]
    host.until(agent, lambda: phase(agent) == "passed")
    old = pids(agent)["blue"]
    host.want(production=release("b"))
    host.answers = ["next", "promote"]
    host.until(agent, lambda: host.serving(agent, "b"))
    assert not processes.born(old)
    host.round(agent)
    assert events(host) == WHOLE
    assert agent.memory.outbox == ()
