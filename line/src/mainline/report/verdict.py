"""The gate's answer as the report may show it: one bit, and what can be said without the sealed test set."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Verdict:
    """`passed` is None while not decided; `reasons` hold bars and how far the rows see, never a sealed figure."""

    passed: bool | None
    reasons: tuple[str, ...] = ()
    condition: str = ""
    decisions_used: int | None = None
    life: int | None = None

    @property
    def word(self) -> str:
        """PASS, NOT CERTIFIED, or NOT DECIDED YET."""
        return {True: "PASS", False: "NOT CERTIFIED", None: "NOT DECIDED YET"}[self.passed]

    @property
    def remaining(self) -> str:
        """How much of the sealed test set's life is used, as a sentence; empty when it is not known."""
        if self.life is None or self.decisions_used is None:
            return ""
        left = max(self.life - self.decisions_used, 0)
        return f"{self.decisions_used} of the sealed test set's {self.life} decisions are used; {left} remain."


UNDECIDED = Verdict(passed=None)
