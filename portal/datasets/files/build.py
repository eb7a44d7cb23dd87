"""Writing the files of a version, in order, with progress."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from portal.core.storage import sha256_of
from portal.datasets.errors import BadObservations
from portal.datasets.files import accessibility, descriptions, manifest, ods, xlsx
from portal.datasets.files.archive import Archive
from portal.datasets.files.csv_file import write_csv
from portal.datasets.signing import sign

if TYPE_CHECKING:
    from portal.datasets.files.canonical import CanonicalTable
    from portal.datasets.models import DatasetVersion

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class BuiltFile:
    """A file on this machine, ready to be stored."""

    path: Path
    name: str
    label: str
    media_type: str
    rows: int | None = None
    is_main: bool = False

    @cached_property
    def sha256(self) -> str:
        """Return the hash of its bytes."""
        return sha256_of(self.path)

    @property
    def bytes(self) -> int:
        """Return its size."""
        return self.path.stat().st_size


def build_files(
    version: DatasetVersion, table: CanonicalTable, folder: Path, *, progress: Progress | None = None
) -> list[BuiltFile]:
    """Write every file of ``version`` into ``folder`` and return them, the manifest last."""
    files: list[BuiltFile] = []
    for number, (name, writer) in enumerate(WRITERS, start=1):
        if progress:
            progress(name, number, len(WRITERS))
        files.extend(writer(version, table, folder, files))
    return files


Writer = Callable[["DatasetVersion", "CanonicalTable", Path, list[BuiltFile]], list[BuiltFile]]


def _csv(version: DatasetVersion, table: CanonicalTable, folder: Path, _done: list[BuiltFile]) -> list[BuiltFile]:
    target = folder / f"{version.stem}.csv"
    rows = write_csv(table, target)
    return [BuiltFile(target, target.name, "CSV", "text/csv", rows, is_main=True)]


def _parquet(version: DatasetVersion, table: CanonicalTable, _folder: Path, _done: list[BuiltFile]) -> list[BuiltFile]:
    media_type = "application/vnd.apache.parquet"
    return [BuiltFile(table.path, f"{version.stem}.parquet", "Parquet", media_type, table.rows, is_main=True)]


def _xlsx(version: DatasetVersion, table: CanonicalTable, folder: Path, _done: list[BuiltFile]) -> list[BuiltFile]:
    target = folder / f"{version.stem}.xlsx"
    rows = xlsx.write_xlsx(version, table, target)
    return [BuiltFile(target, target.name, "XLSX", xlsx.MEDIA_TYPE, rows, is_main=True), _report(target)]


def _ods(version: DatasetVersion, table: CanonicalTable, folder: Path, _done: list[BuiltFile]) -> list[BuiltFile]:
    target = folder / f"{version.stem}.ods"
    rows = ods.write_ods(version, table, target)
    return [BuiltFile(target, target.name, "ODS", ods.MEDIA_TYPE, rows, is_main=True), _report(target)]


def _report(spreadsheet: Path) -> BuiltFile:
    """Check a spreadsheet that was just written; refuse to publish one that breaks a rule."""
    report = accessibility.check(spreadsheet)
    if not report["holds"]:
        broken = [rule["text"] for rule in report["rules"] if not rule["holds"]]
        raise BadObservations(f"{spreadsheet.name} is not accessible: {'; '.join(broken)}")
    target = spreadsheet.with_name(f"{spreadsheet.name}-accessibility.json")
    manifest.write_json(report, target)
    return BuiltFile(
        target, target.name, f"Accessibility check of the {spreadsheet.suffix[1:].upper()} file", "application/json"
    )


def _descriptions(
    version: DatasetVersion, table: CanonicalTable, folder: Path, done: list[BuiltFile]
) -> list[BuiltFile]:
    documents = {
        "datapackage.json": ("Data Package", "application/json", descriptions.datapackage(version, table, done)),
        f"{version.stem}.csv-metadata.json": (
            "CSV on the Web",
            "application/csvm+json",
            descriptions.csvw(version, table, done),
        ),
        "croissant.json": ("Croissant", "application/ld+json", descriptions.croissant(version, table, done)),
        "uk-metadata.json": ("UK metadata record", "application/json", descriptions.uk_record(version, done)),
        "codebook.csv": ("Codebook: every column and code", "text/csv", descriptions.codebook(table)),
        "README.txt": ("Read me", "text/plain", descriptions.readme(version, done)),
        "citation.txt": ("Citation", "text/plain", descriptions.citation_text(version) + "\n"),
        "citation.bib": ("Citation for BibTeX", "application/x-bibtex", descriptions.bibtex(version)),
        "citation.ris": (
            "Citation for reference managers",
            "application/x-research-info-systems",
            descriptions.ris(version),
        ),
        "citation.csl.json": ("Citation as CSL", "application/vnd.citationstyles.csl+json", descriptions.csl(version)),
    }
    return [_document(folder / name, *parts) for name, parts in documents.items()]


def _document(target: Path, label: str, media_type: str, content: Any) -> BuiltFile:
    if isinstance(content, str):
        target.write_text(content, encoding="utf-8", newline="")
    else:
        manifest.write_json(content, target)
    return BuiltFile(target, target.name, label, media_type)


def _manifest(version: DatasetVersion, _table: CanonicalTable, folder: Path, done: list[BuiltFile]) -> list[BuiltFile]:
    target, signature = folder / manifest.NAME, folder / f"{manifest.NAME}.sig"
    manifest.write_json(manifest.manifest(version, done), target)
    signature.write_bytes(sign(target.read_bytes()))
    return [
        BuiltFile(target, target.name, "Manifest with checksums and lineage", "application/json"),
        BuiltFile(signature, signature.name, "Signature of the manifest (Ed25519)", "text/plain"),
    ]


def _archive(version: DatasetVersion, _table: CanonicalTable, folder: Path, done: list[BuiltFile]) -> list[BuiltFile]:
    target = folder / f"{version.stem}.zip"
    with Archive(target) as archive:
        for file in done:
            archive.file(f"{version.stem}/{file.name}", file.path, compress=file.path.suffix in COMPRESSED)
    return [BuiltFile(target, target.name, "Everything (ZIP)", "application/zip", is_main=True)]


# What is worth compressing again inside the ZIP file.
COMPRESSED = {".csv", ".json", ".txt", ".bib", ".ris", ".sig"}
WRITERS: list[tuple[str, Writer]] = [
    ("CSV", _csv),
    ("Parquet", _parquet),
    ("ODS", _ods),
    ("XLSX", _xlsx),
    ("Descriptions", _descriptions),
    ("Manifest", _manifest),
    ("ZIP", _archive),
]
