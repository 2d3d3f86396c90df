"""One sitting of a search: what it is about, how far it is, and what it keeps."""

import json
from pathlib import Path
from typing import Any

from joblib import cpu_count
from optuna.trial import FrozenTrial, TrialState

from pipeline.errors import ModelError
from pipeline.params import Params
from pipeline.search import defaults, found, loop, record, setup, space, study
from pipeline.search.loop import Budget, Search
from pipeline.search.pool import Pool
from pipeline.table import tables


class Sitting:
    """Made before the first fit: all that can be refused is refused here."""

    def __init__(self, params: Params, bounds: tuple[float | None, int | None], out: Path) -> None:
        self._params, self._out = params, out
        self._task = setup.task(params)
        self._models = setup.models(self._task)
        self._lower = self._task.metric in setup.LOWER
        self._files = setup.files(self._task, self._models)
        name = setup.name(self._task, self._models)
        self._study = study.opened(name, lower=self._lower)
        with study.readable():
            study.prepare(self._study, defaults.first(self._task.about, params.train))
            self._search = Search(self._study, self._models, params.train.seed, Budget(*bounds))
        self._budget = Budget(*bounds)

    def search(self) -> None:
        """Try until the budget is spent."""
        cores = cpu_count()  # that this process may use, as in a container
        ahead = 1 + -(-cores // len(self._task.folds))
        with study.readable():
            self._search.run(lambda: Pool(self._task, cores), ahead, self._tell)

    def summary(self) -> str:
        """How far it is, in one line."""
        tried = self._trials()
        top, cheap = (each(tried, lower=self._lower) for each in (found.best, found.named))
        said = f"{len(tried)} trials in {loop.spent(self._study):.1f} minutes"
        if top is None or cheap is None:
            return f"{said}, none of which came to a score"
        best = f"best {self._task.metric} {top['score']:.4g} ± {top['se']:.2g} (trial {top['number']}, {_name(top)})"
        same = "" if cheap is top else f"; as good and cheapest: trial {cheap['number']}, {_name(cheap)}"
        return f"{said}; {best}{same}"

    def keep(self, *, whole: bool = True) -> None:
        """Write what was found, for `mainline search`."""
        tried = self._trials()
        best, named = (each(tried, lower=self._lower) for each in (found.best, found.named))
        told: dict[str, Any] = {
            "study": self._study.study_name,
            "metric": self._task.metric,
            "lower": self._lower,
            "task": self._task.about.task,
            "folds": len(self._task.folds),
            "rows": len(self._task.rows),
            "train_rows": setup.md5(),
            "files": self._files,
            "budget": self._budget._asdict(),
            "minutes": round(loop.spent(self._study), 2),
            "models": list(dict.fromkeys(each.estimator for each in self._models)),
            "best": best and best["number"],
            "named": named and named["number"],
            "trials": tried,
            "importance": found.importance(self._study) if whole else {},
        }
        tables.write_text(json.dumps(told, ensure_ascii=False, indent=1) + "\n", self._out)

    def record(self) -> str:
        """Record the trials in MLflow; answer a line that says where, or why not."""
        return record.trials(self._study, self._task, self._trials())

    def require_one(self) -> None:
        """Refuse a search all of whose own trials failed.

        Raises:
            ModelError: with the reason of the first.
        """
        drawn = [each for each in self._trials() if not each["kind"]]
        if drawn and all(each["score"] is None for each in drawn):
            raise ModelError(f"all {len(drawn)} trials failed; the first: {drawn[0]['reason']}")

    def _trials(self) -> list[dict[str, Any]]:
        return found.trials(self._study, space.today(self._params.train))

    def _tell(self, trial: FrozenTrial) -> None:
        name = trial.user_attrs[study.TRAIN]["estimator"].rpartition(".")[2]
        if trial.state == TrialState.FAIL:
            print(f"search: trial {trial.number}, {name}, failed: {trial.user_attrs[study.REASON]}", flush=True)
        top = found.best(self._trials(), lower=self._lower)
        best = f"; best {top['score']:.4g} (trial {top['number']}, {_name(top)})" if top else ""
        score = f"{self._task.metric} {trial.value:.4g}" if trial.value is not None else "failed"
        left = f"; {self._left()}" if self._left() else ""
        print(f"search: trial {trial.number}, {name}: {score}{best}{left}", flush=True)

    def _left(self) -> str:
        parts = []
        if self._budget.minutes is not None:
            parts.append(f"{max(0.0, self._budget.minutes - self._search.minutes):.1f} minutes left")
        if self._budget.trials is not None:
            drawn = sum(not each["kind"] for each in self._trials())
            parts.append(f"{max(0, self._budget.trials - drawn)} trials left")
        return ", ".join(parts)


def _name(trial: dict[str, Any]) -> str:
    return str(trial["train"]["estimator"].rpartition(".")[2])
