"""The comment under a pull request: the findings as GitHub Markdown, always shorter than GitHub allows."""

import numpy as np

from mainline.report import text
from mainline.report.changes import Changes
from mainline.report.classes import most_changed
from mainline.report.contents import Contents, contents
from mainline.report.disagreement import Case, Said
from mainline.report.markdown import bars, code, fence, plain, table
from mainline.report.profiles import ProfileChanges
from mainline.report.side import Side
from mainline.report.slices import SliceRow
from mainline.report.summary import change_text, places
from mainline.report.verdict import Verdict

LIMIT = 60_000  # bytes; GitHub refuses 65,536 characters
_SLICES, _CLASSES, _CASES, _LINES, _REASONS, _NAMES, _ADVICE = 12, 12, 5, 25, 10, 10, 3
_ALERT = {True: "TIP", False: "CAUTION", None: "NOTE"}
_MORE = "\n\n<sub>Shortened: the page has the rest.</sub>"


def _verdict(verdict: Verdict) -> str:
    lines = [f"**{verdict.word}**" + (f" \N{MIDDLE DOT} {plain(verdict.condition)}" if verdict.condition else "")]
    lines += [f"- {plain(reason, 300)}" for reason in verdict.reasons[:_REASONS]]
    if len(verdict.reasons) > _REASONS:
        lines.append(f"- and {len(verdict.reasons) - _REASONS} more")
    if verdict.remaining:
        lines += ["", verdict.remaining]
    return "\n".join([f"> [!{_ALERT[verdict.passed]}]", *(f"> {line}".rstrip() for line in lines)])


def _sides(it: Contents) -> str:
    named = [
        f"{side.name}: {code(side.signature.estimator.rpartition('.')[2])} at {code(side.commit, 40)}"
        for side in reversed(it.sides)
    ]
    notes = [plain(note, 300) for note in it.comparison.notes]
    return "\n\n".join([" \N{MIDDLE DOT} ".join(named), it.summary, *notes])


def _metrics(it: Contents) -> str:
    if it.champion is None:
        rows = [
            (e.metric.name, text.figure(e.challenger.value, places(e)), text.bracket(e.challenger, places(e)))
            for e in it.estimates
        ]
        return table(("metric", "challenger", "95% interval"), rows)
    lines = []
    for e in it.estimates:
        values = [text.figure(side.value, places(e)) for side in (e.champion, e.challenger) if side]
        lines.append((e.metric.name, *values, change_text(e), _strong(e.finding)))
    return table(("metric", "champion", "challenger", "difference [95% interval]", "finding"), lines)


def _strong(finding: str) -> str:
    return f"**{finding}**" if finding in ("better", "worse") else finding


def _slice(row: SliceRow, digits: int) -> tuple[str, ...]:
    start = (code(row.label, 60), f"{row.rows:,}")
    value = text.figure(row.challenger.value, digits)
    if row.champion is None or row.difference is None:
        return (*start, value, text.bracket(row.challenger, digits))
    change = text.figure(row.difference.value, digits, signed=True)
    spread = text.bracket(row.difference, digits, signed=True)
    return (*start, text.figure(row.champion.value, digits), value, f"{change} {spread}")


def _slices(it: Contents) -> str:
    digits = text.decimals(it.slices.overall, it.slices.bounded)
    two = ("champion", "challenger", "difference [95% interval]")
    header = (f"{it.slices.metric} where", "rows", *(two if it.champion else ("challenger", "95% interval")))
    shown = it.slices.rows[:_SLICES]
    made = table(header, [_slice(row, digits) for row in shown])
    note = f"<sub>{len(shown)} of {text.plural(it.slices.examined, 'slice')} examined.</sub>"
    return f"#### Slices\n\n{made}\n\n{note}" if shown else ""


def _classes(it: Contents) -> str:
    shown = most_changed(it.classes, _CLASSES)
    header = (
        "class",
        "rows",
        *(f"F1, {side.name}" for side in it.sides),
        *(("change",) if it.champion else ()),
    )
    rows = []
    for row in shown:
        scores = [score.f1 for score in (row.champion, row.challenger) if score]
        change = (text.figure(row.gap, 3, signed=True),) if row.champion else ()
        rows.append((code(row.name, 40), f"{row.rows:,}", *(text.figure(f1, 3) for f1 in scores), *change))
    note = "" if len(shown) == len(it.classes) else f"\n\n<sub>{len(shown)} of {len(it.classes)} classes.</sub>"
    return f"#### Classes\n\n{table(header, rows)}{note}" if rows else ""


def _chart(it: Contents) -> str:
    """F1 by class, RMSE by quarter of a regression's target; a binary task needs no chart."""
    key = "bars challenger, line champion" if it.champion else "challenger"
    if it.comparison.task == "multiclass":
        shown = most_changed(it.classes, _CLASSES)
        line = [row.champion.f1 for row in shown if row.champion] or None
        return bars(f"F1 by class: {key}", "F1", [r.name for r in shown], [r.challenger.f1 for r in shown], line)
    if it.comparison.task == "binary":
        return ""
    truth = it.comparison.truth
    parts = [part for part in np.array_split(np.argsort(truth, kind="stable"), 4) if len(part)]
    errors = [
        [float(np.sqrt(np.mean((side.label[part] - truth[part]) ** 2))) for part in parts]
        for side in it.comparison.sides
    ]
    names = [" to ".join(text.tick(float(truth[end]), 2) for end in (part[0], part[-1])) for part in parts]
    line = errors[0] if it.champion else None
    return bars(f"RMSE by quarter of the target: {key}", "RMSE", names, errors[-1], line)


def _said(answer: Said) -> str:
    mark = {True: " \N{CHECK MARK}", False: " \N{BALLOT X}", None: ""}[answer.right]
    return f"{code(answer.text, 30)}{mark} {answer.note}"


def _case(case: Case) -> tuple[str, ...]:
    sides = [_said(answer) for answer in (case.champion, case.challenger) if answer]
    return (code(case.row_id, 20), code(case.truth, 30), *sides, *(code(value, 60) for value in case.cells))


def _rows(it: Contents) -> str:
    header = ("row", "truth", *(side.name for side in it.sides))
    parts = []
    for group in it.disagreement.groups:
        shown = group.cases[:_CASES]
        features = [code(name, 30) for name in it.disagreement.features]
        made = table((*header, *features), [_case(case) for case in shown], words=9)
        parts.append(f"**{group.title}**: {text.plural(group.total, 'row')}\n\n{made}")
    title = "Where they disagree" if it.champion else "Where it errs"
    return _folded(title, "\n\n".join([plain(it.disagreement.told, 400), *parts])) if parts else ""


def _costs(it: Contents) -> str:
    header = ("price", *(side.name for side in it.sides), *(("ratio",) if it.champion else ()))
    rows = [
        (cost.name, cost.champion, cost.challenger, cost.ratio) if it.champion else (cost.name, cost.challenger)
        for cost in it.costs
    ]
    return _folded("Cost", table(header, rows))


def _data(changes: Changes) -> list[str]:
    data = changes.data
    if not data.any:
        return []
    rows = [(t.table, f"{t.rows_before:,}", f"{t.rows_after:,}", f"{t.added:,}", f"{t.removed:,}") for t in data.tables]
    parts = [table(("table", "rows before", "rows now", "added", "removed"), rows)]
    for title, names in (("New columns", data.columns_added), ("Removed columns", data.columns_removed)):
        more = f" and {len(names) - _NAMES} more" if len(names) > _NAMES else ""
        if names:
            parts.append(f"{title}: {', '.join(code(name, 40) for name in names[:_NAMES])}{more}")
    if data.shifts:
        moved = [
            (code(s.column, 40), s.measure, text.figure(s.size, 2), code(s.before, 40), code(s.after, 40))
            for s in data.shifts
        ]
        parts.append(table(("column that moved", "measure", "by", "before", "now"), moved, words=2))
    return [*parts, *_profile(data.profile)]


def _profile(profile: ProfileChanges) -> list[str]:
    parts = []
    if profile.columns:
        rows = [(code(e.column, 40), e.what, code(e.before, 80), code(e.after, 80)) for e in profile.columns]
        more = f"\n\n<sub>and {profile.more} more</sub>" if profile.more else ""
        parts.append(table(("column", "what differs", "before", "now"), rows, words=4) + more)
    for title, hints in (("Looks odd now", profile.new_hints), ("Looks odd no more", profile.gone_hints)):
        lines = [f"- {code(column, 40)}: {plain(what, 200)}" for column, what, _ in hints[:_NAMES]]
        lines += [f"- and {len(hints) - _NAMES} more"] if len(hints) > _NAMES else []
        parts += [f"{title}:\n\n" + "\n".join(lines)] if lines else []
    return parts


def _baselines(it: Contents) -> str:
    """Checks that are not fine, in sight; the levels of others, folded."""
    checks = [each for each in it.challenger.diagnosis.get("checks") or () if each["state"] != "fine"]
    lines = [f"- {code(each['name'], 40)}: {plain(each['said'], 300)}" for each in checks]
    rows = [
        (plain(b.name, 60), text.figure(b.level.value, 3), text.bracket(b.level, 3), b.measure, plain(b.rows, 80))
        for b in it.baselines
    ]
    made = _folded("Baselines", table(("who", "level", "95% interval", "measure", "rows"), rows, words=1))
    return "\n\n".join(filter(None, ["#### Diagnosis\n\n" + "\n".join(lines) if lines else "", made]))


def _advice(it: Contents) -> str:
    """The first few; the page has all."""
    lines = []
    for each in it.advice[:_ADVICE]:
        brings = f"{text.figure(each.gap.brings.value, 3, signed=True)} {text.bracket(each.gap.brings, 3, signed=True)}"
        about = f"{each.gap.share:.0%} of all errors, would bring {brings}"
        does = f"As for {code(each.like, 60)}." if each.like else f"{plain(each.said, 300)} {code(each.command, 300)}"
        lines.append(f"- {code(each.gap.part.label, 60)}: {about}. {does}")
    return "#### What to do next\n\n" + "\n".join(lines) if lines else ""


def _changes(it: Contents) -> str:
    parts = []
    if it.changes.params:
        rows = [(code(key, 60), code(old, 60), code(new, 60)) for key, old, new in it.changes.params[:_LINES]]
        parts.append(table(("params.yaml", "champion", "challenger"), rows, words=3))
    if it.changes.code:
        parts.append(fence(it.changes.code[:_LINES]))
    left = sum(max(len(every) - _LINES, 0) for every in (it.changes.params, it.changes.code))
    if left:
        parts.append(f"<sub>and {left} more</sub>")
    parts += _data(it.changes)
    return _folded("What changed", "\n\n".join(parts)) if parts else ""


def _folded(title: str, body: str) -> str:
    return f"<details><summary><b>{title}</b></summary>\n\n{body}\n\n</details>"


def comment(challenger: Side, champion: Side | None, *, verdict: Verdict | None, changes: Changes) -> str:
    """The comment, under LIMIT bytes: what does not fit is left out by whole sections, and it says so."""
    it = contents(challenger, champion, verdict=verdict, changes=changes)
    foot = f"<sub>All figures but baselines and diagnosis are from the dev set. {it.verdict.known}</sub>"
    title = f"### Predicting {code(it.comparison.target, 60)}"
    kept = [title, _verdict(it.verdict), _sides(it)]
    room = LIMIT - len(("\n\n".join(kept) + _MORE + foot).encode()) - 10
    sections = (
        _metrics(it),
        _baselines(it),
        _advice(it),
        _changes(it),
        _chart(it),
        _slices(it),
        _classes(it),
        _rows(it),
        _costs(it),
    )
    left_out = False
    for section in filter(None, sections):
        size = len(section.encode()) + 2
        if size <= room:
            kept.append(section)
            room -= size
        else:
            left_out = True
    return "\n\n".join([*kept, foot]) + (_MORE if left_out else "") + "\n"
