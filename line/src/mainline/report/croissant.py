"""data/croissant.json: the table in the words of Croissant 1.0 (MLCommons), for catalogues that read it."""

import json
import re
from typing import Any

from mainline.report.dataset import Dataset, Field

VERSION = "http://mlcommons.org/croissant/1.0"
FILE, SET = "raw.parquet", "rows"
TYPES = {
    "whole number": "sc:Integer",
    "number": "sc:Float",
    "truth value": "sc:Boolean",
    "date": "sc:DateTime",
    "text": "sc:Text",
}
# as the specification gives it: what a reader of JSON-LD needs to know of the words below
CONTEXT = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "citeAs": "cr:citeAs",
    "column": "cr:column",
    "conformsTo": "dct:conformsTo",
    "cr": "http://mlcommons.org/croissant/",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "dct": "http://purl.org/dc/terms/",
    "equivalentProperty": "cr:equivalentProperty",
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "extract": "cr:extract",
    "field": "cr:field",
    "fileProperty": "cr:fileProperty",
    "fileObject": "cr:fileObject",
    "fileSet": "cr:fileSet",
    "format": "cr:format",
    "includes": "cr:includes",
    "isLiveDataset": "cr:isLiveDataset",
    "jsonPath": "cr:jsonPath",
    "key": "cr:key",
    "md5": "cr:md5",
    "parentField": "cr:parentField",
    "path": "cr:path",
    "recordSet": "cr:recordSet",
    "references": "cr:references",
    "regex": "cr:regex",
    "repeated": "cr:repeated",
    "replace": "cr:replace",
    "samplingRate": "cr:samplingRate",
    "sc": "https://schema.org/",
    "separator": "cr:separator",
    "source": "cr:source",
    "subField": "cr:subField",
    "transform": "cr:transform",
}


def text(about: Dataset) -> str:
    """The description as JSON."""
    words = about.words
    told = {
        "description": words.purpose,
        "license": words.licence,
        "creator": {"@type": "sc:Organization", "name": words.owner} if words.owner else None,
        "rai:dataCollection": words.collected,
        "url": about.source if about.source.startswith(("http://", "https://")) else None,
    }
    said = {
        "@context": CONTEXT,
        "@type": "sc:Dataset",
        "conformsTo": VERSION,
        "name": _name(about.source),
        **{key: value for key, value in told.items() if value},
        "distribution": [_file(about)],
        "recordSet": [_records(about)],
    }
    return json.dumps(said, indent=1, ensure_ascii=False) + "\n"


def _name(source: str) -> str:
    """What the table is called where it comes from, in plain letters."""
    last = re.split(r"[:/]", source.partition("?")[0].rstrip("/"))[-1].partition(".")[0]
    return re.sub(r"[^A-Za-z0-9_-]+", "-", last).strip("-") or "table"


def _file(about: Dataset) -> dict[str, Any]:
    return {
        "@type": "cr:FileObject",
        "@id": FILE,
        "name": FILE,
        "description": f"Read from {about.source}; under DVC.",
        "contentUrl": FILE,  # as seen from this file
        "encodingFormat": "application/x-parquet",
        "md5": about.content,
    }


def _records(about: Dataset) -> dict[str, Any]:
    count = sum(about.rows.get(name, 0) for name in ("from the source", "from production"))
    row = Field("row_id", "text", f"names a row: {about.names}")
    fields = [_field(each) for each in (row, *about.fields) if each.type]
    return {
        "@type": "cr:RecordSet",
        "@id": SET,
        "name": SET,
        "description": f"{count} rows",
        "key": {"@id": f"{SET}/row_id"},
        "field": fields,
    }


def _field(each: Field) -> dict[str, Any]:
    kind = f"{each.kind}, {each.private}" if each.private else each.kind
    return {
        "@type": "cr:Field",
        "@id": f"{SET}/{each.name}",
        "name": each.name,
        "description": kind,
        "dataType": TYPES[each.type],
        "source": {"fileObject": {"@id": FILE}, "extract": {"column": each.name}},
    }
