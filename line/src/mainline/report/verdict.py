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
    retrain: int | None = None
    """The number of a retraining; then the two above count those of a year."""

    @property
    def word(self) -> str:
        """PASS, NOT CERTIFIED, or NOT DECIDED YET."""
        return {True: "PASS", False: "NOT CERTIFIED", None: "NOT DECIDED YET"}[self.passed]

    @property
    def remaining(self) -> str:
        """How much of the sealed test set's life, or of a year, is used, as a sentence; empty when it is not known."""
        if self.life is None or self.decisions_used is None:
            return ""
        if self.retrain:
            told = f"Retraining {self.retrain}: {self.decisions_used} of {self.life} in the last 365 days"
            return f"{told}; no decision of the sealed test set is used."
        left = max(self.life - self.decisions_used, 0)
        return f"{self.decisions_used} of the sealed test set's {self.life} decisions are used; {left} remain."

    @property
    def known(self) -> str:
        """What is known here of rows that nobody is to look at, as a sentence."""
        if self.retrain:
            return "The rows that judged this retraining are dev rows now; nothing is known of the sealed test set."
        return "Nothing of the sealed test set is known here but the verdict."


UNDECIDED = Verdict(passed=None)
