"""Scoring files: the same answers as for a table in memory, whatever the file and however often it was interrupted."""

import errno
import fcntl
import gzip
import io
import itertools
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from pipeline.errors import PipelineError
from pipeline.model import predicting, saving
from pipeline.model.signature import Signature
from pipeline.sections import MISSING
from service.score import cells, command, file, journal, progress, run, tables, writers
from service.score import model as scorer
from service.score.file import Job
from service.score.run import Done
from tests.service.conftest import digits, notes, numbers, people

TABLES = {"people": people, "notes": notes, "digits": digits, "numbers": numbers}
HEADER, ROW = "age,city,since,height\n", "30,Ulm,2024-01-05,170.5\n"

Go = Callable[..., Done]

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("error::pytest.PytestUnraisableExceptionWarning"),  # noise after an error
]


@pytest.fixture
def go(folders: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Go:
    """Score a file in an empty folder: go("people", "in.csv", "out.csv"); options are Job's."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(scorer, "MOST_ROWS", 32)
    monkeypatch.setattr(scorer, "FEWEST_ROWS", 8)
    monkeypatch.setattr(writers, "GROUP", 50)

    def run(name: str, source: str = "in.csv", target: str = "out.parquet", **options: Any) -> Done:
        return file.score(Job(Path(source), Path(target), folders[name], **options))

    return run


def refusal(*arguments: Any, **options: Any) -> str:
    """The one line of an error."""
    act, *rest = arguments
    with pytest.raises(PipelineError) as error:
        act(*rest, **options)
    assert "\n" not in str(error.value)
    return str(error.value)


def as_text(path: str, separator: str = ",") -> pd.DataFrame:
    """A text file as the pipeline reads it."""
    blank = ("", " ", *MISSING)
    return pd.read_csv(path, sep=separator, dtype=str, keep_default_na=False, na_values=blank, encoding="utf-8-sig")


def expected(folder: Path, frame: pd.DataFrame) -> pd.DataFrame:
    """The answers to a table in memory."""
    fitted, signature = saving.load(folder / "model.skops"), Signature.load(folder / "signature.json")
    return predicting.predict(fitted, signature, frame).reset_index(drop=True)


def same(path: str, answers: pd.DataFrame) -> None:
    """A file of answers holds these, to the last bit."""
    if path.endswith(".parquet"):
        pd.testing.assert_frame_equal(pd.read_parquet(path), answers, check_exact=True)
        return
    found = pd.read_csv(path, sep="\t" if ".tsv" in path else ",", dtype={"row_id": str}, float_precision="round_trip")
    pd.testing.assert_frame_equal(found, answers, check_exact=True, check_dtype=False)


WRITERS: dict[str, Callable[[pd.DataFrame], Any]] = {
    "in.parquet": lambda frame: frame.to_parquet("in.parquet", row_group_size=50),
    "in.csv": lambda frame: frame.to_csv("in.csv", index=False),
    "in.tsv": lambda frame: frame.to_csv("in.tsv", index=False, sep="\t"),
    "in.csv.gz": lambda frame: frame.to_csv("in.csv.gz", index=False),
}


@pytest.mark.parametrize("target", ["out.parquet", "out.csv", "out.tsv.gz"])
@pytest.mark.parametrize("source", WRITERS)
@pytest.mark.parametrize("name", TABLES)
def test_a_file_is_answered_as_a_table_in_memory(
    name: str, source: str, target: str, go: Go, folders: dict[str, Path]
) -> None:
    """Pieces of 32 rows or the whole, numbers, dates, categories or text: the answers are the same bits."""
    WRITERS[source](TABLES[name]())
    frame = pd.read_parquet(source) if "parquet" in source else as_text(source, "\t" if ".tsv" in source else ",")
    done = go(name, source, target)
    assert done.rows == len(frame)
    same(target, expected(folders[name], frame))
    assert sorted(path.name for path in Path().iterdir()) == sorted([source, target])


ODD_CELLS = {
    "blanks": "NA,null,NaN,\n, ,None,nan\n",
    "white space": " 30 , Ulm ,2024-01-05 , 170 \n",
    "odd numbers": "-0,3.0,2024-01-05,+6e23\n1e400,3.50,20240105,123456789012345678901234567890\n",
    "truth": "true,TRUE,2024-1-5,False\n",
    "wrong kinds": "x,1,yesterday,0x10\n1_0,2,2024-13-01,1e\n",
    "quotes": '"30","a ""b"" c","2024-01-05T10:00:00+02:00","1"\n30,"Ul\nm",2024-01-05 10:00,"2"\n',
    "stray quotes": '30,5" pipe,2024-01-05,1\n',
    "not ASCII": "30,Ulm é😀,2024-01-05,1\n",
}


@pytest.mark.parametrize("cells", ODD_CELLS.values(), ids=ODD_CELLS)
def test_cells_mean_what_they_mean_to_the_pipeline(cells: str, go: Go, folders: dict[str, Path]) -> None:
    """Whatever is odd in a text file is read as the pipeline reads it, alone and among others."""
    for text in (HEADER + cells, "\ufeff" + HEADER + (cells + ROW) * 40):
        Path("in.csv").write_text(text)
        go("people", overwrite=True)
        same("out.parquet", expected(folders["people"], as_text("in.csv")))


def test_numbers_as_text_are_the_same_bits() -> None:
    """Arrow's fast reading of numbers gives way to pandas' wherever the two differ."""
    random = np.random.default_rng(3)
    texts = [repr(value) for value in random.normal(size=500) * 10.0 ** random.integers(-300, 300, 500)]
    texts += ["".join(random.choice(list("0123456789.eE+-"), random.integers(1, 8))) for _ in range(5000)]
    texts += ["-0", "-0.0", "nan", "inf", "1e400", "18446744073709551616", "1" * 400, "4.9e-324"]
    for text in texts:
        found = cells._plain_numbers(pa.array([text]))
        if found is not None:
            read = pd.to_numeric(pd.Series([text], dtype="str"), errors="coerce").to_numpy(dtype=float)
            assert found.tobytes() == read.tobytes(), text


TYPES: dict[str, Callable[[pd.DataFrame], pd.DataFrame]] = {
    "float32": lambda frame: frame.astype({"age": "float32", "height": "float32"}),
    "whole, with gaps": lambda frame: frame.astype({"age": "Int64"}),
    "whole": lambda frame: frame.assign(height=range(len(frame)), city=range(len(frame))),
    "truth": lambda frame: frame.assign(age=frame["height"] > 170, city=frame["age"] > 50),
    "dictionary": lambda frame: frame.astype({"city": "category"}),
    "zone": lambda frame: frame.assign(since=frame["since"].dt.tz_localize("Europe/Berlin")),
    "nanoseconds": lambda frame: frame.astype({"since": "datetime64[ns]"}),
    "days": lambda frame: frame.assign(since=frame["since"].dt.date),
    "infinite": lambda frame: frame.assign(height=frame["height"].where(frame["height"] > 160, np.inf)),
    "nothing": lambda frame: frame.assign(city=None, age=None, since=None),
    "text": lambda frame: frame.astype({"since": "str", "height": "str", "age": "str"}),
}


@pytest.mark.parametrize("change", TYPES.values(), ids=TYPES)
def test_types_of_parquet_mean_what_they_mean_to_pandas(change: Any, go: Go, folders: dict[str, Path]) -> None:
    """Columns may be of any simple type."""
    change(people()).to_parquet("in.parquet")
    go("people", "in.parquet")
    same("out.parquet", expected(folders["people"], pd.read_parquet("in.parquet")))


def test_whole_numbers_as_words_do_not_depend_on_the_piece(folders: dict[str, Path]) -> None:
    """A missing cell makes pandas floats of whole numbers; here they keep their digits, with and without."""
    made = cells.Cells(Signature.load(folders["people"] / "signature.json"))
    table = pa.Table.from_pandas(people(8).drop(columns="city")).slice(0, 4)
    table = table.append_column("city", pa.array([2**53 + 1, 7, 7, None]))
    for piece in (table, table.slice(0, 2)):
        assert made.read(piece)[0]["city"][:2].tolist() == [str(2**53 + 1), "7"]


def test_unreadable_cells_are_counted(go: Go) -> None:
    """They count as missing; blank cells are no matter."""
    Path("in.csv").write_text(HEADER + ROW * 70 + "x,Ulm,2024-13-05,inf\n,NA,,\nNA,NULL,None,nan\ny,Ulm,2024-01-05,1\n")
    assert go("people").unreadable == {"age": 2, "since": 1, "height": 1}
    Path("in.csv").write_text(HEADER + ROW * 70 + ",NA,,\n")
    assert go("people", overwrite=True, strict=True).unreadable == {}


def test_with_strict_an_unreadable_cell_is_refused_by_row(go: Go) -> None:
    """The row and the column are named, the cell is not quoted, and nothing is left."""
    Path("in.csv").write_text(HEADER + ROW * 70 + "30,Ulm,secret,1\n" + ROW)
    said = refusal(go, "people", strict=True)
    assert said == "in.csv, row 71: column 'since' must be a date"
    assert [path.name for path in Path().iterdir()] == ["in.csv"]


NO_TABLES: dict[str, tuple[str, bytes, str]] = {
    "not there": ("ni.csv", b"", r"ni.csv: no such file; did you mean 'in.csv'\?"),
    "zero-length": ("in.csv", b"", "in.csv: empty; it needs a header line and rows"),
    "blank lines": ("in.csv", b"\n\n", "in.csv: empty"),
    "column missing": ("in.csv", b"age,cty,since,height\n", "column 'city' is missing; did you mean 'cty'"),
    "name twice": ("in.csv", b"age,age,city,since,height\n", "column 'age' stands there twice"),
    "short row": ("in.csv", (HEADER + ROW * 99 + "1,2\n").encode(), "row 100: 2 cells where the header has 4"),
    "long row": ("in.csv", (HEADER + ROW + "1,2,3,4,5\n").encode(), "row 2: 5 cells where the header has 4"),
    "not UTF-8": ("in.csv", (HEADER + ROW).encode() + b"3,\xff,4,5\n", "line 3: not UTF-8 text"),
    "cut within a letter": ("in.csv", (HEADER + ROW).encode() + b"3,\xc3", "line 3: not UTF-8 text"),
    "zero byte": ("in.csv", (HEADER + ROW + "3,\0,4,5\n").encode(), "line 3: holds a zero byte"),
    "open quote": ("in.csv", (HEADER + ROW + '3,Ulm,2024-01-05,"17').encode(), "ends inside of a quoted cell"),
    "other ending": ("in.txt", HEADER.encode(), "in.txt: neither .parquet nor .csv"),
    "no Parquet": ("in.parquet", HEADER.encode(), "in.parquet: cannot be read"),
    "no gzip": ("in.csv.gz", HEADER.encode(), "in.csv.gz: cannot be read"),
    "gzip cut short": ("in.csv.gz", gzip.compress((HEADER + ROW * 999).encode())[:-12], "in.csv.gz.*cannot be read"),
}


@pytest.mark.parametrize(("name", "content", "said"), NO_TABLES.values(), ids=NO_TABLES)
def test_what_is_no_table_costs_one_line(name: str, content: bytes, said: str, go: Go) -> None:
    """The line says what is wrong and where; nothing is left beside the input."""
    Path(name if name != "ni.csv" else "in.csv").write_bytes(content)
    assert re.search(said, refusal(go, "people", name))
    assert len(list(Path().iterdir())) == 1


@pytest.mark.parametrize("encoding", ["latin1", "utf-16", "gb18030", "utf-8-sig"])
def test_text_in_another_encoding_is_read_where_it_is_named(encoding: str, go: Go) -> None:
    """As the same text in UTF-8, whatever is kept of it."""
    text = HEADER + ROW * 200 + "30,Zürich,2024-01-05,170\n" + ROW
    Path("plain.csv").write_text(text)
    Path("in.csv").write_bytes(text.encode(encoding))
    go("people", "plain.csv", "plain.parquet", keep=("city",))
    go("people", "in.csv", "out.parquet", keep=("city",), encoding=encoding)
    pd.testing.assert_frame_equal(pd.read_parquet("out.parquet"), pd.read_parquet("plain.parquet"))
    assert pd.read_parquet("out.parquet")["city"][200] == "Zürich"


def test_text_that_is_not_in_its_encoding_is_refused_by_line(go: Go) -> None:
    """Whichever it is; and so is an encoding that there is not."""
    Path("in.csv").write_bytes((HEADER + ROW).encode() + "30,Zürich,2024-01-05,170\n".encode("latin1"))
    assert "line 3: not UTF-8 text; save it as UTF-8, or say what it is in: --encoding latin1" in refusal(go, "people")
    assert "line 3: not ASCII text" in refusal(go, "people", encoding="ascii")
    assert "--encoding: 'latin99' is none; some are utf-8, latin1" in refusal(go, "people", encoding="latin99")


@pytest.mark.parametrize("damage", ["cut", "overwritten"])
def test_a_damaged_parquet_file_costs_one_line(damage: str, go: Go) -> None:
    """Without its end, or with other bytes in the middle."""
    people(2000).to_parquet("in.parquet", row_group_size=500)
    content = Path("in.parquet").read_bytes()
    middle = len(content) // 2
    bad = content[:-99] if damage == "cut" else content[:middle] + b"\xff" * 3000 + content[middle + 3000 :]
    Path("in.parquet").write_bytes(bad)
    assert re.match(r"in.parquet: (cannot be read|damaged after row [\d,]+ )", refusal(go, "people", "in.parquet"))
    assert [path.name for path in Path().iterdir()] == ["in.parquet"]


def test_a_parquet_file_that_ends_early_is_damaged(tmp_path: Path) -> None:
    """Fewer rows than it promises are no whole table."""
    people().to_parquet(tmp_path / "in.parquet")
    source = tables.Parquet(tmp_path / "in.parquet")
    assert sum(batch.num_rows for batch in source.batches(["age"], 0)) == 240
    promised = SimpleNamespace(num_rows=241, num_row_groups=1, row_group=lambda _: SimpleNamespace(num_rows=241))
    source._about = promised
    assert "it ends after row 240 of 241" in refusal(list, source.batches(["age"], 0))


def test_a_type_without_values_is_refused(go: Go) -> None:
    """A list is neither text nor number; beside the model's columns it is no matter, and Parquet can keep it."""
    frame = people()
    lists = [[1]] * len(frame)
    frame.assign(age=lists).to_parquet("in.parquet")
    assert "column 'age' is of type list" in refusal(go, "people", "in.parquet")
    frame.assign(tags=lists).to_parquet("in.parquet")
    assert "out.csv: cannot hold these columns" in refusal(go, "people", "in.parquet", "out.csv", keep=("tags",))
    go("people", "in.parquet", keep=("tags",))
    assert pd.read_parquet("out.parquet")["tags"].tolist() == lists


@pytest.mark.parametrize("end", ["\n", ""])
@pytest.mark.parametrize("source", ["in.csv", "in.parquet"])
@pytest.mark.parametrize("target", ["out.csv", "out.parquet"])
def test_a_header_alone_is_answered_with_one(source: str, target: str, end: str, go: Go) -> None:
    """No rows in, no rows out, the columns are there."""
    people().head(0).to_parquet("in.parquet")
    Path("in.csv").write_text("row_id," + HEADER.strip() + end)
    assert go("people", source, target).rows == 0
    frame = pd.read_csv(target) if target == "out.csv" else pd.read_parquet(target)
    assert list(frame.columns) == ["row_id", "prediction", "p_no", "p_yes"]
    assert len(frame) == 0


@pytest.mark.parametrize("separator", [";", "\t", "|"])
def test_another_separator_shows_by_the_header(separator: str, go: Go, folders: dict[str, Path]) -> None:
    """Whatever stands between the model's columns separates."""
    Path("in.csv").write_text((HEADER + ROW * 3).replace(",", separator))
    go("people")
    same("out.parquet", expected(folders["people"], as_text("in.csv", separator)))


def test_rows_longer_than_a_block_are_read(go: Go, monkeypatch: pytest.MonkeyPatch) -> None:
    """Blocks grow with them, up to a bound that stands for a quote that is never closed."""
    monkeypatch.setattr(tables, "BLOCK", 1000)
    Path("in.csv").write_text(HEADER + ROW * 200 + f'30,"{"x" * 9000}",2024-01-05,1\n' + ROW * 200)
    assert go("people").rows == 401
    monkeypatch.setattr(tables, "LARGEST_BLOCK", 1000)
    assert "a row of over" in refusal(go, "people", overwrite=True)


def test_columns_are_kept_as_they_are(go: Go) -> None:
    """row_id and the id come by themselves, others when asked for; text stays as it was written."""
    Path("in.csv").write_text('customer,row_id,more,"a, b",' + HEADER + ('7,NA, x ,"q""",' + ROW) * 2)
    go("people", target="out.csv", id="customer", keep=("a, b", "more"))
    kept = pd.read_csv("out.csv", dtype=str, keep_default_na=False)
    assert kept.columns.tolist() == ["row_id", "customer", "a, b", "more", "prediction", "p_no", "p_yes"]
    assert kept.iloc[1, :4].tolist() == ["NA", "7", 'q"', " x "]
    assert go("people", target="other.csv", id="nosuch").rows == 2


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"keep": ("mor",)}, "--keep: in.csv has no column 'mor'; did you mean 'more'?"),
        ({"keep": ("p_no",)}, "--keep: 'p_no' is a column of the answers"),
        ({"target": "in.csv"}, "in.csv: is the input"),
        ({"target": "old.csv"}, "old.csv: is there already; --overwrite replaces it"),
        ({"target": "folder"}, "folder: a folder"),
        ({"target": "out.txt"}, "out.txt: must end in .parquet"),
        ({"target": "nosuch/out.csv"}, "there is no folder nosuch"),
    ],
)
def test_options_that_do_not_fit_are_refused(options: dict, said: str, go: Go) -> None:
    """One line each, and nothing is made or lost."""
    Path("in.csv").write_text("more,p_no," + HEADER)
    Path("old.csv").write_text("old")
    Path("folder").mkdir()
    assert said in refusal(go, "people", **options)
    assert sorted(path.name for path in Path().iterdir()) == ["folder", "in.csv", "old.csv"]
    assert Path("old.csv").read_text() == "old"


def test_overwrite_replaces(go: Go) -> None:
    """With --overwrite the old output is gone once the new one is whole, and not before."""
    Path("in.csv").write_text(HEADER + "broken\n")
    Path("out.csv").write_text("old")
    refusal(go, "people", target="out.csv", overwrite=True)
    assert Path("out.csv").read_text() == "old"
    Path("in.csv").write_text(HEADER + ROW)
    go("people", target="out.csv", overwrite=True)
    assert len(pd.read_csv("out.csv")) == 1


def interrupted(go: Go, monkeypatch: pytest.MonkeyPatch, *arguments: Any, pieces: int = 4, **options: Any) -> None:
    """Stop a run after some pieces, as a kill would: what is written stays."""
    keep, left = journal.Journal.keep, [pieces]

    def some(journal: journal.Journal, *answers: Any) -> None:
        if not left[0]:
            raise KeyboardInterrupt
        left[0] -= 1
        keep(journal, *answers)

    with monkeypatch.context() as patch:
        patch.setattr(journal.Journal, "keep", some)
        with pytest.raises(KeyboardInterrupt):
            go(*arguments, **options)


BLANK_LINES = {
    "plain": ROW * 300,
    "empty lines": (ROW + "\n") * 300,
    "empty lines of Windows": (ROW + "\r\n") * 300,
    "lines of blanks": (ROW + "  \n") * 300,
    "newlines": (ROW + '1,"a\n\n",,\n') * 150,
}


@pytest.mark.parametrize("target", ["out.parquet", "out.csv", "out.csv.gz"])
@pytest.mark.parametrize("text", BLANK_LINES.values(), ids=BLANK_LINES)
def test_a_stopped_run_goes_on_where_it_was(
    text: str, target: str, go: Go, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Wherever the journal was cut, the same command ends with the same bytes."""
    Path("in.csv").write_text(HEADER + text + "x,,,\n")
    whole = go("people", target="whole" + target)
    interrupted(go, monkeypatch, "people", target=target)
    journal = Path(f"{target}.partial/journal")
    content = journal.read_bytes()
    for size in (len(content), len(content) - 1, len(content) // 2, 9, 0):
        journal.parent.mkdir(exist_ok=True)
        journal.write_bytes(content[:size])
        done = go("people", target=target, overwrite=True)
        assert Path(target).read_bytes() == Path("whole" + target).read_bytes()
        assert not journal.parent.exists()
        assert done.unreadable == whole.unreadable == {"age": 1}
        assert done.resumed_at == {len(content): 128, len(content) - 1: 96}.get(size, done.resumed_at)
        assert done.resumed_at % 32 == 0
    assert "going on after row 128" in capsys.readouterr().err


def test_a_run_may_be_stopped_again_and_again(go: Go, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the first stop left of a record is not in the way of the second."""
    Path("in.csv").write_text(HEADER + ROW * 300)
    interrupted(go, monkeypatch, "people")
    journal = Path("out.parquet.partial/journal")
    journal.write_bytes(journal.read_bytes()[:-1])
    interrupted(go, monkeypatch, "people", pieces=2)
    assert go("people").resumed_at == 160


def test_a_damaged_journal_counts_up_to_the_damage(go: Go, monkeypatch: pytest.MonkeyPatch) -> None:
    """A record whose checksum is wrong is answered again, and all after it."""
    Path("in.csv").write_text(HEADER + ROW * 300)
    interrupted(go, monkeypatch, "people")
    journal = Path("out.parquet.partial/journal")
    content = bytearray(journal.read_bytes())
    content[-5] ^= 1
    journal.write_bytes(content)
    assert go("people").resumed_at == 96


@pytest.mark.parametrize("changed", ["input", "model", "options", "nothing"])
def test_answers_of_another_run_are_not_gone_on_with(
    changed: str, go: Go, folders: dict, tmp_path: Path, monkeypatch: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    """With another input, model or options it starts over, and says so."""
    shutil.copytree(folders["people"], tmp_path / "models")
    monkeypatch.setitem(folders, "people", tmp_path / "models")
    people(300).to_csv("in.csv", index=False)
    interrupted(go, monkeypatch, "people")
    if changed == "input":
        facts = Path("in.csv").stat()
        Path("in.csv").write_text(Path("in.csv").read_text().replace("Ulm", "Mlu"))
        os.utime("in.csv", ns=(facts.st_atime_ns, facts.st_mtime_ns))
    if changed == "model":
        for name in ("model.skops", "signature.json"):
            path = tmp_path / "models" / name
            path.write_bytes(path.read_bytes() + b"\n")
    done = go("people", keep=("age",) if changed == "options" else ())
    assert (done.resumed_at == 0) == (changed != "nothing")
    assert (f"starting over: the {changed} changed" in capsys.readouterr().err) == (changed != "nothing")
    assert len(pd.read_parquet("out.parquet")) == 300


def test_a_second_run_on_the_same_output_is_refused(go: Go) -> None:
    """Whoever holds the journal's lock is not disturbed."""
    Path("in.csv").write_text(HEADER + ROW)
    Path("out.parquet.partial").mkdir()
    with Path("out.parquet.partial/journal").open("wb") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        assert "another run is writing it" in refusal(go, "people")
    assert go("people").rows == 1


def test_a_folder_of_somebody_elses_is_left_alone(go: Go) -> None:
    """OUTPUT.partial with other files in it is not taken over."""
    Path("in.csv").write_text(HEADER + ROW)
    Path("out.parquet.partial").mkdir()
    Path("out.parquet.partial/thesis.txt").write_text("x")
    assert "holds 'thesis.txt', which is not mine" in refusal(go, "people")
    assert Path("out.parquet.partial/thesis.txt").read_text() == "x"


def test_a_full_disk_costs_one_line_and_no_answers(go: Go, monkeypatch: pytest.MonkeyPatch) -> None:
    """Once there is room the same command goes on where it was."""
    Path("in.csv").write_text(HEADER + ROW * 300)
    keep, left = journal.Journal.keep, [3]

    def full(journal: journal.Journal, *answers: Any) -> None:
        left[0] -= 1
        if left[0] < 0:
            raise OSError(errno.ENOSPC, "No space left on device")
        keep(journal, *answers)

    with monkeypatch.context() as patch:
        patch.setattr(journal.Journal, "keep", full)
        assert "out.parquet: the disk is full; make room" in refusal(go, "people")
    assert not Path("out.parquet").exists()
    assert go("people").resumed_at == 96


def test_an_input_that_changes_meanwhile_is_noticed(go: Go, monkeypatch: pytest.MonkeyPatch) -> None:
    """Half of one file and half of another is no answer."""
    Path("in.csv").write_text(HEADER + ROW * 300)
    answer = scorer.Scorer.answer

    def meddling(scorer: scorer.Scorer, *arguments: Any) -> Any:
        Path("in.csv").write_text(HEADER + ROW * 301)
        return answer(scorer, *arguments)

    monkeypatch.setattr(scorer.Scorer, "answer", meddling)
    assert "in.csv: changed while it was read" in refusal(go, "people")
    assert [path.name for path in Path().iterdir()] == ["in.csv"]


def test_a_row_that_the_model_fails_on_is_named(go: Go) -> None:
    """A number too large for a tree is found in the piece it came in."""
    frame = digits()
    frame.loc[333, "pixel_0_2"] = 1e300
    frame.to_parquet("in.parquet")
    assert "in.parquet, row 334: the model fails on it" in refusal(go, "digits", "in.parquet")


def test_the_model_as_a_function(folders: dict[str, Path]) -> None:
    """Answers as predictions/ has them, with the table's own index; no rows give none, with the same columns."""
    frame = people().set_index(pd.Index(range(240, 0, -1))).rename(columns={"age": " age "})
    predict = predicting.predictor(folders["people"])
    answers = predict(frame)
    assert answers.index.equals(frame.index)
    pd.testing.assert_frame_equal(answers.reset_index(drop=True), expected(folders["people"], people()))
    for name, table in TABLES.items():
        whole = predicting.predictor(str(folders[name]))(table())
        nothing = predicting.predictor(str(folders[name]))(table().head(0))
        assert (nothing.columns.tolist(), len(nothing)) == (whole.columns.tolist(), 0)


@pytest.mark.filterwarnings("ignore:overflow encountered")
def test_the_model_as_a_function_refuses_in_one_line(folders: dict[str, Path], tmp_path: Path) -> None:
    """Missing or repeated columns, rows the model fails on, a folder without a model."""
    predict, frame = predicting.predictor(folders["digits"]), digits()
    assert "column 'pixel_0_2' is missing" in refusal(predict, frame.drop(columns="pixel_0_2"))
    assert "column 'label' stands there twice" in refusal(predict, pd.concat([frame, frame[["label"]]], axis=1))
    assert "DecisionTreeClassifier failed on these rows" in refusal(predict, frame.assign(pixel_0_2=1e300))
    assert "signature.json: not here yet" in refusal(predicting.predictor, tmp_path)


def test_pieces_are_of_one_length_but_the_last() -> None:
    """However batches fall, pieces are the same; the last has up to twice as many rows."""
    rows = pa.table({"a": list(range(101))})
    for size in (1, 7, 40, 101):
        pieces = list(run.pieces(iter(rows.to_batches(size)), 16))
        assert [piece.num_rows for piece in pieces] == [16, 16, 16, 16, 16, 21]
        assert pa.concat_tables(pieces)["a"].to_pylist() == list(range(101))


def test_progress_says_how_far_and_how_long() -> None:
    """Rows, speed and time left, in people's words."""
    assert progress.describe(500, 2000, 100) == f"[{'#' * 6:.<24}]  25%  500 rows  100 rows/s  15 s left"
    assert progress.describe(0, 0, 0).endswith("? left")
    assert [progress.clock(each) for each in (0.2, 59.1, 185, 7800)] == ["1 s", "1:00 min", "3:05 min", "2:10 h"]


@pytest.mark.parametrize(("moves", "shown"), [(True, "\r[########"), (False, "score: [########")])
def test_progress_moves_on_a_terminal_only(moves: bool, shown: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A line that is written over on a terminal, lines of their own elsewhere."""
    stream, now = io.StringIO(), iter([0.0, 0.1, 20.0])
    stream.isatty = lambda: moves  # type: ignore[method-assign]
    monkeypatch.setattr(time, "monotonic", lambda: next(now))
    bar = progress.Progress(lambda: 30.0, 0, stream)
    bar.show(1)
    assert stream.getvalue() == ""
    bar.show(10)
    assert stream.getvalue().startswith(shown)
    assert stream.getvalue().endswith("\x1b[K" if moves else "\n")


def test_the_command_ends_with_a_line(go: Go, folders: dict[str, Path], capsys: pytest.CaptureFixture[str]) -> None:
    """Rows, seconds, speed and where; 0 when done, 2 for wrong options, 1 for anything else."""
    Path("in.csv").write_text(HEADER + ROW + "x,,,\n")
    models = f"--models={folders['people']}"
    assert command.main(["in.csv", "out.csv", models]) == 0
    shown = capsys.readouterr()
    assert re.fullmatch(r"score: 2 rows in [\d.]+ s, [\d,]+ rows/s -> out.csv\n", shown.out)
    assert shown.err == "score: could not be read and count as missing, cells by column: age 1\n"
    assert command.main(["in.csv", "out.csv", models]) == 2
    assert command.main(["in.csv", "out2.csv", "--models=nosuch"]) == 1
    assert [line[:7] for line in capsys.readouterr().err.splitlines()] == ["score: "] * 2


@pytest.mark.parametrize("name", ["o.csv", "o.tsv.gz", "o.parquet"])
@pytest.mark.parametrize("lengths", [[0, 0, 5], [2, 0, 3], [0]], ids=str)
def test_an_empty_piece_leaves_no_trace(name: str, lengths: list[int]) -> None:
    """The answers of a run that goes on may come in pieces, as the journal has them, and some of them empty."""
    schema = pa.schema([("row_id", pa.large_string()), ("prediction", pa.float64())])
    ids, values = pa.array(["a", "b", "c", "d", "e"], pa.large_string()), pa.array([0.1, 0.2, 0.3, 0.4, 0.5])
    whole = pa.table([ids, values], schema=schema).slice(0, sum(lengths))
    ends = np.cumsum([0, *lengths]).tolist()
    pieces = [whole.slice(start, end - start).combine_chunks() for start, end in itertools.pairwise(ends)]
    batches = [piece.to_batches()[0] if piece.num_rows else pa.RecordBatch.from_pylist([], schema) for piece in pieces]
    written = []
    for table in (pa.Table.from_batches(batches), whole):
        file = io.BytesIO()
        writer = writers.open_writer(file, Path(name), schema)
        writer.write(table)
        writer.close()
        written.append(file.getvalue())
    assert written[0] == written[1]
    assert name != "o.csv" or written[0].count(b"\n") == 1 + sum(lengths)


@pytest.mark.parametrize("target", ["out.parquet", "out.csv"])
def test_a_killed_process_goes_on_where_it_was(target: str, folders: dict[str, Path], tmp_path: Path) -> None:
    """SIGKILL in the middle, twice; the result is that of a run that nobody killed."""
    pd.concat([digits()] * 150).to_parquet(tmp_path / "in.parquet")
    started = [sys.executable, "-m", "service.score", "in.parquet"]
    options = [f"--models={folders['digits']}"]
    subprocess.run([*started, "whole" + target, *options], cwd=tmp_path, check=True)
    journal = tmp_path / f"{target}.partial/journal"
    for size in (200_000, 1_000_000):
        running = subprocess.Popen([*started, target, *options], cwd=tmp_path)
        while running.poll() is None and not (journal.exists() and journal.stat().st_size > size):
            time.sleep(0.002)
        running.send_signal(signal.SIGKILL)
        assert running.wait() == -signal.SIGKILL
        assert not (tmp_path / target).exists()
    done = subprocess.run([*started, target, *options], cwd=tmp_path, check=True, capture_output=True, text=True)
    assert "going on after row" in done.stderr
    assert (tmp_path / target).read_bytes() == (tmp_path / f"whole{target}").read_bytes()
