"""What one of the 28 tests found in a project: its points, the evidence, and what is missing."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Found:
    """An answer to one test."""

    points: float
    """0, 0.5 or 1."""
    said: str
    """The evidence: which file or run, of when; or what is missing."""
    mend: str = ""
    """What brings the rest of the point; empty where there is none to bring."""
    stated: bool = False
    """Whether it goes by what params.yaml states of the project, and not by a measurement."""


def whole(said: str) -> Found:
    """It ran, after the last change of what it is about."""
    return Found(1.0, said)


def stated(said: str) -> Found:
    """The project says that it has nothing to test there."""
    return Found(1.0, f"stated, not measured: {said}", stated=True)


def half(said: str, mend: str) -> Found:
    """It is set up, or ran before the last change."""
    return Found(0.5, said, mend)


def nothing(said: str, mend: str) -> Found:
    """It is not there."""
    return Found(0.0, said, mend)
