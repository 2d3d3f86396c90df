"""What is said of the labels that were taken: rows by class, and of numbers what cuts them into quarters."""

import pyarrow as pa
import pytest

from mainline.stream import take


@pytest.mark.parametrize(
    ("task", "labels", "said"),
    [
        ("binary", ["no", "yes", "no"], {"no": 2, "yes": 1}),
        ("multiclass", [3, 1, 3], {"1": 1, "3": 2}),
        ("regression", [4, 0, 1, 2, 3], dict(zip(take.QUARTERS, [0, 1, 2, 3, 4], strict=True))),
        ("regression", [], {}),
    ],
    ids=["words", "numbers-as-classes", "numbers", "none"],
)
def test_labels_are_told_as_their_task_wants(task: str, labels: list[object], said: dict[str, float]) -> None:
    """A regression's are never counted one by one, whole numbers or not."""
    assert take.label_counts(pa.table({"label": labels}), {"task": task, "target": "label"}) == said
