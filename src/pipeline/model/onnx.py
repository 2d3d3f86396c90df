"""A network that was trained elsewhere, in any framework, and exported as ONNX: it answers as it is."""

import re
from collections.abc import Sequence
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
import onnxruntime
from onnxruntime.capi import onnxruntime_pybind11_state as raised

from pipeline.errors import ParamsError, brief
from pipeline.model.framework import Classes, Framework
from pipeline.sections import Label

LARGEST = 500_000_000  # bytes: models/model.skops holds the network
TOGETHER = 1024  # rows, so that a table of any length takes bounded memory
BLOCK = 4  # rows: what remains of a block goes through other kernels, which round 64-bit numbers in another way
READS = {"tensor(float)": np.float32, "tensor(double)": np.float64}
OFF = 1e-3  # of 1, as 32-bit numbers add up
ERRORS = tuple(each for each in vars(raised).values() if isinstance(each, type) and issubclass(each, Exception))
FOLDER_OF_WEIGHTS = "session.model_external_initializers_file_folder_path"
CODE = re.compile(r"^\[ONNXRuntimeError\] : \d+ : \w+ : (?:/\S+:\d+ .*?\) (?=[A-Z]))?")
TOLD = {
    r"xternal data": "its weights lie in other files; export it as one, without external data",
    r"protobuf parsing failed|No graph was found": "it is no ONNX file, or only the beginning of one",
    r"Opset (\d+) is under .* till opset (\d+)": r"its opset is \1, and onnxruntime knows up to \2; export a lower one",
    r"model IR version: (\d+), max .*: (\d+)": r"its format is \1, and onnxruntime reads up to \2; export a lower one",
}
"""What the runtime says, and what is said for it."""


class Onnx(Framework):
    """A network; to fit it is to see that it suits the rows, and trains nothing.

    Args:
        file: the network, as a path from the project's root.
        labels: what its outputs stand for, one after the other; where left out, the labels in their order.
        output: the name of the output that answers, where it has several of numbers.
    """

    def __init__(self, file: str, labels: Sequence[Label] | None = None, output: str | None = None) -> None:
        self.file = file
        self.labels = labels
        self.output = output
        self._order = sorted(range(len(labels or ())), key=list(labels or ()).__getitem__)

    def fit(self, features: Any, labels: np.ndarray, classes: Classes) -> None:
        """Read the file, and see that it answers such rows.

        Raises:
            ParamsError: there is no such file, or it does not suit.
        """
        try:
            self._content = _content(self.file)
            self.load(self._content)
            self._require(features, classes)
        except ValueError as error:
            raise ParamsError(f"train.params: file: {self.file}: {error}") from None

    def save(self) -> bytes:
        """The file, as it is."""
        return self._content

    def load(self, content: bytes) -> None:
        """Make it ready to answer: one thread, nothing from other files, and no code but the runtime's own.

        Raises:
            ValueError: it is no network of one table in, one table out.
        """
        how = onnxruntime.SessionOptions()
        how.intra_op_num_threads = how.inter_op_num_threads = 1
        how.log_severity_level = 4
        how.add_session_config_entry(FOLDER_OF_WEIGHTS, "/dev/null")
        try:
            self._session = onnxruntime.InferenceSession(content, how, providers=["CPUExecutionProvider"])
        except ERRORS as error:
            raise ValueError(_told(error)) from None
        self._input, self._width, self._reads = _input(self._session)
        self._answer = _output(self._session, self.output)

    def predict(self, features: Any) -> np.ndarray:
        """(rows, outputs), chances of classes adding up to 1 as 64-bit numbers; (rows, 1) of one output."""
        said = self._said(features)
        return said / said.sum(axis=1, keepdims=True) if said.shape[1] > 1 else said

    def _said(self, features: Any) -> np.ndarray:
        parts = [self._run(features[start : start + TOGETHER]) for start in range(0, features.shape[0], TOGETHER)]
        said = np.concatenate(parts).astype(np.float64)
        if said.shape[1] == 1 and len(self._order) == 2:
            said = np.hstack([1 - said, said])
        return said[:, self._order] if self._order else said

    def _run(self, rows: Any) -> np.ndarray:
        dense = rows.toarray() if hasattr(rows, "toarray") else rows
        whole = np.vstack([dense, np.repeat(dense[-1:], -len(dense) % BLOCK, axis=0)])
        with np.errstate(over="ignore"):
            read = np.ascontiguousarray(whole, dtype=self._reads)
        if not np.isfinite(read).all():
            raise ValueError("a value is too large for the numbers that the network reads")
        try:
            said: np.ndarray = self._session.run([self._answer], {self._input: read})[0]
        except ERRORS as error:
            raise ValueError(_told(error)) from None
        if said.ndim not in (1, 2) or len(said) != len(whole):
            raise ValueError(f"it answers {len(whole)} rows with an array of {said.shape}")
        return said.reshape(len(whole), -1)[: len(dense)]

    def _require(self, features: Any, classes: Classes) -> None:
        """It reads such features, and its outputs are of these classes."""
        if self._width not in (None, features.shape[1]):
            raise ValueError(f"it reads {self._width} features, and the columns make {features.shape[1]}")
        if self._order and tuple(sorted(self.labels or ())) != classes:  # type: ignore[type-var]
            raise ValueError(f"train.params.labels are {_listed(self.labels)}, and the table's are {_listed(classes)}")
        said = self._said(features)
        wanted = (1,) if classes is None else (1, 2) if len(classes) == 2 else (len(classes),)
        if said.shape[1] not in wanted:
            asked = "one number" if classes is None else f"{len(classes)} classes: {_listed(classes)}"
            raise ValueError(f"it has {said.shape[1]} outputs, and what is asked for are {asked}")
        if classes and not _are_chances(said):
            raise ValueError("its answers are no chances, from 0 to 1 and adding up to 1; end it with a softmax")


def _content(file: Any) -> bytes:
    """The bytes of a file in the project: another machine has no other."""
    if not isinstance(file, str):
        raise ValueError("is no path; say models/NAME.onnx")
    if PurePosixPath(file).is_absolute() or ".." in PurePosixPath(file).parts:
        raise ValueError("lies outside of the project; put it into models/, and give it to DVC")
    try:
        if Path(file).stat().st_size > LARGEST:
            raise ValueError(f"has over {LARGEST // 1_000_000} MB")
        return Path(file).read_bytes()
    except OSError as error:
        raise ValueError(f"{error.strerror}; `dvc pull` brings what is versioned") from None


def _input(session: Any) -> tuple[str, int | None, Any]:
    """Name, features and numbers of the one input."""
    inputs = session.get_inputs()
    if len(inputs) != 1:
        raise ValueError(f"it has {len(inputs)} inputs, and has to have one: (rows, features)")
    name, shape, kind = inputs[0].name, inputs[0].shape, inputs[0].type
    if kind not in READS or len(shape) != 2:
        raise ValueError(
            f"its input {name!r} is a {kind} of {shape}, and has to be (rows, features) of float or double"
        )
    if isinstance(shape[0], int):
        raise ValueError(f"it answers exactly {shape[0]} rows at a time; export it with a free number of rows")
    return name, shape[1] if isinstance(shape[1], int) else None, READS[kind]


def _output(session: Any, wanted: str | None) -> str:
    """The name of the output that answers."""
    there = session.get_outputs()
    names = [each.name for each in there if each.type in READS]
    if wanted in names or (wanted is None and len(names) == 1):
        return str(wanted or names[0])
    if wanted is None and not names and any(each.type.startswith("seq(map") for each in there):
        raise ValueError("it answers with maps; export it with zipmap: False")
    said = f"has no output {wanted!r}" if wanted else f"has {len(names)} outputs of numbers"
    raise ValueError(f"it {said}; train.params.output is one of {_listed(names)}")


def _are_chances(said: np.ndarray) -> bool:
    sums = said.sum(axis=1) if said.shape[1] > 1 else np.ones(1)
    return bool((said >= -OFF).all() and (said <= 1 + OFF).all() and (np.abs(sums - 1) <= OFF).all())


def _listed(names: Sequence[Any] | None) -> str:
    return ", ".join(map(repr, names or ())) or "none"


def _told(error: Exception) -> str:
    """What the runtime says, without its code and its own files."""
    for pattern, said in TOLD.items():
        if found := re.search(pattern, str(error), re.DOTALL):
            return found.expand(said)
    return brief(ValueError(CODE.sub("", str(error)))).rstrip(". ")
