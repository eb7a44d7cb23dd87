"""manifest.json: every file of the version with its hash, and where the figures come from."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from portal.datasets.described import described

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from portal.datasets.files.build import BuiltFile
    from portal.datasets.models import DatasetVersion

NAME = "manifest.json"


def manifest(version: DatasetVersion, files: Sequence[BuiltFile]) -> dict[str, Any]:
    """Return the manifest. It carries no clock: the same inputs give the same bytes."""
    dataset = described(version)
    return {
        "manifest_version": 1,
        "dataset": {
            "identifier": dataset.slug,
            "uuid": dataset.uuid,
            "title": dataset.title,
        },
        "version": version.number,
        "kind": version.kind,
        "change_note": version.change_note,
        "observations_sha256": version.digest,
        "rows": version.rows,
        "definitions": {"perspectives": version.meta.perspectives, "roles": version.meta.roles},
        "lineage": version.lineage,
        "files": [
            {"name": file.name, "media_type": file.media_type, "bytes": file.bytes, "sha256": file.sha256}
            | ({} if file.rows is None else {"rows": file.rows})
            for file in files
        ],
    }


def write_json(document: Any, target: Path) -> None:
    """Write JSON as UTF-8 with sorted keys, so that equal documents are equal bytes."""
    text = json.dumps(document, ensure_ascii=False, indent=2, sort_keys=True)
    target.write_text(text + "\n", encoding="utf-8", newline="\n")
