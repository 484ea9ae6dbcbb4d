"""Whatever the bytes, reading ends in rows or in one sentence; whatever was recorded, its sheet comes back the same."""

import io
import zipfile
from contextlib import suppress
from datetime import date

import msgspec
import openpyxl
from hypothesis import example, given, settings
from hypothesis import strategies as st

from catalog.domain.entry import content
from catalog.domain.status import Recording, Timeline
from catalog.importing import formats
from catalog.importing.sheet import read
from catalog.importing.tables import UnreadableFile
from catalog.importing.words import PHASES, Language
from catalog.reading.sheet import MunicipalitySheet, SheetRow
from catalog.reading.sheet_files import csv_of, xlsx_of
from events.contracts.parts import Basis, Maturity, MunicipalityRef, Status
from events.contracts.words import Phase

_TODAY = date(2026, 11, 2)
_LEIPZIG = MunicipalityRef(id="ars:147130000000", name="Leipzig", levels=("commune",), region="DE-SN")
_KEY = "leika:99115005060000"


def _workbook() -> bytes:
    book = openpyxl.Workbook()
    assert book.active is not None
    book.active.append(["service", "phase", "effective_on"])
    book.active.append(["99115005060000", "live", date(2026, 1, 1)])
    body = io.BytesIO()
    book.save(body)
    return body.getvalue()


_WORKBOOK = _workbook()


def _try(body: bytes, told: formats.Format | None = None) -> None:
    with suppress(UnreadableFile):
        read(formats.read(body, told), {}, _TODAY)


@given(st.binary(max_size=300), st.sampled_from(["csv", "xlsx", "json", "ndjson", None]))
@settings(max_examples=300, deadline=None)
def test_any_bytes_are_rows_or_a_sentence(body: bytes, told: formats.Format | None) -> None:
    _try(body, told)
    _try(b"service;phase;effective_on\n" + body, told)


@given(st.integers(0, len(_WORKBOOK) - 1), st.binary(min_size=1, max_size=40))
@settings(max_examples=200, deadline=None)
def test_a_damaged_workbook_is_rows_or_a_sentence(place: int, damage: bytes) -> None:
    _try(_WORKBOOK[:place] + damage + _WORKBOOK[place + len(damage) :])
    _try(_WORKBOOK[:place])


_PARTS = ("xl/workbook.xml", "xl/worksheets/sheet1.xml", "xl/styles.xml", "xl/sharedStrings.xml", "[Content_Types].xml")


@given(
    st.sampled_from(_PARTS), st.floats(0, 1), st.sampled_from(['"', "<", "9", "A", "/>", "e", "-1", "", "99999999999"])
)
@settings(max_examples=300, deadline=None)
def test_a_workbook_with_a_damaged_part_is_rows_or_a_sentence(part: str, where: float, damage: str) -> None:
    changed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(_WORKBOOK)) as packed, zipfile.ZipFile(changed, "w") as copy:
        for name in packed.namelist():
            content = packed.read(name)
            if name == part:
                place = int(where * len(content))
                content = content[:place] + damage.encode() + content[place + 1 :]
            copy.writestr(name, content)
    _try(changed.getvalue())


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
_FIELDS = ("service", "phase", "maturity", "maturity_level", "effective_on", "basis", "note", "reason", "correction")


@given(st.lists(st.dictionaries(st.sampled_from(_FIELDS), _JSON) | _JSON, max_size=4))
@settings(max_examples=300, deadline=None)
def test_any_json_is_rows_or_problems_of_rows(rows: list[object]) -> None:
    _try(msgspec.json.encode(rows), "json")


@given(
    phase=st.sampled_from([phase for phase in PHASES if phase != "not_applicable"]),
    level=st.none() | st.integers(0, 4),
    day=st.dates(date(1990, 1, 1), _TODAY),
    note=st.none()
    | st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=30).map(str.strip).filter(bool),
    url=st.none() | st.sampled_from(["https://leipzig.de/a?b=c&d='e'", 'http://x.example/;,"']),
    language=st.sampled_from(["de", "en"]),
    form=st.sampled_from([csv_of, xlsx_of]),
)
@example(phase="live", level=3, day=_TODAY, note="_x0041_ =1\r\n\t 'a'", url=None, language="de", form=xlsx_of)
@example(phase="live", level=3, day=_TODAY, note='\'=1;"a"\rb', url=None, language="de", form=csv_of)
@settings(max_examples=150, deadline=None)
def test_what_is_downloaded_says_what_is_recorded(
    phase: Phase, level: int | None, day: date, note: str | None, url: str | None, language: Language, form: object
) -> None:
    maturity = None if level is None else Maturity(model="ozg-1.1", level=level, assessed_on=date(2026, 1, 1))
    state = Status(phase=phase, maturity=maturity, online_url=url, basis=Basis(kind="register"))
    row = SheetRow(
        service=_KEY,
        title="=Ummelden; „schnell“",
        phase=phase,
        maturity=maturity,
        effective_on=day,
        expected_live_on=None,
        online_url=url,
        solution=None,
        reason=None,
        note=note,
        basis=state.basis,
        recorded_on=day,
        confirmed_on=None,
        version=1,
    )
    assert callable(form)
    body = form(MunicipalitySheet(municipality=_LEIPZIG, rows=(row,)), language)
    held = Recording(effective_on=day, state=state, recorded_on=day, note=note)
    sheet = read(formats.read(body), {_KEY: Timeline((held,))}, _TODAY)
    (asked,) = sheet.rows
    assert sheet.refused == sheet.notices == ()
    assert asked.entry.adds_nothing_to(held)
    assert content(asked.entry.status_after(state)) == content(state)
