"""The sections of params.yaml that the stages read: what each key is called, what it may hold, and its default."""

from pipeline.sections.base import MISSING, Kind, Label, Section, Task, Way
from pipeline.sections.data import Data, KeepFor
from pipeline.sections.model import Diagnose, Service, Train, Treatment
from pipeline.sections.search import Candidate, Search
from pipeline.sections.table import CellRule, Clean, Fresh, Labels, Rule, Split, Validate, Whole

__all__ = [
    "MISSING",
    "Candidate",
    "CellRule",
    "Clean",
    "Data",
    "Diagnose",
    "Fresh",
    "KeepFor",
    "Kind",
    "Label",
    "Labels",
    "Rule",
    "Search",
    "Section",
    "Service",
    "Split",
    "Task",
    "Train",
    "Treatment",
    "Validate",
    "Way",
    "Whole",
]
