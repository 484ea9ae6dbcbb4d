"""The arithmetic of measuring: ratios, what must be reached, what has fallen, and the table."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import date
from pathlib import Path
from xml.etree import ElementTree as ET

import msgspec
import pytest

from bench.frame import finding, results
from bench.frame import plot as plotting
from bench.frame.calibration import Calibration, sentence
from bench.frame.growth import Point
from bench.frame.plot import plot
from bench.frame.rows import Better, Row
from bench.frame.samples import Sample, in_turns, peers, sample
from bench.frame.table import table
from bench.slopes import draw


def a_row(ours: float, floor: float, better: Better = "higher", must: Mapping[str, float] | None = None) -> Row:
    beside = {"slow": sample([10.0]), "fast": sample([50.0])}
    return Row("append@64", sample([ours]), sample([floor]), beside, "appends/s", better, must or {}, "fsync on")


def always(value: float) -> Callable[[], Awaitable[float]]:
    async def contestant() -> float:
        return value

    return contestant


async def test_contestants_take_turns_and_the_first_round_does_not_count() -> None:
    called: list[str] = []

    def contestant(name: str) -> Callable[[], Awaitable[float]]:
        async def act() -> float:
            called.append(name)
            return float(len(called))

        return act

    samples = await in_turns({"a": contestant("a"), "b": contestant("b")}, 3, lambda *_: None)
    assert "".join(called) == "abababab"
    assert samples["a"] == Sample(median=5.0, low=3.0, high=7.0, values=(3.0, 5.0, 7.0))
    assert samples["b"].spread == 4 / 6


async def test_a_peer_that_fails_is_told_and_left_out() -> None:
    lost: list[str] = []

    async def fails() -> float:
        raise OSError("gone")

    given = {"ours": always(1), "peer:gone": fails, "peer:there": always(2)}
    samples = await in_turns(given, 2, lambda name, _: lost.append(name))
    assert lost == ["peer:gone"]
    assert list(peers(samples)) == ["there"]


async def test_ours_may_not_fail() -> None:
    async def fails() -> float:
        raise OSError("gone")

    with pytest.raises(OSError, match="gone"):
        await in_turns({"ours": fails}, 2, lambda *_: None)


def test_a_rate_must_reach_its_part_of_the_floor() -> None:
    row = a_row(65, 100, must={"floor": 0.65, "fast": 1.4, "slow": 6})
    assert row.ratio("floor") == 0.65
    assert row.missed == ["fast"]
    assert row.reached("floor") is True
    assert row.reached("slow") is True
    assert row.reached("fast") is False


def test_a_latency_must_stay_below_its_multiple_of_the_floor() -> None:
    assert a_row(290, 100, "lower", {"floor": 3}).missed == []
    assert a_row(310, 100, "lower", {"floor": 3}).missed == ["floor"]
    assert a_row(210, 100, "lower", {"ours": 200}).missed == ["ours"]


def test_what_was_not_measured_is_not_missed() -> None:
    row = Row("memory", sample([150.0]), None, {}, "MB", "lower", {"floor": 1.2, "emmett": 3}, "")
    assert row.missed == []
    assert row.as_json()["ratio_floor"] is None


def test_a_line_of_the_results_tells_the_peer_that_does_best() -> None:
    line = a_row(100, 200).as_json()
    told = {name: line[name] for name in ("measure", "ours", "floor", "peer", "unit", "ratio_floor", "ratio_peer")}
    assert told == {
        "measure": "append@64",
        "ours": 100,
        "floor": 200,
        "peer": 50,
        "unit": "appends/s",
        "ratio_floor": 0.5,
        "ratio_peer": 2,
    }
    assert line["peer_name"] == "fast"
    assert line["peers"]["slow"] == {"value": 10, "ratio": 10}
    assert a_row(100, 200, "lower").as_json()["peer_name"] == "slow"


@pytest.mark.parametrize(
    ("better", "ratio", "fallen"),
    [("higher", 0.41, False), ("higher", 0.39, True), ("lower", 1.59, False), ("lower", 1.61, True)],
)
def test_only_what_is_less_than_half_as_good_has_fallen(better: Better, ratio: float, fallen: bool) -> None:
    recorded = {"append@64": results.Recorded(0.8, better)}
    assert bool(results.fallen([a_row(ratio * 100, 100, better)], recorded)) is fallen


def test_in_the_small_version_half_of_the_recorded_is_all_that_must_be_reached() -> None:
    row = a_row(50, 100, must={"floor": 0.65, "fast": 10})
    held = results.held_to({"append@64": results.Recorded(0.8)}, row)
    assert (held.must, held.missed) == ({"floor": 0.4}, [])
    assert results.held_to({}, row).must == {}


def test_what_was_never_recorded_cannot_fall() -> None:
    assert results.fallen([a_row(1, 1000)], {}) == []


def test_what_must_reach_its_floor_is_recorded_beside_what_was_recorded_before(tmp_path: Path) -> None:
    path = tmp_path / "recorded.json"
    results.record([a_row(80, 100, must={"floor": 0.65}), a_row(1, 2)._replace(measure="append@1")], path)
    results.record([a_row(1, 2, must={"floor": 0.7})._replace(measure="relay")], path)
    assert results.read_recorded(path) == {"append@64": results.Recorded(0.8), "relay": results.Recorded(0.5)}


def test_a_run_of_one_measure_replaces_its_lines_only(tmp_path: Path) -> None:
    path = tmp_path / "latest.json"
    order = ["append", "relay"]
    results.write_latest({"relay": [a_row(1, 2)], "append": [a_row(3, 4)]}, date(2026, 11, 1), order, path)
    results.write_latest({"append": [a_row(5, 6)]}, date(2026, 11, 2), order, path)
    lines = msgspec.json.decode(path.read_bytes())
    assert [(line["of"], line["ours"], line["on"]) for line in lines] == [
        ("append", 5, "2026-11-02"),
        ("relay", 1, "2026-11-01"),
    ]


def test_the_table_has_a_line_for_each_that_stands_beside() -> None:
    lines = table([a_row(65, 100, must={"floor": 0.65, "fast": 2})]).splitlines()
    assert [line.split() for line in lines[2:]] == [
        ["append@64", "appends/s", "65", "floor", "100", "0.65", "≥", "0.65", "✓"],
        ["slow", "10", "6.50"],
        ["fast", "50", "1.30", "≥", "2", "✗"],
    ]


def test_a_calibration_that_moved_is_called_noisy() -> None:
    before = Calibration(loops=1000, fsyncs=1000, round_trips=1000)
    assert sentence(before, before._replace(loops=900)).endswith("Quiet.")
    assert "NOISY: fsyncs" in sentence(before, before._replace(fsyncs=800))


def test_a_measure_that_cannot_be_imported_fails_alone() -> None:
    broken = finding._module("bench.measures.there_is_no_such_measure")
    assert "Cannot be imported" in finding.says(broken)
    assert hasattr(broken, "measure")


def test_every_measure_says_what_it_measures() -> None:
    for name, module in finding.found().items():
        assert len(finding.says(module)) > 20, name


def test_what_can_grow_says_how() -> None:
    for name, module in finding.growing_ones().items():
        assert len(finding.says(module)) > 20, name


@pytest.mark.parametrize(
    ("values", "bounds"),
    [((2700, 4500), (1000, 10_000)), ((9, 1450), (5, 2000)), ((5, 5), (2, 20)), ((0.4, 3.9), (0.2, 5))],
)
def test_axes_end_at_round_figures_around_what_is_drawn(
    values: tuple[float, float], bounds: tuple[float, float]
) -> None:
    low, high = plotting._bounds(values)
    assert (low, high) == pytest.approx(bounds)
    assert all(low <= tick <= high for tick in plotting._ticks((low, high)))
    assert len(plotting._ticks((low, high))) >= 3


def test_a_plot_is_an_svg_with_labelled_axes_and_its_figures_in_words(tmp_path: Path) -> None:
    points = [
        Point("append@64", size, 9e6 / size, 1e7 / size, "appends/s", "events & cells") for size in (10**4, 10**6)
    ]
    root = ET.fromstring(plot("How it grows", points))
    texts = [element.text for element in root.iter("{http://www.w3.org/2000/svg}text")]
    assert {"appends/s", "events & cells", "append@64", "append@64, floor"} <= set(texts)
    assert "900 at 10,000, 9 at 1,000,000" in plot("How it grows", points)
    drawn = draw("append", [*points, points[0]._replace(unit="ms")], tmp_path)
    assert [path.name for path in drawn] == ["append.svg", "append-2.svg"]


def test_of_times_the_longest_that_was_recorded_stays(tmp_path: Path) -> None:
    path = tmp_path / "recorded.json"
    for ours in (30, 90, 50):
        results.record([a_row(ours, 10, must={"floor": 3})._replace(better="lower")], path)
    (recorded,) = results.read_recorded(path).values()
    assert recorded.ratio_floor == 9
