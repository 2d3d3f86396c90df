"""Ids of rows in data/stream, which say what each row is for; the pipeline's split goes by them."""

from mainline.monitor.profiles.sides import ASKED, SEALED, STREAM


def stream(key: str) -> str:
    """Of a row that may be learnt from; and of one on the sealed side, as long as it waits in a file of its own."""
    return f"{STREAM}{key}"


def asked(number: int, key: str) -> str:
    """Of a row that judges, or has judged, a retraining: a dev row ever after."""
    return f"{ASKED}{number}:{key}"


def sealed(salt: str, key: str) -> str:
    """Of a row of the sealed set of a salt."""
    return f"{SEALED}{salt}:{key}"


def key(row_id: str) -> str:
    """Whose row it is, whatever it is for; of a row of the source, its id."""
    if row_id.startswith(STREAM):
        return row_id.removeprefix(STREAM)
    if row_id.startswith((ASKED, SEALED)):
        return row_id.split(":", 2)[2]
    return row_id


def judges(row_id: str) -> bool:
    """Whether a row judges or has judged: nothing may ever be learnt from it unasked."""
    return row_id.startswith((ASKED, SEALED))


def is_asked(row_id: str) -> bool:
    """Whether a row judges a retraining, or has judged one."""
    return row_id.startswith(ASKED)


def of_stream(row_id: str) -> bool:
    """Whether a row of the table came out of data/stream."""
    return row_id.startswith((STREAM, ASKED, SEALED))
