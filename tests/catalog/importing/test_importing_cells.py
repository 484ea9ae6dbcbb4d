"""What spreadsheets do to keys and dates is undone where it can be, and told where it cannot."""

from datetime import date, datetime

import pytest

from catalog.importing import cells, words
from catalog.importing.cells import CellProblem, Spoilt


@pytest.mark.parametrize(
    ("cell", "key"),
    [
        ("99115005060000", "leika:99115005060000"),
        ("leika:99115005060000", "leika:99115005060000"),
        (99115005060000, "leika:99115005060000"),
        (99115005060000.0, "leika:99115005060000"),
        (" 99 115 005 060 000 ", "leika:99115005060000"),
        ("99.115.005.060.000", "leika:99115005060000"),
        ("'99115005060000", "leika:99115005060000"),
        ("urn:de:fim:leika:leistung:99115005060000", "leika:99115005060000"),
        ("basis:postausgang", "basis:postausgang"),
        ("77000000000316", "leika:77000000000316"),
    ],
)
def test_a_key_is_understood_however_the_spreadsheet_keeps_it(cell: object, key: str) -> None:
    assert cells.key(cell) == key


@pytest.mark.parametrize(("cell", "key"), [("1234567890123", "01234567890123"), (12345678901.0, "00012345678901")])
def test_leading_zeros_that_a_number_lost_come_back(cell: object, key: str) -> None:
    assert cells.key(cell) == f"leika:{key}"


@pytest.mark.parametrize("rounded", ["9,91E+13", "9.91E+13", "9,9115E+13", "9,91e13", "9E+13"])
def test_a_rounded_key_is_refused_with_the_remedy(rounded: str) -> None:
    with pytest.raises(CellProblem) as told:
        cells.key(rounded)
    assert "Format the column as text" in told.value.en
    assert "Spalte als Text formatieren" in told.value.de


@pytest.mark.parametrize("cell", ["Wohnsitz ummelden", "123", "991150050600001", 0.5, True, {"a": 1}, ["x"], "leika:1"])
def test_what_is_no_key_is_refused(cell: object) -> None:
    with pytest.raises(CellProblem):
        cells.key(cell)


def test_the_id_of_a_bundle_is_no_key_and_the_message_says_so() -> None:
    with pytest.raises(CellProblem, match="OZG-ID of a bundle"):
        cells.key("10119")


@pytest.mark.parametrize(
    "cell",
    [
        "2026-11-01",
        "2026-11-1",
        "01.11.2026",
        "1.11.2026",
        "1. 11. 2026",
        "01.11.26",
        "2026-11-01T00:00:00",
        "2026-11-01 00:00:00",
        "01.11.2026 00:00",
        46327,
        46327.0,
        "46327",
        date(2026, 11, 1),
        datetime(2026, 11, 1, 12, 30),  # noqa: DTZ001 - a spreadsheet knows no time zone
    ],
)
def test_a_day_is_understood_however_it_is_written(cell: object) -> None:
    assert cells.day(cell) == date(2026, 11, 1)


@pytest.mark.parametrize("cell", ["01/11/2026", "31.02.2026", "2026-13-01", "November", "2026", 7, True, -1])
def test_what_is_no_day_or_could_be_two_is_refused(cell: object) -> None:
    with pytest.raises(CellProblem, match="is no day"):
        cells.day(cell)


@pytest.mark.parametrize("cell", [3, 3.0, "3", "3,0", "Stufe 3", "Reifegrad 3", " 3 "])
def test_a_level_is_a_whole_number(cell: object) -> None:
    assert cells.level(cell) == 3


@pytest.mark.parametrize("cell", ["drei", "3,5", "-1", "3-4", True])
def test_what_is_no_level_is_refused(cell: object) -> None:
    with pytest.raises(CellProblem, match="no maturity level"):
        cells.level(cell)


@pytest.mark.parametrize("note", ["=1+1", "+49 341 1230", "-", "@home", "'tis", "''", "plain", "a=b", "\tindented"])
def test_what_looks_like_a_formula_is_guarded_and_comes_back_as_it_was(note: str) -> None:
    guarded = cells.guarded(note)
    assert not guarded.startswith(("=", "+", "-", "@", "\t"))
    assert cells.unguarded(guarded) == note


def test_formulas_without_a_value_and_with_an_error_are_told_apart() -> None:
    with pytest.raises(CellProblem, match="without a saved result"):
        cells.text(Spoilt.UNCALCULATED)
    with pytest.raises(CellProblem, match="ends in an error"):
        cells.text(Spoilt.ERROR)


@pytest.mark.parametrize("poison", ["a\0b", "\ud800"])
def test_what_is_no_text_is_refused_before_it_reaches_a_database(poison: str) -> None:
    with pytest.raises(CellProblem, match="no text"):
        cells.text(poison)


@pytest.mark.parametrize("written", ["live", "Live", "LIVE", "In Betrieb", "online", "Go-Live"])
def test_phases_are_understood_in_both_languages(written: str) -> None:
    assert words.phase(written) == "live"


@pytest.mark.parametrize(
    "written", ["zurückgestellt", "zurueckgestellt", "Zuruckgestellt", "deferred", " ZURÜCKGESTELLT"]
)
def test_umlauts_may_be_written_any_way(written: str) -> None:
    assert words.phase(written) == "deferred"


def test_no_word_means_two_things() -> None:
    for labels in (words.PHASES, words.REASONS, words.HEADERS):
        said = [
            (words.fold(each), word)
            for word, label in labels.items()
            for each in {str(word), label.de, label.en, *label.also}
        ]
        meanings: dict[str, set[str]] = {}
        for folded, word in said:
            meanings.setdefault(folded, set()).add(word)
        assert all(len(each) == 1 for each in meanings.values())
