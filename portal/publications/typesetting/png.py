"""A drawing as PNG."""

from __future__ import annotations

from portal.publications.typesetting.compiler import compiled, own_typeface

# Twice the pixels of the page, for slides and sharp screens. Typst counts points: four of a drawing's pixels are three.
PPI = 192.0
MAIN = b'#set page(width: auto, height: auto, margin: 0pt)\n#image("drawing.svg")\n'


def png_of_svg(svg: str) -> bytes:
    """Return a drawing as PNG with two pixels for each of its own."""
    return compiled({"main.typ": MAIN, "drawing.svg": own_typeface(svg)}, format="png", ppi=PPI)
