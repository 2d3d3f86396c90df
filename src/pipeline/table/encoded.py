"""How the letters of a text file are written: as params.yaml says, and never guessed.

By the standard library alone: scripts/cells.py reads by it where the project's packages are not at hand.
"""

from __future__ import annotations

import codecs
import re

UTF8 = "utf-8"
ENCODINGS = ("cp1252", "latin1", "gb18030", "shift_jis", "euc_kr", "cp1251")
"""What a file that is not UTF-8 may be in, the likely ones first."""
BOMS = {codecs.BOM_UTF32_LE: "utf-32", codecs.BOM_UTF32_BE: "utf-32", codecs.BOM_UTF16_LE: "utf-16"}
BOMS |= {codecs.BOM_UTF16_BE: "utf-16"}
WIDE = ("utf-16", "utf-32")
BLOCK = 2**22
AROUND = 24  # bytes on each side of an odd place that are shown
FIELD_ENDS = (b",", b";", b"\t", b'"', b"\n")


def in_utf8(content: bytes, encoding: str) -> bytes:
    """Text in UTF-8 without a mark in front, whatever it was written in.

    Raises:
        ValueError: it is not in that encoding; with the line, and the settings worth trying.
    """
    for mark, marked in BOMS.items():
        if content.startswith(mark) and not encoding.replace("_", "-").startswith(marked):
            raise ValueError(
                f"line 1: not {encoding.upper()} text, but {marked} by its mark; set data.encoding: {marked}"
            )
    try:
        if encoding == UTF8:
            content = content.removeprefix(codecs.BOM_UTF8)
            _each_block(content, encoding)
        elif encoding.replace("_", "-").startswith(WIDE) and b"\0" not in content:
            raise UnicodeError  # whatever it decodes to: no line of such text ends without a zero byte
        else:
            content = content.decode(encoding).removeprefix("\ufeff").encode()
    except UnicodeError as error:
        at = getattr(error, "start", 0)
        raise ValueError(_not_in(content, encoding, at)) from None
    if (at := content.find(b"\0")) >= 0:
        raise ValueError(f"line {_line(content, at)}: holds a zero byte; is it a text file?{_wide(content)}")
    return content


def _not_in(content: bytes, encoding: str, at: int) -> str:
    """What to say of text that is not in an encoding: those that all of it may be in, and what they read there."""
    start = max(content.rfind(end, max(0, at - AROUND), at) for end in FIELD_ENDS) + 1 or max(0, at - AROUND)
    piece = re.split(b'[,;\t"\r\n]', content[start : at + AROUND])[0]
    read: dict[str, str] = {}
    for other in (UTF8, *ENCODINGS):
        said = piece.decode(other, "ignore").strip()
        if other != encoding and said.isprintable() and said not in read.values() and _reads(content, other):
            read[other] = said
    said = f"line {_line(content, at)}: not {encoding.upper()} text"
    if not read:
        return f"{said}; save it as UTF-8"
    return f"{said}; set data.encoding: " + " or ".join(f"{name} (reads {word!r})" for name, word in read.items())


def _wide(content: bytes) -> str:
    """The setting for text in which every second byte is zero."""
    head = content[:BLOCK]
    for encoding, rest in (("utf-16-le", head[1::2]), ("utf-16-be", head[::2])):
        if rest.count(0) > 0.4 * len(rest) and _reads(content, encoding):
            return f" Or set data.encoding: {encoding}"
    return ""


def _line(content: bytes, at: int) -> int:
    return content.count(b"\n", 0, at) + 1


def _reads(content: bytes, encoding: str) -> bool:
    try:
        _each_block(content, encoding)
    except UnicodeError:
        return False
    return True


def _each_block(content: bytes, encoding: str) -> None:
    """Decode all of it and keep nothing of it."""
    decoder = codecs.getincrementaldecoder(encoding)()
    for start in range(0, len(content), BLOCK):
        try:
            decoder.decode(content[start : start + BLOCK], start + BLOCK >= len(content))
        except UnicodeDecodeError as error:
            error.start += start
            raise
