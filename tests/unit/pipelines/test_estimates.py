"""Estimates in runs: exact where everybody answered, marked where they cannot be trusted, hidden with their cell."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from portal.methods.uncertainty import RakedDesign, RatioDesign, jackknife, ratio_totals, separate_ratio_total
from portal.pipelines.engine import connect
from portal.pipelines.estimate_sums import Sums
from portal.pipelines.estimates import (
    WEIGHTS,
    Estimates,
    _estimated,
    _implied,
    estimates_of,
    facts_of_estimates,
    shown_estimates,
)
from portal.pipelines.figures import cells_of, protected_of
from portal.pipelines.filling import FilledRecords
from portal.pipelines.frames import Asked, Frame, Frames, frames_of
from portal.pipelines.snapshots import write_snapshot
from portal.pipelines.specification import Estimation, specification_of
from portal.pipelines.synthetic.tables import snapshot_table
from portal.pipelines.synthetic.workforce import make_workforce

PERIOD = "2026-03"
PREDICATES = {"D2": "TRUE", "D1": "role_group IN ('doctors', 'nurses')"}


def test_all_rows_at_once_equal_one_jackknife_each() -> None:
    rng = np.random.default_rng(5)
    strata = [name for name in "abc" for _ in range(7)]
    sizes = rng.integers(1, 40, size=21).astype(float)
    values = rng.integers(0, 30, size=(6, 21)).astype(float)
    numbers = {"a": 7, "b": 11, "c": 20}
    totals = {name: float(sizes[[s == name for s in strata]].sum() * numbers[name] / 7) for name in "abc"}
    found, errors, freedom = ratio_totals(values, RatioDesign(sizes, strata, totals, numbers))
    for row in range(6):
        one = jackknife(separate_ratio_total(values[row], sizes, strata, totals), np.ones(21), strata, numbers)
        assert found[row] == pytest.approx(one.estimate, rel=1e-12)
        assert errors[row] == pytest.approx(one.standard_error, rel=1e-12)
    assert freedom == 12  # the stratum that answered completely has no error left


@pytest.fixture(scope="module")
def workforce():
    return make_workforce(posts=2_000)


@pytest.fixture(scope="module")
def sealed(workforce, tmp_path_factory):
    folder = tmp_path_factory.mktemp("estimates")
    path = folder / "snapshot.parquet"
    with connect(folder) as connection:
        connection.register("made", snapshot_table(workforce, 3, everybody=False))
        write_snapshot(connection, "made", path)
    return path


def write_frame(path, workforce, *, everybody: bool) -> None:
    """Write a frame: all organisations, with the number of their posts as size."""
    answers = workforce.responding(3)
    posts = np.bincount(workforce.organisation[workforce.posts_at(3)], minlength=len(workforce.organisations))
    rows = []
    for number, item in enumerate(workforce.organisations):
        asked = {"organisation_key": item.code, "provider_type": item.provider_type, "organisation_size": "any"}
        if answers[number] or not everybody:
            quantities = [("asked", 1), ("staff_asked", max(1, int(posts[number])))]
            quantities += [("answered", 1)] if answers[number] else []
            rows += [{**asked, "region_code": item.region, "quantity": q, "weight_count": n} for q, n in quantities]
    pq.write_table(pa.Table.from_pylist(rows), path)


def estimated(sealed, frames: Frames) -> tuple[pa.Table, pa.Table]:
    specification = specification_of("oh-headcount")
    with connect(sealed.parent) as connection:
        cells = cells_of(connection, sealed, specification, PREDICATES)
        table = estimates_of(
            connection,
            specification,
            filled=FilledRecords(f"read_parquet('{sealed}')"),
            frames=frames,
            predicates=PREDICATES,
            cells=cells,
        )
    lists = {name: sorted(set(cells[name].to_pylist()) - {"all"}) for name in
             ("region_code", "icb_code", "role_group", "role_code")}  # fmt: skip
    return table, protected_of(specification, cells, period=PERIOD, lists=lists, perspectives=list(PREDICATES))


@pytest.mark.slow
def test_a_frame_that_answered_completely_gives_the_returned_figures(sealed, workforce, tmp_path) -> None:
    write_frame(tmp_path / "frame", workforce, everybody=True)
    table, _ = estimated(sealed, frames_of(tmp_path / "frame", Estimation(method="ratio")))
    for row in table.to_pylist():
        assert row["estimate"] == pytest.approx(row["returned"], rel=1e-9)
        assert row["standard_error"] == pytest.approx(0, abs=1e-9)


@pytest.mark.slow
def test_estimates_stand_beside_shown_cells_and_say_what_the_audit_must_know(sealed, workforce, tmp_path) -> None:
    write_frame(tmp_path / "frame", workforce, everybody=False)
    specification = specification_of("oh-headcount")
    frames = frames_of(tmp_path / "frame", specification.estimation)
    table, protected = estimated(sealed, frames)
    totals = [row for row in table.to_pylist() if row["breakdown"] == "time_period" and row["perspective"] == "D2"]
    everybody = {row["quantity"]: row for row in totals}["headcount"]
    assert everybody["returned"] < everybody["estimate"]
    assert everybody["low"] < everybody["estimate"] < everybody["high"]
    least, largest = frames.whole.stretch
    assert 1 <= least <= largest
    assert all(
        row["returned"] * least - 1e-6 <= row["estimate"] <= row["returned"] * largest + 1e-6
        for row in table.to_pylist()
    )

    shown = shown_estimates(specification, table, protected)
    status = {
        (row["perspective"], row["breakdown"], row["region_code"], row["role_group"], row["role_code"]): row["status"]
        for row in protected.to_pylist()
        if row["measure"] == "headcount"
    }
    figures = [row for row in shown.to_pylist() if row["measure"] == "headcount_estimate"]
    assert {row["status"] for row in figures} >= {"c", "e"}
    for row in figures:
        hidden = status[row["perspective"], row["breakdown"], row["region_code"], row["role_group"], row["role_code"]]
        assert (row["value"] is None) == (hidden == "c" or row["status"] == "x")
        assert row["value"] is None or row["value"] % 5 == 0

    facts = facts_of_estimates(specification, table, protected)
    truth = {
        (row["perspective"], row["breakdown"], row["region_code"], row["role_group"], row["role_code"], row["quantity"]):
        row["returned"] for row in table.to_pylist()
    }  # fmt: skip
    for fact in facts.to_pylist():
        key = (
            *(fact[name] for name in ("perspective", "breakdown", "region_code", "role_group", "role_code")),
            fact["measure"],
        )
        assert fact["low"] - 1e-6 <= truth[key] <= fact["high"] + 1e-6
    assert Estimates(specification, table).facts(protected).num_rows == facts.num_rows


def test_an_estimate_is_marked_by_its_error_and_by_how_much_was_returned() -> None:
    from portal.pipelines.estimates import _figure

    rule = Estimation(method="ratio", coverage_floor=0.5)
    row = {"returned": 60.0, "estimate": 100.0, "standard_error": 5.0, "low": 91.0, "high": 109.0}
    assert _figure(row, "estimate", "", rule) == (100.0, "e")
    assert _figure(row, "high", "", rule) == (110.0, "e")
    assert _figure({**row, "standard_error": 20.0}, "estimate", "", rule) == (100.0, "e"), "20% is still acceptable"
    assert _figure({**row, "standard_error": 21.0}, "estimate", "", rule) == (100.0, "u")
    assert _figure({**row, "returned": 50.0}, "estimate", "", rule) == (100.0, "e"), "half returned is the floor"
    assert _figure({**row, "standard_error": 50.0}, "estimate", "", rule) == (100.0, "u"), "50% is still shown"
    assert _figure({**row, "returned": 49.0}, "estimate", "", rule) == (100.0, "u")
    assert _figure({**row, "standard_error": 51.0}, "estimate", "", rule) == (None, "x")
    assert _figure(row, "estimate", "c", rule) == (None, "c")
    assert _figure(None, "estimate", "", rule) == (None, "c")


def test_what_the_audit_is_told_holds_where_a_raked_weight_is_below_one() -> None:
    """Two organisations of 40 people each; raking makes the weight of one 0.97: alone in a cell it still stands for itself."""
    design = RatioDesign(np.array([40.0, 40.0]), ["a", "a"], {"a": 100.0}, {"a": 3})
    raked = RakedDesign(np.array([0.97, 1.53]), np.array([[0.0, 2.5], [2.5, 0.0]]), np.array([0.2, 0.2]), 1, 5)
    frame = Frame({"A": 0, "B": 1}, design, raked=raked)
    cells = [
        (("alone",), [(0, {"headcount": 40.0})]),
        (("both",), [(0, {"headcount": 20.0}), (1, {"headcount": 20.0})]),
    ]
    known = {cell: {"people": 40} for cell, _ in cells}
    frames = Frames(Asked({}, {}, frozenset("AB")), Estimation(method="ratio"))
    vars(frames)["whole"] = frame
    names = ("cell", "quantity", "source", "returned", "filled", "estimate", "standard_error", "low", "high")
    for values in _estimated(cells, "headcount", frames, Sums(dict(cells), known, known, {}), frozenset()):
        row = dict(zip(names, values, strict=True)) | dict(zip(WEIGHTS, frame.stretch, strict=True))
        assert row["estimate"] == {"alone": 40.0, "both": 50.0}[row["cell"]], "38.8 is less than was returned"
        for method, part in (("estimate", "estimate"), ("estimate_low", "low")):
            shown = np.floor(row[part] / 5 + 0.5) * 5
            least, most = _implied(method, shown, 2.5, row)
            assert least <= row["returned"] <= most


def frame_file(path, organisations: dict[str, tuple[str, str, bool]]) -> None:
    """Write a frame of organisations: provider type, region, and whether it answered; ten people each."""
    rows = [
        {"organisation_key": key, "provider_type": kind, "organisation_size": "any", "region_code": region,
         "quantity": quantity, "weight_count": number}
        for key, (kind, region, answered) in organisations.items()
        for quantity, number in (("asked", 1), ("staff_asked", 10), *((("answered", 1),) if answered else ()))
    ]  # fmt: skip
    pq.write_table(pa.Table.from_pylist(rows), path)


def asked_in(region: str, *, kind: str = "trust", answered: int, silent: int) -> dict[str, tuple[str, str, bool]]:
    return {f"{kind}{region}{n}": (kind, region, n < answered) for n in range(answered + silent)}


def test_weights_are_raked_within_bounds_and_complete_strata_do_not_count_as_respondents(tmp_path) -> None:
    rule = Estimation(method="ratio", rake=("region_code",), strata=("provider_type",), collapse=("provider_type",))
    organisations = asked_in("N", answered=6, silent=2) | asked_in("S", answered=6, silent=14)
    # All schools answered and stand for nobody else, so two in the east do, which are too few to be raked alone.
    organisations |= asked_in("E", kind="school", answered=6, silent=0) | asked_in("E", answered=2, silent=1)
    frame_file(tmp_path / "frame", organisations)
    frame = frames_of(tmp_path / "frame", rule).whole
    weights = {key: round(float(weight), 6) for key, weight in zip(frame.answered, frame.weights, strict=True)}
    assert [weights[key] for key in ("trustN0", "trustE0", "trustS0", "schoolE0")] == [
        1.375,
        1.375,
        round(20 / 6, 6),
        1,
    ]

    frame_file(tmp_path / "frame", {key: one for key, one in organisations.items() if one[1] != "E"})
    raked = frames_of(tmp_path / "frame", rule).whole
    weights = {key: round(float(weight), 6) for key, weight in zip(raked.answered, raked.weights, strict=True)}
    assert (weights["trustN0"], weights["trustS0"]) == (round(8 / 6, 6), round(20 / 6, 6))
    factor = (20 / 6) / (28 / 12)
    assert frames_of(tmp_path / "frame", rule.model_copy(update={"stretch": (0.2, factor + 0.01)})).whole.raked
    refused = frames_of(tmp_path / "frame", rule.model_copy(update={"stretch": (0.2, factor - 0.01)})).whole
    assert refused.raked is None
    assert refused.not_raked == "Raking would stretch weights by 0.57 to 1.43: join categories."
