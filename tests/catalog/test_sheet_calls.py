"""The sheet over HTTP: downloaded, edited in a spreadsheet, uploaded, it records exactly the edits."""

import csv
import io
import json
import os
from collections.abc import Callable
from typing import Any

import openpyxl
import pytest

from tests.harness.catalog import Catalog, body_of
from tests.situations.saxony import CHEMNITZ, DOG_TAX, LEIPZIG, MOVING_HOUSE, OUTBOX

SHEET = "/municipalities/147130000000/statuses"
COLUMNS = (
    "service,title,phase,maturity_model,maturity_level,effective_on,expected_live_on,online_url,solution,reason,note"
)
CSV = {"content-type": "text/csv"}


async def upload(catalog: Catalog, body: str | bytes, query: str = "", **options: Any) -> Any:
    options = {"role": "editor", "of": LEIPZIG, "headers": CSV} | options
    content = body.encode() if isinstance(body, str) else body
    return await catalog.call("POST", f"{SHEET}{query}", content=content, **options)


async def download(catalog: Catalog, query: str) -> Any:
    answer = await catalog.call("GET", f"{SHEET}?{query}", role="editor", of=LEIPZIG)
    assert answer.status_code == 200, answer.text
    return answer


FILLED = """\
service,phase,maturity_model,maturity_level,effective_on,online_url,note
99115005060000,live,ozg-1.1,3,2025-03-01,https://leipzig.de/umzug,=SUM(1)
99102002000000,In Umsetzung,,,01.06.2026,,
basis:postausgang,geplant,,,01.01.2026,,"two
lines; and „quotes“"
99108004020000,,,,,,
"""
WRONG = """\
Leistung;Phase;Gilt ab
99115005060000;live;01.11.2026
9,91E+13;live;01.11.2026
99102002000000;läuft;01.11.2026
99999999999999;live;01.11.2026
99018001001000;live;01.11.2026
99108004020000;live;31.12.2030
"""


@pytest.fixture
async def filled(catalog: Catalog) -> Catalog:
    """Leipzig recorded three statuses by sheet."""
    answer = await upload(catalog, FILLED)
    assert answer.status_code == 200, answer.text
    told = body_of(answer)
    assert (told["recorded"], told["unchanged"], told["refused"], told["skipped"]) == (3, 0, 0, 1)
    assert told["errors"] == told["notices"] == []
    return catalog


async def test_a_sheet_has_every_service_the_municipality_delivers(catalog: Catalog) -> None:
    rows = list(csv.DictReader(io.StringIO((await download(catalog, "format=csv")).text)))
    assert ",".join(rows[0]) == COLUMNS
    assert [row["service"] for row in rows][-1] == OUTBOX
    assert {row["phase"] for row in rows} == {""}
    assert MOVING_HOUSE in {row["service"] for row in rows}
    altmittweida = await catalog.call("GET", "/municipalities/145225119010/statuses", role=None)
    delivered = {row["service"] for row in body_of(altmittweida)["items"]}
    assert delivered == {MOVING_HOUSE, DOG_TAX, OUTBOX}


def _csv_edited(body: bytes, edit: Callable[[dict[str, str]], None], delimiter: str) -> bytes:
    rows = list(csv.DictReader(io.StringIO(body.decode("utf-8-sig"), newline=""), delimiter=delimiter))
    for row in rows:
        edit(row)
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, list(rows[0]), delimiter=delimiter)
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode("utf-8-sig")


@pytest.mark.parametrize(
    "query", ["format=csv", "format=csv&lang=de", "format=xlsx", "format=xlsx&lang=de", "format=json"]
)
async def test_a_sheet_uploaded_as_it_was_downloaded_changes_nothing(filled: Catalog, query: str) -> None:
    before = len(await filled.log())
    answer = await download(filled, query)
    headers = {"content-type": answer.headers["content-type"]}
    told = body_of(await upload(filled, answer.content, headers=headers))
    assert (told["recorded"], told["unchanged"], told["refused"]) == (0, 3, 0), told
    assert told["ignored_columns"] == []
    assert len(await filled.log()) == before


@pytest.mark.parametrize("lang", ["en", "de"])
async def test_a_sheet_edited_in_a_spreadsheet_records_exactly_the_edits(filled: Catalog, lang: str) -> None:
    before = len(await filled.log())
    book = openpyxl.load_workbook(io.BytesIO((await download(filled, f"format=xlsx&lang={lang}")).content))
    page = book.worksheets[0]
    for line in page.iter_rows(min_row=2):
        if line[0].value == DOG_TAX:
            line[2].value = "Live" if lang == "de" else "live"
            line[3].value, line[4].value = "ozg-1.1", 2
            line[5].value = "01.11.2026" if lang == "de" else "2026-11-01"
    body = io.BytesIO()
    book.save(body)
    as_curl_says = {"content-type": "application/x-www-form-urlencoded"}
    told = body_of(await upload(filled, body.getvalue(), headers=as_curl_says))
    assert (told["recorded"], told["unchanged"], told["refused"]) == (1, 2, 0), told
    (event,) = (await filled.log())[before:]
    assert event.subject == f"{LEIPZIG}/{DOG_TAX}"
    row = next(r for r in body_of(await download(filled, "format=json"))["items"] if r["service"] == DOG_TAX)
    assert (row["phase"], row["effective_on"], row["maturity"]["level"]) == ("live", "2026-11-01", 2)


@pytest.mark.parametrize(("lang", "delimiter", "day"), [("en", ",", "2025-04-01"), ("de", ";", "01.04.2025")])
async def test_a_moved_day_in_csv_is_moved(filled: Catalog, lang: str, delimiter: str, day: str) -> None:
    def edit(row: dict[str, str]) -> None:
        if MOVING_HOUSE in row.values():
            row["Gilt ab" if lang == "de" else "effective_on"] = day

    body = _csv_edited((await download(filled, f"format=csv&lang={lang}")).content, edit, delimiter)
    told = body_of(await upload(filled, body))
    assert (told["recorded"], told["unchanged"], told["notices"]) == (1, 2, []), told
    row = next(r for r in body_of(await download(filled, "format=json"))["items"] if r["service"] == MOVING_HOUSE)
    assert row["effective_on"] == "2025-04-01"


async def test_notes_come_back_only_to_those_who_may_write_them(filled: Catalog) -> None:
    def notes(answer: Any) -> list[str]:
        return [row["note"] for row in body_of(answer)["items"] if row["note"]]

    assert len(notes(await download(filled, "format=json"))) == 2
    assert notes(await filled.call("GET", SHEET, role=None)) == []
    assert notes(await filled.call("GET", SHEET, role="editor", of=CHEMNITZ)) == []
    assert notes(await filled.call("GET", SHEET, role="reader", of=LEIPZIG)) == []


async def test_no_cell_of_a_download_is_a_formula(filled: Catalog) -> None:
    text = (await download(filled, "format=csv")).text
    assert "'=SUM(1)" in text
    book = openpyxl.load_workbook(io.BytesIO((await download(filled, "format=xlsx")).content))
    assert not [cell for page in book for line in page.iter_rows() for cell in line if cell.data_type == "f"]
    assert book.worksheets[0].freeze_panes == "C2"
    assert book.worksheets[0]["A2"].number_format == "@"


async def test_all_or_nothing_names_every_wrong_row(catalog: Catalog) -> None:
    answer = await upload(catalog, WRONG)
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    problem = body_of(answer)
    assert [(error["row"], error["field"]) for error in problem["errors"]] == [
        (2, "service"),
        (3, "phase"),
        (4, "service"),
        (5, "service"),
        (6, "effective_on"),
    ]
    assert (problem["recorded"], problem["refused"]) == (0, 5)
    german = body_of(await upload(catalog, WRONG, headers=CSV | {"accept-language": "de"}))
    assert "Spalte als Text formatieren" in german["errors"][0]["detail"]
    told = body_of(await upload(catalog, WRONG, "?mode=valid"))
    assert (told["recorded"], told["refused"], len(told["errors"])) == (1, 5, 5)


async def test_a_dry_run_tells_and_records_nothing(catalog: Catalog) -> None:
    before = len(await catalog.log())
    for query in ("?dry_run=true", "?dry_run=true&mode=valid"):
        told = body_of(await upload(catalog, FILLED + "1,live,,,,,", query))
        assert (told["recorded"], told["refused"], told["dry_run"]) == (3, 1, True)
    assert len(await catalog.log()) == before


async def test_a_dry_run_shows_what_would_change_and_what_is_written_in_each_row(filled: Catalog) -> None:
    body = (
        "Leistung;Bezeichnung;Phase;Reifegradmodell;Reifegrad;Gilt ab\n"
        "99115005060000;Wohnsitz;live;ozg-1.1;3;01.03.2025\n"
        "99102002000000;Hundesteuer;live;ozg-1.1;2;01.11.2026\n"
        "basis:postausgang;Postausgang;geplant;;;15.01.2026\n"
        "99108004020000;Führerschein;lvie;;;01.11.2026\n"
        "99018001001000;;;;;\n"
    )
    told = body_of(await upload(filled, body, "?dry_run=true", headers=CSV | {"accept-language": "de"}))
    assert (told["recorded"], told["unchanged"], told["refused"], told["skipped"]) == (2, 1, 1, 1)
    live, moved = told["changes"]
    assert (live["row"], live["service"]["key"], live["effective_on"]) == (2, DOG_TAX, "2026-11-01")
    assert (live["before"]["phase"], live["after"]["phase"], live["after"]["maturity"]["level"]) == (
        "in_implementation",
        "live",
        2,
    )
    assert (moved["row"], moved["moved_from"], moved["effective_on"]) == (3, "2026-01-01", "2026-01-15")
    assert moved["before"] == moved["after"]
    assert [(one["row"], one["field"]) for one in told["errors"]] == [(4, "phase")]
    assert [row["row"] for row in told["rows"]] == [1, 2, 3, 4]
    assert told["rows"][3]["written"] == {
        "service": "99108004020000",
        "title": "Führerschein",
        "phase": "lvie",
        "effective_on": "01.11.2026",
    }
    recorded = body_of(await upload(filled, body, "?mode=valid"))
    assert not {"changes", "rows"} & recorded.keys()


async def test_the_history_of_a_service_goes_in_and_again_changes_nothing(catalog: Catalog) -> None:
    lines = [f"99115005060000,planned,20{year:02}-01-01" for year in range(10, 16)]
    sheet = "\n".join(("service,phase,effective_on", *lines, "99102002000000,live,2026-01-01", "x,live,2026-01-01"))
    told = body_of(await upload(catalog, sheet, "?mode=valid"))
    assert (told["recorded"] + told["unchanged"], told["refused"]) == (7, 1)
    assert told["recorded"] == 2
    again = body_of(await upload(catalog, sheet, "?mode=valid"))
    assert (again["recorded"], again["unchanged"]) == (0, 7)


async def test_a_repeat_under_the_same_key_records_once(catalog: Catalog) -> None:
    headers = CSV | {"Idempotency-Key": "sheet-1"} | catalog.tokens.bearer("editor", LEIPZIG)
    first = body_of(await upload(catalog, FILLED, headers=headers, role=None))
    again = body_of(await upload(catalog, FILLED, headers=headers, role=None))
    assert again["recorded"] == first["recorded"] == 3
    other = await upload(catalog, FILLED.replace("live", "pilot"), headers=headers, role=None)
    assert other.status_code == 422


async def test_a_form_with_a_file_is_understood(catalog: Catalog) -> None:
    for name, kind in (("sheet.csv", "text/csv"), ("sheet.csv", "application/vnd.ms-excel")):
        answer = await catalog.call(
            "POST", f"{SHEET}?dry_run=true", role="editor", of=LEIPZIG, files={"file": (name, FILLED.encode(), kind)}
        )
        assert answer.status_code == 200, answer.text
        assert body_of(answer)["recorded"] == 3
    empty = await catalog.call("POST", SHEET, role="editor", of=LEIPZIG, files={"x": (None, b"text")})
    assert empty.status_code == 422
    broken = {"content-type": "multipart/form-data"}
    assert (await upload(catalog, "x", headers=broken)).status_code == 400


@pytest.mark.parametrize(
    ("body", "content_type", "status"),
    [
        (b"", "text/csv", 422),
        (b"garbage", "text/csv", 422),
        (os.urandom(100_000), "application/octet-stream", 422),
        (os.urandom(100_000), "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", 422),
        (b"PK\x03\x04" + os.urandom(1000), "", 422),
        (b"{", "application/json", 422),
        (b"[1, null, [], {}]", "application/json", 422),
        (b"5", "application/json", 422),
        (b'{"service": "99115005060000"\n{', "application/x-ndjson", 422),
        (b"service;phase\n\x00;live", "text/csv", 422),
        (b'[{"service": "99115005060000", "phase": "live", "note": "\\u0000"}]', "application/json", 422),
        (b"x" * 12_000_000, "text/csv", 413),
        (os.urandom(12_000_000), "application/octet-stream", 413),
    ],
)
async def test_garbage_gets_a_problem_a_clerk_can_act_on(
    catalog: Catalog, body: bytes, content_type: str, status: int
) -> None:
    headers = {"content-type": content_type} if content_type else {}
    answer = await upload(catalog, body, headers=headers)
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert body_of(answer)["detail"]


async def test_only_those_who_may_upload(catalog: Catalog) -> None:
    assert (await upload(catalog, FILLED, role=None)).status_code == 401
    assert (await upload(catalog, FILLED, of=CHEMNITZ)).status_code == 403
    assert (await upload(catalog, FILLED, role="reader")).status_code == 403
    unknown = "/municipalities/999999999999/statuses"
    assert (await catalog.call("POST", unknown, role="operator", of=None, content=b"x")).status_code == 404
    assert (await catalog.call("GET", unknown, role=None)).status_code == 404
    assert (await catalog.call("GET", "/municipalities/nowhere/statuses", role=None)).status_code == 400


async def test_json_is_paged_and_files_follow_what_is_accepted(filled: Catalog) -> None:
    first = await filled.call("GET", f"{SHEET}?limit=2", role=None)
    page = body_of(first)
    assert len(page["items"]) == 2
    second = body_of(await filled.call("GET", f"{SHEET}?limit=2&after={page['next']}", role=None))
    assert page["items"][-1]["service"] != second["items"][0]["service"]
    answer = await filled.call("GET", SHEET, role=None, headers={"accept": "text/csv", "accept-language": "de"})
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.content.startswith(b"\xef\xbb\xbfLeistung;Bezeichnung;Phase")
    assert 'filename="statuses-147130000000.csv"' in answer.headers["content-disposition"]


async def test_confirming_says_what_is_still_true(filled: Catalog) -> None:
    async def confirm(body: Any) -> Any:
        return await filled.call("POST", f"{SHEET}/confirm", role="editor", of=LEIPZIG, json=body)

    told = body_of(await confirm({"services": ["99115005060000", "99108004020000"]}))
    assert (told["confirmed"], told["not_recorded"]) == (1, ["leika:99108004020000"])
    assert body_of(await confirm({}))["confirmed"] == 2
    assert body_of(await confirm({"services": "all"})) | {"position": 0} == {
        "confirmed": 0,
        "unchanged": 3,
        "not_recorded": [],
        "position": 0,
    }
    assert (await confirm({"services": ["99999999999999"]})).status_code == 404
    row = next(r for r in body_of(await download(filled, "format=json"))["items"] if r["service"] == MOVING_HOUSE)
    assert row["confirmed_on"] == "2026-11-02"


async def test_a_json_upload_may_carry_a_basis(catalog: Catalog) -> None:
    rows = [
        {
            "service": "99115005060000",
            "phase": "live",
            "effective_on": "2026-01-01",
            "maturity": {"model": "ozg-1.1", "level": 3},
            "basis": {"kind": "demonstration"},
        }
    ]
    told = body_of(await upload(catalog, json.dumps(rows), headers={"content-type": "application/json"}))
    assert told["recorded"] == 1
    row = next(r for r in body_of(await download(catalog, "format=json"))["items"] if r["service"] == MOVING_HOUSE)
    assert row["basis"]["kind"] == "demonstration"
