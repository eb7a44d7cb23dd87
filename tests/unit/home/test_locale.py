"""The catalogues are compiled, and what is compiled is what is written."""

import gettext
import re
from pathlib import Path

import pytest
from django.conf import settings
from django.utils import translation

ENTRY = re.compile(r'^msgid "(.+)"\nmsgstr "(.+)"$', re.MULTILINE)
CATALOGUES = sorted(Path(settings.LOCALE_PATHS[0]).glob("*/LC_MESSAGES/django.po"))


@pytest.mark.parametrize("source", CATALOGUES, ids=lambda path: path.parts[-3])
def test_the_compiled_catalogue_is_up_to_date(source):
    written = dict(ENTRY.findall(source.read_text()))
    with source.with_suffix(".mo").open("rb") as file:
        compiled = gettext.GNUTranslations(file)
    assert len(written) > 10
    assert {key: compiled.gettext(key) for key in written} == written


def test_navigation_and_dates_are_in_welsh():
    from datetime import date

    from django.template.defaultfilters import date as shown

    with translation.override("cy"):
        assert shown(date(2027, 5, 14), "j F Y") == "14 Mai 2027"
        from django.utils.translation import gettext as _

        assert _("Definitions") == "Diffiniadau"


FRAME = ("header", "footer", "footer_lists", "phase_banner", "breadcrumbs", "pagination", "page_end")
# The same word in both languages.
ALIKE = {"Beta"}


def test_every_word_of_the_frame_is_in_welsh():
    folder = Path(settings.BASE_DIR) / "templates"
    text = "".join((folder / "includes" / f"{name}.html").read_text() for name in FRAME)
    words = set(re.findall(r"{% translate ['\"](.+?)['\"] ?%}", text + (folder / "base.html").read_text()))
    with translation.override("cy"):
        assert len(words) > 20
        assert {one for one in words - ALIKE if translation.gettext(one) == one} == set()


@pytest.mark.parametrize(
    ("number", "words"), [(1, "1 canlyniad"), (2, "2 ganlyniad"), (3, "3 canlyniad"), (8, "8 canlyniad")]
)
def test_numbers_change_the_word_after_them(number, words):
    with translation.override("cy"):
        assert translation.ngettext("%(n)s result", "%(n)s results", number) % {"n": number} == words
