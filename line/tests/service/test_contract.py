"""The service against its own description: whatever a caller sends, no answer is a 5xx, or other than described."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest
import schemathesis
from hypothesis import HealthCheck
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import content_type_conformance, response_schema_conformance

from line.tests.service.serving import Served, serving
from tests.service.conftest import TABLES

pytestmark = pytest.mark.slow
CHECKS = [not_a_server_error, content_type_conformance, response_schema_conformance]


@pytest.fixture(scope="module", params=TABLES)
def served(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, folders: dict[str, Path]
) -> Iterator[Served]:
    """A model of each kind, as it runs."""
    with serving(tmp_path_factory.mktemp("contract"), folders[request.param]) as running:
        yield running


@pytest.mark.parametrize("mode", GenerationMode)
def test_no_answer_is_other_than_described(mode: GenerationMode, served: Served) -> None:
    """Requests made from the description, right ones and wrong ones, for every path."""
    described = schemathesis.openapi.from_url(f"{served.url}/docs.json")
    statuses: dict[str, set[int]] = {}
    for operation in (found.ok() for found in described.get_all_operations()):

        @hypothesis.settings(max_examples=30, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
        @hypothesis.given(case=operation.as_strategy(generation_mode=mode))
        def ask(case: schemathesis.Case) -> None:
            answer = case.call_and_validate(checks=CHECKS)
            statuses.setdefault(case.operation.path, set()).add(answer.status_code)

        with contextlib.suppress(Unsatisfiable):  # a path that takes nothing cannot be asked wrongly
            ask()
    assert (200 if mode is GenerationMode.POSITIVE else 400) in statuses["/predict"]
    assert "Traceback" not in served.log.read_text()
