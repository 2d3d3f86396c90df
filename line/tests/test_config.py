"""The line's sections of params.yaml."""

from pathlib import Path

import pytest

from mainline import config
from mainline.errors import ConfigError, Refused, ToolFailed
from mainline.project import Project


def test_without_a_section_the_defaults_hold(tmp_path: Path) -> None:
    """A params.yaml that does not speak of the gate gets its defaults."""
    (tmp_path / "params.yaml").write_text("data: {}\n")
    assert Project(tmp_path).gate == config.Gate()


def test_a_key_is_known_by_its_old_name(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What it is called now is said, once."""
    (tmp_path / "params.yaml").write_text("gate: {max_relabelled: 0.2}\n")
    project = Project(tmp_path)
    assert project.gate.max_changed == project.gate.max_changed == 0.2
    assert capsys.readouterr().err.count("gate.max_relabelled is called gate.max_changed now") == 1


@pytest.mark.parametrize(
    ("section", "said"),
    [
        ("{metrik: accuracy}", "gate.metrik: no such key; did you mean 'metric'?"),
        ("{bars: {flor: {}}}", "gate.bars.flor: no such key; did you mean 'floor'?"),
        ("{metric: acuracy}", "gate.metric"),
        ("{condition: best}", "gate.condition"),
        ("{condition: {min_gain: 0.1, non_inferiority: 0.1}}", "must be superiority, {min_gain: C} or"),
        ("{condition: {min_gain: -1}}", "gate.condition.min_gain"),
        ("{zzz: 1}", "gate.zzz: no such key; there are: "),
        ("{delta: high}", "gate.delta: "),
        ("{delta: 2}", "gate.delta: "),
        ("[1]", "params.yaml: gate: "),
        ("{max_relabelled: 0.1, max_changed: 0.1}", "max_relabelled is called max_changed now, and both are there"),
    ],
)
def test_what_is_not_understood_is_refused_by_name(section: str, said: str, tmp_path: Path) -> None:
    """Unknown keys and values that do not fit are named, with the nearest right key."""
    (tmp_path / "params.yaml").write_text(f"gate: {section}\n")
    with pytest.raises(ConfigError) as refused:
        _ = Project(tmp_path).gate
    assert said in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("section", "said"),
    [
        ("{stratgy: x}", "canary.stratgy: no such key; did you mean 'strategy'?"),
        ("{strategy: x}", "canary.strategy: "),
        ("{signals: {erors: false}}", "canary.signals.erors: no such key; did you mean 'errors'?"),
        ("{signals: {errors: {ratoi: 2}}}", "canary.signals.errors.ratoi: no such key; did you mean 'ratio'?"),
        ("{signals: {errors: {margin: 2}}}", "canary.signals.errors.margin: "),
        ("{signals: {errors: no}}", "canary.signals.errors: must be true, false or settings of its own"),
        ("{signals: {errors: false, refusals: false, latency: false, labels: false}}", "must be watched"),
        ("{steps: []}", "canary.steps: must be shares above 0"),
        ("{steps: [0.5, 0.1, 1]}", "canary.steps: must be shares above 0"),
        ("{steps: [0.1, 0.5]}", "canary.steps: must be shares above 0"),
        ("{share: 1}", "canary.share: "),
        ("{share: .nan}", "canary.share: "),
        ("{alpha: 0}", "canary.alpha: "),
        ("{timeout: 60}", "canary: timeout must be longer than minimum"),
        ("{user_header: 'x user'}", "canary.user_header: "),
        ("7", "canary: "),
    ],
)
def test_a_canary_that_is_not_understood_is_refused_by_name(section: str, said: str, tmp_path: Path) -> None:
    """However deep the key lies."""
    (tmp_path / "params.yaml").write_text(f"canary: {section}\n")
    with pytest.raises(ConfigError) as refused:
        _ = Project(tmp_path).canary
    assert said in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("message", "end"),
    [
        ("params.yaml: gate.zzz: no such key", " (docs/params.md#gate)"),
        ("params.yaml: gat: no such key", " (docs/params.md)"),
        ("split.generation goes back from 2 to 1", " (docs/params.md#split)"),
        ("train: train.trusted lacks it (docs/params.md#train)", ""),
        ("params.yaml: cannot be read (it must hold sections)", ""),
        ("deploy/canary.env: not committed, nor is canary.env", ""),
        ("let src/pipeline/stages/split.py keep them apart", ""),
    ],
)
def test_an_error_that_names_a_key_says_where_it_is_explained(message: str, end: str) -> None:
    """With the section, once; and no error about something else does."""
    for error in (ConfigError, Refused, ToolFailed):
        assert str(error(message)) == message + end


def test_a_signal_can_be_off_or_partly_stated(tmp_path: Path) -> None:
    """What is not said of a signal keeps the default of that signal."""
    (tmp_path / "params.yaml").write_text("canary: {signals: {errors: {margin: 0.1}, labels: false, drift: true}}\n")
    signals = Project(tmp_path).canary.signals
    assert signals.errors == config.Errors(ratio=1.25, margin=0.1)
    assert signals.labels is None
    assert signals.drift == config.Drift()


def test_the_examples_canary_is_the_default() -> None:
    """params.yaml spells out what holds without it."""
    assert Project(Path(__file__).parents[2]).canary == config.Canary()


def test_only_whole_sections_are_the_lines_own() -> None:
    """A part of a section, such as gate.bars, is none; a section `bars` would be the pipeline's."""
    assert set(config.SECTIONS) == {"gate", "card", "dataset", "canary", "monitor", "retrain"}


def test_settings_are_frozen(tmp_path: Path) -> None:
    """What was read once cannot be changed."""
    (tmp_path / "params.yaml").write_text("gate: {}\n")
    with pytest.raises(ValueError, match="frozen"):
        Project(tmp_path).gate.delta = 0.2


@pytest.mark.parametrize(
    ("section", "margin", "words"),
    [
        ("superiority", 0.0, "better than the champion"),
        ("{min_gain: 0.02}", 0.02, "better than the champion by more than 0.02"),
        ("{non_inferiority: 0.01}", -0.01, "not worse than the champion by 0.01 or more"),
    ],
)
def test_a_condition_has_a_margin_and_a_sentence(section: str, margin: float, words: str, tmp_path: Path) -> None:
    """Each condition says what gain must be exceeded, in a number and in words."""
    (tmp_path / "params.yaml").write_text(f"gate:\n  condition: {section}\n")
    condition = Project(tmp_path).gate.condition
    assert condition.margin == margin
    assert condition.than("the champion") == words


@pytest.mark.parametrize(
    ("section", "task", "metrics"),
    [
        ("{}", "binary", ("accuracy",)),
        ("{}", "regression", ("squared_error",)),
        ("{metric: f1}", "binary", ("f1",)),
        ("{metric: [accuracy, brier]}", "multiclass", ("accuracy", "brier")),
    ],
)
def test_the_metrics_of_a_task(section: str, task: str, metrics: tuple[str, ...], tmp_path: Path) -> None:
    """What is stated holds; what is not follows from the task."""
    (tmp_path / "params.yaml").write_text(f"gate: {section}\n")
    assert Project(tmp_path).gate.metrics(task) == metrics


def test_words_are_words_as_dvc_reads_them(tmp_path: Path) -> None:
    """`no` is text, as in YAML 1.2."""
    (tmp_path / "params.yaml").write_text("card: {limits: no}\n")
    assert Project(tmp_path).card.limits == "no"


@pytest.mark.parametrize("text", [None, "a: [", "- 1\n"])
def test_an_unreadable_file_is_one_line(text: str | None, tmp_path: Path) -> None:
    """A params.yaml that is missing or no YAML mapping is refused."""
    if text is not None:
        (tmp_path / "params.yaml").write_text(text)
    with pytest.raises(ConfigError, match=r"params\.yaml: cannot be read"):
        _ = Project(tmp_path).gate


@pytest.mark.parametrize(
    ("section", "said"),
    [
        ("{tolerence: 0.1}", "monitor.tolerence: no such key; did you mean 'tolerance'?"),
        ("{tolerance: 0}", "monitor.tolerance: "),
        ("{wait: 3}", "monitor.wait: "),
        ("{wait: soon}", "monitor.wait: "),
        ("{risk: 0.6}", "monitor.risk: "),
    ],
)
def test_what_is_not_understood_of_the_monitor_is_refused_by_name(section: str, said: str, tmp_path: Path) -> None:
    """As of the gate and the canary; the page that explains it is named."""
    (tmp_path / "params.yaml").write_text(f"monitor: {section}\n")
    with pytest.raises(ConfigError) as refused:
        _ = Project(tmp_path).monitor
    assert said in str(refused.value)
    assert "docs/params.md#monitor" in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("section", "said"),
    [
        ("{mod: off}", "retrain.mod: no such key; did you mean 'mode'?"),
        ("{mode: always}", "retrain.mode: "),
        ("{every: 0}", "retrain.every: "),
        ("{records: 3}", "retrain.records: a folder or an address, or a list of them"),
        ('{records: [""]}', "retrain.records: a folder or an address, or a list of them"),
    ],
)
def test_what_is_not_understood_of_retraining_is_refused_by_name(section: str, said: str, tmp_path: Path) -> None:
    """As of the other sections; the page that explains it is named."""
    (tmp_path / "params.yaml").write_text(f"retrain: {section}\n")
    with pytest.raises(ConfigError) as refused:
        _ = Project(tmp_path).retrain
    assert said in str(refused.value)
    assert "docs/params.md#retrain" in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("section", "mode", "records"),
    [
        ("", "pull_request", ()),
        ("retrain: {mode: off, records: s3://bucket/records}\n", "off", ("s3://bucket/records",)),
        ("retrain: {mode: false, records: [a, b]}\n", "off", ("a", "b")),
    ],
)
def test_of_records_one_place_will_do(section: str, mode: str, records: tuple[str, ...], tmp_path: Path) -> None:
    """As text; and `off` is a word, whatever reads it as no."""
    (tmp_path / "params.yaml").write_text(section)
    assert (Project(tmp_path).retrain.mode, Project(tmp_path).retrain.records) == (mode, records)
