"""One corrected return: the time of a run after it as a share of a full run's (at most a fifth), and the same bytes.

Runs the test of the same name in databases of its own, with 24 months of 1,500 records; a number sets the records.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

TEST = Path(__file__).resolve().parent.parent / "tests" / "integration" / "test_incremental_run.py"


def main() -> None:
    rows = next((word for word in sys.argv[1:] if word.isdigit()), "1500")
    os.environ |= {"BENCH_MONTHS": "24", "BENCH_ROWS": rows}
    if code := pytest.main(["-q", "-s", "-p", "no:cacheprovider", str(TEST)]):
        sys.exit(int(code))


if __name__ == "__main__":
    main()
