"""Everything a report says, worked out once from the two sides; page and comment only choose and set it."""

from dataclasses import dataclass

from mainline.report.advice import Advice, advice
from mainline.report.baselines import Baseline, baselines
from mainline.report.bootstrap import Estimate, estimates
from mainline.report.changes import Changes
from mainline.report.classes import ClassRow, class_rows
from mainline.report.compare import Comparison, compare
from mainline.report.disagreement import Disagreement, disagreement
from mainline.report.side import Side
from mainline.report.slices import SliceTable, declared_slices, slice_table
from mainline.report.summary import Cost, costs, recorded, summary
from mainline.report.verdict import UNDECIDED, Verdict


@dataclass(frozen=True)
class Contents:
    """All on the dev rows; `champion` is None when there is none to stand beside the challenger."""

    challenger: Side
    champion: Side | None
    comparison: Comparison
    verdict: Verdict
    changes: Changes
    summary: str
    estimates: tuple[Estimate, ...]
    recorded: tuple[tuple[str, str, str], ...]
    classes: tuple[ClassRow, ...]
    slices: SliceTable
    disagreement: Disagreement
    costs: tuple[Cost, ...]
    baselines: tuple[Baseline, ...]
    advice: tuple[Advice, ...]

    @property
    def sides(self) -> tuple[Side, ...]:
        """Champion first, where there is one."""
        return (self.challenger,) if self.champion is None else (self.champion, self.challenger)


def contents(challenger: Side, champion: Side | None, *, verdict: Verdict | None, changes: Changes) -> Contents:
    """Compare the sides and gather what is said of them; raises MainlineError when they cannot be compared."""
    comparison = compare(challenger, champion)
    beside = champion if comparison.champion else None
    made = estimates(comparison)
    declared = declared_slices(challenger)
    found = disagreement(comparison, challenger.signature)
    return Contents(
        challenger=challenger,
        champion=beside,
        comparison=comparison,
        verdict=verdict or UNDECIDED,
        changes=changes,
        summary=summary(comparison, made, found),
        estimates=made,
        recorded=recorded(challenger, beside, made),
        classes=class_rows(comparison),
        slices=slice_table(comparison, challenger.signature, declared),
        disagreement=found,
        costs=costs(challenger, beside),
        baselines=baselines(challenger, beside, made),
        advice=advice(comparison, challenger, declared),
    )
