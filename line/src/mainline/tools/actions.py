"""What a workflow of GitHub Actions is told, through the files that the runner names; elsewhere nothing is written."""

import os
from pathlib import Path

LARGEST_SUMMARY = 1_000_000  # characters; the runner takes a mebibyte


def running() -> bool:
    """Whether this is a step of a workflow."""
    return os.environ.get("GITHUB_ACTIONS") == "true"


def output(**values: str) -> None:
    """Set the step's outputs; a value is one line."""
    _append("GITHUB_OUTPUT", "".join(f"{name}={' '.join(value.split())}\n" for name, value in values.items()))


def summary(text: str) -> None:
    """Show Markdown on the run's page."""
    _append("GITHUB_STEP_SUMMARY", text[:LARGEST_SUMMARY] + "\n")


def _append(variable: str, text: str) -> None:
    if file := os.environ.get(variable):
        with Path(file).open("a", encoding="utf-8") as stream:
            stream.write(text)
