"""params.yaml is read once; what it does not know, it names."""

from pathlib import Path

import pytest

from pipeline import params
from pipeline.errors import ParamsError

GOOD = "data: {source: x.csv, target: y}\ntrain: {estimator: a.B}\n"


def load(tmp_path: Path, text: str) -> params.Params:
    """The settings that this text makes."""
    path = tmp_path / "params.yaml"
    path.write_text(text, encoding="utf-8")
    return params.load(path)


def test_the_projects_own_file_is_understood() -> None:
    """params.yaml holds no key that the stages do not know."""
    assert params.load(Path(__file__).parents[2] / "params.yaml").train.estimator


def test_what_is_not_stated_has_its_default(tmp_path: Path) -> None:
    """The data and the estimator are all that has to be said; an empty section says nothing."""
    loaded = load(tmp_path, GOOD + "validate:\nsplit:\n")
    assert (loaded.split.dev, loaded.split.sealed, loaded.validate_.rules, loaded.train.scale) == (0.15, 0.35, {}, True)


def test_sections_of_the_line_are_left_to_the_line(tmp_path: Path) -> None:
    """What stands under gate, canary, monitor and retrain is not the stages' business."""
    assert load(tmp_path, GOOD + "gate: {anything: 1}\ncanary: 3\nmonitor: []\nretrain: 1\n").data.target == "y"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (GOOD + "splitt: {}", "splitt: no such key; did you mean 'split'?"),
        (GOOD + "gat: {}", "gat: no such key; did you mean 'gate'?"),
        (GOOD.replace("target", "tagret"), "data.target: missing"),
        (GOOD.replace("y}", "y, seperator: a}"), "data.seperator: no such key; did you mean 'separator'?"),
        (GOOD.replace("a.B}", "a.B, param: {}}"), "train.param: no such key; did you mean 'params'?"),
        (GOOD + "validate: {rule: {}}", "validate.rule: no such key; did you mean 'rules'?"),
        (
            GOOD + "validate: {rules: {a: {minimun: 1}}}",
            "validate.rules.a.minimun: no such key; did you mean 'minimum'?",
        ),
        (GOOD + "clean: {columns: {a: {tims: 2}}}", "clean.columns.a.tims: no such key; did you mean 'times'?"),
        (GOOD + "validate: {table: {row: [1, 2]}}", "validate.table.row: no such key; did you mean 'rows'?"),
        (
            GOOD.replace("a.B}", "a.B, columns: {x: {clipp: [0, 1]}}}"),
            "train.columns.x.clipp: no such key; did you mean 'clip'?",
        ),
        (GOOD + "split: {timr: a}", "split.timr: no such key; did you mean 'time'?"),
        ("train: {estimator: a.B}", "data: missing; it has no default"),
        (GOOD + "1: 2", "1: a key must be text"),
    ],
)
def test_an_unknown_or_missing_key_is_named(tmp_path: Path, text: str, said: str) -> None:
    """At each level the message has the key's place and the nearest right one."""
    with pytest.raises(ParamsError) as refusal:
        load(tmp_path, text)
    assert said in str(refusal.value)
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (GOOD.replace("x.csv", "[x]"), "data.source: must be text"),
        (GOOD.replace("y}", "y, drop: a}"), "data.drop: must be a list, such as [a, b] (got 'a')"),
        (GOOD.replace("y}", "y, kinds: {a: numerc}}"), "data.kinds.a: must be 'numeric', 'categorical'"),
        (
            GOOD + "validate: {table: {fresh: {column: x, days: 3, as_of: today}}}",
            "validate.table.fresh.as_of: must be a day, such as 2026-01-31",
        ),
        (GOOD + "validate: {table: {rows: [5, 2]}}", "validate.table.rows: the fewest rows (5) are more than the most"),
        (GOOD.replace("y}", "y, task: guess}"), "data.task: must be 'auto', 'binary'"),
        (GOOD.replace("y}", "y, positive: [1]}"), "data.positive: must be text"),
        (GOOD.replace("y}", "y, separator: '::'}"), "data.separator: must be one character"),
        (GOOD.replace("a.B}", "a.B, seed: x}"), "train.seed: must be a whole number (got"),
        (GOOD + "split: 3", "split: must be a section"),
        (GOOD + "labels: {wanted: 3}", "labels.wanted: must be true or false (got 3)"),
        (GOOD + "labels: {arbiter: Anna}", "labels.arbiter: must be a name as of labels/NAME.jsonl"),
        (GOOD + "split: {dev: 1.5}", "split.dev: must be less than 1 (got 1.5)"),
        (GOOD + "split: {dev: 0.5, sealed: 0.45}", "leave less than a tenth to train on"),
        (GOOD + "split: {dev: 0.15, sealed: 0.35, generation: 2}", "after 1 rotations not enough rows are left that"),
        (GOOD + "split: {time: a}", "split: time and cut go together"),
        (GOOD + "clean: {columns: {a: {}}}", "clean.columns.a: says nothing; give missing, case, replace"),
        (GOOD + "clean: {columns: {a: {missing: [null]}}}", "clean.columns.a.missing: the word null needs quotes"),
        (GOOD + "clean: {columns: {a: {replace: {b: null}}}}", "clean.columns.a.replace: a word for nothing goes into"),
        (GOOD + "clean: {columns: {a: {decimal: e}}}", "clean.columns.a.decimal: 'e' stands in numbers anyhow"),
        (GOOD + "clean: {columns: {a: {decimal: ',,'}}}", "clean.columns.a.decimal: must be one character"),
        (GOOD + "clean: {columns: {a: {thousands: '.'}}}", "both '.'; say which is which: decimal: \",\""),
        (GOOD + "clean: {columns: {a: {decimal: ',', thousands: ','}}}", "thousands and decimal are both ','"),
        (GOOD + "clean: {columns: {a: {times: 0}}}", "clean.columns.a: times: 0 is no scale"),
        (GOOD + "clean: {columns: {a: {case: title}}}", "clean.columns.a.case: must be 'lower' or 'upper'"),
        (GOOD + "clean: {duplicates: last}", "clean.duplicates: must be 'keep', 'first' or 'refuse'"),
        (GOOD + "validate: {rules: {a: 3}}", "validate.rules.a: must be a section"),
        (GOOD + "validate: {rules: {a: {allowed: 1}}}", "validate.rules.a.allowed: must be a list"),
    ],
)
def test_a_wrong_value_is_named(tmp_path: Path, text: str, said: str) -> None:
    """The message says where it stands, what it must be and what it is."""
    with pytest.raises(ParamsError) as refusal:
        load(tmp_path, text)
    assert said in str(refusal.value)
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("data:\n  source: [1,\ntrain: 2", "line 3: not valid YAML"),
        ("data: 1\ndata: 2", 'line 2: not valid YAML: found duplicate key "data"'),
        ("data:\n\tsource: x", "line 2: not valid YAML"),
        ("a: b: c", "line 1: not valid YAML: mapping values are not allowed here"),
        ("a: !!python/object:os.system x", "line 1: not valid YAML"),
        ("a: \x00", "not valid YAML: unacceptable character"),
        ("- 1", "must hold sections"),
        ("", "must hold sections"),
    ],
)
def test_what_is_not_yaml_is_refused_with_its_line(tmp_path: Path, text: str, said: str) -> None:
    """One line says which line, and the parser's reason."""
    with pytest.raises(ParamsError) as refusal:
        load(tmp_path, text)
    assert said in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_text_in_another_encoding_is_refused(tmp_path: Path) -> None:
    """A file that is not UTF-8 costs one line."""
    (tmp_path / "params.yaml").write_bytes("data: {source: Käse}".encode("latin-1"))
    with pytest.raises(ParamsError, match="not valid YAML"):
        params.load(tmp_path / "params.yaml")


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    """The message says from where to run."""
    with pytest.raises(ParamsError, match="run this from the project's root"):
        params.load(tmp_path / "params.yaml")


@pytest.mark.parametrize(
    ("yaml", "value"), [("Yes", "Yes"), ("no", "no"), ("1", 1), ("'1'", "1")], ids=["Yes", "no", "number", "quoted"]
)
def test_words_stay_words(tmp_path: Path, yaml: str, value: object) -> None:
    """YAML 1.2, as DVC reads it: Yes is the label of a class, not a truth value."""
    assert load(tmp_path, GOOD.replace("y}", f"y, positive: {yaml}}}")).data.positive == value


def test_a_slice_is_no_time_of_day(tmp_path: Path) -> None:
    """10:20 is text, and not the 620 that YAML 1.1 makes of it."""
    assert load(tmp_path, GOOD.replace("y}", "y, rows: 10:20}")).data.rows == "10:20"


def test_columns_may_be_named_by_numbers(tmp_path: Path) -> None:
    """A column called 2020 needs no quotes."""
    text = (
        GOOD.replace("y}", "2021, drop: [2019], kinds: {2020: date}}") + "validate: {rules: {2020: {required: true}}}"
    )
    loaded = load(tmp_path, text)
    assert (loaded.data.target, loaded.data.drop, loaded.data.kinds) == ("2021", ("2019",), {"2020": "date"})
    assert loaded.validate_.rules["2020"].required


def test_numbers_in_exponential_form_are_numbers(tmp_path: Path) -> None:
    """A learning rate of 1e-3 reaches the estimator as a number."""
    assert load(tmp_path, GOOD.replace("a.B}", "a.B, params: {rate: 1e-3}}")).train.params == {"rate": 0.001}
