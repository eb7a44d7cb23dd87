"""Writing a version as XLSX and ODS beside gptables on the same rows: python -m bench datasets_sheets [rows].

Each writer runs in a process of its own, so that its time and its peak memory are its own. gptables is in the
environment that `make interop` makes.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
INTEROP = ROOT / "var" / "interop" / "bin" / "python"
START = """
import json, resource, sys, time, hashlib, warnings, tempfile, os
warnings.simplefilter("ignore")
rows = {rows}
folder = tempfile.mkdtemp()
areas = [f"E{{n % 400:08d}}" for n in range(rows)]
periods = [f"{{2000 + n // 400 % 24}}" for n in range(rows)]
values = [float(n * 7919 % 10007) for n in range(rows)]
def done(start, path):
    print(json.dumps({{"seconds": time.perf_counter() - start, "megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "sha256": hashlib.sha256(open(path, "rb").read()).hexdigest()}}))
"""
GPTABLES = """
import pandas as pd, gptables as gpt
table = pd.DataFrame({{"Area": areas, "Period": periods, "Measure": "Headcount", "Unit": "people", "Value": values}})
start = time.perf_counter()
sheet = gpt.GPTable(table=table, table_name="data", title="Staff", subtitles=[], scope="", source="", index_columns={{2: 0}})
gpt.write_workbook(filename=folder + "/out.xlsx", sheets={{"Data": sheet}})
done(start, folder + "/out.xlsx")
"""
OURS = """
sys.path.insert(0, {root!r})
import pyarrow as pa, pyarrow.parquet as pq
from pathlib import Path
import django; django.setup()
from portal.datasets.files import {kind}
from portal.datasets.files.canonical import CanonicalTable
from portal.datasets.files.sheets import DataSheet, Properties, Sheet, columns_of_sheet
from portal.datasets.metadata import VersionMetadata
meta = VersionMetadata.model_validate({{"dimensions": [
    {{"id": "area", "label": "Area", "codes": [{{"code": c, "label": c}} for c in sorted(set(areas))]}},
    {{"id": "period", "label": "Period", "codes": [{{"code": c, "label": c}} for c in sorted(set(periods))]}}],
    "measures": [{{"id": "headcount", "label": "Headcount", "unit": "people"}}]}})
path = Path(folder) / "in.parquet"
pq.write_table(pa.table({{"area": areas, "period": periods, "measure": ["headcount"] * rows, "value": values, "status": [""] * rows}}), path)
table = CanonicalTable(path, meta)
del areas, periods, values
start = time.perf_counter()
columns = columns_of_sheet(table)
data = DataSheet(table, columns, 0, rows)
sheet = Sheet("Data", "Staff", ("This sheet has one table.",), tuple(c.title for c in columns), (), tuple(c.width for c in columns), data)
{kind}.write_book([sheet], Properties("Staff", "Bench"), Path(folder) / "out")
done(start, folder + "/out")
"""


def measure(python: str | Path, code: str) -> dict[str, float | str]:
    """Run one writer."""
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "portal.settings.dev"}
    done = subprocess.run([str(python), "-c", code], capture_output=True, text=True, check=False, env=environment)
    if done.returncode:
        return {"failed": done.stderr.strip().splitlines()[-1]}
    return json.loads(done.stdout.strip().splitlines()[-1])


def main() -> None:
    sizes = [int(word) for word in sys.argv[1:] if word.isdigit()] or [10_000, 50_000]
    for rows in sizes:
        start = START.format(rows=rows)
        for name, python, code in (
            ("gptables XLSX", INTEROP, GPTABLES.format()),
            ("portal XLSX", sys.executable, OURS.format(root=str(ROOT), kind="xlsx")),
            ("portal ODS", sys.executable, OURS.format(root=str(ROOT), kind="ods")),
        ):
            found = [measure(python, start + code) for _ in range(2)]
            if "failed" in found[0]:
                print(f"{rows:>9,} rows  {name:14s} {found[0]['failed']}")
                continue
            same = "same bytes twice" if found[0]["sha256"] == found[1]["sha256"] else "OTHER bytes the second time"
            print(
                f"{rows:>9,} rows  {name:14s} {found[0]['seconds']:6.1f} s  peak {found[0]['megabytes']:6,.0f} MB  {same}"
            )


if __name__ == "__main__":
    main()
