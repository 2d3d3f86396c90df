"""The gate beside its anchor and its rivals: labels needed, false passes, power, and ten million rows.

    python line/benchmarks/gate.py [--quick]

Every line shows the figure the design promises (target) and the one measured now. Seeds are fixed.
"""

import argparse
import tempfile
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table
from scipy import stats

import easeml
import millions
from mainline.gate.levels import level
from mainline.gate.tests import paired_counts_p

LIFE, DISAGREEMENT = 32, 0.10
NOISE_ROWS = 1000  # the design does not say how many; the rates hardly depend on it
STEPS = (0.05, 0.1, 0.2, 0.3, 0.5)  # the share of its guesses that the hill-climber draws anew


def table(title: str, *columns: str) -> Table:
    """Return an empty table, figures to the right."""
    made = Table(title=title, title_justify="left")
    for column in columns:
        made.add_column(column, justify="left" if column == columns[0] else "right")
    return made


# --- labels needed ------------------------------------------------------------------------------------

ANCHOR = {
    0.01: (
        "404/1340/1753/5496",
        "1615/5358/7012/21984",
        "6457/21429/28045/87933",
        "40355/133930/175282/549581",
    ),
    0.001: (
        "519/1455/2214/5957",
        "2075/5818/8854/23826",
        "8299/23271/35414/95302",
        "51868/145443/221333/595633",
    ),
    0.0001: (
        "634/1570/2674/6417",
        "2536/6279/10696/25668",
        "10141/25113/42782/102670",
        "63381/156956/267385/641684",
    ),
}


def anchor_table() -> Table:
    """ease.ml/ci's own table, from our reading of its formulas."""
    made = table(
        "Labels ease.ml/ci needs, H = 32 (one model none/full, two none/full)",
        "1 - delta, eps",
        "target",
        "measured",
    )
    for delta, targets in ANCHOR.items():
        for epsilon, target in zip((0.1, 0.05, 0.025, 0.01), targets, strict=True):
            cells = [
                easeml.labels_needed(epsilon, delta, life=LIFE, models=models, adaptivity=adaptivity)
                for models in (1, 2)
                for adaptivity in ("none", "full")
            ]
            made.add_row(f"{1 - delta:g}, {epsilon}", target, "/".join(map(str, cells)))
    return made


def power(n: int, alpha: float, *, gain: float, margin: float) -> float:
    """Return the chance, exactly, that the gate passes a model whose true gain on `n` rows is `gain`."""
    first, last = stats.binom.interval(1 - 1e-6, n, DISAGREEMENT)
    passed, wins = 0.0, int(first) // 2  # with fewer the new model is behind
    for discordant in range(int(first), int(last) + 1):
        # one discordant row more never passes with fewer wins, so the search goes on from the last count
        while paired_counts_p(wins, discordant - wins, n, margin=margin, alpha=alpha) > alpha:
            wins += 1
        reached = stats.binom.sf(wins - 1, discordant, (DISAGREEMENT + gain) / (2 * DISAGREEMENT))
        passed += stats.binom.pmf(discordant, n, DISAGREEMENT) * reached
    return float(passed)


def rows_needed(alpha: float, *, gain: float, margin: float, wanted: float) -> int:
    """Return the fewest rows, in steps of 25, with which `gain` passes with probability `wanted`."""
    low, high = 1, 2000
    while low < high:
        middle = (low + high) // 2
        if power(25 * middle, alpha, gain=gain, margin=margin) >= wanted:
            high = middle
        else:
            low = middle + 1
    return 25 * low


def rows_table() -> Table:
    """Rows for "new - old > .02 +- .01": the gate must pass a true +4 points 99 times in 100."""
    made = table('Rows for "new - old > .02 +- .01", .99, H = 32, fully adaptive', "procedure", "target", "measured")
    hoeffding = easeml.labels_needed(0.01, 0.01, life=LIFE, models=2, adaptivity="full")
    bennett = easeml.labels_needed(0.01, 0.01, life=LIFE, models=2, adaptivity="full", disagreement=DISAGREEMENT)
    made.add_row("ease.ml/ci, Hoeffding", "549,581", f"{hoeffding:,}")
    made.add_row("ease.ml/ci, Bennett", "58,193", f"{bennett:,}")
    for passes, target in ((3, "18,525"), (0, "10,925")):
        alpha = level(LIFE, passes, delta=0.01, life=LIFE)
        rows = rows_needed(alpha, gain=0.04, margin=0.02, wanted=0.99)
        made.add_row(f"this gate, last decision, {passes} passes", target, f"{rows:,}")
    return made


def power_table() -> Table:
    """How often a challenger that is truly two points better passes."""
    made = table("Power for a true +2 points, disagreement .10", "rows, t, k", "target", "measured")
    for n, t, k, target in (
        (5000, 1, 0, "0.93"),
        (5000, 8, 1, "0.65"),
        (10000, 8, 1, "0.99"),
        (10000, 16, 2, "0.94"),
        (1000, 1, 0, "-"),
        (1000, 8, 1, "-"),
    ):
        measured = power(n, level(t, k), gain=0.02, margin=0.0)
        made.add_row(f"{n:,}, t{t}, k{k}", target, f"{measured:.3f}")
    return made


# --- false passes -------------------------------------------------------------------------------------


def p_values(b: np.ndarray, c: np.ndarray) -> np.ndarray:
    """Return the gate's p-value of every pair of counts."""
    pairs, where = np.unique(np.stack([b.ravel(), c.ravel()]), axis=1, return_inverse=True)
    p = [paired_counts_p(b, c, NOISE_ROWS, alpha=0.05) for b, c in pairs.T.tolist()]
    return np.array(p)[where].reshape(b.shape)


def noise(sets: int, rng: np.random.Generator) -> dict[str, float]:
    """Return, per procedure, the share of sealed sets on which any of 32 challengers falsely passes.

    On a fifth of the rows every model, champion included, guesses: all are equally good, and any two disagree
    on .10. Given the champion's guesses, what a challenger wins and loses are two binomial counts. Before its
    first pass a procedure answers nothing but no, so the challengers need not depend on the answers.
    """
    guessed = int(2 * DISAGREEMENT * NOISE_ROWS)
    right = rng.binomial(guessed, 0.5, (sets, 1))
    won = rng.binomial(guessed - right, 0.5, (sets, LIFE))
    lost = right - rng.binomial(right, 0.5, (sets, LIFE))
    gain = (won - lost) / NOISE_ROWS
    spread = np.sqrt(((won + lost) / NOISE_ROWS - gain**2) / (NOISE_ROWS - 1))
    p = p_values(won, lost)
    passes = {
        "better is better": gain > 0,
        "the Ladder": gain > spread,  # parameter-free: better by one standard error than the best so far
        "McNemar at .05 each": p <= 0.05,
        "Bonferroni, nothing shown": p <= 0.05 / LIFE,
        "this gate": p <= [level(t, 0) for t in range(1, LIFE + 1)],
    }
    return {name: float(passed.any(axis=1).mean()) for name, passed in passes.items()}


def hill_climb(sets: int, step: float, rng: np.random.Generator) -> float:
    """Return Bonferroni's share of false passes when the sealed accuracy is shown and an adversary climbs it.

    Each challenger is the best one shown so far with the share `step` of its guesses drawn anew.
    """
    guessed = int(2 * DISAGREEMENT * NOISE_ROWS)
    right = rng.binomial(guessed, 0.5, sets)
    wrong = guessed - right
    best_won, best_kept = rng.binomial(wrong, 0.5), rng.binomial(right, 0.5)
    passed = p_values(best_won, right - best_kept) <= 0.05 / LIFE
    for _ in range(LIFE - 1):
        won, kept = drawn_anew(best_won, wrong, step, rng), drawn_anew(best_kept, right, step, rng)
        passed |= p_values(won, right - kept) <= 0.05 / LIFE
        better = won + kept > best_won + best_kept
        best_won, best_kept = np.where(better, won, best_won), np.where(better, kept, best_kept)
    return float(passed.mean())


def drawn_anew(hits: np.ndarray, rows: np.ndarray, step: float, rng: np.random.Generator) -> np.ndarray:
    """Return the hits after a share `step` of the guesses on `rows` rows has been drawn again."""
    lost = rng.binomial(hits, step)
    return np.asarray(hits - lost + rng.binomial(lost + rng.binomial(rows - hits, step), 0.5))


def noise_table(sets: int) -> Table:
    """The chance that 32 pull requests of pure noise ever pass one."""
    title = f"False passes over 32 noise pull requests ({sets:,} sealed sets of {NOISE_ROWS} rows)"
    made = table(title, "procedure", "target", "measured", "+-")
    rng = np.random.default_rng(20)
    measured = noise(sets, rng)
    climbed = {step: hill_climb(sets, step, rng) for step in STEPS}
    targets = {
        "better is better": "0.96",
        "the Ladder": "0.72",
        "McNemar at .05 each": "0.35",
        "this gate": "0.006",
    }
    rates = [(name, targets.get(name, "-"), rate) for name, rate in measured.items()]
    rates += [
        (f"Bonferroni, metric shown, step {step}", "0.13" if rate == max(climbed.values()) else "-", rate)
        for step, rate in climbed.items()
    ]
    for name, target, rate in rates:
        made.add_row(name, target, f"{rate:.4f}", f"{2 * (rate * (1 - rate) / sets) ** 0.5:.4f}")
    return made


# --- ten million rows ---------------------------------------------------------------------------------


def speed_table(rows: int) -> Table:
    """What the gate costs on `rows` rows, next to reading the predictions."""
    made = table(f"{rows:,} rows in Parquet files", "step", "seconds", "of reading", "peak MB so far")
    with tempfile.TemporaryDirectory() as folder:
        millions.write(Path(folder), rows)
        laps = list(millions.laps(Path(folder)))
    for lap in laps:
        of_reading = lap.seconds / laps[0].seconds
        made.add_row(lap.step, f"{lap.seconds:.2f}", f"{of_reading:.0%}", f"{lap.peak_mb:,}")
    return made


def main() -> None:
    """Print every table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer simulations and a tenth of the rows")
    quick = parser.parse_args().quick
    console = Console(width=120)
    console.print(anchor_table())
    console.print(rows_table())
    console.print(power_table())
    console.print(noise_table(5_000 if quick else 100_000))
    console.print(speed_table(1_000_000 if quick else 10_000_000))


if __name__ == "__main__":
    main()
