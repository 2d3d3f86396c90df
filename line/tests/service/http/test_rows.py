"""Whatever date comes, a row of JSON means the one that the pipeline reads."""

import datetime
from typing import Any

import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from pipeline.table import columns
from service.http.rows import Reader
from tests.service.http.test_rows import ROW, SIGNATURE


@given(st.datetimes(datetime.datetime(1750, 1, 1), datetime.datetime(2150, 1, 1)), st.timezones() | st.none())
def test_any_date_is_the_one_that_the_pipeline_reads(moment: datetime.datetime, zone: Any) -> None:
    """To the microsecond, in UTC."""
    text = moment.replace(tzinfo=zone).isoformat()
    expected, wrong = columns.parse(pd.Series([text], dtype="object"), "date")
    if not wrong.any():
        assert Reader(SIGNATURE).read([ROW | {"since": text}]).dates[0, 0] == expected.to_numpy()[0]
