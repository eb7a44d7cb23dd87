"""Descriptions of a version for machines and people: Data Package, CSVW, Croissant, codebook, citation."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Any

from portal.datasets.described import described
from portal.datasets.enums import SHORTHAND
from portal.datasets.files.csv_file import csv_columns

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from portal.datasets.files.build import BuiltFile
    from portal.datasets.files.canonical import CanonicalTable
    from portal.datasets.models import DatasetFile, DatasetVersion

LICENCE = {"name": "OGL-UK-3.0", "title": "Open Government Licence v3.0"}


def address(version: DatasetVersion, name: str = "") -> str:
    """Return the full address of the version's page, or of one of its files."""
    page = described(version).site + version.get_absolute_url()
    return f"{page}files/{name}" if name else page


def column_titles(table: CanonicalTable) -> dict[str, tuple[str, str]]:
    """Return title and type of each column of the CSV."""
    titles: dict[str, tuple[str, str]] = {}
    for dimension in table.metadata.dimensions:
        titles[dimension.id] = (dimension.label, "string")
        titles[f"{dimension.id}_label"] = (f"{dimension.label}, label", "string")
    titles["measure"] = ("Measure", "string")
    titles["measure_label"] = ("Measure, label", "string")
    titles["unit"] = ("Unit", "string")
    titles["value"] = ("Value; empty where the status says why", "number")
    titles["status"] = ("Shorthand that belongs to the value", "string")
    for name in table.attributes:
        kind = "string" if str(table.schema.field(name).type) == "string" else "integer"
        titles[name] = (name.replace("_", " ").capitalize(), kind)
    return {name: titles[name] for name in csv_columns(table)}


def allowed(table: CanonicalTable) -> dict[str, list[str]]:
    """Return the codes that a column may hold."""
    lists = {dimension.id: list(dimension.labels) for dimension in table.metadata.dimensions}
    return {**lists, "measure": list(table.metadata.measure_labels)}


def datapackage(version: DatasetVersion, table: CanonicalTable, files: Sequence[BuiltFile]) -> dict[str, Any]:
    """Return the Data Package (version 2)."""
    dataset = described(version)
    csv_file, parquet = files[0], files[1]
    return {
        "$schema": "https://datapackage.org/profiles/2.0/datapackage.json",
        "name": dataset.slug,
        "id": dataset.uuid,
        "title": dataset.title,
        "description": dataset.summary or dataset.title,
        "version": version.number,
        "homepage": address(version),
        "keywords": list(dataset.keywords) or ["workforce"],
        "licenses": [{**LICENCE, "path": dataset.licence}],
        "contributors": [{"title": dataset.publisher, "roles": ["publisher"]}],
        "resources": [
            {**_resource(csv_file, "observations"), "format": "csv", "encoding": "utf-8", "dialect": {"delimiter": ",", "lineTerminator": "\r\n"},
             "profile": "tabular-data-resource", "schema": _schema(table)},
            _parquet_resource(table, parquet),
        ],
    }  # fmt: skip


def _resource(file: BuiltFile, name: str) -> dict[str, Any]:
    return {
        "name": name,
        "type": "table",
        "path": file.name,
        "mediatype": file.media_type,
        "bytes": file.bytes,
        "hash": f"sha256:{file.sha256}",
    }


def _parquet_resource(table: CanonicalTable, file: BuiltFile) -> dict[str, Any]:
    """Return the resource as the common validator takes it.

    It takes size and hash to be those of the rows that it decoded, so they are left out, and it reads a whole
    number that is missing as a fraction, so whole numbers are called numbers.
    """
    found = {
        name: part for name, part in _resource(file, "observations-parquet").items() if name not in {"bytes", "hash"}
    }
    titles = column_titles(table)
    fields = [
        {"name": name, "title": titles[name][0], "type": "string" if titles[name][1] == "string" else "number"}
        for name in table.schema.names
    ]
    return {**found, "format": "parquet", "schema": {"fields": fields}}


def _schema(table: CanonicalTable) -> dict[str, Any]:
    lists = allowed(table)
    keys = [*table.dimension_ids, "measure"]
    fields = []
    for name, (title, kind) in column_titles(table).items():
        constraints: dict[str, Any] = {"required": True} if name in keys else {}
        if name in lists:
            constraints["enum"] = lists[name]
        fields.append(
            {"name": name, "title": title, "type": kind, **({"constraints": constraints} if constraints else {})}
        )
    return {"fields": fields, "missingValues": [""], "primaryKey": keys}


def csvw(version: DatasetVersion, table: CanonicalTable, files: Sequence[BuiltFile]) -> dict[str, Any]:
    """Return the metadata of the CSV on the Web."""
    dataset = described(version)
    lists, keys = allowed(table), [*table.dimension_ids, "measure"]
    columns = []
    for name, (title, kind) in column_titles(table).items():
        datatype: Any = kind
        if name in lists and len(lists[name]) <= 200:  # noqa: PLR2004 - a pattern of more codes helps nobody
            datatype = {"base": "string", "format": f"({'|'.join(map(_escaped, lists[name]))})"}
        column = {"name": name, "titles": [name], "dc:title": title, "datatype": datatype, "null": [""]}
        columns.append(column | ({"required": True} if name in keys else {}))
    return {
        "@context": ["http://www.w3.org/ns/csvw", {"@language": "en"}],
        "url": files[0].name,
        "dc:title": dataset.title,
        "dc:description": dataset.summary,
        "dc:publisher": dataset.publisher,
        "dc:license": {"@id": dataset.licence},
        "dc:identifier": address(version),
        "dialect": {"encoding": "utf-8", "header": True, "lineTerminators": ["\r\n", "\n"]},
        "tableSchema": {"columns": columns, "primaryKey": keys, "aboutUrl": "#row={_row}"},
    }


def _escaped(code: str) -> str:
    return "".join(f"\\{letter}" if letter in r".^$*+?()[]{}|\-" else letter for letter in code)


CROISSANT_CONTEXT: dict[str, Any] = {
    "@language": "en", "@vocab": "https://schema.org/", "citeAs": "cr:citeAs", "column": "cr:column",
    "conformsTo": "dct:conformsTo", "cr": "http://mlcommons.org/croissant/", "rai": "http://mlcommons.org/croissant/RAI/",
    "data": {"@id": "cr:data", "@type": "@json"}, "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "dct": "http://purl.org/dc/terms/", "equivalentProperty": "cr:equivalentProperty",
    "examples": {"@id": "cr:examples", "@type": "@json"}, "extract": "cr:extract", "field": "cr:field",
    "fileProperty": "cr:fileProperty", "fileObject": "cr:fileObject", "fileSet": "cr:fileSet", "format": "cr:format",
    "includes": "cr:includes", "isLiveDataset": "cr:isLiveDataset", "jsonPath": "cr:jsonPath", "key": "cr:key",
    "md5": "cr:md5", "parentField": "cr:parentField", "path": "cr:path", "recordSet": "cr:recordSet",
    "references": "cr:references", "regex": "cr:regex", "repeated": "cr:repeated", "replace": "cr:replace",
    "samplingRate": "cr:samplingRate", "sc": "https://schema.org/", "separator": "cr:separator", "source": "cr:source",
    "subField": "cr:subField", "transform": "cr:transform",
}  # fmt: skip


def croissant(version: DatasetVersion, table: CanonicalTable, files: Sequence[BuiltFile]) -> dict[str, Any]:
    """Return the Croissant description (1.0)."""
    dataset = described(version)
    kinds = {"string": "sc:Text", "number": "sc:Float", "integer": "sc:Integer"}
    file = files[0]
    fields = [
        {
            "@type": "cr:Field",
            "@id": f"observations/{name}",
            "name": name,
            "description": title,
            "dataType": kinds[kind],
            "source": {"fileObject": {"@id": "csv"}, "extract": {"column": name}},
        }
        for name, (title, kind) in column_titles(table).items()
    ]
    return {
        "@context": CROISSANT_CONTEXT,
        "@type": "sc:Dataset",
        "conformsTo": "http://mlcommons.org/croissant/1.0",
        "name": dataset.slug,
        "description": dataset.summary or dataset.title,
        "url": address(version),
        "license": dataset.licence,
        "version": version.number,
        "citeAs": citation_text(version),
        "publisher": {"@type": "sc:Organization", "name": dataset.publisher},
        "distribution": [
            {"@type": "cr:FileObject", "@id": "csv", "name": file.name, "description": "Observations, one a row", "contentUrl": address(version, file.name),
             "encodingFormat": "text/csv", "contentSize": f"{file.bytes} B", "sha256": file.sha256}
        ],
        "recordSet": [{"@type": "cr:RecordSet", "@id": "observations", "name": "observations", "description": "Published values", "field": fields}],
    }  # fmt: skip


def codebook(table: CanonicalTable) -> str:
    """Return every column and every code as CSV."""
    sink = io.StringIO()
    writer = csv.writer(sink, lineterminator="\r\n")
    writer.writerow(["column", "title", "type", "code", "label", "parent", "unit"])
    for name, (title, kind) in column_titles(table).items():
        writer.writerow([name, title, kind, "", "", "", ""])
        dimension = table.metadata.by_id.get(name)
        for code in dimension.codes if dimension else ():
            writer.writerow([name, title, kind, code.code, code.label, code.parent or "", ""])
        if name == "measure":
            writer.writerows(
                [name, title, kind, measure.id, measure.label, "", measure.unit] for measure in table.metadata.measures
            )
        if name == "status":
            writer.writerows([name, title, kind, word, meaning, "", ""] for word, meaning in SHORTHAND.items())
    return sink.getvalue()


def readme(version: DatasetVersion, files: Sequence[BuiltFile]) -> str:
    """Return the text that explains the files to people."""
    dataset = described(version)
    synthetic = (
        "SYNTHETIC DATA: made up to show how the portal works. Do not quote these figures.\n\n"
        if dataset.is_synthetic
        else ""
    )
    listed = "\n".join(f"- {file.name}: {file.label}" for file in files)
    symbols = "\n".join(f"- {word}: {meaning}" for word, meaning in SHORTHAND.items())
    notes = "".join(f"- {note}\n" for note in version.meta.notes)
    return f"""{dataset.title}
Version {version.number}

{synthetic}{dataset.summary}

{dataset.description}

This version: {address(version)}
How to cite: {citation_text(version)}
Licence: Open Government Licence v3.0, {dataset.licence}
Contact: {dataset.contact_name}, {dataset.contact_email}

Files
{listed}

One row is one observation. Numbers are numbers: where a value is empty, the column status says why.
{symbols}

{notes}
The manifest (manifest.json) has the SHA-256 of each file; manifest.json.sig is its Ed25519 signature.
The citations and the UK metadata record (uk-metadata.json) were written before publication and carry no date of it;
those at the address of this version do.
"""


def citation_text(version: DatasetVersion) -> str:
    """Return how to cite the version. It carries no date of today, so that its bytes stay the same."""
    dataset = described(version)
    return f"{dataset.publisher}. {dataset.title}, version {version.number} [dataset]. {address(version)}"


def bibtex(version: DatasetVersion) -> str:
    """Return the citation as BibTeX."""
    dataset = described(version)
    fields = {
        "author": f"{{{dataset.publisher}}}",
        "title": dataset.title,
        "version": version.number,
        "howpublished": "Dataset",
        "url": address(version),
        "note": f"SHA-256 {version.digest}",
    }
    inner = ",\n".join(f"  {name} = {{{value}}}" for name, value in fields.items())
    return f"@misc{{{version.stem.replace('.', '_')},\n{inner}\n}}\n"


def ris(version: DatasetVersion) -> str:
    """Return the citation in the RIS format."""
    dataset = described(version)
    lines = [
        ("TY", "DATA"),
        ("AU", dataset.publisher),
        ("TI", dataset.title),
        ("ET", version.number),
        ("UR", address(version)),
        ("ER", ""),
    ]
    return "".join(f"{tag}  - {value}\r\n" for tag, value in lines)


def csl(version: DatasetVersion) -> list[dict[str, Any]]:
    """Return the citation as CSL-JSON."""
    dataset = described(version)
    return [
        {
            "id": version.stem,
            "type": "dataset",
            "title": dataset.title,
            "author": [{"literal": dataset.publisher}],
            "publisher": dataset.publisher,
            "version": version.number,
            "URL": address(version),
        }
    ]


def uk_record(version: DatasetVersion, files: Iterable[BuiltFile | DatasetFile]) -> dict[str, Any]:
    """Return the record after the UK cross-government metadata exchange model, without the dates of publication."""
    dataset = described(version)
    frequency = {"ANNUAL_2": "semiannual", "IRREG": "irregular"}.get(
        dataset.update_frequency, dataset.update_frequency.lower()
    )
    return {
        "identifier": address(version),
        "title": dataset.title,
        "summary": dataset.summary,
        "description": dataset.description or dataset.summary or dataset.title,
        "type": "Dataset",
        "creator": dataset.publisher_slug,
        "publisher": dataset.publisher_slug,
        "contactPoint": {"contactName": dataset.contact_name, "email": dataset.contact_email},
        "licence": dataset.licence,
        "version": version.number,
        "accessRights": "OPEN",
        "securityClassification": "OFFICIAL",
        "updateFrequency": f"freq:{frequency}",
        "keyword": list(dataset.keywords),
        "distribution": [
            {
                "identifier": address(version, file.name),
                "title": file.label,
                "type": "Distribution",
                "licence": dataset.licence,
                "mediaType": file.media_type,
                "byteSize": file.bytes,
                "downloadURL": address(version, file.name),
            }
            for file in files
            if file.is_main
        ],
    }
