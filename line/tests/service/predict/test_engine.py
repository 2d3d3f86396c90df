"""The model at work: on the spot, or in a thread and together."""

import asyncio
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pipeline.errors import ModelError
from pipeline.model import predicting
from pipeline.model.inputs import Inputs, Layout
from service.predict import engine
from service.predict.engine import Engine
from tests.service.conftest import digits, fit, notes, numbers


def inputs_of(frame: Any, signature: Any) -> Inputs:
    """The rows of a table as the model reads them."""
    return Inputs.of(signature.conform(frame), Layout.of(signature))


@pytest.mark.parametrize(
    ("table", "estimator"),
    [
        (digits, "sklearn.tree.DecisionTreeClassifier"),
        (notes, "sklearn.linear_model.LogisticRegression"),
        (numbers, "sklearn.linear_model.LinearRegression"),
    ],
)
@pytest.mark.parametrize("at_once", [True, False], ids=["at once", "in the thread"])
def test_answers_are_the_pipelines(table: Any, estimator: str, at_once: bool) -> None:
    """Bit by bit those of pipeline.model.predicting.predict, whichever way they come about."""
    frame = table()
    fitted, signature = fit(frame, estimator, {})
    made = Engine(fitted, signature)
    made.at_once = at_once
    said = asyncio.run(made.predict(inputs_of(frame, signature)))
    expected = predicting.predict(fitted, signature, frame)
    if signature.classes is None:
        assert said.places is None
        assert np.array_equal(said.values, expected["prediction"])
    else:
        assert said.places is not None
        assert [fitted.classes_[place] for place in said.places] == expected["prediction"].tolist()
        assert np.array_equal(said.values, expected[[f"p_{label}" for label in fitted.classes_]])
    made.close()


def test_who_comes_while_the_model_works_is_answered_together(monkeypatch: pytest.MonkeyPatch) -> None:
    """One request first, then all that came meanwhile in one call; each gets its own rows' answers."""
    frame = digits()
    fitted, signature = fit(frame, "sklearn.tree.DecisionTreeClassifier", {})
    made, inputs = Engine(fitted, signature), inputs_of(frame, signature)
    made.at_once, sizes, all_there = False, [], threading.Event()
    usual = made.answer

    def slow(part: Inputs) -> Any:
        sizes.append(len(part))
        assert all_there.wait(10)
        return usual(part)

    monkeypatch.setattr(made, "answer", slow)

    async def ask() -> list[Any]:
        asked = [asyncio.ensure_future(made.predict(inputs[:2]))]
        while not sizes:
            await asyncio.sleep(0.001)
        asked += [asyncio.ensure_future(made.predict(inputs[i : i + 2])) for i in range(2, 20, 2)]
        await asyncio.sleep(0)
        all_there.set()
        return await asyncio.gather(*asked)

    said = asyncio.run(ask())
    assert sizes == [2, 18]
    assert np.array_equal(np.concatenate([each.values for each in said]), usual(inputs[:20]).values)


def test_batches_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """No more than MOST_TOGETHER rows in one call."""
    monkeypatch.setattr(engine, "MOST_TOGETHER", 5)
    frame = digits()
    fitted, signature = fit(frame, "sklearn.tree.DecisionTreeClassifier", {})
    made, inputs, sizes = Engine(fitted, signature), inputs_of(frame, signature), []
    made.at_once, usual = False, made.answer
    monkeypatch.setattr(made, "answer", lambda part: sizes.append(len(part)) or usual(part))

    async def ask() -> None:
        await asyncio.gather(*(made.predict(inputs[i : i + 2]) for i in range(0, 20, 2)))

    asyncio.run(ask())
    assert sum(sizes) == 20
    assert max(sizes) == 4


def test_a_row_that_the_model_fails_on_fails_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Those that came with it are answered."""
    frame = numbers()
    fitted, signature = fit(frame, "sklearn.linear_model.LinearRegression", {})
    made, inputs = Engine(fitted, signature), inputs_of(frame, signature)
    made.at_once, usual = False, made._values
    poison = inputs.numbers[7, 0]

    def fails(part: Inputs) -> Any:
        if poison in part.numbers:
            raise ValueError("no")
        return usual(part)

    monkeypatch.setattr(made, "_values", fails)

    async def ask() -> list[Any]:
        return await asyncio.gather(*(made.predict(inputs[i : i + 1]) for i in range(10)), return_exceptions=True)

    said = asyncio.run(ask())
    assert [i for i, each in enumerate(said) if isinstance(each, ModelError)] == [7]


def test_an_answer_that_is_no_number_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """Infinite or nan: not an answer."""
    frame = numbers()
    fitted, signature = fit(frame, "sklearn.linear_model.LinearRegression", {})
    made = Engine(fitted, signature)
    monkeypatch.setattr(made, "_values", lambda inputs: np.array([np.inf]))
    with pytest.raises(ModelError, match="not a number"):
        made.answer(inputs_of(frame, signature))


def test_a_slow_model_is_noticed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """What takes longer than AT_ONCE goes to the thread."""
    fitted, signature = fit(numbers(), "sklearn.linear_model.LinearRegression", {})
    monkeypatch.setattr(engine, "AT_ONCE", 10.0)
    assert Engine(fitted, signature).at_once
    monkeypatch.setattr(engine, "AT_ONCE", 0.0)
    assert not Engine(fitted, signature).at_once
