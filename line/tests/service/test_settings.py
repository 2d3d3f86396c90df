"""The environment, understood."""

import os
from pathlib import Path

import pytest

from service.settings import MIB, Settings, environment
from service.variables import SettingError


def test_without_any_variable_there_are_defaults() -> None:
    """Nothing has to be set; what is not known is said to be so."""
    settings = Settings.read({})
    assert (settings.version, settings.commit, settings.gate_verdict) == ("unknown", "unknown", "unknown")
    assert (settings.max_rows, settings.max_body) == (10_000, 16 * MIB)
    assert settings.prediction_edges is None
    assert Settings.read({}, version="of the Bento").version == "of the Bento"
    assert (settings.name, Settings.read({}, name="churn").name) == ("model", "churn")


def test_variables_are_read() -> None:
    """Each has its place."""
    settings = Settings.read(
        {"MODEL_VERSION": "v2", "SERVICE_MAX_BODY_MB": "2", "PREDICTION_EDGES": "1, 2.5", "FEEDBACK_TOLERANCE": "0.1"},
        version="of the Bento",
    )
    assert (settings.version, settings.max_body) == ("v2", 2 * MIB)
    assert (settings.prediction_edges, settings.feedback_tolerance) == ((1.0, 2.5), 0.1)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("SERVICE_MAX_ROWS", "many"),
        ("SERVICE_MAX_ROWS", "0"),
        ("SERVICE_MAX_BODY_MB", "-1"),
        ("FEEDBACK_TOLERANCE", "near"),
        ("FEEDBACK_TOLERANCE", "nan"),
        ("MODEL_NAME", "a/b"),
        ("MODEL_NAME", "a" * 101),
        ("PREDICTION_EDGES", "1,x"),
        ("PREDICTION_EDGES", "2,1"),
        ("PREDICTION_EDGES", "1,1"),
        ("PREDICTION_EDGES", ",".join(map(str, range(51)))),
    ],
)
def test_a_variable_that_says_nonsense_is_named(name: str, text: str) -> None:
    """The error begins with the variable's name."""
    with pytest.raises(SettingError, match=f"^{name}: "):
        Settings.read({name: text})


def test_what_lies_beside_the_model_is_told_where_the_environment_does_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """provenance.json speaks of the model and of nothing else; the environment goes before it."""
    (tmp_path / "provenance.json").write_text('{"MODEL_VERSION": "a", "MODEL_COMMIT": "b", "RECORDS_KEY": "c"}')
    monkeypatch.setenv("MODEL_VERSION", "mine")
    settings = Settings.read(environment(tmp_path))
    assert (settings.version, settings.commit, settings.records_key) == ("mine", "b", "")


def test_without_it_nothing_is_told_and_a_damaged_one_is_named(tmp_path: Path) -> None:
    """A model that was not packaged has none; one that cannot be read is an error that says where."""
    assert environment(tmp_path) == dict(os.environ)
    for damaged in ("{", "[]"):
        (tmp_path / "provenance.json").write_text(damaged)
        with pytest.raises(SettingError, match=r"provenance\.json: not an object"):
            environment(tmp_path)
