"""Anyone who has only the files can tell whether they are as published."""

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from portal.datasets import verify
from tests.factories.datasets import make_dataset, make_published

SCRIPT = Path(verify.__file__)


def test_signatures_agree_with_another_library():
    """The curve is written out in the script, so that it needs no package; it must agree with one that is trusted."""
    for number in range(6):
        private = Ed25519PrivateKey.from_private_bytes(bytes([number]) * 32)
        key = private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        message = b"manifest" * number
        signature = private.sign(message)
        assert verify.is_signed(message, signature, key)
        for place in (0, 31, 32, 63):
            altered = bytearray(signature)
            altered[place] ^= 1
            assert not verify.is_signed(message, bytes(altered), key)
        assert not verify.is_signed(message + b" ", signature, key)
        assert not verify.is_signed(message, signature[:63], key)
        assert not verify.is_signed(message, signature, b"\xff" * 32)
        # A scalar with the order of the group added to it verifies in careless implementations.
        scalar = int.from_bytes(signature[32:], "little") + verify.L
        assert not verify.is_signed(message, signature[:32] + scalar.to_bytes(32, "little"), key)


@pytest.fixture
def held(db, client, tmp_path):
    """A folder with what a reader downloads: the files, the key, and the script."""
    version = make_published(make_dataset("staff"), tmp_path)
    folder = tmp_path / "held"
    folder.mkdir()
    for file in version.files.all():
        body = b"".join(client.get(file.get_absolute_url()).streaming_content)
        (folder / file.name).write_bytes(body)
    (folder / "signing-key.pem").write_bytes(client.get("/datasets/signing-key.pem").content)
    (tmp_path / "verify.py").write_bytes(client.get("/datasets/verify.py").content)
    assert (tmp_path / "verify.py").read_bytes() == SCRIPT.read_bytes()
    return folder


def run(held, *words: str, path=None):
    """Run the downloaded script with a bare Python, away from the project."""
    command = [sys.executable, "-I", "-S", str(held.parent / "verify.py"), str(path or held), *words]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=held, env={}, timeout=300)
    return done.returncode, done.stdout + done.stderr


def test_files_as_published_pass_and_an_altered_one_does_not(held):
    key = ["--key", str(held / "signing-key.pem")]
    code, text = run(held, *key)
    assert (code, text.splitlines()[-1]) == (0, "Everything here is as it was published.")
    assert "ok          staff-1.0.0.csv" in text
    assert "not listed  staff-1.0.0.zip" in text  # it holds the manifest, so the manifest cannot name it
    (held / "staff-1.0.0.parquet").unlink()
    assert "not here    staff-1.0.0.parquet" in run(held, *key)[1]
    csv = held / "staff-1.0.0.csv"
    csv.write_bytes(csv.read_bytes().replace(b"10", b"11", 1))
    code, text = run(held, *key)
    assert (code, text.splitlines()[-1]) == (1, "Something here is NOT as it was published.")
    assert "ALTERED     staff-1.0.0.csv" in text


def test_an_altered_manifest_or_a_foreign_key_is_found(held):
    manifest = held / "manifest.json"
    code, text = run(held, "--key", str(held / "signing-key.pem"), path=held / "staff-1.0.0.zip")
    assert (code, "signed      manifest.json" in text) == (0, True)
    foreign = Ed25519PrivateKey.generate().public_key()
    (held / "foreign.pem").write_bytes(foreign.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    assert run(held, "--key", str(held / "foreign.pem"))[0] == 1
    assert run(held)[0] == 2  # without a key the signature says nothing
    manifest.write_bytes(manifest.read_bytes().replace(b'"rows": 36', b'"rows": 37', 1))
    code, text = run(held, "--key", str(held / "signing-key.pem"))
    assert (code, "NOT SIGNED" in text) == (1, True)


def test_what_cannot_be_read_is_said_plainly(held, tmp_path):
    key = held / "signing-key.pem"
    assert "neither a folder nor a ZIP file" in run(held, path=held / "staff-1.0.0.csv")[1]
    assert "The key cannot be read" in run(held, "--key", str(held / "none.pem"))[1]
    assert "not a PEM file" in run(held, "--key", str(held / "staff-1.0.0.csv"))[1]
    (held / "manifest.json.sig").write_text("not base64 !")
    assert run(held, "--key", str(key))[0] == 1
    (held / "manifest.json").write_text("[]")
    assert run(held)[0] == 2
    shutil.rmtree(held / "nothing", ignore_errors=True)
    with zipfile.ZipFile(tmp_path / "empty.zip", "w"):
        pass
    assert "There is no manifest.json" in run(held, path=tmp_path / "empty.zip")[1]


def test_a_hash_is_looked_up_without_a_script(held, client):
    page = client.get("/datasets/verify/").content.decode()
    assert "python3 verify.py FOLDER" in page
    known = verify.Held(held).sha256("staff-1.0.0.ods")[0]
    assert "staff-1.0.0.ods" in client.get(f"/datasets/verify/?sha256={known}").content.decode()
    assert (
        "No file that is served here has this SHA-256"
        in client.get(f"/datasets/verify/?sha256={'0' * 64}").content.decode()
    )
    assert "A SHA-256 has 64 characters" in client.get("/datasets/verify/?sha256=abc").content.decode()
