"""What can be said of the model to anyone: GET /model, and rows that show what it reads."""

from typing import Any

from pipeline.model import sample_rows
from pipeline.model.inputs import Layout
from pipeline.model.signature import Column, Signature
from pipeline.table.cells import as_sent
from service.settings import Settings


def info(signature: Signature, settings: Settings, *, quick: bool, at_once: bool) -> dict[str, Any]:
    """Where the model comes from, what it reads and answers; facts of private columns stay private."""
    return {
        "version": settings.version,
        "commit": settings.commit,
        "data_hash": settings.data_hash,
        "gate_verdict": settings.gate_verdict,
        "estimator": signature.estimator,
        "serving": {"without_tables": quick, "without_threads": at_once},
        "limits": {"rows": settings.max_rows, "body_bytes": settings.max_body},
        "signature": signature.model_dump(exclude_none=True, exclude={"columns", "trusted", "sealed"})
        | {"columns": [public(column, signature).model_dump(exclude_none=True) for column in signature.columns]},
    }


def public(column: Column, signature: Signature) -> Column:
    """A column as callers see it: its facts as they would send them, and none of a private one."""
    if column.name in (signature.private or ()):
        return Column(name=column.name, kind=column.kind)
    return sample_rows.as_sent(column)


def examples(signature: Signature, count: int = 3) -> list[dict[str, Any]]:
    """Rows that can be sent as they stand: a typical value in each column, and two from all over the ranges."""
    layout = Layout.of(signature)
    columns = [public(column, signature) for column in signature.features]
    rules = {column.name: column.clean for column in signature.features}
    private = {column.name for column in columns if column.name in (signature.private or ())}
    first = {column.name: sample_rows.example(column) for column in columns}
    drawn = sample_rows.rows(signature).frame(layout).iloc[2:].dropna().head(count - 1)
    drawn = drawn[(drawn != sample_rows.STRANGER).all(axis=1)]
    rows = [first]
    for record in drawn.to_dict("records"):
        sent = {name: as_sent(_said(record[name]), rules[name]) for name in first if name not in private}
        rows.append({name: sent.get(name, first[name]) for name in first})
    return rows


def _said(value: Any) -> Any:
    if hasattr(value, "isoformat"):
        return value.isoformat()
    return round(value, 6) if isinstance(value, float) else value
