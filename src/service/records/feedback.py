"""What becomes of a label: POST /feedback {"request_id", "label"[, "row"]}.

right, wrong    the first label of a row that is remembered; counted once, however often it is sent
duplicate       the same label again; nothing changes
contradicting   another label than the first: 409, the first stays; both are in the records for whoever knows better
unmatched       no such prediction is remembered (memory.py): late, from another version, or never made
"""

import time
from collections.abc import Sequence
from typing import Any

from pipeline.sections import CellRule, Label
from pipeline.table.task import class_of
from service.http.hints import hint, shown
from service.http.protocol import SANE_ID, Refused
from service.http.rows import LARGEST
from service.metrics import Metrics
from service.records.entries import Labelled
from service.records.memory import Memory
from service.records.recorder import Recorder

FIELDS = ("request_id", "label", "row")
MOST_ROW = 2**31


class Feedback:
    """Joins labels to predictions, and counts."""

    def __init__(
        self,
        classes: Sequence[Label] | None,
        tolerance: float,
        memory: Memory,
        metrics: Metrics,
        recorder: Recorder,
        *,
        version: str,
        rule: CellRule | None = None,
    ) -> None:
        """Args: tolerance, how far from the label a right number may be, 0 of classes; rule, of the target's cells."""
        self._classes, self._tolerance, self._version, self._rule = classes, tolerance, version, rule
        self._places = None if classes is None else {str(label): i for i, label in enumerate(classes)}
        self._memory, self._metrics, self._recorder = memory, metrics, recorder

    def take(self, content: Any) -> tuple[int, dict[str, Any]]:
        """Take one label.

        Returns:
            The status, 200 or 409, and what came of it.

        Raises:
            Refused: 400; a field is missing, unknown, or not what it should be.
        """
        request, row, place = self._understand(content)
        outcome = self._outcome(request, row, place)
        label: Label = place if self._classes is None else self._classes[int(place)]
        self._metrics.feedback[outcome].inc()
        self._recorder.put(Labelled(self._version, time.time(), request, row, label, outcome))
        answer: dict[str, Any] = {"outcome": outcome, "label_of": request, "row": row}
        if outcome == "contradicting":
            return 409, {"error": "this row has another label already; the first one stays"} | answer
        return 200, answer

    def _outcome(self, request: str, row: int, place: float) -> str:
        found = self._memory.label(request, row, place)
        if found is None:
            return "unmatched"
        if found.before is not None:
            return "duplicate" if found.before == place else "contradicting"
        off = abs(found.said - place)
        if self._places is None:
            self._metrics.error.observe(off)
        outcome = "right" if off <= self._tolerance else "wrong"
        self._metrics.feedback_ages[outcome].observe(found.age)
        return outcome

    def _understand(self, content: Any) -> tuple[str, int, float]:
        if not isinstance(content, dict):
            raise Refused(400, 'the body must be an object: {"request_id": ..., "label": ...}')
        for name in content:
            if name not in FIELDS:
                raise Refused(400, f"field {shown(name)!r} is unknown{hint(name, FIELDS)}")
        for name in FIELDS[:2]:
            if name not in content:
                raise Refused(400, f"field {name!r} is missing")
        request, row = content["request_id"], content.get("row", 0)
        if not isinstance(request, str) or not SANE_ID.fullmatch(request.encode()):
            raise Refused(400, "request_id: must be the id that the answer carried")
        if type(row) is not int or not 0 <= row < MOST_ROW:
            raise Refused(400, "row: must be the row's place in the request: 0, 1, ...")
        return request, row, self._place(content["label"])

    def _place(self, label: Any) -> float:
        """A label as the memory keeps it: the number, or the class's place."""
        if self._places is None:
            if type(label) not in (int, float) or not abs(label) <= LARGEST:
                raise Refused(400, "label: must be a number")
            return float(label)
        if isinstance(label, float) and label.is_integer() and abs(label) < 2**53:
            label = int(label)
        place = self._places.get(str(label)) if type(label) in (int, float, str, bool) else None
        if place is None and type(label) in (int, float, str, bool):
            meant = class_of(label, list(self._classes or ()), self._rule)
            place = None if meant is None else self._places[str(meant)]
        if place is None:
            raise Refused(400, f"label: is no class of this model{hint('', self._places)}")
        return place
