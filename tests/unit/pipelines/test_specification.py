"""Specifications are refused at load, with the line of what is wrong."""

from __future__ import annotations

import pytest

from portal.pipelines.errors import SpecificationError
from portal.pipelines.specification import FOLDER, load_specification, specification_of, specifications

GOOD = (FOLDER / "oh-headcount.toml").read_text(encoding="utf-8")


def test_every_specification_of_the_portal_loads() -> None:
    assert {"oh-headcount", "pcn-headcount"} <= set(specifications())


def test_an_unknown_series_is_refused_with_those_there_are() -> None:
    with pytest.raises(SpecificationError, match=r"no series “oh-headcuont”.*oh-headcount"):
        specification_of("oh-headcuont")


@pytest.mark.parametrize(
    ("right", "wrong", "message"),
    [
        ('column = "region_code"', 'column = "region"', "no column “region” to break down by"),
        ('column = "icb_code", code_list = "icbs"', 'column = "icb_code"', "“icb_code” has no code list"),
        ('code_list = "icbs"', 'code_list = "icbz"', "no code list “icbz”"),
        ('levels = { geography = ["icb"]', 'levels = { geography = ["lsoa"]', "“geography” has no level “lsoa”"),
        ('measure = "fte"', 'measure = "wte"', "no measure “wte”"),
        ('unit = "FTE"', 'unti = "FTE"', "unti: Extra inputs are not permitted"),
        ('method = "fte_sum"', 'method = "fte_mean"', "no method “fte_mean”"),
        ('default_perspective = "D2"', 'default_perspective = "D9"', "“D9” is not among the perspectives"),
        ('columns = "geography_code"', 'columns = "job"', "columns: no column “job”"),
        ('subject = "The number of occupational health nurses"', 'subject = ""', "headlines.3.subject: write what its"),
        ('id = "over-time"', 'id = "over time"', "String should match pattern"),
    ],
)
def test_what_is_wrong_is_named_with_its_line(tmp_path, right, wrong, message) -> None:
    assert right in GOOD
    path = tmp_path / "series.toml"
    path.write_text(GOOD.replace(right, wrong, 1), encoding="utf-8")
    line = GOOD[: GOOD.index(right)].count("\n") + 1
    with pytest.raises(SpecificationError) as caught:
        load_specification(path)
    assert message in str(caught.value)
    assert f"series.toml, line {line}:" in str(caught.value)


@pytest.mark.parametrize(
    ("series", "right", "wrong", "message"),
    [
        ("oh-vacancies-turnover", '"movements"]', '"age_band"]', "items: nothing called “age_band” can be left out"),
        (
            "oh-age",
            'items = ["age_band"]',
            'items = ["vacancies"]',
            "items: nothing called “vacancies” can be left out",
        ),
        ("oh-response", "[[headlines]]", "[estimation]\ncarried_months = 6\n[[headlines]]", "are not carried forward"),
        ("oh-vacancies-turnover", '"filled_posts_estimate"]', '"filled_posts"]', "are not of the same providers"),
        ("oh-vacancies-turnover", '"filled_posts_estimate"]', '"vacancies_low"]', "“vacancies_low” is neither counted"),
        ("oh-vacancies-turnover", 'of = ["staff"]', 'of = ["staff_estimate"]', "“staff_estimate” is neither counted"),
    ],
)
def test_what_may_be_filled_and_worked_from_estimates_is_checked(tmp_path, series, right, wrong, message) -> None:
    text = (FOLDER / f"{series}.toml").read_text(encoding="utf-8")
    assert right in text
    path = tmp_path / "series.toml"
    path.write_text(text.replace(right, wrong, 1), encoding="utf-8")
    with pytest.raises(SpecificationError) as caught:
        load_specification(path)
    assert message in str(caught.value)


def test_a_figure_that_no_table_holds_is_refused_because_the_audit_would_not_see_it(tmp_path) -> None:
    path = tmp_path / "series.toml"
    text = GOOD.replace(
        'filters = { geography_level = "region", role_level = "group" }',
        'filters = { geography_level = "icb", role_level = "role" }',
    )
    assert text != GOOD
    path.write_text(text, encoding="utf-8")
    with pytest.raises(SpecificationError, match="the audit would never see them"):
        load_specification(path)


def test_broken_toml_is_refused_with_its_line(tmp_path) -> None:
    path = tmp_path / "series.toml"
    path.write_text('code = "a"\ntitle = "b\n', encoding="utf-8")
    with pytest.raises(SpecificationError, match="line 2"):
        load_specification(path)


def test_spacing_and_comments_do_not_change_the_digest_and_a_threshold_does(tmp_path) -> None:
    path = tmp_path / "series.toml"
    path.write_text("# another comment\n" + GOOD.replace(" = ", "  =  "), encoding="utf-8")
    same = load_specification(path)
    path.write_text(GOOD + "\n[protection]\nthreshold = 12\n", encoding="utf-8")
    other = load_specification(path)
    assert same.digest() == specification_of("oh-headcount").digest() != other.digest()


def test_protection_cannot_be_set_below_the_rule(tmp_path) -> None:
    path = tmp_path / "series.toml"
    path.write_text(GOOD + "\n[protection]\nthreshold = 2\n", encoding="utf-8")
    with pytest.raises(SpecificationError, match=r"protection\.threshold"):
        load_specification(path)
