"""What is asked: may this tree's model replace that of a base, on the base's terms?"""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from mainline import config, ledger
from mainline.errors import ConfigError
from mainline.gate import budget, human, signature
from mainline.project import MODEL, Lock, Project, SealedSet, sealed_set

SEALED, DEV = "predictions/sealed.parquet", "predictions/dev.parquet"
# the same in all of these: the same question as the champion's own
ALL_THAT_COUNTS = (
    *(MODEL, signature.FILE, SEALED, DEV),
    *("data/dev.parquet", "data/sealed/features.parquet", "data/sealed/labels.parquet"),
)
SEE_ALL_LABELS = ("ingest", "clean", "validate", "label", "split")


@dataclass(frozen=True)
class Question:
    """A challenger, whom it is to replace, and the terms on which that is decided."""

    project: Project
    base: str
    """The commit whose champion it is judged against."""
    theirs: Lock
    """The base's; false where it pins no model yet."""
    params: dict[str, Any]
    """All of params.yaml by whose `gate` it is judged: the base's, where that pins a model."""
    terms: config.Gate
    history: ledger.Ledger
    condition: str
    """As a sentence."""
    notes: tuple[str, ...]
    """What a person should know with whatever verdict."""

    @property
    def sealed_set(self) -> SealedSet:
        """Which sealed rows the question is put to."""
        return sealed_set(self.params)

    @cached_property
    def earlier(self) -> list[ledger.Entry]:
        """The decisions that these rows were used for, in order."""
        return self.history.decisions(self.sealed_set)

    @property
    def same_model(self) -> bool:
        """Whether model and signature are those that the base pins; its answers may be others."""
        mine, theirs = self.project.lock.outputs, self.theirs.outputs
        return bool(self.theirs) and all(mine.get(path) == theirs.get(path) for path in (MODEL, signature.FILE))

    @property
    def nothing_new(self) -> bool:
        """Whether model, rows and answers are those that the base pins."""
        mine, theirs = self.project.lock.outputs, self.theirs.outputs
        return bool(self.theirs) and all(mine.get(path) == theirs.get(path) for path in ALL_THAT_COUNTS)


def of(project: Project, base: str) -> Question:
    """The question that a tree asks.

    Raises:
        StaleLock: the challenger is not what dvc.lock pins.
        ConfigError: a params.yaml is not understood.
        Refused: gate.delta or gate.life is changed, and the sealed set has been used.
    """
    commit = project.commit_of(base)
    project.require_current()
    theirs = project.lock_at(commit)
    params = at(commit, project) if theirs else dict(project.params)
    own, terms = project.gate, _parsed(params, commit) if theirs else project.gate
    notes = (*_notes_on_terms(own, terms, against_champion=bool(theirs)), *_notes_on_code(project, commit, theirs))
    if not theirs:
        terms = human.settled(terms, project)
    asks = condition(terms, project, against_champion=bool(theirs), whose="stated" if terms == own else "human")
    history = ledger.read(project.root)
    asked = Question(project, commit, theirs, params, terms, history, asks, notes)
    if (own.delta, own.life) != (terms.delta, terms.life) and project.sealed_set == asked.sealed_set:
        budget.refuse_new_terms(asked.earlier, own)
    return asked


def terms(project: Project, commit: str) -> config.Gate:
    """The terms that hold for a tree: the base's, and where that pins no model, its own."""
    return _parsed(at(commit, project), commit) if project.lock_at(commit) else project.gate


def at(commit: str, project: Project) -> dict[str, Any]:
    """All of params.yaml at a commit; raises ConfigError where it cannot be read."""
    return config.loads(project.show(commit, "params.yaml") or "", f"params.yaml of {commit[:8]}")


def _parsed(params: dict[str, Any], commit: str) -> config.Gate:
    try:
        return config.parsed(params, config.Gate)
    except ConfigError as error:
        raise ConfigError(f"the base, {commit[:8]}: {error}") from None


def _notes_on_terms(own: config.Gate, terms: config.Gate, *, against_champion: bool) -> tuple[str, ...]:
    if not against_champion:
        return ("main pins no model yet, so the terms are this branch's own",)
    other = [f"gate.{name}" for name in type(own).model_fields if getattr(own, name) != getattr(terms, name)]
    return (f"{', '.join(other)}: main's holds here, yours from the merge on",) if other else ()


def _notes_on_code(project: Project, commit: str, theirs: Lock) -> tuple[str, ...]:
    """What sees the labels of all rows, and is not as it was: no test can tell what it does with them."""
    paths = [f"src/pipeline/stages/{stage}.py" for stage in SEE_ALL_LABELS]
    lines = project.changed(commit, *paths) if theirs else []
    found = [line.partition("|")[0].strip() for line in lines]
    return (f"{', '.join(found)}: sees the labels of all rows, and is changed; have a look",) if found else ()


def condition(terms: config.Gate, project: Project, *, against_champion: bool, whose: str = "stated") -> str:
    """The condition as a sentence, for people and for the ledger.

    Args:
        whose: level a first model must beat, as a word.
    """
    metrics = " and ".join(terms.metrics(signature.task(project)))
    if against_champion:
        return f"{metrics}: {terms.condition.than('the champion')}"
    if terms.baseline == "dummy":
        return f"{metrics}: better than a model that ignores its input"
    return f"{metrics}: better than the {whose} level {terms.baseline:g}"
