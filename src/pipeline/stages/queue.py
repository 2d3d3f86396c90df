"""Beside the stages, queue: which rows a person should label next -> a table, with what they may see of each.

Three of four are rows of the training side: those that the model is least sure of, and those whose label it doubts.
One of four is drawn from all sides by a hash, and nothing is shown of it but its cells: such a vote alone may reach dev
and sealed rows, as a model must not choose its own tests. Nothing written here says which side a row is on.
"""

from pathlib import Path

from pipeline.params import Params


def run(params: Params, count: str, out: str, name: str) -> None:
    """Rank rows for one person.

    Args:
        count: how many rows, as in "50".
        out: a Parquet file to write: (rows, row_id + how + why + suspicion + label + answer), first come first.
            how: "queue" or "blind"; why: "tie", "unsure", "doubted" or "drawn"; suspicion: in [0, 1], missing where
            blind; label: the label it has, answer: what the model says, both as text and missing where blind or none.
            Its attrs (`DataFrame.attrs`) hold "classes" (a list, of text; None for numbers), "model" (the MD5 of
            models/model.skops, or None) and "left" (how many rows this person could still be asked of).
        name: whose queue: rows that they have voted on are left out.
    """
    raise NotImplementedError(params, count, Path(out), name)
