"""Recording over HTTP: statuses, versions, repeats, and who may."""

from typing import Any

import pytest

from catalog.domain.municipality_changes import MergeMunicipality, RekeyMunicipality
from events.contracts.catalog import StatusRecorded
from events.contracts.registry import decode
from tests.harness.catalog import NOW, Catalog, body_of
from tests.situations.saxony import CHEMNITZ, DRIVING_LICENCE, LEIPZIG, MITTWEIDA, MOVING_HOUSE

STATUS = "/municipalities/147130000000/services/99115005060000/status"
LIVE = {"phase": "live", "maturity": {"model": "ozg-1.1", "level": 3}, "effective_on": "2026-11-01"}
PLANNED = {"phase": "planned", "effective_on": "2026-06-01"}


async def record(catalog: Catalog, body: dict[str, Any] = LIVE, path: str = STATUS, **options: Any) -> Any:
    options = {"role": "editor", "of": LEIPZIG} | options
    return await catalog.call("PUT", path, json=body, **options)


async def test_an_editor_records_a_status_and_reads_it_back(catalog: Catalog) -> None:
    first = await record(catalog)
    assert first.status_code == 201, first.text
    kept = body_of(first)
    assert (kept["version"], kept["state"]["phase"], first.headers["etag"]) == (1, "live", '"v1"')
    assert kept["municipality"]["name"] == "Leipzig"
    assert kept["position"] == (await catalog.log())[-1].position
    shown = await catalog.call("GET", STATUS, role=None)
    assert (shown.status_code, shown.headers["etag"]) == (200, '"v1"')
    assert body_of(shown)["state"] == kept["state"]
    assert body_of(shown)["authority"] == LEIPZIG


async def test_the_event_says_who_in_which_role_and_answers_to_the_request(catalog: Catalog) -> None:
    await record(catalog, headers={"X-Correlation-Id": "sheet-17"})
    event = (await catalog.log())[-1]
    assert event.source == "//test.example/catalog"
    assert event.subject == f"{LEIPZIG}/{MOVING_HOUSE}"
    assert event.actor.startswith(f"{LEIPZIG}/editor/")
    assert event.correlationid == "sheet-17"
    data = decode(event)
    assert isinstance(data, StatusRecorded)
    assert data.recorded_on == NOW.date()


async def test_the_same_again_is_no_new_event(catalog: Catalog) -> None:
    first = await record(catalog)
    again = await record(catalog)
    assert again.status_code == 200
    assert body_of(again)["position"] == body_of(first)["position"]
    changed = await record(catalog, PLANNED | {"effective_on": "2026-11-02"})
    assert (changed.status_code, changed.headers["etag"]) == (200, '"v2"')


async def test_an_idempotency_key_gets_the_stored_answer(catalog: Catalog) -> None:
    headers = catalog.tokens.bearer("editor", LEIPZIG) | {"Idempotency-Key": "once"}
    first = await record(catalog, role=None, headers=headers)
    again = await record(catalog, role=None, headers=headers)
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.content == again.content
    other = await record(catalog, PLANNED, role=None, headers=headers)
    assert (other.status_code, body_of(other)["type"]) == (422, "urn:ozg:problem:idempotency-key-reused")


async def test_a_stale_etag_is_refused(catalog: Catalog) -> None:
    await record(catalog)
    stale = await record(catalog, PLANNED, headers={"If-Match": '"v7"'})
    assert (stale.status_code, stale.headers["etag"]) == (412, '"v1"')
    assert (await record(catalog, PLANNED, headers={"If-Match": '"v7", "v1"'})).status_code == 200
    assert (await record(catalog, LIVE, headers={"If-None-Match": "*"})).status_code == 412
    elsewhere = STATUS.replace("99115005060000", "99102002000000")
    assert (await record(catalog, LIVE, elsewhere, headers={"If-Match": "*"})).status_code == 412


async def test_a_reader_who_has_it_gets_304(catalog: Catalog) -> None:
    await record(catalog)
    same = await catalog.call("GET", STATUS, role=None, headers={"If-None-Match": '"v1"'})
    assert (same.status_code, same.content) == (304, b"")


async def test_retracting_brings_back_what_was_before(catalog: Catalog) -> None:
    await record(catalog, PLANNED)
    await record(catalog)
    gone = await catalog.call("DELETE", STATUS, role="editor", of=LEIPZIG)
    assert (gone.status_code, body_of(gone)["state"]["phase"]) == (200, "planned")
    last = await catalog.call("DELETE", f"{STATUS}?effective_on=2026-06-01", role="editor", of=LEIPZIG)
    assert (last.status_code, body_of(last)["state"]) == (200, None)
    assert (await catalog.call("GET", STATUS, role=None)).status_code == 404
    assert (await catalog.call("DELETE", STATUS, role="editor", of=LEIPZIG)).status_code == 404
    assert (await record(catalog)).status_code == 201


async def test_the_history_tells_everything_and_notes_only_to_ones_own(catalog: Catalog) -> None:
    await record(catalog, PLANNED | {"note": "Frau M. kümmert sich"})
    await record(catalog)
    await catalog.call("DELETE", STATUS, role="editor", of=LEIPZIG)
    everyone = body_of(await catalog.call("GET", f"{STATUS}/history", role=None))
    assert [item["event"] for item in everyone["items"]] == ["recorded", "recorded", "retracted"]
    assert everyone["items"][1]["replaced"]["phase"] == "planned"
    assert everyone["items"][0]["authority"] == LEIPZIG
    assert everyone["next"] is None
    assert "kümmert" not in str(everyone)
    own = body_of(await catalog.call("GET", f"{STATUS}/history", role="editor", of=LEIPZIG))
    assert own["items"][0]["note"] == "Frau M. kümmert sich"
    others = body_of(await catalog.call("GET", f"{STATUS}/history", role="editor", of=CHEMNITZ))
    assert others["items"][0]["note"] is None
    paged = await catalog.call("GET", f"{STATUS}/history?limit=2", role=None)
    assert len(body_of(paged)["items"]) == 2
    assert "rel=" in paged.headers["link"]


async def test_a_note_never_enters_the_log(catalog: Catalog) -> None:
    await record(catalog, LIVE | {"note": "vertraulich"})
    assert "vertraulich" not in (await catalog.call("GET", "/events", role=None)).text


async def test_an_older_key_of_a_municipality_is_followed(catalog: Catalog) -> None:
    await catalog.hears(RekeyMunicipality(id=MITTWEIDA, key="ars:145225119999", effective_on=NOW.date()))
    path = "/municipalities/145225119999/services/99115005060000/status"
    answer = await record(catalog, LIVE, path, of="ars:145225119999")
    assert (answer.status_code, body_of(answer)["municipality"]["id"]) == (201, MITTWEIDA)
    assert (await record(catalog, PLANNED, path, of=MITTWEIDA, headers={"If-Match": '"v1"'})).status_code == 200
    assert (await catalog.call("GET", path, role=None)).status_code == 200


@pytest.mark.parametrize(
    ("role", "of", "status", "slug"),
    [
        (None, None, 401, "token-missing"),
        ("editor", CHEMNITZ, 403, "not-your-municipality"),
        ("publisher", LEIPZIG, 403, "wrong-role"),
        ("reader", LEIPZIG, 403, "wrong-role"),
    ],
)
async def test_nobody_writes_for_another(catalog: Catalog, role: Any, of: str | None, status: int, slug: str) -> None:
    answer = await record(catalog, role=role, of=of)
    assert (answer.status_code, body_of(answer)["type"]) == (status, f"urn:ozg:problem:{slug}")
    assert answer.headers["content-type"] == "application/problem+json"


BAD: list[tuple[str, Any, int, str | None]] = [
    ("99115005060000", {"phase": "flying", "effective_on": "2026-11-01"}, 400, "phase"),
    ("99115005060000", {"phase": "live"}, 400, "effective_on"),
    ("99115005060000", LIVE | {"effective_on": "01.11.2026"}, 400, "effective_on"),
    ("99115005060000", LIVE | {"maturity": {"model": "ozg-1.1", "level": "3"}}, 400, "maturity.level"),
    ("99115005060000", LIVE | {"surprise": 1}, 400, "surprise"),
    ("99115005060000", LIVE | {"effective_on": "2026-12-01"}, 422, "effective_on"),
    ("99115005060000", LIVE | {"maturity": {"model": "ozg-1.1", "level": 10**30}}, 422, "maturity.level"),
    ("99115005060000", LIVE | {"note": "\x00"}, 400, None),
    ("99999999999999", LIVE, 404, "service"),
    ("9,91E+13", LIVE, 400, "service"),
    ("99018001001000", LIVE, 409, "service"),
]


@pytest.mark.parametrize(("service", "body", "status", "field"), BAD)
async def test_bad_input_gets_a_problem_that_names_the_field(
    catalog: Catalog, service: str, body: Any, status: int, field: str | None
) -> None:
    answer = await record(catalog, body, f"/municipalities/147130000000/services/{service}/status")
    assert answer.status_code == status, answer.text
    problem = body_of(answer)
    assert answer.headers["content-type"] == "application/problem+json"
    assert problem.get("field") == field
    assert problem["detail"]
    assert len(await catalog.log()) == 13


async def test_refusals_speak_german_to_those_who_prefer_it(catalog: Catalog) -> None:
    answer = await record(catalog, LIVE | {"effective_on": "2026-12-01"}, headers={"Accept-Language": "de"})
    assert "liegt in der Zukunft" in body_of(answer)["detail"]


async def test_a_refusal_tells_programs_who_delivers_and_who_succeeded(catalog: Catalog) -> None:
    path = f"/municipalities/{MITTWEIDA}/services/{DRIVING_LICENCE}/status"
    answer = body_of(await record(catalog, LIVE, path, of=MITTWEIDA))
    assert answer["deliverer"]["name"] == "Mittelsachsen"
    await catalog.hears(MergeMunicipality(id=MITTWEIDA, successor=CHEMNITZ, effective_on=NOW.date()))
    merged = await record(catalog, LIVE, path, of=MITTWEIDA)
    assert (merged.status_code, body_of(merged)["successor"]["id"]) == (410, CHEMNITZ)


async def test_an_import_that_differs_shows_the_difference(catalog: Catalog) -> None:
    await record(catalog)
    imported = PLANNED | {"effective_on": "2026-11-01", "basis": {"kind": "register", "as_of": "2026-10-01"}}
    answer = await record(catalog, imported)
    assert answer.status_code == 409
    assert body_of(answer)["differences"][0] == {"field": "phase", "recorded": "live", "given": "planned"}


async def test_responsibility_is_taken_over_ended_and_shown(catalog: Catalog) -> None:
    path = f"/municipalities/{MITTWEIDA}/responsibilities/{DRIVING_LICENCE}"
    before = body_of(await catalog.call("GET", path, role=None))
    assert (before["itself"], before["delivered_by"]["name"]) == (False, "Mittelsachsen")
    body = {"serves": {"members": [MITTWEIDA]}, "effective_on": "2026-10-01", "legal_basis": "Vertrag"}
    taken = await catalog.call("PUT", path, role="editor", of=MITTWEIDA, json=body)
    assert (taken.status_code, body_of(taken)["version"]) == (201, 1)
    assert (await catalog.call("PUT", path, role="editor", of=MITTWEIDA, json=body)).status_code == 200
    assert body_of(await catalog.call("GET", path, role=None))["itself"] is True
    status = f"/municipalities/{MITTWEIDA}/services/{DRIVING_LICENCE}/status"
    assert (await record(catalog, LIVE, status, of=MITTWEIDA)).status_code == 201
    ended = await catalog.call("DELETE", path, role="editor", of=MITTWEIDA)
    assert ended.status_code == 200
    assert (await catalog.call("DELETE", path, role="editor", of=MITTWEIDA)).status_code == 404


@pytest.mark.parametrize(
    ("serves", "status"),
    [({"region": "DE-SN"}, 403), ({"members": [CHEMNITZ]}, 403), ({}, 422), ({"region": "Sachsen"}, 400)],
)
async def test_responsibility_for_others_needs_an_operator(catalog: Catalog, serves: Any, status: int) -> None:
    path = f"/municipalities/{LEIPZIG}/responsibilities/{MOVING_HOUSE}"
    answer = await catalog.call("PUT", path, role="editor", of=LEIPZIG, json={"serves": serves})
    assert answer.status_code == status, answer.text
