"""A stage that is told to stop ends what it began at other programs, and says so."""

import contextlib
import os
import signal
import sys
import types
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline import __main__ as program
from pipeline import stop, tracking


@pytest.fixture(autouse=True)
def _heard() -> Iterator[None]:
    """Signals mean what they mean by themselves, also where whoever started the tests is deaf to one: `nohup`."""
    before = {number: signal.signal(number, signal.SIG_DFL) for number in stop.SIGNALS}
    yield
    for number, meant in before.items():
        signal.signal(number, meant)


@pytest.mark.parametrize("number", stop.SIGNALS)
def test_a_signal_is_an_exception_on_the_way_out(number: int) -> None:
    """What `finally` does is done, and afterwards signals mean what they meant."""
    before, ended = signal.getsignal(number), []

    def work() -> None:
        try:
            os.kill(os.getpid(), number)
        finally:
            os.kill(os.getpid(), number)  # an impatient second one changes nothing
            ended.append(True)

    with pytest.raises(stop.Stopped), stop.as_exception():
        work()
    assert ended
    assert signal.getsignal(number) == before


def test_a_signal_waits_for_what_must_not_be_half_done() -> None:
    """It is not lost either."""
    done = []

    def work() -> None:
        with stop.held():
            os.kill(os.getpid(), signal.SIGTERM)
            done.append("whole")
        done.append("never")

    with pytest.raises(stop.Stopped), stop.as_exception():
        work()
    assert done == ["whole"]


@pytest.mark.usefixtures("folder")
def test_a_stopped_stage_is_one_line_and_its_code(capsys, monkeypatch: pytest.MonkeyPatch) -> None:
    """128 and the signal's number, as a shell says it; no traceback."""
    stage = types.ModuleType("pipeline.stages.ingest")
    stage.run = lambda _: os.kill(os.getpid(), signal.SIGTERM)
    monkeypatch.setitem(sys.modules, "pipeline.stages.ingest", stage)
    Path("params.yaml").write_text("data: {source: x, target: y}\ntrain: {estimator: a.B}\n")
    assert program.main(["ingest"]) == 128 + signal.SIGTERM
    assert capsys.readouterr().err == "ERROR: ingest: stopped by SIGTERM\n"


@pytest.mark.slow
@pytest.mark.usefixtures("mlflow_as_it_was")
@pytest.mark.parametrize(
    ("error", "status"), [(stop.Stopped(15), "KILLED"), (ValueError(), "FAILED"), (None, "FINISHED")]
)
def test_a_run_in_mlflow_ends_as_the_stage_does(error, status: str, folder: Path) -> None:
    """Never RUNNING, and no model of it is left about to be saved."""
    import mlflow

    mlflow.set_tracking_uri(f"sqlite:///{folder}/m.db")
    with contextlib.suppress(*([type(error)] if error else [])), tracking._run():
        model = mlflow.initialize_logged_model("model", source_run_id=mlflow.active_run().info.run_id)
        if error:
            raise error
    client = mlflow.MlflowClient()
    (run,) = client.search_runs(["0"])
    assert run.info.status == status
    if status == "KILLED":
        assert client.get_logged_model(model.model_id).status == "FAILED"
