"""A network as an .onnx file: it answers as in its own runtime, is saved and loaded as it is, or is refused."""

import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pandas as pd
import pytest
from onnx import helper
from sklearn.neural_network import MLPClassifier, MLPRegressor

from line.tests.networks import drawn, network, of_perceptron
from pipeline.errors import ModelError, ParamsError, PipelineError
from pipeline.model import fast_path, fitting, predicting, saving
from pipeline.model.inputs import Inputs, Layout
from pipeline.model.onnx import Onnx
from tests.pipeline.conftest import Settings

FILE = "models/net.onnx"
FEATURES = 9  # of the table below: a number, five parts of a date, three towns
CLASSES = {"binary": 2, "multiclass": 3, "regression": 1}


@pytest.fixture
def rows(mixed: pd.DataFrame) -> pd.DataFrame:
    """Numbers, dates, towns and gaps, yes or no."""
    return mixed.drop(columns="note").assign(city=mixed["city"].fillna("Ulm"))


@pytest.fixture
def fit(folder: Path, rows: pd.DataFrame, settings: Settings) -> Callable[..., Any]:
    """Fit a network to a table: answers the model and its signature."""

    def fitted(content: bytes | None, table: pd.DataFrame = rows, **params: Any) -> Any:
        Path("models").mkdir(exist_ok=True)
        if content is not None:
            Path(FILE).write_bytes(content)
        train = {"estimator": "pipeline.model.onnx.Onnx", "params": {"file": FILE} | params}
        return fitting.fit(table, settings(train=train))

    return fitted


def of_task(rows: pd.DataFrame, task: str) -> pd.DataFrame:
    """The table with labels of a task."""
    if task == "multiclass":
        return rows.assign(label=pd.Series(np.digitize(rows["age"], [35, 60])).map({0: "young", 1: "mid", 2: "old"}))
    return rows.assign(label=rows["age"].fillna(50) * 2.0) if task == "regression" else rows


@pytest.mark.parametrize("task", CLASSES)
@pytest.mark.parametrize("wide", [False, True])
def test_a_network_is_saved_loaded_and_asked_like_any_model(
    task: str, wide: bool, rows: pd.DataFrame, fit: Callable[..., Any]
) -> None:
    """Two fits write the same file; what is loaded answers the same bits, in a table, row by row and quickly."""
    table = of_task(rows, task)
    content = network(drawn(FEATURES, 33, CLASSES[task]), None if task == "regression" else "Softmax", wide=wide)
    written = []
    for _ in range(2):
        fitted, about = fit(content, table)
        saving.save(fitted)
        written.append(saving.PATH.read_bytes())
    assert written[0] == written[1]
    assert content in written[0]
    before, loaded = predicting.predict(fitted, about, table), saving.load()
    pd.testing.assert_frame_equal(predicting.predict(loaded, about, table), before, check_exact=True)
    singly = pd.concat([predicting.predict(loaded, about, table[n : n + 1]) for n in range(20)])
    pd.testing.assert_frame_equal(singly, before.head(20), check_exact=True)
    quick = fast_path.of(loaded, about)
    assert quick is not None
    said = quick.predict(Inputs.of(about.conform(table), Layout.of(about))).reshape(len(table), -1)
    assert np.array_equal(said, before[[c for c in before if c.startswith("p_")] or ["prediction"]].to_numpy())


@pytest.mark.parametrize("task", CLASSES)
def test_it_answers_what_it_answered_where_it_was_trained(
    task: str, rows: pd.DataFrame, settings: Settings, fit: Callable[..., Any]
) -> None:
    """A perceptron of scikit-learn's, exported: the same chances but for the length of its numbers."""
    table, name = of_task(rows, task), MLPRegressor if task == "regression" else MLPClassifier
    params = settings(train={"estimator": f"sklearn.neural_network.{name.__name__}", "params": {"max_iter": 20}})
    with warnings.catch_warnings(action="ignore"):
        elsewhere, about = fitting.fit(table, params)
    wanted = predicting.answer(elsewhere, about, about.conform(table))
    fitted, about = fit(of_perceptron(elsewhere["estimator"]), table)
    said = predicting.answer(fitted, about, about.conform(table))
    assert np.allclose(said, wanted, rtol=1e-3, atol=1e-4)
    assert about.classes is None or np.abs(said.sum(axis=1) - 1).max() < 1e-15


def test_outputs_in_another_order_are_named(rows: pd.DataFrame, fit: Callable[..., Any]) -> None:
    """labels say what each one stands for; of one output, what 0 and 1 are."""
    several, table = network(drawn(FEATURES, 3)), of_task(rows, "multiclass")
    usual = predicting.predict(*fit(several, table), table)
    named = predicting.predict(*fit(several, table, labels=["young", "mid", "old"]), table)
    assert np.array_equal(usual[["p_mid", "p_old", "p_young"]], named[["p_young", "p_mid", "p_old"]])
    one = network(drawn(FEATURES, 1), "Sigmoid")
    usual, named = (predicting.predict(*fit(one, **said), rows) for said in ({}, {"labels": ["yes", "no"]}))
    assert np.array_equal(usual["p_yes"], named["p_no"])


def another_output(model: onnx.ModelProto) -> None:
    """Let a network answer with something beside its chances."""
    model.graph.node.append(helper.make_node("Identity", ["g0"], ["z"]))
    model.graph.output.append(helper.make_tensor_value_info("z", 1, ["rows", 2]))


def test_of_several_outputs_one_is_named(fit: Callable[..., Any], rows: pd.DataFrame) -> None:
    """And where none is, the refusal lists them."""
    content = network(drawn(FEATURES, 2), change=another_output)
    with pytest.raises(ParamsError, match=r"has 2 outputs of numbers; train\.params\.output is one of 'y', 'z'"):
        fit(content)
    assert predicting.predict(*fit(content, output="y"), rows)["p_no"].between(0, 1).all()


def two_inputs(model: onnx.ModelProto) -> None:
    """Ask for something beside the features."""
    model.graph.input.append(helper.make_tensor_value_info("more", 1, ["rows", 1]))


def foreign(model: onnx.ModelProto) -> None:
    """Need code that no runtime brings."""
    model.graph.node[0].domain = "mine"
    model.opset_import.append(helper.make_opsetid("mine", 1))


def newer(model: onnx.ModelProto) -> None:
    """Be of operators that are not invented yet."""
    model.opset_import[0].version = 99


def newer_format(model: onnx.ModelProto) -> None:
    """Be written in a way that is not invented yet."""
    model.ir_version = 99


def fewer(model: onnx.ModelProto) -> None:
    """Lack weights."""
    del model.graph.initializer[0]


def whole_numbers(model: onnx.ModelProto) -> None:
    """Read whole numbers."""
    model.graph.input[0].type.tensor_type.elem_type = onnx.TensorProto.INT64


def over_rows(model: onnx.ModelProto) -> None:
    """Compare each row with those beside it."""
    model.graph.node[-1].attribute.append(helper.make_attribute("axis", 0))


def maps(model: onnx.ModelProto) -> None:
    """Answer as scikit-learn's converter does by default."""
    model.graph.node.append(helper.make_node("ZipMap", ["y"], ["z"], domain="ai.onnx.ml", classlabels_int64s=[0, 1]))
    kind = helper.make_map_type_proto(onnx.TensorProto.INT64, helper.make_tensor_type_proto(1, []))
    del model.graph.output[:]
    model.graph.output.append(helper.make_value_info("z", helper.make_sequence_type_proto(kind)))
    model.opset_import.append(helper.make_opsetid("ai.onnx.ml", 1))


def elsewhere(model: onnx.ModelProto, name: str = "w.bin") -> None:
    """Keep the weights in another file, which is there."""
    held = model.graph.initializer[0]
    Path("w.bin").write_bytes(held.raw_data)
    onnx.external_data_helper.set_external_data(held, location=name)
    held.ClearField("raw_data")


def absolute(model: onnx.ModelProto) -> None:
    """The same by the file's whole path."""
    elsewhere(model, str(Path("w.bin").absolute()))


FINE = drawn(FEATURES, 2)
UNFIT: dict[str, tuple[Callable[[], bytes | None], dict[str, Any], str]] = {
    "none": (lambda: None, {}, "No such file or directory; `dvc pull` brings"),
    "outside": (lambda: None, {"file": "../net.onnx"}, "lies outside of the project"),
    "no path": (lambda: None, {"file": ["a.onnx"]}, "['a.onnx']: is no path; say models/NAME.onnx"),
    "a folder": (lambda: None, {"file": "models"}, "models: Is a directory"),
    "no network": (lambda: b"nothing", {}, "models/net.onnx: it is no ONNX file, or only the beginning of one"),
    "cut short": (lambda: network(FINE)[:-9], {}, "it is no ONNX file, or only the beginning of one"),
    "empty": (lambda: b"", {}, "it is no ONNX file, or only the beginning of one"),
    "newer operators": (lambda: network(FINE, change=newer), {}, "its opset is 99, and onnxruntime knows up to "),
    "newer format": (
        lambda: network(FINE, change=newer_format),
        {},
        "its format is 99, and onnxruntime reads up to ",
    ),
    "weights missing": (lambda: network(FINE, change=fewer), {}, "net.onnx: Invalid model. Node input 'w0' is not a"),
    "other features": (lambda: network(drawn(4, 2)), {}, "it reads 4 features, and the columns make 9"),
    "more classes": (lambda: network(drawn(9, 3)), {}, "it has 3 outputs, and what is asked for are 2 classes: 'no'"),
    "no chances": (lambda: network(FINE, None), {}, "its answers are no chances"),
    "other labels": (
        lambda: network(FINE),
        {"labels": ["ja", "no"]},
        "labels are 'ja', 'no', and the table's are 'no'",
    ),
    "no such output": (lambda: network(FINE), {"output": "z"}, "it has no output 'z'; train.params.output is one of"),
    "no such parameter": (lambda: network(FINE), {"fil": "z"}, "Onnx has no parameter 'fil'; did you mean 'file'?"),
    "one row": (lambda: network(FINE, rows=1), {}, "it answers exactly 1 rows at a time; export it with a free number"),
    "two inputs": (lambda: network(FINE, change=two_inputs), {}, "it has 2 inputs, and has to have one"),
    "whole numbers": (lambda: network(FINE, change=whole_numbers), {}, "Type Error"),
    "code of its own": (lambda: network(FINE, change=foreign), {}, "mine:Gemm(-1) is not a registered function/op"),
    "maps": (lambda: network(FINE, change=maps), {}, "it answers with maps; export it with zipmap: False"),
    "other files": (lambda: network(FINE, change=elsewhere), {}, "its weights lie in other files; export it as one"),
    "any file": (lambda: network(FINE, change=absolute), {}, "its weights lie in other files; export it as one"),
}


@pytest.mark.parametrize(("make", "params", "said"), UNFIT.values(), ids=UNFIT)
def test_what_does_not_suit_is_told_in_one_line(
    make: Callable[[], bytes | None], params: dict[str, Any], said: str, fit: Callable[..., Any]
) -> None:
    """Of the file, the network, or what params say of it; weights in other files are read from nowhere."""
    with pytest.raises(ParamsError) as refusal:
        fit(make(), **params)
    assert said in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_a_row_is_answered_by_itself(fit: Callable[..., Any]) -> None:
    """A network that looks at the rows beside it would answer otherwise over HTTP."""
    with pytest.raises(PipelineError) as refusal:
        fit(network(drawn(FEATURES, 1), "Softmax", change=over_rows))
    assert "where others are beside it" in str(refusal.value)


def test_a_file_that_is_too_large_is_not_read(fit: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """The model's file would hold it."""
    monkeypatch.setattr("pipeline.model.onnx.LARGEST", 100)
    with pytest.raises(ParamsError, match="has over 0 MB"):
        fit(network(FINE))


def test_a_value_that_is_too_large_is_told(rows: pd.DataFrame, fit: Callable[..., Any]) -> None:
    """Where the network reads shorter numbers than the table has."""
    fitted, about = fit(network(drawn(FEATURES, 2)))
    fitted["columns"].named_transformers_["numeric"].named_steps["standardscaler"].scale_[:] = 1e-200
    with pytest.raises(ValueError, match="too large for the numbers that the network reads"):
        predicting.predict(fitted, about, rows)


def test_bytes_that_are_no_network_are_told_where_a_model_is_loaded(fit: Callable[..., Any]) -> None:
    """In one line, as of any damaged model."""
    fitted, _ = fit(network(drawn(FEATURES, 2)))
    fitted["estimator"].content_ = np.frombuffer(b"\x80\x04K\x01.", dtype=np.uint8)
    saving.save(fitted)
    with pytest.raises(ModelError, match="damaged, or not a skops file") as refusal:
        saving.load()
    assert "\n" not in str(refusal.value)


def test_one_thread_and_no_other_device(folder: Path) -> None:
    """So that the bits are the same wherever one kind of processor answers."""
    made = Onnx(FILE)
    made.load(network(drawn(3, 2)))
    options = made._session.get_session_options()
    assert (options.intra_op_num_threads, options.inter_op_num_threads) == (1, 1)
    assert made._session.get_providers() == ["CPUExecutionProvider"]


def test_a_table_longer_than_one_run_is_answered_whole(folder: Path) -> None:
    """Rows are asked some at a time, and none is lost between."""
    made, content = Onnx(FILE), network(drawn(3, 2))
    made.load(content)
    features = np.random.default_rng(0).normal(size=(2051, 3))
    plain = onnxruntime.InferenceSession(content).run(None, {"x": features.astype(np.float32)})[0]
    assert np.allclose(made.predict(features), plain, atol=1e-6)
