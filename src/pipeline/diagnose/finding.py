"""What a look at the model comes to: a sentence, and its figures."""

from collections.abc import Callable
from typing import Any, Literal, NamedTuple, TypeVar

import numpy as np

from pipeline.errors import ModelError

T = TypeVar("T")


class Check(NamedTuple):
    """What one look came to, in a sentence."""

    name: str
    state: Literal["fine", "warning", "failed"]
    said: str


class Finding(NamedTuple):
    """A check, and what metrics/diagnosis.json holds of it beside."""

    check: Check
    figures: Any


class Trying:
    """Takes looks one by one: one that fails is a remark, and fails no build.

    Args:
        told: is told what is about to be looked at.
    """

    def __init__(self, told: Callable[[str], None]) -> None:
        self.told = told
        self.failed: list[str] = []

    def __call__(self, name: str, ask: Callable[[], T]) -> T | None:
        """What a look answers; None where it fails."""
        self.told(name)
        try:
            return ask()
        except ModelError:  # its text may quote cells
            self.failed.append(f"{name}: not looked at, as the model fails on these rows")
        except Exception as error:  # an estimator may raise anything, and the model itself is built
            self.failed.append(f"{name}: not looked at, as the model fails on these rows ({type(error).__name__})")
        return None


def rounded(found: Any) -> Any:
    """The same figures to six digits, which another machine computes, too; None for what is no number."""
    if isinstance(found, dict):
        return {name: rounded(each) for name, each in found.items()}
    if isinstance(found, list | tuple):
        return [rounded(each) for each in found]
    if isinstance(found, float | np.floating):
        return round(float(found), 6) + 0.0 if np.isfinite(found) else None
    return found
