"""Numbers and cells as the reader sees them: rounded once, with a true minus sign, never longer than they need be."""

import math
from typing import Any

import pandas as pd

from mainline.report.bootstrap import Interval

DASH = "\N{EN DASH}"
_LONGEST = 140


def decimals(value: float, bounded: bool) -> int:
    """How many decimals a number deserves: 3 for scores in 0..1, else as many as give 4 digits."""
    if bounded or value == 0 or not math.isfinite(value):
        return 3
    return min(max(3 - math.floor(math.log10(abs(value))), 0), 9)


def figure(value: float, places: int | None = None, *, signed: bool = False) -> str:
    """A number as text; a dash for NaN, and 4 digits when `places` is not given."""
    if not math.isfinite(value):
        return DASH
    text = f"{value:+,.{decimals(value, False) if places is None else places}f}"
    body = text[1:]
    if not any(digit in body for digit in "123456789"):
        return body
    return ("\N{MINUS SIGN}" if text[0] == "-" else "+" if signed else "") + body


def bracket(interval: Interval, places: int, *, signed: bool = False) -> str:
    """[low, high]; empty where the interval is not defined."""
    if not math.isfinite(interval.low):
        return ""
    return f"[{figure(interval.low, places, signed=signed)}, {figure(interval.high, places, signed=signed)}]"


def number(value: float) -> str:
    """A feature's value: four digits, or whole from a thousand on."""
    if not math.isfinite(value):
        return DASH
    return (f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}").replace("-", "\N{MINUS SIGN}")


def tick(value: float, places: int) -> str:
    """A number on an axis, short: 200k, 3M."""
    for scale, unit in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if abs(value) >= 10 * scale:
            return f"{value / scale:.4g}{unit}".replace("-", "\N{MINUS SIGN}")
    return figure(value, places)


def short(text: str, longest: int = _LONGEST) -> str:
    """One line of text, cut with an ellipsis."""
    line = " ".join(text.split())
    return line if len(line) <= longest else line[: longest - 1].rstrip() + "\N{HORIZONTAL ELLIPSIS}"


def cell(value: Any) -> str:
    """A value of a data frame as text."""
    if value is None or value is pd.NaT or (isinstance(value, float) and math.isnan(value)) or value is pd.NA:
        return DASH
    if isinstance(value, pd.Timestamp):
        return f"{value:%Y-%m-%d}"
    if isinstance(value, float):
        return number(value)
    return short(str(value))


def size(count: int) -> str:
    """Bytes in the unit that reads best."""
    amount, unit = float(count), "B"
    for unit in ("B", "kB", "MB", "GB"):
        if amount < 1000 or unit == "GB":
            break
        amount /= 1000
    return f"{amount:.0f} B" if unit == "B" else f"{amount:.3g} {unit}"


def seconds(value: float | None) -> str:
    """A duration: milliseconds, seconds or minutes."""
    if value is None:
        return DASH
    if value < 1:
        return f"{value * 1000:.3g} ms"
    return f"{value:.3g} s" if value < 120 else f"{value / 60:.3g} min"


def plural(count: int, noun: str) -> str:
    """The count with its noun: 1 row, 2 rows."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"
