"""Dates in text: a column has one form, found from all of its cells, or it is refused; never two orders in one."""

import datetime
import itertools
import re
from collections.abc import Collection

import numpy as np
import pandas as pd

from pipeline.errors import DataError

NEARLY_ALL = 0.95
LONGEST = 100  # characters of a date: others would be read for minutes
LOOKED_AT = 40  # different cells, for the forms that a column may have
MOST_FORMS = 24
FIRST, BEHIND = np.datetime64("0001-01-01", "us"), np.datetime64("10000-01-01", "us")  # the years that Python has
CLOCK = ("now", "today")  # pandas reads them as the moment of reading
ISO = r"\s*\d{4}-\d{1,2}-\d{1,2}([T ]\d{1,2}:\d{2}.*)?\s*"
PARTS = re.compile(
    r"(?P<day>[^:]*?)((?P<joint>T|, | )(?P<hour>\d{1,2}:\d\d)(?P<second>:\d\d)?(?P<fraction>\.\d+)?"
    r"(?P<half> ?[AaPp][Mm])?(?P<zone> ?(Z|[+-]\d\d:?\d\d))?)?"
)


def read(text: pd.Series, form: str | None = None) -> tuple[pd.Series, pd.Series]:
    """Dates in a form, or in ISO's, which no other is mistaken for.

    Args:
        text: (rows,), as columns.as_text has it.
        form: as strptime has it.

    Returns:
        (rows,) of datetime64[us] in UTC; and (rows,) of bool, true where a cell is no such date.
    """
    if form is None:
        read = _iso(text)
    else:
        read = _in(text, form)
        rest = read.isna() & text.notna()
        if rest.any() and not form.startswith("%Y-%d"):  # which is the other order of the same digits
            read = read.fillna(_iso(text.where(rest)))
    read = naive(read)
    return read, read.isna() & text.notna()


def moment(cell: str, form: str) -> datetime.datetime | None:
    """What `read` makes of a cell, in a tenth of the time; None where it takes the longer way."""
    if not cell.isascii() or not set(form[at + 1] for at, mark in enumerate(form[:-1]) if mark == "%") <= set(
        "dmYyHMS"
    ):
        return None
    try:
        return datetime.datetime.strptime(cell, form)
    except ValueError:
        return None


def naive(moments: pd.Series) -> pd.Series:
    """Dates in UTC, without a zone: models read numbers, not zones. A year that Python has not is none."""
    if moments.dt.tz is not None:
        moments = moments.dt.tz_convert("UTC").dt.tz_localize(None)
    moments = moments.astype("datetime64[us]")
    beyond = (moments < FIRST) | (moments >= BEHIND)
    return moments.mask(beyond) if beyond.any() else moments


def of_words(missing: Collection[str]) -> pd.Series:
    """The dates that words for nothing are, where they are ISO's: in a column of dates they mean these."""
    return read(pd.Series([text for text in missing if re.fullmatch(ISO, text)], dtype="str"))[0]


def among(moments: pd.Series, missing: Collection[str]) -> np.ndarray:
    """Which dates are words for nothing: (rows,) of bool."""
    if not any(text[:1].isdigit() for text in missing):
        return np.zeros(len(moments), dtype=bool)
    return np.asarray(naive(moments).isin(of_words(missing)))


def form_of(text: pd.Series) -> str | None:
    """The form of a column's dates; None where it is ISO's, or where there are none.

    Args:
        text: (rows,), as columns.as_text has it.

    Raises:
        DataError: there is none, or more than one, and what settles it.
    """
    cells = text.dropna().drop_duplicates()
    if _share(_iso(cells)) >= NEARLY_ALL or not len(cells):
        return None
    read = {form: _in(cells, form) for form in _possible(cells)}
    read = dict(sorted(read.items(), key=lambda each: -_share(each[1])))  # stable: of equals the first
    if not read or _share(next(iter(read.values()))) < NEARLY_ALL:
        raise DataError(_said(text, cells.iloc[0], "is no date in a form that nearly all cells have", "%d/%m/%Y"))
    (best, dates), *others = read.items()
    for other, otherwise in others:
        if sorted(other) != sorted(best):
            continue
        apart = dates.isna() & otherwise.notna()
        if apart.any():
            raise DataError(_said(text, cells[apart].iloc[0], f"is {other}, and most others are {best}", best))
        if _share(otherwise) >= NEARLY_ALL and (apart := (dates != otherwise) & otherwise.notna()).any():
            raise DataError(_said(text, cells[apart].iloc[0], f"may be {best} or {other}, and no cell tells", best))
    return best


def looks_like(text: pd.Series) -> bool:
    """Whether all of some cells are dates in another form than ISO's, with a day in it."""
    cells = _sample(text.dropna().drop_duplicates())
    return len(cells) > 1 and any("%d" in form and _in(cells, form).notna().all() for form in _forms(cells.iloc[0]))


def _iso(text: pd.Series) -> pd.Series:
    read = _in(text, "ISO8601")
    others = read.isna() & (text.str.len() <= LONGEST)
    others &= text.str.fullmatch(ISO).fillna(False).astype(bool)  # with PM or a zone's name behind it
    if others.any():
        read = read.fillna(pd.to_datetime(text.where(others), errors="coerce", format="mixed", utc=True))
    return read


def _in(text: pd.Series, form: str) -> pd.Series:
    moving = text.isin(CLOCK)
    read = pd.to_datetime(text, errors="coerce", format=form, utc=True)
    return read.mask(moving) if moving.any() else read


def _share(dates: pd.Series) -> float:
    return float(dates.notna().mean()) if len(dates) else 0.0


def _sample(cells: pd.Series) -> pd.Series:
    return cells.iloc[np.linspace(0, len(cells) - 1, min(len(cells), LOOKED_AT)).astype(int)]


def _possible(cells: pd.Series) -> list[str]:
    """The forms that some of the cells may have."""
    forms = dict.fromkeys(form for cell in _sample(cells) for form in _forms(cell))
    return [*forms][:MOST_FORMS]


def _forms(cell: str) -> list[str]:
    """The forms that a cell may have: which of its numbers is the day is not known."""
    found = PARTS.fullmatch(cell) if len(cell) <= 60 else None
    if found is None:
        return []
    pieces = re.findall(r"\d+|[^\W\d_]+|[\W_]+", found["day"])
    meanings = [_meanings(piece) for piece in pieces]
    if found["hour"]:
        hour = "%I:%M" if found["half"] else "%H:%M"
        half = "" if not found["half"] else " %p" if found["half"][0] == " " else "%p"
        zone = "" if not found["zone"] else " %z" if found["zone"][0] == " " else "%z"
        fraction = ".%f" if found["fraction"] else ""
        meanings.append([f"{found['joint']}{hour}{':%S' if found['second'] else ''}{fraction}{half}{zone}"])
    return [form for form in map("".join, itertools.product(*meanings)) if _is_whole(form)]


def _meanings(piece: str) -> list[str]:
    if piece.isdigit():
        return ["%Y"] if len(piece) == 4 else ["%d", "%m", "%y"] if len(piece) <= 2 else []
    if piece.isalpha():
        return (
            ["%b"] if len(piece) == 3 and piece.lower() != "may" else ["%B"] if piece.lower() != "may" else ["%B", "%b"]
        )
    return [piece.replace("%", "%%")]


def _is_whole(form: str) -> bool:
    """Whether a form says a month of a year, and nothing twice; a short year only where it cannot be the day's."""
    marks = re.findall("%[YymbBd]", form)
    if sorted(mark[1].lower() for mark in marks) not in (["b", "d", "y"], ["d", "m", "y"], ["b", "y"], ["m", "y"]):
        return False
    return "%y" not in marks or (len(marks) == 3 and (marks[0] != "%y" or "%m" in marks))


def _said(text: pd.Series, cell: str, what: str, form: str) -> str:
    row = int((text == cell).to_numpy().argmax()) + 1
    settled = f'data.dates: {{{text.name}: "{form}"}}'
    return f"column {text.name!r}, row {row}: {cell[:40]!r} {what}; say which, such as {settled}"
