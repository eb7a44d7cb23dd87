"""Raw files at rest: encrypted, whole, and in their order."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest
from cryptography.exceptions import InvalidTag

from portal.core.storage import private_files
from portal.submissions import vault

TEXT = b"worker,role\n" * 300
HEAD = 16


@pytest.fixture
def sealed(tmp_path, monkeypatch) -> tuple[Path, list[bytes]]:
    """Return a sealed file of several pieces, and its pieces."""
    monkeypatch.setattr(vault, "PIECE", 1000)
    plain = tmp_path / "staff.csv"
    plain.write_bytes(TEXT)
    stored = private_files.local_path(vault.seal_file(plain))
    data, pieces = stored.read_bytes()[HEAD:], []
    while data:
        length = 4 + 12 + struct.unpack(">I", data[:4])[0]
        pieces.append(data[:length])
        data = data[length:]
    return stored, pieces


def opened(stored: Path) -> bytes:
    with vault.opened_file(stored.name) as path:
        return path.read_bytes()


def test_a_sealed_file_is_unreadable_and_comes_back_whole(sealed):
    stored, pieces = sealed
    assert b"worker" not in stored.read_bytes()
    assert len(pieces) == 4
    assert opened(stored) == TEXT


@pytest.mark.parametrize(
    "order", [[1, 0, 2, 3], [0, 1, 2], [0, 2, 3], [0, 1, 2, 3, 3]], ids=["exchanged", "cut off", "left out", "doubled"]
)
def test_pieces_of_a_sealed_file_cannot_be_exchanged_left_out_or_doubled(sealed, order):
    stored, pieces = sealed
    head = stored.read_bytes()[:HEAD]
    stored.chmod(0o600)
    stored.write_bytes(head + b"".join(pieces[number] for number in order))
    with pytest.raises(InvalidTag):
        opened(stored)
