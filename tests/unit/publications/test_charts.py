"""Charts: what is hidden stays hidden and is seen to be hidden; axes do not exaggerate; nothing needs colour."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.publications.charts import (
    NARROW,
    WIDE,
    Chart,
    ChartKind,
    Point,
    Series,
    format_value,
    render,
    render_standalone,
    sparkline,
    symbols_used,
    text_alternative,
)
from portal.publications.charts.layouts import BOARDS, REGIONS
from portal.publications.charts.palette import SEQUENTIAL, colours, shade
from portal.publications.charts.scales import apart, class_limits, nice_ticks
from portal.publications.charts.svg import text_width, wrap

SVG = "{http://www.w3.org/2000/svg}"
KINDS = list(ChartKind)


def make_chart(
    kind: ChartKind, *rows: list[float | None], statuses: dict[int, str] | None = None, labels=None
) -> Chart:
    labels = labels or [f"Label {number}" for number in range(len(rows[0]))]
    codes = list(REGIONS)
    series = tuple(
        Series(
            f"Series {index}",
            tuple(
                Point(
                    label, value, (statuses or {}).get(place, "" if value is not None else "c"), code=codes[place % 7]
                )
                for place, (label, value) in enumerate(zip(labels, row, strict=True))
            ),
        )
        for index, row in enumerate(rows)
    )
    return Chart(kind, "A finding", "Headcount, England", series)


def drawn(chart: Chart, width: float = WIDE) -> ET.Element:
    return ET.fromstring(render(chart, name="x", width=width))  # noqa: S314 - our own drawing


def texts(root: ET.Element) -> list[str]:
    return [node.text or "" for node in root.iter(f"{SVG}text")]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("width", [WIDE, NARROW])
def test_every_kind_is_named_described_and_stays_inside_its_width(kind, width):
    root = drawn(make_chart(kind, [10, 250, None, 990], [5, 20, 30, 40]), width)
    title, description = root.find(f"{SVG}title"), root.find(f"{SVG}desc")
    assert root.get("role") == "img"
    assert root.get("aria-labelledby") == f"{title.get('id')} {description.get('id')}"
    assert title.text == "A finding"
    for node in root.iter():
        for side in ("x", "x1", "x2", "cx"):
            if (value := node.get(side)) is not None:
                assert -0.6 <= float(value) <= width + 0.6


@pytest.mark.parametrize("kind", KINDS)
def test_no_drawing_needs_a_style_a_script_or_a_font_from_elsewhere(kind):
    text = render(make_chart(kind, [10, 250, 990]), name="x")
    assert not re.search(r"style=|<style|<script|@import|@font-face|href=", text)
    assert re.findall(r"https?://[^\"]+", text) == ["http://www.w3.org/2000/svg"]


@pytest.mark.parametrize("kind", KINDS)
def test_a_hidden_value_is_written_as_its_symbol_and_drawn_nowhere(kind):
    root = drawn(make_chart(kind, [100, None, 300]))
    assert "[c]" in " ".join(texts(root))
    assert symbols_used(make_chart(kind, [100, None, 300]))[0][0] == "[c]"


def test_a_line_is_not_drawn_over_a_gap_nor_over_a_break():
    whole = drawn(make_chart(ChartKind.LINE, [1, 2, 3, 4]))
    gap = drawn(make_chart(ChartKind.LINE, [1, None, 3, 4]))
    broken = drawn(make_chart(ChartKind.LINE, [1, 2, 3, 4], statuses={2: "b"}))

    def segments(root):
        return sum(node.get("stroke-width") == "3" for node in root.iter(f"{SVG}line"))

    assert (segments(whole), segments(gap), segments(broken)) == (3, 1, 2)
    assert "[b] break" in texts(broken)


@pytest.mark.parametrize("kind", [ChartKind.LINE, ChartKind.BAR])
def test_provisional_values_are_hollow(kind):
    root = drawn(make_chart(kind, [100, 200, 300], statuses={2: "p"}))
    hollow = [node for node in root.iter() if node.get("fill") == "#FFFFFF" and node.get("stroke") == "#12436D"]
    assert len(hollow) == 1


def test_bars_start_at_zero_and_their_lengths_are_in_proportion():
    root = drawn(make_chart(ChartKind.BAR, [100, 200, 400]))
    widths = [float(node.get("width")) for node in root.iter(f"{SVG}rect")]
    assert widths[1] / widths[0] == pytest.approx(2, abs=0.01)
    assert widths[2] / widths[0] == pytest.approx(4, abs=0.01)


def test_bars_below_zero_go_the_other_way():
    root = drawn(make_chart(ChartKind.BAR, [-100, 100]))
    below, above = list(root.iter(f"{SVG}rect"))
    assert float(below.get("x")) + float(below.get("width")) == pytest.approx(float(above.get("x")), abs=0.2)


def test_series_differ_without_colour():
    lines = drawn(make_chart(ChartKind.LINE, [1, 2], [2, 3], [3, 4], [4, 5]))
    dashes = {node.get("stroke-dasharray") for node in lines.iter(f"{SVG}line") if node.get("stroke-width") == "3"}
    assert len(dashes) == 4
    stacked = render(make_chart(ChartKind.STACKED, [1, 2], [2, 3], [3, 4]), name="x")
    assert len(set(re.findall(r'<path d="([^"]+)"', stacked))) == 2


def test_letters_are_the_same_size_on_a_phone():
    chart = make_chart(ChartKind.BAR, [100, 200], labels=["A region with a very long name indeed", "Another"])
    sizes = {float(node.get("font-size")) for node in drawn(chart, NARROW).iter(f"{SVG}text")}
    assert min(sizes) >= 11
    assert drawn(chart, NARROW).get("width") == "300"


def test_text_is_escaped():
    chart = Chart(ChartKind.BAR, "A & <b>", 'It said "x"', (Series("<i>", (Point("<script>", 1.0),)),), 0)
    root = drawn(chart)
    assert root.find(f"{SVG}title").text == "A & <b>"
    assert "<script>" in texts(root)


def test_areas_without_a_tile_become_bars():
    chart = Chart(ChartKind.TILE_MAP, "t", "s", (Series("", (Point("Elsewhere", 5.0, code="Z99"),)),))
    assert "Elsewhere" in texts(drawn(chart))


def test_every_tile_has_its_own_place():
    for layout, number in ((REGIONS, 7), (BOARDS, 42)):
        places = {place[:2] for place in layout.values()}
        assert len(places) == len(layout) == number


def test_shades_are_equal_steps_and_the_ends_belong_to_them():
    steps = [0.0, 25.0, 50.0, 75.0]
    assert shade(0, steps)[0] == SEQUENTIAL[0]
    assert shade(24.9, steps)[0] == SEQUENTIAL[0]
    assert shade(25, steps)[0] == SEQUENTIAL[1]
    assert shade(100, steps)[0] == SEQUENTIAL[-1]
    assert shade(60, [0.0, 50.0])[0] == SEQUENTIAL[-1], "the highest class is the darkest, however few there are"
    assert shade(7, [7.0])[0] == SEQUENTIAL[0]


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=60))
def test_the_classes_of_a_map_are_few_round_and_hold_every_value(values):
    steps = class_limits(values)
    assert 1 <= len(steps) <= len(SEQUENTIAL)
    assert steps[0] <= min(values) + 1e-6 * max(1, abs(min(values)))
    widths = {round(after - before, 6) for before, after in pairwise(steps)}
    assert len(widths) <= 1, "classes of equal width"


def luminance(colour: str) -> float:
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("number", [1, 2, 3, 4])
def test_colours_stand_out_from_paper(number):
    assert all(contrast(colour, "#FFFFFF") >= 2.9 for colour in colours(number))


def test_words_on_shades_can_be_read():
    for share in (0, 0.3, 0.6, 0.9):
        fill, ink = shade(share, [0.0, 0.25, 0.5, 0.75])
        assert contrast(fill, ink) >= 4.5


@pytest.mark.parametrize(
    ("value", "status", "decimals", "written"),
    [
        (1330.0, "", 0, "1,330"),
        (1330.0, "p", 0, "1,330 [p]"),
        (None, "c", 0, "[c]"),
        (None, "", 0, "[x]"),
        (0.0, "", 0, "0"),
        (-0.4, "", 0, "0"),
        (-15.0, "", 0, "-15"),
        (3.14159, "e", 2, "3.14 [e]"),
    ],
)
def test_values_are_written_one_way(value, status, decimals, written):
    assert format_value(value, status=status, decimals=decimals) == written


def test_the_text_alternative_says_the_ends_of_lines_and_the_extremes_of_many_bars():
    line = text_alternative(make_chart(ChartKind.LINE, [1000, 1250, 1500], labels=["2020", "2021", "2022"]))
    assert line == "Line chart: Headcount, England. From 2020 1,000 to 2022 1,500."
    bars = text_alternative(make_chart(ChartKind.BAR, [5, 80, 10, 20, 30, 40, 50, None]))
    assert "7 values, highest Label 1 80, lowest Label 0 5; 1 not shown." in bars
    assert "no value can be shown" in text_alternative(make_chart(ChartKind.BAR, [None, None])).lower()


def test_an_editors_own_words_come_first():
    chart = Chart(ChartKind.BAR, "t", "s", (Series("", (Point("a", 1.0),)),), 0, "My words.")
    assert text_alternative(chart) == "My words."


def test_series_must_share_their_categories():
    with pytest.raises(ValueError, match="same categories"):
        Chart(ChartKind.LINE, "t", "s", (Series("a", (Point("x", 1.0),)), Series("b", (Point("y", 1.0),))))
    with pytest.raises(ValueError, match="at least one"):
        Chart(ChartKind.LINE, "t", "s", ())


@given(st.lists(st.integers(-(10**9), 10**9).map(lambda number: number / 100), min_size=1, max_size=20))
def test_ticks_are_evenly_spaced_cover_every_value_and_hold_zero(values):
    ticks = nice_ticks(values)
    assert ticks[0] <= min(values) + 1e-6 * abs(min(values))
    assert ticks[-1] >= max(values) - 1e-6 * abs(max(values))
    assert ticks[0] <= 0 <= ticks[-1]
    assert 2 <= len(ticks) <= 9
    steps = {round(after - before, 6) for before, after in pairwise(ticks)}
    assert max(steps) - min(steps) <= 1e-6 * max(steps) + 1e-6


@given(st.lists(st.floats(0, 300), min_size=1, max_size=8))
def test_labels_are_pushed_apart(positions):
    placed = apart(positions, 30, 0, 300)
    ordered = sorted(placed)
    assert all(after - before >= 30 - 1e-6 for before, after in pairwise(ordered))
    assert ordered[-1] <= 300 + 1e-6


@given(st.text(min_size=1, max_size=200), st.floats(60, 300))
def test_wrapped_lines_fit_and_are_few(words, width):
    lines = wrap(words, width, 14, most=2)
    assert len(lines) <= 2
    assert all(text_width(line, 14) <= width or len(line) <= 1 for line in lines)


def test_a_file_of_its_own_carries_title_symbols_and_source():
    text = render_standalone(make_chart(ChartKind.BAR, [100, None]), source="Dataset 1.0.0")
    root = ET.fromstring(text)  # noqa: S314 - our own drawing
    words = " ".join(texts(root))
    assert "A finding" in words
    assert "[c] protected" in words
    assert "Source: Dataset 1.0.0" in words


def test_a_sparkline_needs_two_values_and_is_hidden_from_screen_readers():
    assert sparkline([Point("a", 1.0), Point("b", None, "c")]) == ""
    assert 'aria-hidden="true"' in sparkline([Point("a", 1.0), Point("b", 2.0)])


def test_the_same_chart_gives_the_same_bytes():
    chart = make_chart(ChartKind.STACKED, [10, 20], [30, 40])
    assert render(chart, name="x") == render(chart, name="x")
