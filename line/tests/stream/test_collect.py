"""Candidates: a labelled row once, by the first prediction; why others are left out; each on the side it is on."""

from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from line.tests.monitor.profiles import recorded
from line.tests.monitor.profiles.recorded import ROW, head, labelled, predicted, write
from line.tests.stream.projects import HEAD, TODAY, WINDOW, project, rows
from mainline.errors import ConfigError, Refused, ToolFailed
from mainline.monitor.profiles import sides
from mainline.project import Project
from mainline.stream import fitting, forms
from mainline.stream.collect import Candidates, Lacking, collect
from mainline.stream.ids import key

OTHER = ROW | {"age": 32.0}
YOUNG = 24.0
"""Days after which a row is too young for a wait of a week, 30 days after."""


def found(tmp_path: Path, *lines: dict[str, Any], first: dict[str, Any] | None = HEAD, **more: Any) -> Candidates:
    """What is found in one file."""
    write(tmp_path / "records", "a", *lines, first=first)
    return collect(project(tmp_path), [str(tmp_path / "records")], TODAY, wait=7, **more)


def test_a_labelled_row_is_a_candidate_with_its_cells_its_label_and_its_day(tmp_path: Path) -> None:
    """As they were recorded, columns in the model's order, the day last."""
    took = found(tmp_path, predicted("a", [ROW, OTHER], ["yes", "no"], days=2.0), labelled("a", "no", row=1))
    (row,) = took.table.to_pylist()
    assert list(row) == ["row_id", "age", "city", "since", "note", "label", "_day"]
    assert row == OTHER | {"row_id": row["row_id"], "label": "no", "_day": "2026-03-04"}
    assert key(row["row_id"]) == sides.keys({name: [OTHER[name]] for name in ROW}, 1, list(ROW))[0]
    assert took.out == {}


@pytest.mark.parametrize(
    ("lines", "out"),
    [
        ([predicted("a"), labelled("a"), labelled("a", "no", days=2)], {"labels that contradict each other": 1}),
        ([predicted("a", days=YOUNG), labelled("a", days=YOUNG)], {"too young": 1}),
        ([labelled("a")], {"a label without its prediction": 1}),
        ([predicted("a"), labelled("a", row=1)], {"a label without its prediction": 1}),
        ([predicted("a"), labelled("a", "maybe")], {"damaged lines": 1}),
        ([predicted("a") | {"rows": 3}, labelled("a")], {"damaged lines": 1, "a label without its prediction": 1}),
        ([predicted("a")], {}),
        ([labelled("a") | {"kind": "letter"}], {}),
    ],
    ids=["contradicting", "young", "alone", "another-row", "no-class", "damaged", "no-label", "another-kind"],
)
def test_what_is_no_candidate_is_counted_by_its_reason(
    tmp_path: Path, lines: list[dict[str, Any]], out: dict[str, int]
) -> None:
    """And a row beside it that is one stays one."""
    beside = [predicted("b", [OTHER]), labelled("b")]
    took = found(tmp_path, *lines, *beside)
    assert (took.table["age"].to_pylist(), dict(took.out)) == ([32.0], out)


def test_a_damaged_line_stops_nothing(tmp_path: Path) -> None:
    """Neither one that is no JSON, nor one that was cut short, nor a file that is empty or begins otherwise."""
    path = write(tmp_path / "records", "a", predicted("a"), labelled("a"), first=HEAD)
    path.write_bytes(path.read_bytes() + b"nonsense\n" + b'{"kind": "predict')
    (tmp_path / "records/records-b.jsonl").write_bytes(b"")
    write(tmp_path / "records", "c", predicted("c"), labelled("c"), first=predicted("d"))
    took = collect(project(tmp_path), [str(tmp_path / "records")], TODAY, wait=7)
    assert (len(took.table), dict(took.out)) == (1, {"damaged lines": 2, "a label without its prediction": 1})


def test_labels_find_their_predictions_in_other_files_and_places(tmp_path: Path) -> None:
    """Whichever comes first: by request and row, at any depth below a place."""
    write(tmp_path / "one/deep", "a", labelled("a", "no"), first=HEAD)
    write(tmp_path / "two", "b", predicted("a"), first=HEAD)
    places = [str(tmp_path / "one"), str(tmp_path / "two")]
    assert collect(project(tmp_path), places, TODAY, wait=7).table["label"].to_pylist() == ["no"]


def test_of_several_predictions_under_one_id_the_first_counts(tmp_path: Path) -> None:
    """By their time, not by the order in the file."""
    late, early = predicted("a", [OTHER], days=0.5), predicted("a", [ROW], days=0.1)
    assert found(tmp_path, late, early, labelled("a")).table["age"].to_pylist() == [31.0]


def test_the_same_label_again_contradicts_nothing(tmp_path: Path) -> None:
    """However often it is sent."""
    assert len(found(tmp_path, predicted("a"), *[labelled("a", days=at) for at in (1, 2, 3)]).table) == 1


def test_equal_rows_are_one_and_known_ones_are_none(tmp_path: Path) -> None:
    """The first of equal rows counts, and none that was taken before."""
    lines = [predicted("a", [ROW], days=1.0), labelled("a", "no"), predicted("b", [ROW]), labelled("b", "yes")]
    took = found(tmp_path, *lines)
    assert (took.table["label"].to_pylist(), dict(took.out)) == (["yes"], {"known already": 1})
    again = found(tmp_path, *lines, known={key(each) for each in took.table["row_id"].to_pylist()})
    assert (len(again.table), dict(again.out)) == (0, {"known already": 2})


def test_rows_of_every_version_are_candidates(tmp_path: Path) -> None:
    """Whoever answered them, the row and its label are what they are."""
    for version, row in (("v1", ROW), ("v2", OTHER)):
        told = predicted(version, [row], model_version=version), labelled(version)
        write(tmp_path / "records", version, *told, first=head(version, sealed=WINDOW))
    assert len(collect(project(tmp_path), [str(tmp_path / "records")], TODAY, wait=7).table) == 2


def test_candidates_stand_in_an_order_of_their_own(tmp_path: Path) -> None:
    """By day and id, however they were recorded."""
    lines = [
        each for at in range(20) for each in (predicted(f"r{at}", rows(1, first=at), days=at % 3), labelled(f"r{at}"))
    ]
    took = found(tmp_path, *lines).table
    assert took.equals(found(tmp_path, *reversed(lines)).table)
    assert took.equals(took.sort_by([("_day", "ascending"), ("row_id", "ascending")]))


def test_the_side_of_a_row_is_the_one_that_whoever_counts_gives_it(tmp_path: Path) -> None:
    """By its content, in the window of the file that recorded it."""
    many = rows(200)
    took = found(tmp_path, predicted("a", many, ["yes"] * 200), *(labelled("a", row=at) for at in range(200)))
    inputs = {name: [row[name] for row in many] for name in ROW}
    keys = sides.keys(inputs, 200, list(ROW))
    window = sides.sealed_window(HEAD)
    assert window is not None
    on = sides.sealed(window, keys, inputs, 200)
    assert took.sealed == {each for each, sealed in zip(keys, on, strict=True) if sealed}
    assert 40 < len(took.sealed) < 100


def test_rows_of_one_group_are_on_one_side(tmp_path: Path) -> None:
    """A row that does not say which group it is of is on none."""
    many = [row | {"city": city} for row, city in zip(rows(40), ["Ulm", "Kiel", "Bonn", None] * 10, strict=True)]
    lines = predicted("a", many, ["yes"] * 40), *(labelled("a", row=at) for at in range(40))
    took = found(tmp_path, *lines, first=head(sealed=WINDOW | {"group": "city"}))
    by_city: dict[str, set[bool]] = {}
    for row in took.table.to_pylist():
        by_city.setdefault(row["city"], set()).add(key(row["row_id"]) in took.sealed)
    assert sorted(map(len, by_city.values())) == [1, 1, 1]
    assert dict(took.out) == {"city: blank, and rows go by it": 10}


def test_rows_of_an_older_service_are_left_out(tmp_path: Path) -> None:
    """It does not say which of them are sealed; those of a later one are taken."""
    write(tmp_path / "records", "b", predicted("b", [OTHER]), labelled("b"), first=HEAD)
    took = found(tmp_path, predicted("a"), labelled("a"), first=head())
    assert (took.table["age"].to_pylist(), dict(took.out)) == ([32.0], {"recorded by an older version": 1})


ALONE = "; such rows come by data.source alone"
PRIVATE = f"not in the records, as service.private keeps it out, .*{ALONE}"
GROUP = f"split.group, not in the records: it says whose a row is, and is no input of the model, .*{ALONE}"


@pytest.mark.parametrize(
    ("first", "named", "says"),
    [
        (head(columns=recorded.COLUMNS[1:], sealed=WINDOW), "age", PRIVATE),
        (head(sealed=WINDOW | {"group": "customer"}), "customer", GROUP),
    ],
    ids=["feature", "group"],
)
def test_records_without_a_column_that_is_needed_are_refused_by_its_name(
    tmp_path: Path, first: dict[str, Any], named: str, says: str
) -> None:
    """Where all are so; else those rows are left out."""
    with pytest.raises(Lacking, match=f"^{named}: {says}"):
        found(tmp_path, predicted("a"), labelled("a"), first=first)
    write(tmp_path / "records", "b", predicted("b", [OTHER]), labelled("b"), first=HEAD)
    took = found(tmp_path, predicted("a"), labelled("a"), first=first)
    assert (took.table["age"].to_pylist(), dict(took.out)) == ([32.0], {f"recorded without {named}": 1})


def test_a_project_whose_rows_go_by_groups_takes_none(tmp_path: Path) -> None:
    """Not from records of before, either, as no row says whose it is. Without records nothing is said."""
    about = project(tmp_path)
    (about / "params.yaml").write_text("split: {group: customer}\n")
    write(tmp_path / "records", "a", predicted("a"), labelled("a"), first=HEAD)
    with pytest.raises(Lacking, match=f"^customer: {GROUP}"):
        collect(Project(about.root), [str(tmp_path / "records")], TODAY, wait=7)
    assert len(collect(Project(about.root), [], TODAY, wait=7).table) == 0


def test_a_hash_in_place_of_a_private_column_is_no_column(tmp_path: Path) -> None:
    """With RECORDS_KEY the cells are hashes, which no model reads."""
    hashed = predicted("a", [ROW | {"city": "0a1b"}])
    columns = [each for each in recorded.COLUMNS if each["name"] != "city"]
    with pytest.raises(ConfigError, match=r"^city: not in the records"):
        found(tmp_path, hashed, labelled("a"), first=head(columns=columns, sealed=WINDOW))


def test_nothing_recorded_is_nothing_taken(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """And the place is named; a place that is none is refused, and so is a project without a model."""
    (tmp_path / "empty").mkdir()
    assert len(collect(project(tmp_path), [str(tmp_path / "empty")], TODAY, wait=7).table) == 0
    assert f"{tmp_path}/empty: holds no records-*.jsonl" in capsys.readouterr().err
    with pytest.raises(ConfigError, match=r"nowhere: no such folder; name one that holds"):
        collect(project(tmp_path), [str(tmp_path / "nowhere")], TODAY, wait=7)
    with pytest.raises(ToolFailed, match=r"nosuch://bucket: cannot be read: .*nosuch"):
        collect(project(tmp_path), ["nosuch://bucket"], TODAY, wait=7)
    with pytest.raises(Refused, match=r"models/signature\.json: not as the train stage writes it"):
        collect(project(tmp_path, task="sums"), [], TODAY, wait=7)


def test_a_number_of_more_digits_than_one_has_is_none(tmp_path: Path) -> None:
    """In a row and as a label; it stops nothing."""
    assert forms.column([2, 10**400, 10**30, 0.5, "2"], "numeric").to_pylist() == [2.0, None, 1e30, 0.5, None]
    assert forms.labels([10**30, 2]).to_pylist() == [str(10**30), "2"]
    row = rows(1)[0] | {"age": 10**30}
    took = found(tmp_path, predicted("r0", [row]), labelled("r0"))
    assert took.table["age"].to_pylist() == [1e30]


def test_a_column_by_a_name_of_the_streams_own_is_refused(tmp_path: Path) -> None:
    """Its cells would be the day, or why a row is not fit; without rows, the latter is in nobody's way."""
    columns = [*recorded.COLUMNS, {"name": "_day", "kind": "numeric"}]
    with pytest.raises(ConfigError, match="column '_day': rows of production have another one of that name; rename"):
        collect(project(tmp_path, columns=columns), [], TODAY, wait=7)
    named = pa.table({"row_id": ["stream:a"], "why": ["so"], "_day": ["2026-03-02"]})
    with pytest.raises(ConfigError, match="column 'why'"):
        fitting.fit(project(tmp_path), named)
    assert fitting.fit(project(tmp_path), named.slice(0, 0))[1] == {}
