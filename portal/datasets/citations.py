"""How to cite a published version, with its date, for people and for reference managers.

The files of a version are made before anybody knows when it will be published, and never change: the citations
among them have no date. These are made for each reader, of the same fields.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import orjson

from portal.datasets.files import descriptions

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable

    from portal.datasets.models import DatasetVersion


def _text(version: DatasetVersion, day: dt.date) -> str:
    undated = descriptions.citation_text(version)
    publisher = descriptions.described(version).publisher
    return f"{publisher} ({day.year}){undated.removeprefix(publisher)}\n"


def _bibtex(version: DatasetVersion, day: dt.date) -> str:
    first, *fields = descriptions.bibtex(version).splitlines()
    return "\n".join([first, f"  year = {{{day.year}}},", f"  month = {{{day.month}}},", *fields, ""])


def _ris(version: DatasetVersion, day: dt.date) -> str:
    body = descriptions.ris(version).removesuffix("ER  - \r\n")
    return f"{body}PY  - {day.year}\r\nDA  - {day:%Y/%m/%d}/\r\nER  - \r\n"


def _csl(version: DatasetVersion, day: dt.date) -> str:
    [entry] = descriptions.csl(version)
    dated = {**entry, "issued": {"date-parts": [[day.year, day.month, day.day]]}}
    return orjson.dumps([dated], option=orjson.OPT_INDENT_2).decode()


def _cff(version: DatasetVersion, day: dt.date) -> str:
    dataset = descriptions.described(version)
    lines = {
        "cff-version": "1.2.0",
        "message": "Cite this version of the dataset as follows.",
        "type": "dataset",
        "title": dataset.title,
        "version": version.number,
        "date-released": day.isoformat(),
        "url": descriptions.address(version),
    }
    words = [f"{name}: {orjson.dumps(value).decode()}" for name, value in lines.items()]  # a JSON text is YAML
    return "\n".join([*words, "authors:", f"  - name: {orjson.dumps(dataset.publisher).decode()}", ""])


#: The ending of the address: what the form is called, its media type, and what makes it.
CITATIONS: Final[dict[str, tuple[str, str, Callable[[DatasetVersion, dt.date], str]]]] = {
    "txt": ("Text", "text/plain; charset=utf-8", _text),
    "bib": ("BibTeX", "application/x-bibtex; charset=utf-8", _bibtex),
    "ris": ("RIS", "application/x-research-info-systems; charset=utf-8", _ris),
    "csl.json": ("CSL-JSON", "application/vnd.citationstyles.csl+json", _csl),
    "cff": ("CITATION.cff", "text/yaml; charset=utf-8", _cff),
}
