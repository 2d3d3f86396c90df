"""`mainline gate`: decides whether the challenger may replace the champion: question, rows, answers, number, verdict.

Of the sealed rows nothing but the verdict leaves this room.
"""

from dataclasses import replace

from mainline import champion
from mainline.gate import number, question, retraining, rotate
from mainline.gate.verdict import NOT_CERTIFIED, PASS, ROTATED, UNCHANGED, Decision
from mainline.project import Project
from mainline.retraining import A_YEAR, Retraining, lost, of_a_year


def decide(project: Project, base: str) -> Decision:
    """Take the merge decision about this tree's challenger against the champion of `base`.

    Raises:
        StaleLock: the challenger is not what dvc.lock pins.
        Refused: the data are unfit for a decision, or the test set is used up.
        ConfigError: gate: asks for what the task does not have.
    """
    asked = question.of(project, base)
    if told := retraining.of(asked):
        return _retrained(retraining.on_its_terms(asked), told)
    if kind := rotate.move(asked):
        return _moved(asked, kind)
    if asked.nothing_new:
        return _said(asked, UNCHANGED)
    if not asked.same_model:  # else its answers may be the same, too
        number.refuse_spent(asked)
    return _judged(asked)


def _judged(asked: question.Question) -> Decision:
    # with these come numpy, pandas and SciPy: what is clear without them is said at once
    from mainline.gate import answers, comparison, copies, outlook, rows, signature, thresholds, trial

    project, terms = asked.project, asked.terms
    with champion.at(asked.base, project) as current:
        main, notes = (current.project if current else project), asked.notes
        if current:
            notes += rows.require_kept(project, current, terms.max_changed)
        copies.refuse_trained_on_sealed(project, main)
        if current and answers.unchanged(project, main):
            return _said(asked, UNCHANGED, notes=notes)
        metrics = terms.metrics(signature.task(main))
        rows.refuse_unfit(main, metrics)
        answers.require_sound_sides(project, current.project if current else None, metrics)
        dev = comparison.on_dev_rows(project, main, current.project if current else None, trial.unit(asked))
        dev.require(terms, first=current is None)
        if fallen := thresholds.failed(project, terms, dev, main):
            return _said(asked, NOT_CERTIFIED, *fallen, notes=notes)
        with trial.prepared(asked, current, dev) as prepared:
            entry, used = number.draw(asked, prepared.about, prepared.certified, prepared.spread)
        if entry["verdict"] == PASS:
            return _said(asked, PASS, used=used, notes=notes)
        return _said(asked, NOT_CERTIFIED, outlook.why_not(dev, terms, entry, metrics), used=used, notes=notes)


def _retrained(asked: question.Question, told: Retraining) -> Decision:
    retraining.require_turn(asked, told)
    retraining.require_alone(asked)
    retraining.require_pinned(asked, told)
    from mainline.gate import answers, copies, fresh, outlook, rows

    project, terms, used = asked.project, asked.terms, len(of_a_year(asked.history.retrainings))
    with champion.at(asked.base, project) as current:
        assert current is not None  # on its terms there is one
        notes = asked.notes + rows.require_kept(project, current, terms.max_changed)
        copies.refuse_trained_on_sealed(project, current.project)
        if answers.unchanged(project, current.project):
            return _as_retraining(_said(asked, UNCHANGED, notes=notes), told, used)
        with fresh.put(asked, told, current) as put:
            entry, used = retraining.draw(asked, told.number, put.about, put.certified)
            why = put.fallen or (outlook.why_no_retraining(put.dev, terms, entry, terms.metrics(put.dev.task)),)
        who = "production" if told.until else "the source"
        notes += (f"judged on {entry['fresh'][1]:,} rows that {who} brought and nobody had seen",)
        notes += tuple(filter(None, [lost(entry["dev"])]))
        reasons = () if entry["verdict"] == PASS else why
        return _as_retraining(_said(asked, entry["verdict"], *reasons, notes=notes), told, used)


def _as_retraining(decision: Decision, told: Retraining, used: int) -> Decision:
    return replace(decision, retrain=told.number, used=used, life=A_YEAR)


def _moved(asked: question.Question, kind: str) -> Decision:
    from mainline.gate import another_set, copies

    copies.refuse_trained_on_sealed(asked.project, asked.project)
    with champion.at(asked.base, asked.project) as current, another_set.put(asked, kind, current) as put:
        if put.fallen:
            return _said(asked, NOT_CERTIFIED, *put.fallen)
        if kind == ROTATED:  # nothing was chosen, so asking again tells nothing
            verdict, used = number.verdict(put.certified, asked.terms.delta), None
        else:
            entry, used = number.draw(asked, put.about, put.certified, None, leaves=True)
            verdict = entry["verdict"]
    if verdict == PASS:
        return _said(asked, kind, used=used, notes=(*asked.notes, put.judged_on))
    helps = "more rows help, or a larger gate.max_mde, merged first" if put.about["champion"] else "more rows help"
    return _said(asked, NOT_CERTIFIED, f"{put.judged_on}, and it is not shown to be {put.asked}; {helps}", used=used)


def _said(
    asked: question.Question, verdict: str, *reasons: str, used: int | None = None, notes: tuple[str, ...] | None = None
) -> Decision:
    spent = len(asked.earlier) if used is None else used
    noted = asked.notes if notes is None else notes
    model = asked.project.lock.model
    return Decision(verdict, asked.condition, reasons, model, asked.base, spent, asked.terms.life, noted)
