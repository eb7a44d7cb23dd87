"""The figures of the latest run on methodology and quality pages, where a series has estimates."""

from __future__ import annotations

from types import SimpleNamespace

from django.template.loader import render_to_string

from portal.datasets.metadata import VersionMetadata
from portal.publications import live_figures

HOW = {
    "asked": 520, "answered": 146, "unit_response": 0.2808, "coverage": 0.423, "carried_returns": 260, "strata": 47,
    "least_weight": 1.0, "largest_weight": 2.4052, "raked": ["region_code"], "not_raked": "",
    "items": {
        "age_band": {"item_response": 0.978, "logical": None, "carried_forward": 170, "imputed": 30, "missing": None}
    },
}  # fmt: skip
PERIOD = {"id": "time_period", "label": "Period", "codes": [{"code": "2026-03", "label": "March 2026"}]}
MEASURES = [{"id": "headcount_estimate", "label": "Headcount, with estimates", "unit": "people", "decimals": 0}]


def version(**changes: object) -> SimpleNamespace:
    """Return what the page reads of a version whose one headline is an estimate."""
    estimation = {
        "minimum": 5, "carried_months": 12, "measures": [{"id": "headcount_estimate", "method": "estimate", "of": "headcount"}],
        "by_period": {"2026-03": {**HOW, **changes}},
        "headlines": [{"id": "people", "label": "People", "share": 0.546}],
        "tables": [{"id": "t", "title": "By region", "measure": "headcount_estimate", "share": 0.111}],
    }  # fmt: skip
    metadata = {"dimensions": [PERIOD], "measures": MEASURES, "headlines": [], "estimation": estimation}
    return SimpleNamespace(metadata=metadata, meta=VersionMetadata.model_validate(metadata))


def shown(**changes: object) -> str:
    live = {"estimates": live_figures._estimates(version(**changes)), "period": "March 2026"}
    return render_to_string("publications/_live_figures.html", {"live": live, "page": {"kind": "quality"}})


def test_the_page_says_how_much_answered_and_what_stands_in_for_the_rest() -> None:
    html = " ".join(shown().split())
    assert "no more than 12 months old" in html
    for cell in ("42.3%", "260", "1.00 to 2.41", "yes", "11.1%", "By region"):
        assert cell in html
    assert "age band, March 2026: returned of 97.8% of people." in html
    assert "From the last return: 170; From a donor: 30; Still missing: fewer than 10." in html


def test_weights_that_could_not_be_raked_are_said_with_the_reason() -> None:
    assert "no: Raking did not settle" in " ".join(shown(raked=[], not_raked="Raking did not settle.").split())


def test_answers_that_providers_left_out_are_said_as_answers() -> None:
    found = {
        "of": "answers",
        "item_response": 0.951,
        "logical": None,
        "carried_forward": 40,
        "imputed": 25,
        "missing": 10,
    }
    html = " ".join(shown(items={"vacancies": found}).split())
    assert "vacancies, March 2026: returned of 95.1% of answers of providers about a role." in html
    assert "about a role. From the last return: 40; From a donor: 25; Still missing: 10." in html
