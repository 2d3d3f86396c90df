"""Private columns reach no file, and the rows of whoever asked to be forgotten, and old ones, are left out."""

import io
import re
from pathlib import Path

import pandas as pd
import pytest
from pydantic import ValidationError

from pipeline import __main__ as cli
from pipeline import params, sections
from pipeline.errors import DataError, ParamsError
from pipeline.stages import ingest
from pipeline.table import forgetting, private, stream, tables

KEY = "k" * 32
TABLE = pd.DataFrame(
    {
        "who": ["ann", "bob", "cy", "dee"],
        "mail": ["a@x.org", "b@x.org", None, "d@x.org"],
        "day": ["2026-01-05", "2025-01-05", "2026-01-02", ""],
        "x": [1, 2, 3, 3],
        "label": ["p", "q", "p", "q"],
    }
)
HIDDEN = {"who": "hash", "mail": "drop"}
SETTINGS = """\
data: {{source: {source}, target: label, id: who, private: {{who: hash, mail: drop}}, forget: data/forget.txt}}
train: {{estimator: sklearn.tree.DecisionTreeClassifier}}
"""


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATA_KEY", KEY)


def tidy(frame: pd.DataFrame = TABLE, named_by: tuple[str, ...] = (), **data: object) -> pd.DataFrame:
    """The rows as ingest keeps them."""
    about = sections.Data.model_validate({"source": "t.csv", "target": "label"} | data)
    return ingest.tidy(frame, about, named_by)


def test_a_private_column_is_dropped_or_hashed_under_the_key(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same word has the same hash, with another key another one, and an empty cell none."""
    frame = tidy(private={"mail": "hash", "who": "drop"})
    assert list(frame.columns) == ["row_id", "mail", "day", "x", "label"]
    assert frame["mail"].isna().tolist() == [False, False, True, False]
    assert frame["mail"][0] == private.keyed(KEY.encode(), "mail", "a@x.org")
    assert "x.org" not in frame.to_csv()
    monkeypatch.setenv("DATA_KEY", "l" * 32)
    assert tidy(private={"mail": "hash"})["mail"][0] != frame["mail"][0]


@pytest.mark.parametrize("key", [None, "short"], ids=["absent", "short"])
def test_without_a_key_nothing_is_hashed(key: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    """The refusal says how to make one, and where it goes; who only drops columns needs none."""
    monkeypatch.delenv("DATA_KEY")
    if key:
        monkeypatch.setenv("DATA_KEY", key)
    with pytest.raises(
        ParamsError, match=r"DATA_KEY .*; set the one .* make one, once: export DATA_KEY=.* gh secret set DATA_KEY"
    ):
        tidy(private={"mail": "hash"})
    assert "mail" not in tidy(private={"mail": "drop"})


def test_a_hashed_id_names_rows_and_keeps_them_apart() -> None:
    """It is a row's name wherever the row goes, and says nothing of whose it is."""
    ids = tidy(id="who", private=HIDDEN)["row_id"]
    assert ids.tolist() == [private.keyed(KEY.encode(), "who", name) for name in TABLE["who"]]
    assert tidy(TABLE[::-1], id="who", private=HIDDEN)["row_id"].tolist() == ids.tolist()[::-1]


def test_a_private_column_names_no_row() -> None:
    """Whether it is hashed or dropped, and though data/names.txt lists it still; other cells name rows alike."""
    names = [
        tidy(TABLE.assign(mail=mails), ("who", "mail", "day", "x"), private={"mail": way})["row_id"].tolist()
        for mails in (TABLE["mail"], "z@x.org")
        for way in ("hash", "drop")
    ]
    assert names == [tidy(TABLE, ("who", "day", "x"))["row_id"].tolist()] * 4
    assert tidy(private={"mail": "hash"})["row_id"].tolist() == names[0]


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"data": {"private": {"label": "hash"}}}, "'label' is the target"),
        ({"data": {"id": "who", "private": {"who": "drop"}}}, r"so it stays, as a hash: private: \{who: hash\}"),
        (
            {"data": {"private": {"mail": "hash"}, "kinds": {"mail": "text"}}},
            "'mail' is text by data.kinds and private",
        ),
        ({"data": {"private": {"mail": "drop"}, "drop": ["mail"]}}, "in data.drop and in data.private"),
        ({"data": {"private": {"who": "drop"}}, "split": {"group": "who"}}, r"'who' is split\.group.*\{who: hash\}"),
        ({"data": {"private": {"day": "hash"}}, "split": {"time": "day", "cut": 1}}, r"'day' is split\.time"),
        ({"data": {"private": {"mail": "keep"}}}, "data.private.mail: must be 'drop' or 'hash'"),
    ],
    ids=["target", "id", "kind", "drop", "group", "time", "way"],
)
def test_what_cannot_be_private_is_refused(settings: dict, said: str, folder: Path) -> None:
    """With what settles it."""
    settings["data"] |= {"source": "t.csv", "target": "label"}
    train = {"estimator": "sklearn.tree.DecisionTreeClassifier"}
    (folder / "params.yaml").write_text(str(settings | {"train": train}))
    with pytest.raises(ParamsError, match=said):
        params.load()


def test_no_model_reads_a_hash() -> None:
    """Its kind is ignored, whatever the hashes look like."""
    data = sections.Data(source="t.csv", target="label", private={"mail": "hash"})
    assert data.kinds == {"mail": "ignored"}


def test_a_column_that_is_not_there_is_named() -> None:
    """As in any other key."""
    with pytest.raises(ParamsError, match=r"data\.private: the table has no column 'mial'; did you mean 'mail'"):
        tidy(private={"mial": "drop"})


def test_whoever_is_forgotten_is_in_no_table(folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch) -> None:
    """By a list that holds no name: rows of the source, and those that production brought under that id."""
    (folder / "data").mkdir()
    rows = tidy(id="who", private=HIDDEN)
    brought = rows.assign(row_id="asked:1:" + rows["row_id"])[["row_id", "x", "label"]]
    tables.write(brought, stream.ROWS)
    TABLE.to_csv("t.csv", index=False)
    (folder / "params.yaml").write_text(SETTINGS.format(source="t.csv"))
    for typed in ("bob\n\n", "bob\ncy\n"):
        if (path := Path("data/forget.txt")).exists():
            path.write_text(path.read_text().rstrip("\n"))  # as some editors leave a file
        monkeypatch.setattr("sys.stdin", io.StringIO(typed))
        assert cli.main(["forget", "who"]) == 0
    assert "forget: 1 more in data/forget.txt, 1 known" in capsys.readouterr().out
    text = Path("data/forget.txt").read_text()
    assert text.count("\n") == 3
    assert not {"bob", "cy"} & set(text.split())
    assert cli.main(["ingest"]) == 0
    said = capsys.readouterr().out
    assert "ingest: 2 rows forgotten, as data/forget.txt says" in said
    assert "ingest: 2 rows of production or of before forgotten" in said
    kept = tables.read(tables.RAW)["row_id"]
    assert stream.keys(kept).tolist() == [rows["row_id"][0], rows["row_id"][3]] * 2


def test_who_is_forgotten_by_a_plain_column_needs_no_key(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By a group, say, or by a column that is dropped then."""
    monkeypatch.delenv("DATA_KEY")
    Path("list").write_text(f"# asked in May\n\n{private.plain('mail', 'b@x.org')}  mail\n")
    assert tidy(private={"mail": "drop"}, forget="list")["x"].tolist() == [1, 3, 3]


@pytest.mark.parametrize(
    ("text", "error", "said"),
    [
        (None, ParamsError, r"data\.forget: list is not here.*`python -m pipeline forget COLUMN` writes it"),
        ("bob\n", DataError, "list, line 1: no hash and column"),
        (f"# made with the DATA_KEY 00000000\n{'0' * 32}  who\n", ParamsError, "line 1: made with another DATA_KEY"),
        (f"{'0' * 64}  whom\n", ParamsError, "the table has no column 'whom'; did you mean 'who'"),
    ],
    ids=["absent", "plain", "key", "column"],
)
def test_a_list_that_would_forget_nobody_is_refused(text, error, said: str, folder: Path) -> None:
    """Else the forgotten would be back without a word."""
    if text is not None:
        Path("list").write_text(text)
    with pytest.raises(error, match=said):
        tidy(forget="list")


def test_old_rows_are_left_out_and_counted(capsys: pytest.CaptureFixture[str]) -> None:
    """Those without a date, too, as nobody can show that they may be kept; names of the others stay."""
    kept = tidy(keep_for={"column": "day", "days": 365, "as_of": "2026-01-31"})
    assert kept["x"].tolist() == [1, 3]
    assert kept["row_id"].tolist() == tidy()["row_id"][[0, 2]].tolist()
    assert capsys.readouterr().out.splitlines() == [
        "ingest: 1 row left out, older than 2025-01-31 (data.keep_for)",
        "ingest: 1 row left out, without a date in 'day' (data.keep_for)",
    ]


def test_dates_that_nobody_can_read_are_refused() -> None:
    """With the key that says how they are written; and so is a table in which all rows are old."""
    keep = {"column": "mail", "days": 365, "as_of": "2026-01-31"}
    with pytest.raises((ParamsError, DataError), match=r"data\.dates: \{mail: "):
        tidy(keep_for=keep)
    with pytest.raises(DataError, match=r"no row is left, as data\.forget and data\.keep_for have it"):
        tidy(keep_for=keep | {"column": "day", "as_of": "2036-01-31"})


def test_old_rows_of_production_are_left_out_by_their_day() -> None:
    """The day of the prediction, as they lack what the model does not read."""
    keep = sections.KeepFor.model_validate({"column": "day", "days": 30, "as_of": "2026-01-31"})
    data = sections.Data(source="t.csv", target="label", keep_for=keep)
    rows = pd.DataFrame({"row_id": ["stream:a", "stream:b"], "_day": ["2025-12-31", "2026-01-01"]})
    assert forgetting.of_table(rows, data).rows.tolist() == [True, False]


def test_a_table_of_before_is_hashed_or_refused() -> None:
    """Where the source cannot be reached; what is dropped since is dropped of it, too."""
    data = sections.Data(source="t.csv", target="label", private=HIDDEN)
    before = tidy(private={"who": "hash"})
    assert "mail" not in private.require_hidden(before, data)
    with pytest.raises(DataError, match="'who' is not hashed in the table of before"):
        private.require_hidden(tidy(), data)


@pytest.mark.parametrize(
    ("source", "inside"),
    [
        ("data/source/t.csv", True),
        ("sqlite:///data/t.db", True),
        ("/srv/t.csv", False),
        ("../t.csv", False),
        ("postgresql://me@host/db", False),
        ("sklearn:digits", False),
        ("sqlite:////srv/t.db", False),
    ],
)
def test_a_source_in_the_project_is_warned_of(source: str, inside: bool) -> None:
    """Git or DVC would keep what it holds, whatever ingest hides."""
    told = private.in_plain(sections.Data(source=source, target="label", private=HIDDEN))
    assert bool(told) == inside
    assert private.in_plain(sections.Data(source=source, target="label")) is None


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "who,mail,day,x,label\nZ\xe9rah,z@x.org,2026-01-05,1,p\n".encode("latin-1"),
            r"line 2: not UTF-8 text; .*cp1252",
        ),
        (
            "".join(f"Zorah,z{n}@x.org,2026-01-0{n},{n},p\n" for n in range(1, 9)).encode(),
            "line 1 holds data and no names",
        ),
        (
            b"who,mail,day,x,label\nann,a@x.org,Zorahday,1,p\nbob,b@x.org,Zorahday,1,p\n",
            r"data.keep_for|no date in a form",
        ),
    ],
    ids=["encoding", "header", "age"],
)
def test_no_refusal_quotes_a_cell(folder: Path, capsys: pytest.CaptureFixture[str], text: bytes, said: str) -> None:
    """Logs of workflows are kept, and on GitHub are often public; without private columns it is quoted."""
    keep = ", keep_for: {column: day, days: 9, as_of: 2026-01-09}"
    for hidden, quoted in (("{who: hash, mail: drop, day: drop}", False), ("{}", True)):
        (folder / "t.csv").write_bytes(text)
        about = SETTINGS.format(source="t.csv").replace("{who: hash, mail: drop}", hidden)
        (folder / "params.yaml").write_text(about.replace(", forget: data/forget.txt", keep))
        assert cli.main(["ingest"]) > 0
        told = capsys.readouterr().err
        assert re.search(said, told), told
        assert any(each in told for each in ("Zorah", "Z\xe9rah", "x.org")) == quoted, told


def test_rows_may_be_kept_longer_than_there_are_days() -> None:
    """Nothing is that old; and a number of days that no calendar has is refused."""
    assert len(tidy(keep_for={"column": "day", "days": 36_525, "as_of": "0001-01-02"})) == 3  # one has no date
    with pytest.raises(ValidationError, match="less than or equal to 36525"):
        tidy(keep_for={"column": "day", "days": 10**12, "as_of": "2026-01-06"})
