"""One request must not stall a version: no body takes over 20 times the processor time of a normal one of its size."""

import gc
import io
import sys
import time
import unicodedata
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as effort
from hypothesis import strategies as st

from pipeline.sections import CellRule
from pipeline.table import columns
from pipeline.table.cells import Cell
from service.app import MOST_FEEDBACK, App
from service.http import hints
from service.http.hints import LONGEST, hint, strange
from service.http.protocol import Refused
from service.settings import Settings
from tests.service.conftest import digits, notes, people, rows_of

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))
import bodies
from bodies import CSV, JSON, MARKS, NASTY, NORMAL, PARQUET, Kind, Row, ask, packed

KIB = 1024
TIMES, FLOOR = 20, 0.05  # of a normal body's seconds; and seconds that are nothing
SIZE = 256 * KIB
ROW = rows_of(people(), 1)[0]
NOTE = rows_of(notes(), 1)[0]
DIGIT = rows_of(digits(), 1)[0]


@pytest.fixture(scope="module")
def apps(folders: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, App]]:
    """The service for some tables, warm, with what stays out of the collector's sight, as when it runs."""
    made = {
        name: App(folders[name], Settings.read({"RECORDS_FOLDER": str(tmp_path_factory.mktemp("records"))}))
        for name in ("people", "notes", "digits")
    }
    for name, row in (("people", ROW), ("notes", NOTE), ("digits", DIGIT)):
        for media in NORMAL:
            bodies.usual(made[name], media, row, KIB, 1)
    gc.collect()
    gc.freeze()
    yield made
    gc.unfreeze()
    for app in made.values():
        app.close()


def hold(app: App, kind: Kind, body: bytes, row: Row, *, times: int = TIMES) -> None:
    """That a body takes no longer than a normal one; measured again where it seems to, as others share the machine."""
    for repeats in (1, 2, 4):
        allowed = times * bodies.usual(app, kind.media, row, len(body), repeats) + FLOOR * repeats
        taken = bodies.total(app, kind, body, repeats)
        if taken <= allowed:
            return
    raise AssertionError(f"{len(body) // KIB} KiB took {taken:.2f} s, and {allowed:.2f} s are allowed")


@pytest.mark.parametrize(
    "what",
    [
        pytest.param(name, marks=[pytest.mark.slow] if name.endswith("that read slowly") else [])
        for name in NASTY
        if not name.startswith("Parquet")
    ],
)
def test_a_nasty_body_takes_no_longer_than_a_normal_one(what: str, apps: dict[str, App]) -> None:
    """Each is answered, or refused in a few words, before the work is done."""
    body = NASTY[what].make(ROW, SIZE)
    answer = ask(apps["people"], NASTY[what], body)
    assert answer.status in (200, 400, 413)
    assert answer.status == 200 or len(answer.answer) < 16 * KIB
    hold(apps["people"], NASTY[what], body, ROW)


@pytest.mark.parametrize("what", [name for name in NASTY if name.startswith("Parquet")])
def test_a_nasty_parquet_file_takes_no_longer_than_what_it_may_hold(what: str, apps: dict[str, App]) -> None:
    """It is packed: what counts is what is taken out."""
    hold(apps["notes"], NASTY[what], NASTY[what].make(NOTE, SIZE), NOTE)


@pytest.mark.parametrize("what", [name for name in NASTY if "name" in name and "feedback" not in name])
def test_many_names_beside_many_columns_take_no_longer(what: str, apps: dict[str, App]) -> None:
    """Each name that is wrong is not held against each that is right."""
    hold(apps["digits"], NASTY[what], NASTY[what].make(DIGIT, SIZE), DIGIT)


@pytest.mark.parametrize("media", NORMAL)
def test_a_normal_body_is_answered(media: str, apps: dict[str, App]) -> None:
    """What the others are measured by."""
    for name, row in (("people", ROW), ("notes", NOTE)):
        assert ask(apps[name], NORMAL[media], NORMAL[media].make(row, SIZE)).status == 200


def test_what_takes_a_while_is_read_in_the_thread(apps: dict[str, App]) -> None:
    """The event loop, and with it the probe, is free."""
    for what in ("JSON: dates that read slowly", "JSON: accents on one letter", "JSON: unknown names"):
        cost = ask(apps["people"], NASTY[what], NASTY[what].make(ROW, SIZE))
        assert cost.loop < FLOOR


def test_a_label_is_read_on_the_spot_as_it_is_short(apps: dict[str, App]) -> None:
    """And refused, unread, where it is not."""
    kind = Kind(JSON, bodies.rows_of, "/feedback")
    told = packed({"request_id": "a", "label": "yes"})
    assert ask(apps["people"], kind, told + b" " * (MOST_FEEDBACK - len(told))).status == 200
    answer = ask(apps["people"], kind, told + b" " * (MOST_FEEDBACK + 1 - len(told)))
    assert answer.status == 413
    assert b"over 64 KiB; send one label" in answer.answer


@pytest.mark.parametrize("times", [2, 3, 100_000])
def test_names_that_are_there_again_are_counted(times: int, apps: dict[str, App]) -> None:
    """Twice or more often, in one line."""
    header = ",".join([*ROW, *["age"] * (times - 1)])
    answer = ask(apps["people"], NORMAL[CSV], f"{header}\n1\n".encode())
    assert answer.status == 400
    said = "twice" if times == 2 else f"{times:,} times"
    assert f"column 'age' is there {said}".encode() in answer.answer


def test_a_header_may_be_what_it_was(apps: dict[str, App]) -> None:
    """Blanks, quotes, lines without anything and old ends of lines do not hide a name."""
    plain = ask(apps["people"], NORMAL[CSV], b"age,city,since,height\n31,Ulm,2024-01-31,170\n")
    for text in (
        b'\n\n "age" , city,since,"height"\n31,Ulm,2024-01-31,170\n'.replace(b' "age" ', b'"age"'),
        b"age,city,since,height\r31,Ulm,2024-01-31,170\r",
        b"age,city,since,height\r\n\r\n31,Ulm,2024-01-31,170\r\n",
        b'age,city,since,height\n31,"Ulm",2024-01-31,"170"',
    ):
        assert ask(apps["people"], NORMAL[CSV], text).answer == plain.answer, text


@pytest.mark.parametrize(("wide", "status"), [(b"31,Ulm,2024-01-31,170", 200), (b"31,Ulm,2024-01-31,170,", 400)])
def test_the_first_row_may_be_as_wide_as_the_header(wide: bytes, status: int, apps: dict[str, App]) -> None:
    """One cell more is refused with what is wrong."""
    answer = ask(apps["people"], NORMAL[CSV], b"age,city,since,height\n" + wide)
    assert answer.status == status
    assert status == 200 or b"rows have more cells than the header" in answer.answer


@pytest.mark.parametrize(("length", "status"), [(10_000, 200), (100_000, 413)])
def test_a_small_file_may_stand_for_some_text(length: int, status: int, apps: dict[str, App]) -> None:
    """Not for what would take a hundred times as long as its bytes do."""
    body = bodies.parquet({n: ["x" * length] * 10 if n == "city" else [v] * 10 for n, v in ROW.items()})
    answer = ask(apps["people"], NORMAL[PARQUET], body)
    assert answer.status == status
    assert status == 200 or b"too large when unpacked" in answer.answer


def test_a_file_with_more_groups_than_rows_may_be_is_refused(apps: dict[str, App]) -> None:
    """Each costs time though no row is in it."""
    empty = pa.table({name: pa.array([], type=pa.array([value]).type) for name, value in ROW.items()})
    stream = io.BytesIO()
    with pq.ParquetWriter(stream, empty.schema) as writer:
        for _ in range(10_001):
            writer.write_table(empty)
    answer = ask(apps["people"], NORMAL[PARQUET], stream.getvalue())
    assert answer.status == 413


def promised(values: int) -> Any:
    """A Parquet file of one row, a column of which says that it has more."""
    chunk = SimpleNamespace(path_in_schema="age", num_values=values, total_uncompressed_size=10)
    group = SimpleNamespace(column=lambda _: chunk)
    about = SimpleNamespace(num_rows=1, num_row_groups=1, num_columns=1, row_group=lambda _: group)
    schema = pa.schema([(name, pa.array([value]).type) for name, value in ROW.items()])
    return SimpleNamespace(metadata=about, schema_arrow=schema)


def test_cells_are_counted_before_they_are_read(apps: dict[str, App]) -> None:
    """By what each column says of itself: Arrow makes as many, whatever the table says."""
    assert apps["people"].predictions.tables._check_promises(promised(1), 1000) > 20_000
    with pytest.raises(Refused, match="more than 10,000 rows"):
        apps["people"].predictions.tables._check_promises(promised(10**9), 1000)


def test_a_hint_is_as_good_as_before_among_few_names_and_near_among_many(monkeypatch: pytest.MonkeyPatch) -> None:
    """Compared letter by letter are only the likely ones."""
    assert hint("citi", ["age", "city"]) == "; did you mean 'city'?"
    assert hint("x", []) == ""
    many = [f"pixel_{i}_{j}" for i in range(40) for j in range(40)]
    assert hint("pixel_17_9", many) == "; did you mean 'pixel_17_9'?"
    assert hint("pxel_39_39", many) == "; did you mean 'pixel_39_39'?"
    assert hint("Alter", many).startswith("; there are: pixel_0_0, pixel_0_1, ")
    assert len(hint("Alter", ["y" * 10**6] * 50)) < 13 * (LONGEST + 2)
    compared: list[int] = []
    monkeypatch.setattr(hints, "nearest", lambda name, names: compared.append(len(names)) or "")
    hint("pixel_17_9x", many)
    assert max(compared) <= hints.COMPARED
    assert strange(map(str, range(10**6)), {"0"}) == [str(i) for i in range(1, 101)]


RULES = [CellRule(decimal=","), CellRule(decimal=",", unit="EUR"), CellRule(times=2.0), CellRule(missing=("-9",))]
LONG: list[Callable[[int], str]] = [
    lambda n: "9" * n + "x",
    lambda n: "(" + " " * n + "x",
    lambda n: "(" + " " * n + "EUR" + " " * n + "x",
    lambda n: "a" + MARKS * n,
    lambda n: "\u0f73" * n,
]


@pytest.mark.parametrize("rule", RULES, ids=str)
@pytest.mark.parametrize("long", range(len(LONG)))
def test_a_long_cell_takes_no_longer_than_one_half_as_long_twice(long: int, rule: CellRule) -> None:
    """Eight times the length, and not 64 times the time."""
    clean = Cell(rule)

    def seconds(length: int) -> float:
        text = LONG[long](length)
        best = []
        for _ in range(3):
            began = time.process_time()
            clean(text)
            best.append(time.process_time() - began)
        return min(best)

    assert seconds(40_000) <= 24 * seconds(5_000) + FLOOR


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("12", 24.0),
        ("12.", 24.0),
        ("1.5e2", 300.0),
        (".5", 1.0),
        ("+1", 2.0),
        ("1.2.3", "1.2.3"),
        (".", "."),
        ("1e", "1e"),
    ],
)
def test_numbers_are_the_same_as_before(text: str, said: object) -> None:
    """Whichever way the pattern goes through them."""
    assert Cell(CellRule(times=2.0))(text) == said


LETTERS = "aeu\u00e9\u01d6\u0301\u0316\u0323\u0308\u0344\u0f73\u0f75\u0f81\uac00\u1100\u1161"


@given(st.lists(st.sampled_from(LETTERS), max_size=400))
def test_letters_are_composed_as_unicode_has_it(letters: list[str]) -> None:
    """However many marks stand behind one."""
    text = "".join(letters) * (1 + 64 // max(1, len(letters)))
    assert columns.compose(text) == unicodedata.normalize("NFC", text)


def test_no_mark_is_hidden_in_a_character_that_is_not_known() -> None:
    """Those that begin with a mark when taken apart are all listed."""
    hidden = {
        code
        for code in range(sys.maxunicode + 1)
        if len(apart := unicodedata.normalize("NFD", chr(code))) > 1 and unicodedata.combining(apart[0])
    }
    assert hidden == columns.MARKS_IN_DISGUISE.keys()


PIECES: dict[str, Callable[[int, int], Any]] = {
    "nothing": lambda n, i: None,
    "digits": lambda n, i: "9" * n,
    "digits and a letter": lambda n, i: "9" * n + "x",
    "zeros": lambda n, i: "0." + "0" * n,
    "a large whole number": lambda n, i: 10 ** min(n, 4000) + i,
    "a large number": lambda n, i: 1e308,
    "accents": lambda n, i: "a" + MARKS * (n // 4),
    "accents in disguise": lambda n, i: "\u0f73" * (n // 3),
    "a date and digits": lambda n, i: "2024-1-1 1:00 " + "9" * n,
    "a date and words": lambda n, i: "2024-1-1 1:00 " + "a 1 " * (n // 4),
    "a slow date": lambda n, i: bodies.late(i),
    "a date": lambda n, i: "2024-01-31",
    "blanks": lambda n, i: "(" + " " * n + "x",
    "quotes": lambda n, i: '"' * n,
    "ends of lines": lambda n, i: "2024-1-1 1:00 " + "\n" * n + "x",
    "words": lambda n, i: "red old " * (n // 8),
    "a number": lambda n, i: 31,
    "letters": lambda n, i: "é" * (n // 2),
    "a list": lambda n, i: [[[]]] * (n // 8),
    "an object": lambda n, i: {str(j): j for j in range(n // 10)},
}


@st.composite
def nasty(draw: st.DrawFn, row: Row) -> tuple[Kind, bytes]:
    """A body of up to 128 KiB out of nasty pieces, for one of the doors."""
    size = draw(st.sampled_from([16, 64, 128])) * KIB
    count = draw(st.sampled_from([1, 2, 50, 2000]))
    kept = draw(st.sets(st.sampled_from([*row]), max_size=2))
    cells = {name: PIECES[draw(st.sampled_from([*PIECES]))] for name in row if name not in kept}
    length = size // count // max(1, len(cells))
    more = draw(st.sampled_from([0, 0, 1, 300]))
    cut = draw(st.integers(1, 20))
    extra = {f"{name[:cut]}{i}" * 3: 1 for i in range(more) for name in row}
    rows = [row | {name: make(length, i) for name, make in cells.items()} for i in range(count)]
    rows[draw(st.sampled_from([0, -1]))] |= extra
    door = draw(st.sampled_from(["rows", "row", "csv", "feedback"]))
    if door == "csv":
        return NORMAL[CSV], bodies.table(rows)
    if door == "feedback":
        return Kind(JSON, bodies.rows_of, "/feedback"), packed({"request_id": "a", "label": rows[0]["city"]} | extra)
    return NORMAL[JSON], packed({"rows": rows} if door == "rows" else {"row": rows[0]})


@pytest.mark.slow
@pytest.mark.parametrize("name", ["people", "notes"])
def test_no_body_takes_over_20_times_the_time_of_a_normal_one(name: str, apps: dict[str, App]) -> None:
    """Whatever the pieces, wherever they stand."""
    row = {"people": ROW, "notes": NOTE}[name]

    @effort(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
    @given(nasty(row))
    def check(sent: tuple[Kind, bytes]) -> None:
        kind, body = sent
        assert ask(apps[name], kind, body).status in (200, 400, 413)
        hold(apps[name], kind, body, row)

    check()
