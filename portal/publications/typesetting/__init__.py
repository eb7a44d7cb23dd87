"""Files for paper and slides: charts as PNG, a release as tagged PDF. The same input gives the same bytes everywhere.

Typst sets both, with the typeface that is kept here (Arimo, as wide as Arial, cut down to the letters
of Welsh and English), so that no library or typeface of the machine has a part in it.
"""

from portal.publications.typesetting.pdf import pdf_of_release
from portal.publications.typesetting.png import png_of_svg

__all__ = ["pdf_of_release", "png_of_svg"]
