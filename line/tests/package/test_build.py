"""That a Bento is built at all; what else is asked of it takes longer, and is in test_bento."""

from pathlib import Path

from mainline.package import bento
from mainline.project import Project


def test_a_bento_holds_what_serving_needs_and_is_built_once(project: Path) -> None:
    """The Bento has the service, the pipeline and the model, no data; a second build finds the first."""
    made = bento.build(Project(project))
    inside = {str(path.relative_to(made.path / "src")) for path in (made.path / "src").rglob("*") if path.is_file()}
    assert {"models/model.skops", "models/signature.json", "service/predictor.py", "pipeline/model/saving.py"} <= inside
    assert [name for name in inside if name.endswith((".parquet", ".csv", ".lock"))] == []
    assert made.built
    assert not bento.build(Project(project)).built
