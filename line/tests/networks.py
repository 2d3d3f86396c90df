"""Networks as somebody else would bring them: small ones, as ONNX files."""

from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from onnx import ModelProto, NodeProto, TensorProto, helper, numpy_helper
from sklearn.neural_network import MLPClassifier

Layer = tuple[np.ndarray, np.ndarray]
"""Weights, (from, to), and biases, (to,)."""


def drawn(*widths: int) -> list[Layer]:
    """Layers of some widths with weights by chance, always the same."""
    draw = np.random.default_rng(0)
    pairs = pairwise(widths)
    return [(draw.normal(size=pair) / np.sqrt(pair[0]), draw.normal(size=pair[1])) for pair in pairs]


def network(
    layers: Sequence[Layer],
    end: str | None = "Softmax",
    *,
    wide: bool = False,
    rows: str | int = "rows",
    change: Callable[[ModelProto], Any] | None = None,
) -> bytes:
    """Layers with rectifiers between them, and an end that makes chances of what comes out.

    Args:
        wide: of 64-bit numbers.
        rows: how many it takes at a time.
        change: is done to it at last.
    """
    number, dtype = (TensorProto.DOUBLE, np.float64) if wide else (TensorProto.FLOAT, np.float32)
    nodes: list[NodeProto] = []
    held, name = [], "x"
    for place, (weights, biases) in enumerate(layers):
        held += [numpy_helper.from_array(weights.astype(dtype), f"w{place}")]
        held += [numpy_helper.from_array(biases.astype(dtype), f"b{place}")]
        nodes.append(helper.make_node("Gemm", [name, f"w{place}", f"b{place}"], [f"g{place}"]))
        nodes.append(helper.make_node("Relu", [f"g{place}"], [name := f"r{place}"]))
    nodes[-1] = helper.make_node(end or "Identity", [nodes[-1].input[0]], ["y"])
    into = helper.make_tensor_value_info("x", number, [rows, len(layers[0][0])])
    out = helper.make_tensor_value_info("y", number, [rows, len(layers[-1][1])])
    graph = helper.make_graph(nodes, "network", [into], [out], held)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    if change:
        change(model)
    content: bytes = model.SerializeToString()
    return content


def of_perceptron(fitted: Any) -> bytes:
    """A MLPClassifier of scikit-learn's, as another framework would export it."""
    end = {"logistic": "Sigmoid", "softmax": "Softmax", "identity": None}[fitted.out_activation_]
    return network(list(zip(fitted.coefs_, fitted.intercepts_, strict=True)), end)


def trained_elsewhere(features: Path, target: str) -> bytes:
    """Somebody trains on a file of features, and exports."""
    rows = pd.read_parquet(features)
    inputs = rows.drop(columns=["row_id", target]).to_numpy()
    return of_perceptron(MLPClassifier((16,), solver="lbfgs", max_iter=2000, random_state=0).fit(inputs, rows[target]))
