"""A column's dates have one form, found from all of its cells, or they are refused with the setting that says it."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import DataError
from pipeline.table import columns, dates

DAYS = pd.date_range("2023-01-01 09:30", periods=360, tz="UTC")


@pytest.mark.parametrize(
    "form",
    [
        *("%d/%m/%Y", "%m/%d/%Y", "%d.%m.%Y", "%d-%m-%Y", "%d %B %Y", "%d-%b-%Y", "%b %d, %Y", "%d. %B %Y"),
        *("%m/%d/%Y %I:%M %p", "%d.%m.%Y %H:%M:%S", "%d/%m/%YT%H:%M%z", "%d-%b-%y", "%b %Y"),
    ],
)
def test_the_form_is_found(form: str) -> None:
    """Day or month first, names of months, times with and without a zone: what was written is read."""
    text = pd.Series(DAYS.strftime(form), dtype="str", name="joined")
    assert dates.form_of(text) == form
    read, wrong = dates.read(text, form)
    assert not wrong.any()
    assert pd.Series(read).dt.strftime(form.replace("%z", "+0000")).tolist() == text.tolist()


@pytest.mark.parametrize("form", ["%Y-%m-%d", "%Y-%m-%d %H:%M", "%Y%m%d"])
def test_iso_needs_no_form(form: str) -> None:
    """It stays as it is."""
    assert dates.form_of(pd.Series(DAYS.strftime(form), dtype="str", name="joined")) is None


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        (["03/04/2023", "05/06/2023"], "column 'joined', row 1: '03/04/2023' may be %d/%m/%Y or %m/%d/%Y"),
        ([*DAYS.strftime("%d/%m/%Y"), "12/26/2023"], "row 361: '12/26/2023' is %m/%d/%Y, and most others are %d/%m/%Y"),
        (["01.02.03", "02.03.04"], "no cell tells; say which, such as data.dates: {joined: "),
        (["Q1 2020", "Q2 2020"], "'Q1 2020' is no date in a form that nearly all cells have"),
    ],
    ids=["ambiguous", "mixed", "short years", "none"],
)
def test_what_does_not_tell_is_refused(cells: list[str], said: str) -> None:
    """With a cell, the column and the setting."""
    with pytest.raises(DataError) as refusal:
        dates.form_of(pd.Series(cells, dtype="str", name="joined"))
    assert said in str(refusal.value)
    assert "data.dates: {joined: " in str(refusal.value)


def test_iso_is_read_beside_another_form_but_never_as_its_other_order() -> None:
    """A record of production says 2024-05-13 in a column of 13/05/2024; where days come second it says neither."""
    cells = pd.Series(["13/05/2024", "2024-05-13", "05/13/2024"], dtype="str")
    read, wrong = dates.read(cells, "%d/%m/%Y")
    assert (read[0] == read[1], wrong.tolist()) == (True, [False, False, True])
    assert dates.read(pd.Series(["2024-05-13"], dtype="str"), "%Y-%d-%m")[1].all()


@given(st.from_regex(r"[0-9]{1,2}[/. ]{1,2}[0-9]{1,2}[/. ][0-9]{1,4}( [0-9]{1,2}:[0-9]{1,2})?", fullmatch=True))
def test_the_quick_way_reads_what_the_other_reads(cell: str) -> None:
    """Wherever it reads anything."""
    for form in ("%d/%m/%Y", "%m.%d.%y", "%d.%m.%Y %H:%M", "%d %m %Y"):
        if (moment := dates.moment(cell, form)) is not None:
            assert dates.read(pd.Series([cell], dtype="str"), form)[0][0] == moment


@pytest.mark.parametrize("cell", ["0000-01-01", "9999-12-31T23:59:59-12:00"])
def test_a_year_that_python_has_not_is_no_date(cell: str) -> None:
    """As no request and no record could say it."""
    moments, wrong = dates.read(pd.Series(["0001-01-01", cell, "9999-12-31"], dtype="str"))
    assert (moments.isna().tolist(), wrong.tolist()) == ([False, True, False],) * 2
    typed = pd.Series(np.array(["0001-01-01", "0000-12-31", "NaT", "10000-01-01"], dtype="M8[us]"))
    assert columns.parse(typed)[1].tolist() == [False, True, False, True]
