"""How the model takes each column: what train.columns states, held against the kinds that the columns have."""

from collections.abc import Collection, Mapping, Sequence

from pipeline.errors import ParamsError
from pipeline.model.signature import Column
from pipeline.sections import Treatment
from pipeline.table.columns import matching

FITS = {
    "clip": ("numeric",),
    "missing": ("numeric", "date"),
    "rare": ("categorical",),
    "analyzer": ("text",),
    "ngrams": ("text",),
}
WHERE = "train.columns"


def of(
    stated: Mapping[str, Treatment], columns: Sequence[Column], without_blanks: Collection[str] = ()
) -> dict[str, Treatment]:
    """The treatment of each column that has one.

    What is stated for one name must fit the column's kind; what is stated for a pattern holds for those that it fits.

    Args:
        stated: by a column's name, or by a regular expression that matches whole names.
        columns: the signature's.
        without_blanks: columns of text that are counted by characters, unless it is stated otherwise.

    Raises:
        ParamsError: there is no such column, or none that it fits, or two say the same of one.
    """
    said: dict[str, dict[str, tuple[str, object]]] = {}
    by_name = {column.name: column for column in columns}
    for pattern, treatment in stated.items():
        names = matching(pattern, by_name, WHERE)
        for key in [key for key in FITS if getattr(treatment, key) is not None]:
            fitting = [name for name in names if by_name[name].kind in FITS[key]]
            if not fitting:
                raise ParamsError(_misfit(pattern, key, by_name[names[0]]))
            for name in fitting:
                if key in said.setdefault(name, {}):
                    first = said[name][key][0]
                    raise ParamsError(f"{WHERE}: {first!r} and {pattern!r} both say {key} of {name!r}; take one out")
                said[name][key] = (pattern, getattr(treatment, key))
    for name in without_blanks:
        said.setdefault(name, {}).setdefault("analyzer", ("", "char"))
    return {name: Treatment(**{key: value for key, (_, value) in keys.items()}) for name, keys in said.items()}


def _misfit(pattern: str, key: str, column: Column) -> str:
    wanted = " and ".join(FITS[key])
    if key == "missing" and column.kind == "categorical":
        return f"{WHERE}.{pattern}: a gap in {column.name!r}, which is categorical, is a category already; take it out"
    return (
        f"{WHERE}.{pattern}: {key} is for {wanted} columns, and {column.name!r} is {column.kind}; take it out, or say "
        f"data.kinds: {{ {column.name}: {FITS[key][0]} }}"
    )
