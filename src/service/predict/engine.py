"""The model at work: checked inputs in, answers out, the quick way where there is one.

A request is answered on the spot where that takes a moment. Where the model is slow, or the request large, a thread
does it, so that others are not kept waiting; whatever came in meanwhile is then answered together, in one call of the
model. Nothing ever waits for company: with one caller, batches are of one.
"""

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.pipeline import Pipeline

from pipeline.errors import FAILURES, ModelError
from pipeline.model import fast_path, predicting, sample_rows
from pipeline.model.inputs import Inputs, Layout
from pipeline.model.signature import Signature
from pipeline.sections import Label

AT_ONCE = 0.002  # seconds for one row, up to which a thread costs more than it gives
FEW = 256  # rows that may be answered at once
MOST_TOGETHER = 4096


@dataclass(frozen=True)
class Answers:
    """What the model says of rows."""

    places: np.ndarray | None
    """(rows,) of the predicted class's place among the classes; None of a regression."""
    values: np.ndarray
    """(rows, classes) of probabilities, or (rows,) of numbers."""

    def __getitem__(self, rows: slice) -> "Answers":
        return Answers(self.places if self.places is None else self.places[rows], self.values[rows])


class Engine:
    """Answers for one model, from one event loop."""

    def __init__(self, fitted: Pipeline, signature: Signature) -> None:
        self._fitted, self._signature = fitted, signature
        self._layout = Layout.of(signature)
        self._quick = fast_path.of(fitted, signature)
        self.classes: list[Label] | None = None if signature.classes is None else fitted.classes_.tolist()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="model")
        self._waiting: list[tuple[Inputs, asyncio.Future[Answers]]] = []
        self._busy = False
        self.quick = self._quick is not None
        self.at_once = self._seconds() < AT_ONCE

    async def predict(self, inputs: Inputs) -> Answers:
        """Answer for rows.

        Raises:
            ModelError: the model fails on them.
        """
        if self.at_once and len(inputs) <= FEW:
            return self.answer(inputs)
        answered: asyncio.Future[Answers] = asyncio.get_running_loop().create_future()
        self._waiting.append((inputs, answered))
        if not self._busy:
            self._busy = True
            asyncio.ensure_future(self._work())  # noqa: RUF006 - the futures that it resolves keep it
        return await answered

    async def aside(self, function: Any, *arguments: Any) -> Any:
        """Do something long, such as reading a large table, in the model's thread."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, function, *arguments)

    def answer(self, inputs: Inputs) -> Answers:
        """Answer for rows, here and now."""
        try:
            values = self._values(inputs)
        except FAILURES as error:
            raise ModelError(f"the model failed on these rows: {type(error).__name__}") from None
        if not np.isfinite(values).all():
            raise ModelError("the model's answer for these rows is not a number")
        return Answers(None if self.classes is None else values.argmax(axis=1), values)

    def close(self) -> None:
        """Let the thread end."""
        self._thread.shutdown()

    def _values(self, inputs: Inputs) -> np.ndarray:
        if self._quick is not None:
            return self._quick.predict(inputs)
        said = predicting.predict(self._fitted, self._signature, inputs.frame(self._layout))
        names = "prediction" if self.classes is None else [f"p_{label}" for label in self.classes]
        return np.asarray(said[names], dtype=np.float64)

    async def _work(self) -> None:
        while self._waiting:
            batch, rows = [self._waiting.pop(0)], 0
            while self._waiting and (rows := rows + len(batch[-1][0])) + len(self._waiting[0][0]) <= MOST_TOGETHER:
                batch.append(self._waiting.pop(0))
            try:
                said = await self.aside(self.answer, Inputs.join([inputs for inputs, _ in batch]))
            except ModelError as error:
                await self._one_by_one(batch, error)
            else:
                _share_out(batch, said)
        self._busy = False

    async def _one_by_one(self, batch: list[tuple[Inputs, asyncio.Future[Answers]]], error: ModelError) -> None:
        """A row that the model fails on is no reason to fail those that came with it."""
        for inputs, answered in batch:
            try:
                said = await self.aside(self.answer, inputs) if len(batch) > 1 else error
            except ModelError as own:
                said = own
            if isinstance(said, ModelError):
                if not answered.done():
                    answered.set_exception(said)
            else:
                _share_out([(inputs, answered)], said)

    def _seconds(self) -> float:
        """How long one row takes."""
        row = next(sample_rows.each(sample_rows.rows(self._signature)))
        taken = []
        for _ in range(5):
            began = time.perf_counter()
            self.answer(row)
            taken.append(time.perf_counter() - began)
        return min(taken)


def _share_out(batch: list[tuple[Inputs, asyncio.Future[Answers]]], said: Answers) -> None:
    start = 0
    for inputs, answered in batch:
        if not answered.done():  # whoever asked may have gone
            answered.set_result(said[start : start + len(inputs)])
        start += len(inputs)
