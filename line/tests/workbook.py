"""Writes small workbooks for tests, cell by cell, as Excel and LibreOffice write them."""

import datetime
import io
import zipfile
from collections.abc import Mapping, Sequence
from typing import Any
from xml.sax.saxutils import escape

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
DAYS_FROM = datetime.datetime(1899, 12, 30)
DATE_STYLE, TIME_STYLE = 1, 2


def xlsx(sheets: Mapping[str, Sequence[Sequence[Any]]], merged: Sequence[str] = ()) -> bytes:
    """The bytes of an Excel workbook; `merged` are ranges of its first sheet, such as A1:B1."""
    names = [*sheets]
    listed = "".join(f'<sheet name="{name}" sheetId="{i}" r:id="rId{i}"/>' for i, name in enumerate(names, 1))
    files = {
        "[Content_Types].xml": f'<Types xmlns="{PACKAGE}/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Default Extension="xml" ContentType="application/xml"/></Types>',
        "_rels/.rels": _relations({"rId1": ("officeDocument", "xl/workbook.xml")}),
        "xl/workbook.xml": f'<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}"><sheets>{listed}</sheets></workbook>',
        "xl/_rels/workbook.xml.rels": _relations(
            {f"rId{number}": ("worksheet", f"worksheets/sheet{number}.xml") for number in range(1, len(names) + 1)}
            | {"rIdS": ("styles", "styles.xml")}
        ),
        "xl/styles.xml": f'<styleSheet xmlns="{MAIN}"><cellXfs count="3"><xf numFmtId="0"/><xf numFmtId="14"/>'
        '<xf numFmtId="22"/></cellXfs></styleSheet>',
    }
    for number, rows in enumerate(sheets.values(), 1):
        files[f"xl/worksheets/sheet{number}.xml"] = _sheet(rows, merged if number == 1 else ())
    return _zipped(files)


def ods(rows: Sequence[Sequence[str | float]]) -> bytes:
    """The bytes of an OpenDocument workbook of one sheet."""
    kinds = {str: "string", float: "float"}
    cells = "".join(
        "<table:table-row>"
        + "".join(
            f'<table:table-cell office:value-type="{kinds[type(cell)]}"'
            + (f' office:value="{cell}"' if isinstance(cell, float) else "")
            + f"><text:p>{cell}</text:p></table:table-cell>"
            for cell in row
        )
        + "</table:table-row>"
        for row in rows
    )
    of = "urn:oasis:names:tc:opendocument:xmlns"
    content = (
        f'<office:document-content xmlns:office="{of}:office:1.0" xmlns:table="{of}:table:1.0" '
        f'xmlns:text="{of}:text:1.0">'
        f'<office:body><office:spreadsheet><table:table table:name="One">{cells}</table:table></office:spreadsheet>'
        "</office:body></office:document-content>"
    )
    kind = "application/vnd.oasis.opendocument.spreadsheet"
    manifest = f'<manifest:manifest xmlns:manifest="{of}:manifest:1.0"/>'
    return _zipped({"mimetype": kind, "META-INF/manifest.xml": manifest, "content.xml": content})


def _relations(targets: Mapping[str, tuple[str, str]]) -> str:
    each = (f'<Relationship Id="{i}" Type="{OFFICE}/{kind}" Target="{to}"/>' for i, (kind, to) in targets.items())
    return f'<Relationships xmlns="{PACKAGE}/relationships">{"".join(each)}</Relationships>'


def _sheet(rows: Sequence[Sequence[Any]], merged: Sequence[str]) -> str:
    cells = ""
    for number, row in enumerate(rows, 1):
        said = "".join(_cell(cell, f"{chr(ord('A') + place)}{number}") for place, cell in enumerate(row))
        cells += f'<row r="{number}">{said}</row>'
    ranges = "".join(f'<mergeCell ref="{each}"/>' for each in merged)
    below = f"<mergeCells>{ranges}</mergeCells>" if merged else ""
    return f'<worksheet xmlns="{MAIN}"><sheetData>{cells}</sheetData>{below}</worksheet>'


def _cell(cell: Any, place: str) -> str:
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return f'<c r="{place}" t="b"><v>{int(cell)}</v></c>'
    if isinstance(cell, datetime.datetime):
        style = DATE_STYLE if cell.time() == datetime.time() else TIME_STYLE
        return f'<c r="{place}" s="{style}"><v>{(cell - DAYS_FROM) / datetime.timedelta(days=1)!r}</v></c>'
    if isinstance(cell, (int, float)):
        return f'<c r="{place}"><v>{cell!r}</v></c>'
    if cell.startswith("="):
        formula, _, value = cell[1:].partition("=")
        return f'<c r="{place}"><f>{escape(formula)}</f>{f"<v>{value}</v>" if value else ""}</c>'
    return f'<c r="{place}" t="inlineStr"><is><t>{escape(cell)}</t></is></c>'


def _zipped(files: Mapping[str, str]) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return content.getvalue()
