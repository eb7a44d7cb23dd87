"""Every file of a version is made again in another process, time zone, language and order of hashes: the same bytes."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.factories.datasets import make_dataset, make_draft, make_metadata, make_rows
from tests.fixtures.worker import process_environment

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]
AGAIN = """
import sys
from pathlib import Path

import django

django.setup()
from portal.datasets.files import build_files, write_canonical
from portal.datasets.models import DatasetVersion

folder, rows = Path(sys.argv[1]), Path(sys.argv[2])
version = DatasetVersion.objects.get()
table = write_canonical(rows, version.meta, folder / "observations.parquet")
for file in build_files(version, table, folder):
    print(file.name, file.sha256)
"""


def test_rebuilding_gives_the_same_sha256_for_every_file(tmp_path, settings):
    metadata = make_metadata(notes=["Rounded to 5."], coverage={"received": 40, "expected": 60})
    version = make_draft(make_dataset("staff", keywords=["b", "a", "c"]), tmp_path, rows=make_rows(metadata)[::-1], metadata=metadata)  # fmt: skip
    [rows] = tmp_path.glob("observations-*.parquet")
    folder = tmp_path / "again"
    folder.mkdir()
    other = {
        "PYTHONHASHSEED": "7",
        "TZ": "Pacific/Auckland",
        "LC_ALL": "C",
        "SIGNING_KEY_FILE": str(settings.SIGNING_KEY_FILE),
    }
    made = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", AGAIN, str(folder), str(rows)],
        env={**process_environment(), **other}, cwd=Path(__file__).resolve().parents[2], capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert made.returncode == 0, made.stderr[-3000:]
    again = [tuple(line.split(" ")) for line in made.stdout.splitlines()]
    assert again == list(version.files.values_list("name", "sha256"))
    assert len(again) > 15
