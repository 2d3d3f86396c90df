"""The page of `mainline explore`: hints first, then what moved, each column, duplicates, quarantine, associations."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mainline import pages
from mainline.explore import pictures
from mainline.pages import svg
from mainline.project import Project

TEMPLATES = Path(__file__).parent / "templates"
DRAWN = 40  # columns; the others stand in the table
PUT_ASIDE = 20  # reasons
WORDS = {
    "leak": "near-leak",
    "private": "names a person",
    "nothing": "words for nothing",
    "code": "a number for nothing",
    "zero": "zeros",
    "far": "far values",
    "case": "upper and lower case",
    "date": "dates",
}
MEDIAN, LOW, HIGH = 4, 2, 6  # of the profile's quantiles: a half, 5% and 95%


def write(project: Project, told: Mapping[str, Any]) -> Path:
    """Write report/data.html from what `mainline explore --json` says, and return its path."""
    return pages.write(render(told), project / pages.FOLDER / "data.html")


def render(told: Mapping[str, Any]) -> str:
    """The page's HTML, the same bytes for the same profile."""
    target, columns = told["target"], told["columns"]
    close = told["associations"]["target"]
    held = [name for name, entry in columns.items() if any(entry["train"].get("counts", ()))]
    drawable = [name for name in held if name != target["name"]]
    order = sorted(drawable, key=lambda name: -columns[name].get("alone", 0.0))
    names = [target["name"], *order[:DRAWN]]
    heat = told["associations"]
    return (
        pages.environment(TEMPLATES, words=WORDS)
        .get_template("data.html")
        .render(
            told=told,
            target=target,
            open=[each for each in told["hints"] if not each["settled"]],
            settled=[each for each in told["hints"] if each["settled"]],
            shown=[(name, _caption(name, columns[name], close), _drawn(columns[name], target)) for name in names],
            hues=list(zip(target["series"], pictures.HUES, strict=False)),
            others=[(name, entry) for name, entry in columns.items() if name not in names],
            reasons=list(told["quarantine"].items())[:PUT_ASIDE],
            left=len(told["quarantine"]) - PUT_ASIDE,
            heat=svg.both(lambda width: pictures.heat(width, heat["columns"], heat["matrix"]))
            if len(heat["columns"]) > 1
            else "",
            percent=_percent,
        )
    )


def _drawn(entry: Mapping[str, Any], target: Mapping[str, Any]) -> str:
    return pictures.column(entry, target, _reach(entry, target)).inline()


def _reach(entry: Mapping[str, Any], target: Mapping[str, Any]) -> tuple[float, float]:
    """Of shares, the whole way from 0 to 1; of a mean, as far as its bins go."""
    if target["task"] != "regression":
        return 0.0, 1.0
    means = [each for row in entry["train"].get("target", ()) for each in row if each is not None]
    return (min(means), max(means)) if means else (0.0, 1.0)


def _caption(name: str, entry: Mapping[str, Any], close: Mapping[str, float]) -> str:
    train, dev = entry["train"], entry["dev"]
    parts = [f"{train['distinct']:,} distinct"]
    if train["missing"] or dev["missing"]:
        shares = [_percent(each["missing"], each["rows"]) for each in (train, dev)]
        parts.append(f"missing {shares[0]} of train, {shares[1]} of dev")
    if "quantiles" in train:
        low, middle, high = (pictures.word(train["quantiles"][at]) for at in (LOW, MEDIAN, HIGH))
        unit = " characters" if entry["kind"] == "text" else ""
        parts.append(f"median {middle}{unit}, nine of ten from {low} to {high}")
    if name in close:
        parts.append(f"association with the target {close[name]:.2f}".replace("-", "\N{MINUS SIGN}"))
    return "; ".join(parts)


def _percent(part: int, whole: int) -> str:
    share = part / whole if whole else 0.0
    return f"{share:.1%}" if 0 < share < 0.0995 else f"{share:.0%}"
