"""The page of a search: the trial to take, scores over time and over cost, what mattered, every trial."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mainline import pages
from mainline.pages import svg
from mainline.project import Project
from mainline.search import found as finding
from mainline.search import pictures
from mainline.search.found import Found, Trial

TEMPLATES = Path(__file__).parent / "templates"
BEST, FAILED, BARS = 20, 20, 12
FIRST = {"dummy": "a guess", "linear": "a linear model", "today": "train, as it was"}
HEAD = ("trial", "model", "score", "± 1 s.e.", "fit seconds", "settings")


def write(project: Project, found: Found, dev: float | None) -> Path:
    """Write report/search.html, and return its path.

    Args:
        dev: the metric on the dev rows, of today's `train`.
    """
    return pages.write(render(found, dev), project / pages.FOLDER / "search.html")


def render(found: Found, dev: float | None = None) -> str:
    """The page's HTML."""
    good, failed = ranked(found), [each for each in found["trials"] if each["score"] is None]
    by_number = {each["number"]: each for each in good}
    shown = [each for at, each in enumerate(good) if at < BEST or each["number"] == found["named"]]
    shares = sorted(found["importance"].items(), key=lambda each: -each[1])[:BARS]
    return (
        pages.environment(TEMPLATES)
        .get_template("search.html")
        .render(
            found=found,
            named=by_number.get(found["named"]),
            best=by_number.get(found["best"]),
            gap=_gap(good, dev),
            hues=pictures.hues(found) if good else {},
            time=svg.both(lambda width: pictures.over_time(width, found)) if good else "",
            cost=svg.both(lambda width: pictures.over_cost(width, found)) if good else "",
            shares=svg.both(lambda width: pictures.importance(width, shares)) if shares else "",
            head=HEAD,
            rows=[(each["number"] == found["named"], (*cells(each), settings(each))) for each in shown],
            more=len(good) - len(shown),
            first=[(FIRST[each["kind"]], cells(each)) for each in good if each["kind"]],
            failed=[(*cells(each)[:2], each["reason"], settings(each)) for each in failed[:FAILED]],
            unfit=len(failed),
            name=finding.name,
        )
    )


def ranked(found: Found) -> list[Trial]:
    """The trials that came to a score, best first."""
    good = [each for each in found["trials"] if each["score"] is not None]
    return sorted(good, key=lambda each: (each["score"] if found["lower"] else -each["score"], each["number"]))


def cells(each: Trial) -> tuple[str, ...]:
    """A trial in a line: its number, model, score, standard error and what its fits cost."""
    if each["score"] is None:
        return str(each["number"]), finding.name(each), "", "", ""
    score, error = f"{each['score']:.4f}", f"{each['se']:.4f}"
    return str(each["number"]), finding.name(each), score, error, f"{each['fit_seconds']:.1f}"


def settings(each: Trial) -> str:
    """What of a section `train` is not the default."""
    said: Mapping[str, Any] = each["train"]
    parts = [f"{key}: {_value(value)}" for key, value in said["params"].items() if value is not None]
    parts += [] if said["scale"] else ["scale: false"]
    parts += [f"categories: {said['categories']}"] if "categories" in said else []
    parts += [f"{column}: {_value(how)}" for column, how in said["columns"].items()]
    return ", ".join(parts)


def _value(value: Any) -> str:
    if isinstance(value, float):  # 1.0 stays one: as a share it is all, and 1 is a count
        return str(value) if value.is_integer() and abs(value) < 1000 else f"{value:.3g}"
    return json.dumps(value, ensure_ascii=False).replace('"', "")


def _gap(good: list[Trial], dev: float | None) -> dict[str, Any] | None:
    """Today's `train` where it was tried: its score on the folds beside the one on the dev rows."""
    today = next((each for each in good if each["today"]), None)
    return None if today is None or dev is None else {"trial": today, "dev": dev, "gap": dev - today["score"]}
