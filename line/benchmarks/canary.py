"""The canary's judge beside its peers: false alarms under peeking, and requests until a rollback or a promotion.

    python line/benchmarks/canary.py [--quick] [--users | --rules]

Every line shows the figure the design promises (target) and the one measured now. Seeds are fixed.
"""

import argparse
from collections.abc import Iterator

import numpy as np
from rich.console import Console
from rich.table import Table

import users_tables
from mainline import config
from mainline.canary.bets import Direction
from rollouts import (
    WINDOW,
    Batch,
    Crowd,
    Draw,
    Floats,
    Threshold,
    argo,
    errors,
    flagger,
    flagger_latency,
    kayenta_until,
    latencies,
    looks_until,
    slow,
    z_test_fires,
)
from world import Behaviour, World

RATES = (0.001, 0.01, 0.05)
HEALTHY_LOOKS = 100  # of 100 canary requests each
SPLITS = {"50/50": (10, 10), "10/90": (10, 90)}  # requests in a batch: a look every 10 of the canary
Row = tuple[str, ...]


def table(title: str, *columns: str) -> Table:
    """Return an empty table, figures to the right."""
    made = Table(title=title, title_justify="left")
    for column in columns:
        made.add_column(column, justify="left" if column in ("rule", "change", "change, split") else "right")
    return made


def shown(requests: Floats) -> str:
    """Return the median and the 90% quantile of requests."""
    return "/".join(show(value) for value in np.quantile(requests, [0.5, 0.9], method="higher"))


def show(value: float) -> str:
    """Return a number of requests as people read it."""
    return f"{value:.0f}" if value <= 100_000 else "never"


# --- healthy canaries ---------------------------------------------------------------------------------


def healthy(canaries: int, rate: float, split: str, *, restarts: bool) -> float:
    """Return the share of healthy canaries that this judge rolls back."""
    sizes = {"50/50": (100, 100), "10/90": (100, 900)}[split]
    draw = errors(np.random.default_rng(1), rate, rate, sizes)
    return float(np.isfinite(looks_until([Crowd(canaries, restarts=restarts)], draw, HEALTHY_LOOKS)).mean())


def healthy_kayenta(canaries: int, rate: float) -> float:
    """Return the share of healthy canaries that Kayenta's rule ever calls High."""
    metric = np.random.default_rng(2).binomial(WINDOW, rate, (2, canaries, HEALTHY_LOOKS)) / WINDOW
    return float(np.isfinite(kayenta_until(metric[0], metric[1])).mean())


def healthy_table(canaries: int) -> Table:
    """False rollbacks: both sides equally good."""
    title = f"False rollbacks, equal rates, 10,000 canary requests, a look every 100 ({canaries:,} canaries)"
    made = table(title, "rule", "target", *(f"errors {rate:.1%}" for rate in RATES))
    sizes, few = (100, 100), canaries // 20
    rows = [
        (f"this judge, {split}{'' if restarts else ', no restarts'}", ".012-.024", restarts, split)
        for split in SPLITS
        for restarts in (True, False)
    ]
    for name, target, restarts, split in rows:
        made.add_row(name, target, *(f"{healthy(canaries, r, split, restarts=restarts):.4f}" for r in RATES))
    rng = np.random.default_rng(3)
    z = [z_test_fires(rng, rate, sizes, HEALTHY_LOOKS, canaries) for rate in RATES]
    made.add_row("z-test at 5% each look, 50/50", ".20-.32", *(f"{share:.4f}" for share in z))
    kayenta = [healthy_kayenta(few, rate) for rate in RATES]
    made.add_row(f"Kayenta, 50/50 ({few} canaries)", "-", *(f"{share:.4f}" for share in kayenta))
    for name, target, rule in (("Argo", "1 at 5%", argo), ("Flagger", "1 at 1%", flagger)):
        made.add_row(f"{name}, exactly", target, *(f"{rule(rate).fires(HEALTHY_LOOKS):.4f}" for rate in RATES))
    return made


def ramp(rng: np.random.Generator, *, excess: float, ratio: float) -> Draw:
    """Return a draw of batches of 1,000 requests whose split ramps 1-5-25-50% and whose rates go by day and night."""

    def draw(canaries: int, look: int) -> list[Batch]:
        share = (0.01, 0.05, 0.25, 0.5)[look // 25]
        champion = 0.01 * (1 + 0.8 * np.sin(2 * np.pi * look / 20))
        total = np.maximum(rng.binomial(1000, share, canaries), 1)
        bad = rng.binomial(total, ratio * champion + excess), rng.binomial(1000 - total, champion)
        return [(total, bad[0], 1000 - total, bad[1])]

    return draw


def ramp_table(canaries: int) -> Table:
    """Both kinds of error where the split and the rates move."""
    made = table(
        f"Split 1-5-25-50%, errors 0.2-1.8% by day and night ({canaries:,} canaries)", "error", "target", "measured"
    )
    rng = np.random.default_rng(4)
    rollback = looks_until([Crowd(canaries)], ramp(rng, excess=0.0, ratio=1.0), 100)
    crowd = Crowd(canaries, direction="non_inferiority", ratio=1.25, margin=0.005)
    promotion = looks_until([crowd], ramp(rng, excess=0.005, ratio=1.25), 100)
    made.add_row("false rollback, equal rates", "0.024", f"{np.isfinite(rollback).mean():.4f}")
    made.add_row("false promotion, at the margin", "0.014", f"{np.isfinite(promotion).mean():.4f}")
    return made


# --- broken canaries ----------------------------------------------------------------------------------


def rollback(canaries: int, canary: float, champion: float, sizes: tuple[int, int]) -> str:
    """Return the canary requests this judge needs for a rollback."""
    draw = errors(np.random.default_rng(5), canary, champion, sizes)
    return shown(sizes[0] * looks_until([Crowd(canaries)], draw, 20_000 // sizes[0]))


def rollback_kayenta(canaries: int, canary: float, champion: float, sizes: tuple[int, int]) -> str:
    """Return the canary requests Kayenta's rule needs: the champion's windows are as long in time."""
    rng, longer = np.random.default_rng(6), WINDOW * sizes[1] // sizes[0]
    x = rng.binomial(WINDOW, canary, (canaries, 200)) / WINDOW
    y = rng.binomial(longer, champion, (canaries, 200)) / longer
    return shown(WINDOW * kayenta_until(x, y))


def quantiles(rule: Threshold) -> str:
    """Return the canary requests a threshold needs, exactly."""
    return f"{show(rule.requests(0.5))}/{show(rule.requests(0.9))}"


def error_rows(canaries: int) -> Iterator[Row]:
    """Requests until a rollback when the canary fails more often."""
    for name, canary, champion, split, targets in (
        ("errors 1->5%, 50/50", 0.05, 0.01, "50/50", ("240/502", "1000", "1000/1600", "500/600")),
        ("errors 1->5%, 10/90", 0.05, 0.01, "10/90", ("120/280", "1000", "1000/1600", "500/600")),
        ("errors 1->2%, 10/90", 0.02, 0.01, "10/90", ("1150/2550", "3500", "23700", "800")),
        ("errors .1->1%, 10/90", 0.01, 0.001, "10/90", ("400/850", "5000", "never", "1800/2800")),
    ):
        yield name, "this judge", targets[0], rollback(canaries, canary, champion, SPLITS[split])
        yield "", "Kayenta", targets[1], rollback_kayenta(canaries // 10, canary, champion, SPLITS[split])
        yield "", "Argo", targets[2], quantiles(argo(canary))
        yield "", "Flagger", targets[3], quantiles(flagger(canary))
    yield "errors 1->100%, 10/90", "this judge, every request", "3/3", rollback(canaries, 1.0, 0.01, (1, 9))
    yield "labels wrong 10->15%, 10/90", "this judge", "380", rollback(canaries, 0.15, 0.10, SPLITS["10/90"])


def latency_rows(canaries: int) -> Iterator[Row]:
    """Requests until a rollback when the canary answers later; the p50, p95 and p99 together."""
    for name, judge, peer in (("all x1.5", "100", "700"), ("tail x2", "350", "500")):
        rng = np.random.default_rng(7)
        crowds = [Crowd(canaries) for _ in range(3)]
        yield f"latency {name}, 50/50", "this judge", judge, shown(10 * looks_until(crowds, slow(rng, name, 10), 1000))
        few = canaries // 10
        p99 = [np.quantile(latencies(rng, (few, 50, WINDOW), kind), 0.99, axis=2) for kind in (name, "no")]
        yield "", "Kayenta, p99", "1000", shown(WINDOW * kayenta_until(p99[0], p99[1]))
        yield "", "Flagger, p99", peer, quantiles(flagger_latency(rng, name, 10 * canaries))


def rollback_table(canaries: int) -> Table:
    """How fast each rule takes back a canary that is worse."""
    title = f"Canary requests until a rollback, median/90% ({canaries:,} canaries, Kayenta {canaries // 10:,})"
    made = table(title, "change, split", "rule", "target", "measured")
    for row in (*error_rows(canaries), *latency_rows(canaries)):
        made.add_row(*row)
    return made


def late_table(canaries: int) -> Table:
    """What the restarts are for: errors go from 1 to 5% after 10,000 healthy canary requests, 10/90."""
    made = table("Late fault: errors 1->5% after 10,000 healthy canary requests, 10/90", "rule", "median/90% after it")
    before, after = (errors(np.random.default_rng(8), rate, 0.01, (100, 900)) for rate in (0.01, 0.05))
    for restarts in (True, False):
        crowd = Crowd(canaries, restarts=restarts)
        until = looks_until([crowd], lambda n, look: (before if look < 100 else after)(n, look), 400)
        name = "this judge" if restarts else "this judge, no restarts"
        made.add_row(name, shown(100 * (until[until > 100] - 100)))
    return made


def promotion_table(canaries: int) -> Table:
    """Requests until an equally good canary is shown not to be worse by more than the margin."""
    title = f"Canary requests until non-inferior at equal rates ({canaries:,} canaries)"
    made = table(title, "change, split", "target", "median/90%")
    direction: Direction = "non_inferiority"
    for name, rate, split, target in (
        ("errors 1%, 50/50", 0.01, "50/50", "3450"),
        ("errors 1%, 10/90", 0.01, "10/90", "2300"),
        ("no errors, 50/50", 0.0, "50/50", "1050"),
    ):
        crowd = Crowd(canaries if rate else 1, direction=direction, ratio=1.25, margin=0.005)
        draw = errors(np.random.default_rng(9), rate, rate, SPLITS[split])
        made.add_row(name, target, shown(10 * looks_until([crowd], draw, 4000)))
    return made


# --- all signals at once ------------------------------------------------------------------------------


def whole_table(canaries: int) -> Table:
    """The whole judge at its defaults, as a host asks it: a tenth of the traffic, a look every 20 canary requests."""
    unlabelled = config.Canary(signals=config.Signals(labels=False))
    clean, plain = Behaviour(failed=0, refused=0), Behaviour()
    labelled = Behaviour(labelled=1.0)
    title = f"All signals, defaults, share 0.1: canary requests until the judge answers ({canaries:,} canaries)"
    made = table(title, "change", "answer", "median/90%", "rolled back")
    for name, champion, canary, settings in (
        ("errors 1->5%", plain, Behaviour(failed=0.05), None),
        ("labels wrong 10->15%, all labelled", labelled, Behaviour(wrong=0.15, labelled=1.0), None),
        ("none; no errors, labels: false", clean, clean, unlabelled),
        ("none; errors 1%, labels: false", plain, plain, unlabelled),
        ("none; errors 1%, all labelled", labelled, labelled, None),
        ("none; errors 1%, half labelled", plain, plain, None),
    ):
        worlds = [World.of(canary, seed, settings, champion=champion) for seed in range(canaries)]
        answers = [world.until("rollback", "next", "promote", looks=3000).answer for world in worlds]
        requests = np.array([float(world.canary.counts().requests) for world in worlds])
        wanted = ("next", "promote") if name.startswith("none") else ("rollback",)
        told = shown(requests[np.isin(answers, wanted)])
        made.add_row(name, "/".join(wanted), told, f"{answers.count('rollback')} of {canaries}")
    return made


def main() -> None:
    """Print every table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a tenth of the canaries")
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--users", action="store_true", help="only the worlds of users")
    which.add_argument("--rules", action="store_true", help="only independent requests, beside the rules of others")
    chosen = parser.parse_args()
    part = 10 if chosen.quick else 1
    console = Console(width=200)
    if not chosen.rules:
        for each in users_tables.tables(300 // part):
            console.print(each)
    if chosen.users:
        return
    console.print(healthy_table(20_000 // part))
    console.print(ramp_table(20_000 // part))
    console.print(rollback_table(5_000 // part))
    console.print(late_table(5_000 // part))
    console.print(promotion_table(5_000 // part))
    console.print(whole_table(100 // part))


if __name__ == "__main__":
    main()
