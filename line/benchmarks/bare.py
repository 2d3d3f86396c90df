"""The yardstick of everyday.py: what the example's six stages do, as one script without the line around it."""

import json
import sys
from pathlib import Path

import numpy as np
import skops.io
from sklearn.datasets import load_digits
from sklearn.metrics import accuracy_score, balanced_accuracy_score, f1_score, log_loss
from sklearn.model_selection import train_test_split
from sklearn.tree import DecisionTreeClassifier


def main(folder: Path, *, recorded: bool) -> None:
    """Read, split, train, predict, evaluate and save; with `recorded`, as a run of MLflow, too."""
    table = load_digits(as_frame=True).frame.iloc[:1500]
    train, rest = train_test_split(table, train_size=0.5, random_state=0)
    dev, sealed = train_test_split(rest, train_size=0.3, random_state=0)
    for name, rows in {"train": train, "dev": dev, "sealed": sealed}.items():
        rows.to_parquet(folder / f"{name}.parquet")
    fitted = DecisionTreeClassifier(max_depth=8, random_state=0).fit(train.drop(columns="target"), train["target"])
    skops.io.dump(fitted, folder / "model.skops")
    chances = {name: fitted.predict_proba(rows.drop(columns="target")) for name, rows in (("dev", dev), ("s", sealed))}
    said, truth = fitted.classes_[np.argmax(chances["dev"], axis=1)], dev["target"]
    metrics = {
        "accuracy": float(accuracy_score(truth, said)),
        "balanced_accuracy": float(balanced_accuracy_score(truth, said)),
        "f1_macro": float(f1_score(truth, said, average="macro")),
        "log_loss": float(log_loss(truth, chances["dev"])),
    }
    (folder / "metrics.json").write_text(json.dumps(metrics))
    if recorded:
        import mlflow

        mlflow.set_tracking_uri(f"sqlite:///{folder / 'mlflow.db'}")
        mlflow.set_experiment("bare")
        with mlflow.start_run():
            mlflow.log_params({"max_depth": 8})
            mlflow.log_metrics(metrics)
            mlflow.sklearn.log_model(
                fitted,
                name="model",
                serialization_format="skops",
                skops_trusted_types=["sklearn.tree._tree.Tree", "numpy.dtype"],
                input_example=dev.drop(columns="target").head(3),
                pip_requirements=["scikit-learn", "skops", "pandas"],
            )


if __name__ == "__main__":
    main(Path(sys.argv[1]), recorded="--recorded" in sys.argv)
