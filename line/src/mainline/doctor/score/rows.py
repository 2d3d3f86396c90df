"""The 28 tests in the paper's order, each put to a project's evidence."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from mainline.doctor.score import data, infrastructure, model, monitoring
from mainline.doctor.score.evidence import Evidence
from mainline.doctor.score.found import Found, nothing
from mainline.errors import MainlineError

SECTIONS = {"D": "Data", "M": "Model", "I": "Infrastructure", "S": "Monitoring"}
"""By the letter of their tests; S as in serving."""


@dataclass(frozen=True)
class Row:
    """One test with what was found."""

    id: str
    title: str
    found: Found

    @property
    def section(self) -> str:
        """Which it belongs to."""
        return SECTIONS[self.id[0]]

    @property
    def points(self) -> float:
        """0, 0.5 or 1."""
        return self.found.points


ASKED: dict[str, tuple[str, Callable[[Evidence], Found]]] = {
    "D1": ("feature expectations are in a schema", data.schema),
    "D2": ("all features are beneficial", data.worth),
    "D3": ("no feature's cost is too much", data.cost),
    "D4": ("features keep meta-level requirements", data.requirements),
    "D5": ("the data pipeline has privacy controls", data.privacy),
    "D6": ("new features can be added quickly", data.added),
    "D7": ("input feature code is tested", data.tested_code),
    "M1": ("model specifications are reviewed and versioned", model.versioned),
    "M2": ("offline and online metrics correlate", model.correlate),
    "M3": ("all hyperparameters are tuned", model.tuned),
    "M4": ("the impact of staleness is known", model.staleness),
    "M5": ("a simpler model is not better", model.simpler),
    "M6": ("quality is sufficient on important slices", model.slices),
    "M7": ("the model is tested for inclusion", model.inclusion),
    "I1": ("training is reproducible", infrastructure.reproducible),
    "I2": ("model specifications are unit tested", infrastructure.unit_tested),
    "I3": ("the pipeline is integration tested", infrastructure.integrated),
    "I4": ("quality is validated before serving", infrastructure.validated),
    "I5": ("the model is debuggable", infrastructure.debuggable),
    "I6": ("models are canaried before serving", infrastructure.canaried),
    "I7": ("serving can be rolled back", infrastructure.rolled_back),
    "S1": ("dependency changes notify", monitoring.dependencies),
    "S2": ("data invariants hold for inputs", monitoring.inputs),
    "S3": ("training and serving are not skewed", monitoring.skew),
    "S4": ("models are not too stale", monitoring.age),
    "S5": ("models are numerically stable", monitoring.stability),
    "S6": ("computing performance has not regressed", monitoring.performance),
    "S7": ("prediction quality has not regressed", monitoring.quality),
}


def rows(evidence: Evidence) -> Iterator[Row]:
    """What was found, test by test; what cannot be read is a row without points."""
    for name, (title, look) in ASKED.items():
        try:
            found = look(evidence)
        except MainlineError as error:
            found = nothing(str(error), "mainline doctor")
        except (
            LookupError,
            TypeError,
            ValueError,
            AttributeError,
        ) as error:  # what somebody else wrote is not as meant
            found = nothing(f"what is here of it cannot be read ({error})", "mainline doctor")
        yield Row(name, title, found)
