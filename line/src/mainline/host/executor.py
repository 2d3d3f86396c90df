"""Carries out the machine's standing orders, on the services and the router; what is so already stays as it is."""

from dataclasses import dataclass, field
from pathlib import Path

from mainline import config
from mainline.host.containers import Limits
from mainline.host.model import Action, Retire, Route, Run, State
from mainline.host.router import Router
from mainline.host.supervisor import Supervisor


@dataclass(frozen=True)
class Options:
    """What an agent is started with."""

    folder: Path
    remote: str
    port: int = 8080
    host: str = "127.0.0.1"
    metrics: str = "127.0.0.1:8405"
    interval: float = 10.0
    """Seconds between looks at the remote."""
    bentos: Path | None = None
    attested: bool = False
    """Whether it runs only images that deliver.yml of the remote's project on GitHub has attested."""
    open_to_all: bool = False
    """Whether labels and x-canary are taken from those, too, who do not have the host's key."""
    limits: Limits = field(default_factory=Limits.usual)

    def router(self, settings: config.Canary) -> Router:
        """The router of this host: the one that runs, or a new one.

        Raises:
            MainlineError: a port is taken, or there is no HAProxy.
        """
        return Router.start(
            self.folder / "router",
            self.port,
            host=self.host,
            metrics=self.metrics,
            user_header=settings.user_header,
            open_to_all=self.open_to_all,
            second=settings.signals.second is not None,
        )


def carry_out(order: Action, state: State, supervisor: Supervisor, router: Router) -> bool:
    """See to it that an order is carried out.

    Returns:
        Whether the services are others than before.

    Raises:
        MainlineError: it could not be; the order stands.
    """
    if isinstance(order, Run):
        return _run(order, state, supervisor)
    if isinstance(order, Route):
        _route(order, supervisor, router)
    if isinstance(order, Retire) and state.other:
        return supervisor.retire(state.other, router)
    return False


def _run(order: Run, state: State, supervisor: Supervisor) -> bool:
    production = state.production
    if production and production.slot != order.slot and not production.up and supervisor.starting(production.slot):
        return False  # production's slot first
    return supervisor.run(order.slot, order.release, production.slot if production else None)


def _route(order: Route, supervisor: Supervisor, router: Router) -> None:
    for slot in (order.production, order.canary):
        service = supervisor.services.get(slot) if slot else None
        if slot and service and slot not in router.slots:
            router.set_slot(slot, service.address.removeprefix("http://"), service.version)
    if router.routed != order:
        router.route(order.production, order.canary, order.share, shadow=order.shadow)
