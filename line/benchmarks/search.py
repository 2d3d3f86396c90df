"""`mainline search` beside a loop of Optuna's written by hand, at the same budget of trials, on tables of people's.

    python line/benchmarks/search.py --tables ../shared/data              # about ten minutes on two cores
    python line/benchmarks/search.py --tables ../shared/data --trials 8   # quick

The loop tries the same settings by its own Pipeline, folds and seed, with scikit-learn's cross_val_score. CLAIMS: what
the search finds is not worse than what the loop finds by more than one standard error, and the processor seconds that
it takes beside its fits, its start and its record among them, are under 15% of theirs. The last column is the same in
cores times seconds, which says something on a machine that nobody else uses. A table that is not there is left out.
"""

import argparse
import json
import math
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import optuna
import pandas as pd
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

TOP = Path(__file__).parents[2]
MOST_OVERHEAD, FOLDS = 0.15, 5
STAGES = ("ingest", "clean", "validate", "label", "split", "train", "predict", "evaluate")
"""As in a project whose model is built: MLflow's database, which the last of them makes, is there already."""
TABLES: dict[str, dict[str, Any]] = {
    "telco-churn.csv": {"target": "Churn", "id": "customerID", "missing": [" "]},
    "reviews.csv": {"target": "sentiment"},
}


def model(trial: optuna.Trial, rows: pd.DataFrame) -> Any:
    """A model by hand, out of the same settings as those that are tried without `search.models`."""
    texts = [name for name in rows if rows[name].dtype != "float64" and rows[name].nunique() > len(rows) / 4]
    numbers = [name for name in rows if pd.api.types.is_numeric_dtype(rows[name])]
    others = [name for name in rows if name not in (*texts, *numbers)]
    steps: list[Any] = [("n", StandardScaler(), numbers), ("c", OneHotEncoder(handle_unknown="ignore"), others)]
    for name in texts:
        how = trial.suggest_categorical(name, ["words", "pairs", "characters"])
        letters = {"analyzer": "char", "ngram_range": (2, 4)} if how == "characters" else {}
        steps.append((name, TfidfVectorizer(**{"ngram_range": (1, 2 if how == "pairs" else 1), **letters}), name))
    columns = ColumnTransformer(steps, sparse_threshold=0.3 if texts else 0.0)
    return make_pipeline(columns, estimator(trial, "linear" if texts else None))


def estimator(trial: optuna.Trial, kind: str | None) -> Any:
    """One of three, and its settings."""
    kind = kind or trial.suggest_categorical("kind", ["linear", "forest", "boosting"])
    if kind == "boosting":
        return HistGradientBoostingClassifier(
            learning_rate=trial.suggest_float("rate", 0.02, 0.3, log=True),
            max_iter=trial.suggest_int("trees", 50, 300, step=50),
            max_leaf_nodes=trial.suggest_categorical("leaves", [7, 15, 31, 63]),
            min_samples_leaf=trial.suggest_int("leaf", 5, 100, log=True),
            l2_regularization=trial.suggest_float("l2", 0.001, 10, log=True),
            random_state=0,
        )
    weight = trial.suggest_categorical("weight", [None, "balanced"])
    if kind == "linear":
        chosen = trial.suggest_float("C", 0.01, 100, log=True)
        return LogisticRegression(C=chosen, max_iter=1000, class_weight=weight)
    return RandomForestClassifier(
        n_estimators=200,
        min_samples_leaf=trial.suggest_int("leaf_of_forest", 1, 50, log=True),
        max_features=trial.suggest_categorical("features", ["sqrt", 0.3, 1.0]),
        class_weight=weight,
        random_state=0,
    )


def by_hand(rows: pd.DataFrame, target: str, trials: int) -> tuple[float, float, float]:
    """The log loss that the loop ends with, its standard error, and how many seconds it took."""
    inputs, labels = rows.drop(columns=["row_id", target]), rows[target].to_numpy()
    inputs = inputs.apply(lambda each: each.fillna(0) if pd.api.types.is_numeric_dtype(each) else each.fillna(""))
    folds = StratifiedKFold(FOLDS, shuffle=True, random_state=0)

    def objective(trial: optuna.Trial) -> float:
        made = model(trial, inputs)
        scores = -cross_val_score(made, inputs, labels, cv=folds, scoring="neg_log_loss", n_jobs=-1)
        trial.set_user_attr("se", float(np.std(scores, ddof=1)) / math.sqrt(FOLDS))
        return float(scores.mean())

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    study = optuna.create_study(sampler=optuna.samplers.TPESampler(seed=0, n_startup_trials=15))
    began = time.monotonic()
    study.optimize(objective, n_trials=trials)
    return study.best_value, study.best_trial.user_attrs["se"], time.monotonic() - began


def searched(trials: int) -> tuple[dict[str, Any], float]:
    """What the search finds in the current folder, and the processor seconds of all its processes."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    run("search", "-", str(trials))
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    found: dict[str, Any] = json.loads(Path(".mainline/search.json").read_text(encoding="utf-8"))
    return found, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def run(*words: str) -> None:
    """Run a stage, or what is beside them."""
    environment = os.environ | {"PYTHONPATH": str(TOP / "src")}
    done = subprocess.run([sys.executable, "-m", "pipeline", *words], env=environment, stdout=subprocess.DEVNULL)
    if done.returncode:
        raise SystemExit(f"{' '.join(words)}: failed")


def compare(table: Path, said: dict[str, Any], trials: int) -> bool:
    """Print a table's line, and answer whether both claims hold."""
    settings = {
        "data": {"source": str(table.resolve()), **said},
        "train": {"estimator": "sklearn.tree.DecisionTreeClassifier", "params": {"max_depth": 5}},
    }
    Path("params.yaml").write_text(json.dumps(settings), encoding="utf-8")
    for stage in STAGES:
        run(stage)
    found, used = searched(trials)
    best = next(each for each in found["trials"] if each["number"] == found["best"])
    cores = len(os.sched_getaffinity(0))
    fits = sum(each["fit_seconds"] or 0.0 for each in found["trials"])
    overhead = used / fits - 1
    loss, error, seconds = by_hand(pd.read_parquet("data/train.parquet"), said["target"], trials)
    print(
        f"| {table.name} | {best['score']:.4f} ± {best['se']:.4f} | {loss:.4f} ± {error:.4f} "
        f"| {60 * found['minutes']:.0f} | {seconds:.0f} | {overhead:.0%} "
        f"| {60 * found['minutes'] * cores / fits - 1:.0%} |",
        flush=True,
    )
    return bool(best["score"] <= loss + max(error, best["se"]) and overhead < MOST_OVERHEAD)


def main() -> int:
    """Compare on each table that is there, and answer 1 where a claim does not hold."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tables", type=Path, default=TOP.parent / "shared/data")
    parser.add_argument("--trials", type=int, default=40)
    given = parser.parse_args()
    tables, hold = given.tables.resolve(), True
    print(f"{given.trials} trials\n\n| table | search | by hand | s | by hand, s | beside the fits | cores x s |")
    print("|---|---|---|---|---|---|---|")
    for name, said in TABLES.items():
        if not (tables / name).exists():
            print(f"| {name} | not in {tables}: left out |")
            continue
        with tempfile.TemporaryDirectory() as folder:
            os.chdir(folder)
            hold &= compare(tables / name, said, given.trials)
            os.chdir(TOP)
    return 0 if hold else 1


if __name__ == "__main__":
    sys.exit(main())
