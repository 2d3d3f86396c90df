"""What judged a retraining that was not merged stays out of people's sealed set, when the source brings it again."""

from mainline import ledger, ui
from mainline.errors import ConfigError
from mainline.project import Project
from mainline.stream import files, forms, ids
from mainline.stream.files import ROWS, Stream
from mainline.stream.forms import ROW_ID, texts
from mainline.tools import actions


def bring(project: Project) -> None:
    """Put the rows that judged retrainings into data/stream, before the source is read anew: they are dev rows there.

    Raises:
        ConfigError: a file is nowhere to be had, or is no table; or a workflow cannot commit what it would write.
        ToolFailed: a remote cannot be reached; or DVC does not take them.
        Refused: the ledger is not as it was written.
    """
    past, there = ledger.read(project.root), files.read(project)
    theirs = files.unmerged(project, past)
    if theirs is None:
        files.warn_of_loss(past)
        return
    here = {ids.key(each) for each in texts(there.rows, ROW_ID) if ids.judges(each)}
    chosen = [ids.is_asked(each) and ids.key(each) not in here for each in texts(theirs, ROW_ID)]
    if not any(chosen):
        return
    said = f"{sum(chosen):,} rows judged a retraining that was not merged, and are not in {ROWS}"
    if actions.running():
        raise ConfigError(
            f"{said}; the source would bring them to be sealed: run `mainline lock`, and commit data/stream"
        )
    files.write(project, Stream(forms.together(forms.where(theirs, chosen), there.rows), there.waiting).tidy())
    ui.say(f"  {said}: brought, as dev rows; or the source might bring them to be sealed")
