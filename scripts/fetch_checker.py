"""Fetch the Nu HTML checker (vnu.jar) into ``var/vnu``, once. It needs Java to run."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

PACKAGE = "vnu-jar@26.9.27"
TARGET = Path(__file__).resolve().parent.parent / "var" / "vnu" / "vnu.jar"
INSIDE = "package/build/dist/vnu.jar"


def main() -> None:
    """Fetch the package with npm and keep the one file of it that is used."""
    if TARGET.exists():
        return
    own = Path(sys.executable).with_name("npm")
    npm = str(own) if own.exists() else shutil.which("npm")
    if not npm:
        sys.exit("npm was not found. Run `make install`, which brings it, and try again.")
    environment = os.environ | {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
    TARGET.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as name:
        subprocess.run([npm, "pack", PACKAGE, "--silent"], cwd=name, env=environment, check=True)
        (packed,) = Path(name).glob("*.tgz")
        with tarfile.open(packed) as archive:
            archive.extract(INSIDE, name, filter="data")
        shutil.move(Path(name) / INSIDE, TARGET)


if __name__ == "__main__":
    main()
