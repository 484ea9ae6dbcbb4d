"""Authorities come, change and go by an operator's word, over HTTP."""

from typing import Any

import pytest

from tests.harness.catalog import Catalog, body_of
from tests.situations.saxony import (
    ALTMITTWEIDA,
    AMT_MITTWEIDA,
    CHEMNITZ,
    LEIPZIG,
    MITTELSACHSEN,
    MITTWEIDA,
    SACHSEN,
)

NEW = "/municipalities"
THERE = f"{NEW}/145225119010"
STATUS = f"{THERE}/services/99115005060000/status"
LIVE = {"phase": "live", "maturity": {"model": "ozg-1.1", "level": 3}, "effective_on": "2026-11-01"}
DAY = "2026-11-01"
KRIEBSTEIN = {
    "id": "145225119280",
    "name": "Kriebstein",
    "levels": ["commune"],
    "region": "DE-SN",
    "kind": "Gemeinde",
    "parents": ["145225119000", MITTELSACHSEN],
}


async def say(catalog: Catalog, what: str, status: int = 200, /, **body: Any) -> Any:
    answer = await catalog.call("POST", f"{THERE}/{what}", json=body)
    assert answer.status_code == status, answer.text
    return body_of(answer)


async def shown(catalog: Catalog, key: str = ALTMITTWEIDA) -> Any:
    return body_of(await catalog.call("GET", f"{NEW}/{key}", role=None))


async def test_a_municipality_takes_part_and_is_found(catalog: Catalog) -> None:
    first = await catalog.call("POST", NEW, json=KRIEBSTEIN)
    assert (first.status_code, body_of(first)["id"]) == (201, "ars:145225119280"), first.text
    again = await catalog.call("POST", NEW, json=KRIEBSTEIN | {"name": "Anders"})
    assert (again.status_code, body_of(again)["outcome"]) == (200, "unchanged")
    assert [one["id"] for one in (await shown(catalog, "145225119280"))["parents"]] == [AMT_MITTWEIDA, MITTELSACHSEN]
    recorded = await catalog.call(
        "PUT",
        f"{NEW}/145225119280/services/99115005060000/status",
        role="editor",
        of="ars:145225119280",
        json=LIVE,
    )
    assert recorded.status_code == 201, recorded.text


async def test_it_is_renamed_rekeyed_moved_and_counted(catalog: Catalog) -> None:
    await say(catalog, "renamed", name="Altmittweida an der Zschopau", effective_on=DAY)
    await say(catalog, "rekeyed", key="145229999010", effective_on=DAY)
    await say(catalog, "moved", parents=[MITTELSACHSEN, SACHSEN], effective_on=DAY)
    await say(catalog, "counted", inhabitants=1934, inhabitants_on=DAY)
    now = await shown(catalog, "145229999010")
    assert (now["id"], now["name"], now["inhabitants"]) == (ALTMITTWEIDA, "Altmittweida an der Zschopau", 1934)
    assert [one["id"] for one in now["parents"]] == [MITTELSACHSEN, SACHSEN]
    assert now["keys"][-1] == {"key": "ars:145229999010", "since": DAY}


async def test_it_may_be_told_under_any_of_its_keys_and_says_nothing_twice(catalog: Catalog) -> None:
    await say(catalog, "rekeyed", key="145229999010", effective_on=DAY)
    head = (await catalog.log())[-1].position
    for path in (THERE, f"{NEW}/145229999010"):
        answer = await catalog.call("POST", f"{path}/rekeyed", json={"key": "145229999010", "effective_on": DAY})
        assert body_of(answer)["outcome"] == "unchanged"
    assert await catalog.log(head) == []


async def test_a_merged_municipality_refuses_a_status_and_names_its_successor(catalog: Catalog) -> None:
    editor = {"role": "editor", "of": ALTMITTWEIDA}
    before = await catalog.call("PUT", STATUS, json=LIVE, **editor)
    assert before.status_code == 201
    await say(catalog, "merged", successor="145225119360", effective_on=DAY)
    refused = await catalog.call("PUT", STATUS, json=LIVE | {"phase": "pilot", "maturity": None}, **editor)
    problem = body_of(refused)
    assert (refused.status_code, problem["type"]) == (410, "urn:ozg:problem:municipality-ended")
    assert problem["detail"] == (
        f"Altmittweida ({ALTMITTWEIDA}) became part of Mittweida ({MITTWEIDA}) on 2026-11-01. Record it for {MITTWEIDA}."
    )
    assert problem["successor"] == {"id": MITTWEIDA, "name": "Mittweida"}
    german = await catalog.call(
        "PUT", STATUS, json=LIVE | {"phase": "pilot", "maturity": None}, headers={"Accept-Language": "de"}, **editor
    )
    assert body_of(german)["detail"].endswith(
        f"am 01.11.2026 in Mittweida ({MITTWEIDA}) aufgegangen. Bitte für {MITTWEIDA} erfassen."
    )
    assert body_of(await catalog.call("GET", STATUS, role=None))["state"]["phase"] == "live"
    assert (await shown(catalog))["successor"]["id"] == MITTWEIDA
    sheet = await catalog.call(
        "POST",
        f"{THERE}/statuses",
        content="service,phase,effective_on\n99102002000000,planned,2026-11-01\n",
        headers={"Content-Type": "text/csv"},
        **editor,
    )
    assert sheet.status_code == 410


async def test_a_dissolved_municipality_says_since_when(catalog: Catalog) -> None:
    await say(catalog, "dissolved", effective_on=DAY)
    refused = await catalog.call("PUT", STATUS, role="editor", of=ALTMITTWEIDA, json=LIVE)
    assert body_of(refused)["detail"] == f"Altmittweida ({ALTMITTWEIDA}) was dissolved on 2026-11-01."


async def test_a_stale_version_is_refused(catalog: Catalog) -> None:
    body = {"name": "Neu", "effective_on": DAY}
    stale = await catalog.call("POST", f"{THERE}/renamed", json=body, headers={"If-Match": '"v9"'})
    assert stale.status_code == 412
    fresh = await catalog.call("POST", f"{THERE}/renamed", json=body, headers={"If-Match": '"v1"'})
    assert (fresh.status_code, fresh.headers["etag"]) == (200, '"v2"')


@pytest.mark.parametrize(
    ("what", "body", "status", "field"),
    [
        ("renamed", {"name": "  ", "effective_on": DAY}, 422, "name"),
        ("renamed", {"name": "Neu", "effective_on": "2027-01-01"}, 422, "effective_on"),
        ("renamed", {"name": "Neu", "effective_on": DAY, "basis": {"kind": "self", "url": "x:y"}}, 422, "basis.url"),
        ("rekeyed", {"key": CHEMNITZ, "effective_on": DAY}, 409, "key"),
        ("rekeyed", {"key": "14522", "effective_on": DAY}, 400, "key"),
        ("moved", {"parents": ["999999999999"], "effective_on": DAY}, 422, "parents"),
        ("counted", {"inhabitants": -1, "inhabitants_on": DAY}, 400, "inhabitants"),
        ("counted", {"inhabitants": 10**19, "inhabitants_on": DAY}, 400, "inhabitants"),
        ("merged", {"successor": "999999999999", "effective_on": DAY}, 422, "successor"),
        ("merged", {"successor": ALTMITTWEIDA, "effective_on": DAY}, 422, "successor"),
        ("merged", {"successor": LEIPZIG, "effective_on": "1066-10-14"}, 422, "effective_on"),
        ("dissolved", {}, 400, "effective_on"),
    ],
)
async def test_what_makes_no_sense_is_refused(
    catalog: Catalog, what: str, body: dict[str, Any], status: int, field: str
) -> None:
    assert (await say(catalog, what, status, **body))["field"] == field


@pytest.mark.parametrize(
    ("change", "status", "field"),
    [
        ({"id": "x"}, 400, "id"),
        ({"levels": []}, 400, "levels"),
        ({"levels": ["town"]}, 400, "levels[0]"),
        ({"region": "DE-XX"}, 422, "region"),
        ({"parents": ["145220000001"]}, 422, "parents"),
        ({"location": {"latitude": 91, "longitude": 13}}, 400, "location.latitude"),
        ({"kind": " "}, 422, "kind"),
    ],
)
async def test_nobody_is_registered_on_wrong_facts(
    catalog: Catalog, change: dict[str, Any], status: int, field: str
) -> None:
    answer = await catalog.call("POST", NEW, json=KRIEBSTEIN | change)
    assert (answer.status_code, body_of(answer)["field"]) == (status, field), answer.text
