"""Write the pages of the methodology: `python -m portal.methods.specification_cases [folder]`."""

from __future__ import annotations

import sys
from pathlib import Path

from portal.methods.specification_cases import PAGES
from portal.methods.specification_cases.render import write_pages


def main() -> None:
    """Write the pages and say which changed."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).resolve().parents[3] / "docs" / "methods"
    changed = write_pages(PAGES, folder)
    sys.stdout.write("".join(f"wrote {path}\n" for path in changed) or "every page is up to date\n")


if __name__ == "__main__":
    main()
