"""Recording for another municipality over HTTP: granted, seen everywhere, and ended."""

from typing import Any

from catalog.domain.municipality_changes import RekeyMunicipality
from events.contracts.catalog import StatusRecorded
from events.contracts.parts import MunicipalityRef
from events.contracts.registry import decode
from tests.catalog.test_status_calls import LIVE, PLANNED
from tests.harness.catalog import NOW, Catalog, body_of
from tests.situations.saxony import AMT_MITTWEIDA, CHEMNITZ, LEIPZIG, MITTWEIDA

TOWN = f"/municipalities/{MITTWEIDA}"
STATUS = f"{TOWN}/services/99115005060000/status"
RIGHT = f"{TOWN}/delegations/{AMT_MITTWEIDA}"
SHEET = "service,phase,effective_on\n99115005060000,live,2026-11-01\n"


async def grant(catalog: Catalog, **options: Any) -> Any:
    options = {"role": "editor", "of": MITTWEIDA, "json": {}} | options
    return await catalog.call("PUT", RIGHT, **options)


async def record(catalog: Catalog, body: dict[str, Any] = LIVE, of: str = AMT_MITTWEIDA, **options: Any) -> Any:
    return await catalog.call("PUT", STATUS, json=body, role="editor", of=of, **options)


async def test_a_delegate_records_and_everybody_sees_that_it_did(catalog: Catalog) -> None:
    before = await record(catalog)
    assert (before.status_code, body_of(before)["type"]) == (403, "urn:ozg:problem:not-your-municipality")
    assert RIGHT in body_of(before)["detail"]
    granted = await grant(catalog, json={"legal_basis": "Zweckvereinbarung"})
    assert (granted.status_code, body_of(granted)["outcome"]) == (201, "created")
    kept = await record(catalog)
    assert kept.status_code == 201, kept.text
    assert (body_of(kept)["authority"], body_of(kept)["delegate"]["id"]) == (AMT_MITTWEIDA, AMT_MITTWEIDA)
    shown = body_of(await catalog.call("GET", STATUS, role=None))
    assert (shown["municipality"]["id"], shown["delegate"]["id"]) == (MITTWEIDA, AMT_MITTWEIDA)
    event = (await catalog.log())[-1]
    data = decode(event)
    assert isinstance(data, StatusRecorded)
    assert isinstance(data.delegate, MunicipalityRef)
    assert event.actor.startswith(f"{AMT_MITTWEIDA}/editor/")
    assert data.delegate.id == AMT_MITTWEIDA
    (item,) = body_of(await catalog.call("GET", f"{STATUS}/history", role=None))["items"]
    assert (item["authority"], item["delegate"]["id"]) == (AMT_MITTWEIDA, AMT_MITTWEIDA)


async def test_what_the_municipality_says_itself_names_no_delegate(catalog: Catalog) -> None:
    await grant(catalog)
    own = await record(catalog, of=MITTWEIDA)
    assert (own.status_code, body_of(own)["delegate"]) == (201, None)
    document = (await catalog.log())[-1]
    assert b'"delegate"' not in bytes(document.data)


async def test_an_ended_right_is_refused_in_words_and_what_was_recorded_stays(catalog: Catalog) -> None:
    await grant(catalog)
    await record(catalog)
    ended = await catalog.call("DELETE", RIGHT, role="editor", of=MITTWEIDA)
    assert (ended.status_code, body_of(ended)["outcome"]) == (200, "removed")
    refused = await record(catalog, PLANNED)
    assert (refused.status_code, body_of(refused)["type"]) == (403, "urn:ozg:problem:delegation-ended")
    assert f"ended on {NOW.date()}" in body_of(refused)["detail"]
    german = body_of(await record(catalog, PLANNED, headers={"Accept-Language": "de"}))["detail"]
    assert "nicht mehr für" in german
    assert body_of(await catalog.call("GET", STATUS, role=None))["delegate"]["id"] == AMT_MITTWEIDA
    again = await catalog.call("DELETE", RIGHT, role="editor", of=MITTWEIDA)
    assert (again.status_code, body_of(again)["type"]) == (404, "urn:ozg:problem:nothing-delegated")


async def test_a_delegates_sheets_and_confirmations_count_like_its_calls(catalog: Catalog) -> None:
    async def send() -> Any:
        headers = {"Content-Type": "text/csv"}
        return await catalog.call(
            "POST", f"{TOWN}/statuses", content=SHEET, headers=headers, role="editor", of=AMT_MITTWEIDA
        )

    assert (await send()).status_code == 403
    await grant(catalog)
    sent = await send()
    assert (sent.status_code, body_of(sent)["recorded"]) == (200, 1), sent.text
    assert body_of(await catalog.call("GET", STATUS, role=None))["delegate"]["id"] == AMT_MITTWEIDA
    confirmed = await catalog.call("POST", f"{TOWN}/statuses/confirm", json={}, role="editor", of=AMT_MITTWEIDA)
    assert body_of(confirmed)["confirmed"] == 1
    retracted = await catalog.call("DELETE", STATUS, role="editor", of=AMT_MITTWEIDA)
    assert retracted.status_code == 200, retracted.text
    items = body_of(await catalog.call("GET", f"{STATUS}/history", role=None))["items"]
    assert [item["delegate"]["id"] for item in items] == [AMT_MITTWEIDA] * 3
    await catalog.call("DELETE", RIGHT, role="editor", of=MITTWEIDA)
    assert body_of(await send())["type"] == "urn:ozg:problem:delegation-ended"


async def test_only_the_municipality_and_operators_grant_and_end(catalog: Catalog) -> None:
    for stranger in (AMT_MITTWEIDA, CHEMNITZ):
        assert (await grant(catalog, of=stranger)).status_code == 403
    assert (await grant(catalog, role="operator", of=None)).status_code == 201
    for stranger in (AMT_MITTWEIDA, CHEMNITZ):
        assert (await catalog.call("DELETE", RIGHT, role="editor", of=stranger)).status_code == 403
    handed_on = f"{TOWN}/delegations/{CHEMNITZ}"
    assert (await catalog.call("PUT", handed_on, json={}, role="editor", of=AMT_MITTWEIDA)).status_code == 403
    assert (await catalog.call("DELETE", RIGHT, role="operator")).status_code == 200


async def test_the_right_is_to_record_and_nothing_else(catalog: Catalog) -> None:
    await grant(catalog)
    duty = f"{TOWN}/responsibilities/99115005060000"
    body = {"serves": {"members": [MITTWEIDA]}}
    assert (await catalog.call("PUT", duty, json=body, role="editor", of=AMT_MITTWEIDA)).status_code == 403
    clearing = await catalog.call(
        "DELETE", f"{TOWN}/statuses", params={"basis": "self"}, role="editor", of=AMT_MITTWEIDA
    )
    assert clearing.status_code == 403
    published = await catalog.call("PUT", STATUS, json=LIVE, role="publisher", of=AMT_MITTWEIDA)
    assert published.status_code == 403


async def test_both_see_who_may_for_whom(catalog: Catalog) -> None:
    await grant(catalog, json={"legal_basis": "Zweckvereinbarung"})
    await catalog.call("PUT", f"{TOWN}/delegations/{LEIPZIG}", json={}, role="editor", of=MITTWEIDA)
    await catalog.call("DELETE", f"{TOWN}/delegations/{LEIPZIG}", role="editor", of=MITTWEIDA)
    given = body_of(await catalog.call("GET", f"{TOWN}/delegations", role=None))["items"]
    assert [(one["delegate"]["id"], one["ended_on"]) for one in given] == [
        (AMT_MITTWEIDA, None),
        (LEIPZIG, str(NOW.date())),
    ]
    assert (given[0]["legal_basis"], given[0]["granted_on"]) == ("Zweckvereinbarung", str(NOW.date()))
    theirs = f"/municipalities/{AMT_MITTWEIDA}/delegations"
    assert body_of(await catalog.call("GET", theirs, role=None))["items"] == []
    received = body_of(await catalog.call("GET", theirs, params={"received": True}, role=None))["items"]
    assert [one["municipality"]["name"] for one in received] == ["Mittweida"]
    paged = body_of(await catalog.call("GET", f"{TOWN}/delegations", params={"limit": 1}, role=None))
    assert len(paged["items"]) == 1
    rest = await catalog.call("GET", f"{TOWN}/delegations", params={"limit": 1, "after": paged["next"]}, role=None)
    assert [one["delegate"]["id"] for one in body_of(rest)["items"]] == [LEIPZIG]


async def test_older_keys_of_both_lead_to_the_same_right(catalog: Catalog) -> None:
    day = NOW.date()
    for known, key in ((MITTWEIDA, "ars:145229999999"), (AMT_MITTWEIDA, "ars:145228888888")):
        await catalog.hears(RekeyMunicipality(id=known, key=key, effective_on=day))
    path = "/municipalities/145229999999/delegations/145228888888"
    assert (await catalog.call("PUT", path, json={}, role="editor", of="145229999999")).status_code == 201
    elsewhere = STATUS.replace(MITTWEIDA, "145229999999")
    kept = await catalog.call("PUT", elsewhere, json=LIVE, role="editor", of="145228888888")
    assert kept.status_code == 201, kept.text
    assert body_of(kept)["delegate"]["id"] == AMT_MITTWEIDA
