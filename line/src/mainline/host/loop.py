"""Being the agent of a folder: from taking it up to letting it go."""

import signal
import threading
import time
from dataclasses import replace
from pathlib import Path

from mainline.errors import MainlineError
from mainline.host import state
from mainline.host.agent import Agent
from mainline.host.executor import Options
from mainline.host.router import Router
from mainline.host.slots import Service, Slots

__all__ = ["Options", "run", "stop"]

TICK = 1.0  # seconds between looks at the slots


def run(options: Options, *, once: bool = False) -> None:
    """Be the agent of a folder: for ever, or for one look.

    What it started goes on when it ends, and the next agent takes it up.

    Raises:
        MainlineError: another agent works there, or it cannot begin.
    """
    with state.locked(options.folder):
        agent = Agent(options)
        if once:
            agent.hear(agent.sync.round())
            agent.tick()
            agent.hear(agent.sync.round())
            agent.note(agent.counting.round())
            return
        ended = threading.Event()
        for each in (signal.SIGTERM, signal.SIGINT):
            signal.signal(each, lambda *_: ended.set())
        agent.log.say(f"at work for {options.remote} on {options.host}:{options.port}; what it keeps: {options.folder}")
        if not options.open_to_all:
            agent.log.say(f"labels and x-canary need X-Mainline-Key, as it is in {agent.router.folder / 'key'}")
        agent.sync.start()
        agent.counting.start()
        while not ended.is_set():
            agent.tick()
            ended.wait(TICK)
        agent.log.say("ends; the router and the services go on. `mainline agent --stop` ends them, too")


def stop(folder: Path) -> None:
    """End the router and all services of a folder; the next agent starts them again.

    Raises:
        MainlineError: an agent works there, none ever did, or the engine of a container does not answer.
    """
    if not folder.is_dir():
        raise MainlineError(f"{folder}: no agent ever worked here; --state names its folder")
    with state.locked(folder):
        memory = state.load(folder)
        slots = Slots(folder / "slots", None)
        services = [Service(**each) for each in memory.services.values()]
        Router.attach(folder / "router").stop()
        for service in services:
            slots.end(service, hard=False)
        deadline = time.monotonic() + 20
        while any(service.alive() for service in services) and time.monotonic() < deadline:
            time.sleep(0.1)
        for service in services:
            slots.end(service, hard=True)
        state.save(folder, replace(memory, services={}))
        slots.sweep(())  # an image on its way, and what a crash left behind
