"""The kind of a column of words, in scripts with blanks between them and without."""

import pandas as pd
import pytest

from pipeline.table import columns

CHINESE = [f"房间{i}号很干净，早餐也不错，下次还来" for i in range(60)]
JAPANESE = [f"駅から近くて{i}分、とても便利でした" for i in range(60)]
THAI = [f"ห้องพักสะอาดมากหมายเลข{i}" for i in range(60)]
KOREAN = [f"방이 {i} 번 정말 깨끗했어요" for i in range(60)]


@pytest.mark.parametrize(
    ("cells", "kind", "apart"),
    [
        (CHINESE, "text", True),
        (JAPANESE, "text", True),
        (THAI, "text", True),
        (KOREAN, "text", False),
        (["北京", "上海", "广州"] * 20, "categorical", True),
        ([f"王{chr(0x4E00 + i)}" for i in range(60)], "ignored", True),
        ([f"code{i}" for i in range(60)], "ignored", False),
        ([f"a review of room {i}" for i in range(60)], "text", False),
        ([f"the word 好 stands in review {i}" for i in range(60)], "text", False),
    ],
    ids=["Chinese", "Japanese", "Thai", "Korean", "cities", "names", "codes", "English", "one sign"],
)
def test_a_column_of_words_is_text_in_any_script(cells: list[str], kind: str, apart: bool) -> None:
    """Where no blanks stand between words, characters are counted."""
    column = pd.Series([*cells, None], dtype="str")
    assert columns.kind_of(column) == kind
    assert columns.without_blanks(column) is apart


def test_a_column_that_says_nothing_is_in_no_script() -> None:
    """Nor is one of numbers as text."""
    assert not columns.without_blanks(pd.Series([None, None], dtype="str"))
    assert not columns.without_blanks(pd.Series(["1", "2.5"], dtype="str"))
