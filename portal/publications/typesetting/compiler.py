"""The one call of Typst."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import typst

from portal.publications.charts.svg import FONT

FONTS = Path(__file__).parent / "fonts"
TEMPLATE = Path(__file__).parent / "release.typ"


def compiled(files: dict[str, bytes], **options: Any) -> bytes:
    """Return what the file ``main.typ`` becomes; nothing outside of ``files`` and our typeface is read."""
    made = typst.compile(files, font_paths=[str(FONTS)], ignore_system_fonts=True, **options)
    return bytes(made)


def own_typeface(svg: str) -> bytes:
    """Return a drawing that asks for the typeface that is kept here."""
    return svg.replace(FONT, "Arimo").encode()
