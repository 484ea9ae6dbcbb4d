"""Scales, places and texts of the pictures."""

from datetime import date
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from progress.domain.figures import Figure, figure
from progress.pages.pictures import bars, lines, maps
from progress.projections.areas import Area
from progress.projections.parts import Reporting

SHARES = st.floats(0, 1)


def counted(numerator: int, of: int, recorded: int | None = None) -> Figure:
    return figure(
        numerator,
        of,
        unit="responsibilities",
        recorded=numerator if recorded is None else recorded,
        excluded=0,
        definition="online@1",
    )


@given(st.lists(st.integers(0, 10_000), min_size=4, max_size=4).map(sorted))
def test_the_parts_of_a_bar_fill_it_without_gap_or_overlap(counts: list[int]) -> None:
    compliant, online, recorded, whole = counts
    pieces = bars.states(counted(online, whole, recorded), counted(compliant, whole))
    assert [piece.kind for piece in pieces] == (["compliant", "online", "open", "empty"] if whole else [])
    assert sum(piece.number for piece in pieces) == whole
    end = 0.0
    for piece in pieces:
        assert piece.start == pytest.approx(end, abs=0.02)
        end = piece.start + piece.width
    assert end == pytest.approx(100 if whole else 0, abs=0.03)


@given(SHARES)
def test_an_axis_begins_at_zero_holds_the_largest_and_has_few_even_marks(most: float) -> None:
    marks = lines.scale(most)
    assert marks[0] == 0
    assert marks[-1] >= 100 * most - 1e-9
    assert 2 <= len(marks) <= 6
    steps = {round(after - before, 9) for before, after in pairwise(marks)}
    assert len(steps) == 1


@given(st.lists(st.floats(14, 300), min_size=1, max_size=4))
def test_labels_keep_apart_stay_inside_and_keep_their_order(heights: list[float]) -> None:
    found = lines.spaced(heights, 19, 300)
    order = sorted(range(len(heights)), key=lambda number: heights[number])
    placed = [found[number] for number in order]
    assert all(after - before >= 19 - 1e-6 for before, after in pairwise(placed))
    assert max(placed) <= 300
    assert min(placed) >= 14 - 19 * len(heights)


def test_a_line_is_broken_where_there_was_nothing_to_share() -> None:
    days = [date(2026, month, 28) for month in range(1, 6)]
    drawn = lines.chart(days, [lines.Series("main", "online", [0.1, 0.2, None, 0.3, 0.4])])
    assert drawn is not None
    (line,) = drawn.wide.lines
    assert line.path.count("M") == 2
    assert line.last == 0.4
    assert drawn.wide.days[-1][1] == days[-1]
    assert all(0 <= x <= drawn.wide.width for x, _ in drawn.wide.days)


def test_there_is_no_chart_of_what_never_was() -> None:
    days = [date(2026, 1, 31), date(2026, 2, 28)]
    assert lines.chart(days, [lines.Series("main", "online", [0.0, 0.0])]) is None
    assert lines.chart(days[:1], [lines.Series("main", "online", [0.5])]) is None


@pytest.mark.parametrize(
    ("online", "reports", "kind"), [(0, 10, 1), (99, 10, 1), (100, 10, 2), (399, 10, 4), (400, 10, 5), (400, 2, 0)]
)
def test_the_class_of_a_district(online: int, reports: int, kind: int) -> None:
    area = Area(
        key="ars:1",
        name="A",
        region="DE-SN",
        online=counted(online, 1000),
        compliant=counted(0, 1000),
        reporting=Reporting(reporting=reports, of=10),
    )
    assert maps.kind(area) == kind
    assert maps.kind(None) == 0


def test_the_map_has_every_district_and_every_land_inside_its_box() -> None:
    districts, regions = maps.districts(), maps.regions()
    assert len({one.key for one in districts}) == 400
    assert len({one.key for one in regions}) == 16
    assert all(one.path.startswith("M") and one.path.endswith("z") for one in [*districts, *regions])
    assert all(0 < one.x < 800 and 0 < one.y < 1078 for one in regions)
