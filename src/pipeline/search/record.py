"""Records a search in MLflow: one run, and one below it for each trial, each once, however often it is resumed."""

import time
from collections.abc import Sequence
from typing import Any

import optuna

from pipeline import tracking
from pipeline.search.pool import Task

RUN, RECORDED = "mlflow_run", "mlflow_trials"


def trials(study: optuna.Study, task: Task, told: Sequence[dict[str, Any]]) -> str:
    """Write what is not recorded yet; answer a line that says where, or why not."""
    return tracking.reached(lambda: _log(study, task, told))


def _log(study: optuna.Study, task: Task, told: Sequence[dict[str, Any]]) -> str:
    import mlflow

    kept = study.user_attrs.get(RUN)
    known = set(study.user_attrs.get(RECORDED, ())) if _is_there(kept) else set()
    with mlflow.start_run(run_id=kept if _is_there(kept) else None, run_name=f"search {study.study_name[:8]}") as run:
        if run.info.run_id != kept:
            mlflow.set_tags({**tracking.commit(), "search": study.study_name})
            mlflow.log_params({"metric": task.metric, "folds": len(task.folds), "rows": len(task.rows)})
            study.set_user_attr(RUN, run.info.run_id)
        client = mlflow.MlflowClient()
        for each in told:
            if each["number"] not in known:
                _child(client, run.info, each, task.metric)
        good = [each["score"] for each in told if each["score"] is not None]
        if good:
            better = min if study.direction.name == "MINIMIZE" else max
            mlflow.log_metrics({f"best_cv_{task.metric}": better(good), "trials": len(told)})
        study.set_user_attr(RECORDED, [each["number"] for each in told])
        return str(run.info.run_name)


def _child(client: Any, parent: Any, trial: dict[str, Any], metric: str) -> None:
    """A run below the search's, in three calls: in mlflow's everyday way it is six, each a transaction."""
    from mlflow.entities import Metric, Param, RunTag
    from mlflow.utils.mlflow_tags import MLFLOW_PARENT_RUN_ID

    now = int(1000 * time.time())
    below = {MLFLOW_PARENT_RUN_ID: parent.run_id}
    run_id = client.create_run(parent.experiment_id, now, below, f"trial {trial['number']}").info.run_id
    values = {f"cv_{metric}": trial["score"], f"cv_{metric}_se": trial["se"], "fit_seconds": trial["fit_seconds"]}
    failed = trial["score"] is None
    client.log_batch(
        run_id,
        metrics=[] if failed else [Metric(name, value, now, 0) for name, value in values.items()],
        params=[Param(name, str(value)) for name, value in tracking.flat(trial["train"]).items()],
        tags=[RunTag("kind", trial["kind"] or "drawn"), *([RunTag("reason", trial["reason"])] if failed else ())],
    )
    client.set_terminated(run_id, "FAILED" if failed else "FINISHED")


def _is_there(run_id: str | None) -> bool:
    """Whether MLflow, of which there may be another than last time, knows this run, in today's experiment."""
    import mlflow

    if run_id is None:
        return False
    try:
        found = mlflow.get_run(run_id).info.experiment_id
        today = mlflow.get_experiment_by_name(tracking.experiment())
    except mlflow.exceptions.MlflowException:
        return False
    return today is not None and found == today.experiment_id
