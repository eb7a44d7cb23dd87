"""The records of a file that was checked and had no errors, ready to be kept without a second check.

Sealed beside the raw file, and used only while all that the check rested on is the same: the file,
how it was read, the form and the roles of the register. Erased once the file is kept or put aside.
"""

from __future__ import annotations

import hashlib
import json
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from portal.submissions.processing import context_of, remembered_mapping
from portal.submissions.vault import erase_file, opened_file, seal_file

if TYPE_CHECKING:
    from portal.submissions.checks.values import Context
    from portal.submissions.models import Return, Upload
    from portal.submissions.processing import FileResult

#: Changes when what is stored of a record, or how it is made from a row, changes.
EDITION = 1


def basis_of(upload: Upload, of_return: Return, context: Context | None = None) -> str:
    """Return a digest of all that the check of an upload rests on."""
    context = context or context_of(of_return.collection)
    roles = [(label, found.code, found.group) for label in context.role_labels if (found := context.find_role(label))]
    basis = [
        EDITION,
        upload.sha256,
        upload.choices,
        context.form.code,
        context.reference_date.isoformat(),
        sorted(remembered_mapping(of_return, context.form.name).items()),
        roles,
    ]
    return hashlib.sha256(json.dumps(basis, sort_keys=True).encode()).hexdigest()


def prepare(upload: Upload, of_return: Return, result: FileResult) -> None:
    """Put the records of a file without errors aside. The upload is not saved here."""
    forget(upload)
    if result.held or result.match.needs_a_person or not len(result.good):
        return
    with tempfile.NamedTemporaryFile(suffix=".arrow") as file:
        result.good.write_ipc(file.name, compression="lz4")
        upload.prepared_as = seal_file(Path(file.name))
    upload.prepared_on = basis_of(upload, of_return, result.context)


def prepared_records(upload: Upload, of_return: Return) -> pl.DataFrame | None:
    """Return the records put aside, or None where there are none or they rest on something else."""
    if not upload.prepared_as or upload.prepared_on != basis_of(upload, of_return):
        return None
    try:
        with opened_file(upload.prepared_as) as path:
            return pl.read_ipc(path.read_bytes())
    except FileNotFoundError:  # the file was put aside at this very moment
        return None


def forget(upload: Upload) -> None:
    """Erase what was put aside. The upload is not saved here."""
    if upload.prepared_as:
        erase_file(upload.prepared_as)
    upload.prepared_as = upload.prepared_on = ""
