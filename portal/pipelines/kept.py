"""Results kept under a hash of everything that decides them: an unchanged month costs nothing again."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

from portal.core.storage import private_files
from portal.pipelines.code_version import code_digest, library_versions
from portal.pipelines.models import ComputedCells

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from portal.pipelines.models import Snapshot

HASH_LENGTH = 64


def kept_or_made(
    snapshot: Snapshot, facts: Mapping[str, Any], make: Callable[[], dict[str, Any]]
) -> tuple[dict[str, Any], bool]:
    """Return what ``make`` gives for a snapshot and other facts, and whether it was kept from before.

    A miss costs time, never truth: the key holds the sources, the libraries and every input.
    """
    key = _key(snapshot, facts)
    known = ComputedCells.objects.filter(key=key).first()
    if known and all(private_files.exists(digest) for digest in _digests(known.outputs)):
        return known.outputs, True
    outputs = make()
    ComputedCells.objects.update_or_create(key=key, defaults={"snapshot": snapshot, "outputs": outputs})
    return outputs, False


def _key(snapshot: Snapshot, facts: Mapping[str, Any]) -> str:
    text = json.dumps(
        {"snapshot": snapshot.digest, "sources": code_digest(), "libraries": library_versions(), **facts},
        sort_keys=True,
    )
    return hashlib.sha256(text.encode()).hexdigest()


def _digests(outputs: Mapping[str, Any]) -> list[str]:
    return [value for value in outputs.values() if isinstance(value, str) and len(value) == HASH_LENGTH]
