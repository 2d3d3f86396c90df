"""The monitor beside its peers: years with a false alarm, days until a change is found, and what labels say.

    python line/benchmarks/monitor.py [--quick]

Every line shows the figure of the design (target) and the one measured now. Seeds are fixed, so all but the seconds
repeats exactly. The rules of others are those of their documentation; river's need river (`line/requirements.txt`).
"""

import argparse
import time
from collections.abc import Iterable, Iterator

import numpy as np
from rich.console import Console
from rich.table import Table

import drift_delays
import drift_edge
import drift_labels
import drift_own
import drift_pairs
import drift_quiet
import drift_rules
import drift_worlds as w
from mainline.monitor.evidence import BAR
from monitor_targets import DELAYS, EDGE, ESTIMATE, FALLS, HARMLESS, OTHERS, PAIRS, YEARS


def table(title: str, *columns: str, rows: Iterable[tuple[str, ...]] = ()) -> Table:
    """Return a table of these rows, all but its first columns to the right."""
    made = Table(title=title, title_justify="left")
    for at, column in enumerate(columns):
        made.add_column(column, justify="left" if at == 0 or column == "rule" else "right")
    for row in rows:
        made.add_row(*row)
    return made


def percent(share: float) -> str:
    """A share as people read it."""
    return f"{share:.1%}"


# --- no drift -----------------------------------------------------------------------------------------


def own_years(years: int) -> Iterator[tuple[str, ...]]:
    """Years with an alarm of 241 signals, by rows a day and kind of days."""
    cases = [(w.REFERENCE, rows, kind) for rows in (100, 1000, 10_000) for kind in w.KINDS]
    for first, rows, kind in cases + [(2 * w.REFERENCE, rows, w.KINDS[3]) for rows in (100, 1000, 10_000)]:
        rng = np.random.default_rng([rows, len(kind.name), *([] if first == w.REFERENCE else [first])])
        most = np.array([drift_own.year(rng, kind, rows, first).max() for _ in range(years)])
        longer, target = ("", YEARS[rows, kind.name]) if first == w.REFERENCE else (f", {first} days first", "0 of 20")
        alarmed = f"{(most >= np.log(BAR)).sum()} of {years}"
        yield f"{rows:,}, {kind.name}{longer}", target, alarmed, f"{np.exp(np.median(most)):.3g}"


def others_days(sizes: Iterable[int], kinds: Iterable[w.Kind]) -> Iterator[tuple[str, ...]]:
    """Days of a year on which the rules of others alarm."""
    for rows in sizes:
        for kind in kinds:
            rng = np.random.default_rng([rows, len(kind.name), 1])
            found = drift_quiet.days_with_alarm(rng, kind, rows)
            said = [f"{found[name]:,.0f}" if name in found else "-" for name in (*drift_delays.RULES, "ADWIN, alarms")]
            yield f"{rows:,}, {kind.name}", OTHERS.get((rows, kind.name), "-"), *said


def edge_rows(years: int) -> Iterator[tuple[str, ...]]:
    """The risk exactly as high as allowed: with what days differ by known, and not."""
    for rate, rows, sd, shape in drift_edge.CASES:
        name = f"{rate} allowed and so, {rows:,} a day, days {shape}" + (f", sd {sd}" if sd else "")
        blind = percent(drift_edge.alarmed(rate, rows, sd, shape, tempered=False, years=years // 10)) if sd else "-"
        yield (
            name,
            EDGE.get((rate, rows, shape), "-"),
            percent(drift_edge.alarmed(rate, rows, sd, shape, years=years)),
            blind,
        )


def speed() -> Table:
    """How long a year's evidence takes: as often as `mainline monitor` is asked, it is computed anew."""
    rng, kind, days = np.random.default_rng(0), w.KINDS[1], w.REFERENCE + w.YEAR
    load = w.traffic(rng, 1000, days)
    counts = w.numeric_counts(rng, load, w.shifts(rng, kind, days)), w.category_counts(rng, load)
    missing, answers = rng.binomial(load.sum(1)[:, None], 0.01, (days, w.COLUMNS)), w.answer_counts(rng, load, kind)
    numbers, categories, answered = (w.strata(each) for each in (*counts, answers))
    began = time.process_time()
    drift_own.watched(numbers, categories, missing, load.sum(1), answered)
    took = f"{time.process_time() - began:.2f}"
    return table(
        "Processor seconds", "what", "target", "measured", rows=[("a year of 241 signals, 35 columns", "2", took)]
    )


# --- changes ------------------------------------------------------------------------------------------


def delay_rows(part: int) -> Iterator[tuple[str, ...]]:
    """Days until found, of each change and at each size."""
    for change in drift_delays.CHANGES:
        for rows in drift_delays.SIZES:
            found = drift_delays.delays(drift_delays.runs(change, rows, part))
            others = [next((found[name] for name in names.split(" / ") if name in found), "-") for names in DELAY_RULES]
            yield f"{change}, {rows:,} a day", DELAYS[change][rows], found[drift_delays.OWN], *others


DELAY_RULES = ("KS .05 / chi2 .05", "Wasserstein .1 / JS .1", "PSI .2", "mean 3 sd", "ADWIN")


def pair_rows(runs: int) -> Iterator[tuple[str, ...]]:
    """What only the nightly classifier sees."""
    for case in drift_pairs.CASES:
        if runs == 1 and ("365" in case or "1,000" in case):  # most of a minute
            continue
        count = runs if "365" not in case else runs // 2
        days = ", ".join("-" if np.isinf(each) else f"{each:.0f}" for each in drift_pairs.found(case, count))
        yield case, PAIRS[case], days


# --- labels -------------------------------------------------------------------------------------------


def label_tables(part: int) -> Iterator[Table]:
    """Accuracy: years without a fall, and days until one is found."""
    names = [f"{drift_delays.OWN}, {name}" for name in drift_labels.DEV]
    names += ["mean 3 sd", *(name for name in drift_labels.STREAMS if name in drift_rules.STREAMS)]
    quiet = table("Accuracy, no fall: years with an alarm", "labels a day", *names)
    fall = table("Accuracy falls: days until found, labels 7 days late", "fall, labels a day", "target", *names)
    for labelled in drift_labels.RUNS:
        for weekends in (False, True):
            found = drift_labels.quiet(labelled, weekends, part)
            quiet.add_row(f"{labelled:,}{', weekends' if weekends else ''}", *(percent(found[name]) for name in names))
        for name in drift_labels.FALLS:
            said = drift_labels.fall(name, labelled, part)
            fall.add_row(f"{name}, {labelled:,}", FALLS[name][labelled], *(said[each] for each in names))
    yield quiet
    yield fall


def estimate_rows(part: int) -> Iterator[tuple[str, ...]]:
    """What confidence says before labels come, and what it never says."""
    for name in drift_labels.ESTIMATES:
        for rows in (100, 1000, 10_000):
            yield f"{name}, {rows:,} a day", ESTIMATE[name][rows], *drift_labels.estimate(name, rows, part).values()


def harmless_rows(runs: int) -> Iterator[tuple[str, ...]]:
    """Labels until a drift is shown to do no harm."""
    for (wrong, allowed), target in HARMLESS.items():
        found, share = drift_labels.labels_needed(wrong, allowed, runs)
        yield f"wrong {wrong}, allowed {allowed}", target, found, percent(share)


def tables(part: int) -> Iterator[Table]:
    """Every table; a tenth of the runs where `part` is 10."""
    quick = part > 1
    heads: tuple[str, ...] = ("target", "years with an alarm", "largest R, median")
    few = 30 // part
    yield speed()
    yield table(f"No drift, 365 days, 241 signals ({few} years)", "rows a day, days", *heads, rows=own_years(few))
    sizes, kinds = ((100,), w.KINDS[:2]) if quick else ((100, 1000, 10_000), w.KINDS)
    heads = ("target: KS, W, PSI, 3 sd, ADWIN", *drift_delays.RULES, "ADWIN, alarms")
    yield table("No drift: days of 365 with an alarm", "rows a day, days", *heads, rows=others_days(sizes, kinds))
    count = drift_edge.YEARS // part
    yield table(
        f"At the null's edge ({count:,} years)", "rate", "target", "alarm", "not tempered", rows=edge_rows(count)
    )
    heads = ("target", "this monitor", *DELAY_RULES)
    yield table("Days until found [false days before]", "change", *heads, rows=delay_rows(part))
    yield table("No column shows it: the classifier", "change", "target", "days", rows=pair_rows(1 if quick else 5))
    yield from label_tables(part)
    heads = ("target", "this monitor", "confidence, 3 sd", "all labels at once")
    yield table("Risk estimated from confidence: days until found", "change", *heads, rows=estimate_rows(part))
    heads = ("target", "labels", "shown within 30,000")
    yield table("Drift, shown to do no harm", "risk", *heads, rows=harmless_rows(200 // part))


def main() -> None:
    """Print every table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a tenth of the runs")
    part = 10 if parser.parse_args().quick else 1
    console, began = Console(width=200), time.monotonic()
    if not drift_rules.STREAMS:
        console.print("river is not installed: ADWIN, DDM and Page-Hinkley are left out")
    for each in tables(part):
        console.print(each)
    console.print(f"{time.monotonic() - began:.0f} s")


if __name__ == "__main__":
    main()
