"""Publishing and opening over HTTP, and finding what there is."""

from typing import Any

import pytest

from events.contracts.registry import decode
from tests.harness.catalog import Catalog, body_of
from tests.situations.saxony import CHEMNITZ, DRIVING_LICENCE, LEIPZIG, OUTBOX

POSTAUSGANG = "/solutions/postausgang-sachsen"
FACTS = {
    "name": "Digitaler Postausgang",
    "kind": "joint_operation",
    "services": [OUTBOX],
    "publisher": LEIPZIG,
    "description": "Briefe über das OZG-Postfach zustellen",
}
TERMS = {"from": "2026-11-01", "terms": {"contract": "Vereinbarung", "cost_once": {"from": 0, "to": 5000}}}


async def publish(catalog: Catalog, path: str = POSTAUSGANG, **facts: Any) -> Any:
    return await catalog.call("PUT", path, role="publisher", of=LEIPZIG, json=FACTS | facts)


async def open_(catalog: Catalog, region: str = "DE-SN", body: Any = TERMS) -> Any:
    return await catalog.call("PUT", f"{POSTAUSGANG}/availability/{region}", role="publisher", of=LEIPZIG, json=body)


async def test_publishing_revising_and_reading(catalog: Catalog) -> None:
    first = await publish(catalog)
    assert first.status_code == 201, first.text
    assert (await publish(catalog)).status_code == 200
    revised = await publish(catalog, name="Postausgang", efa=True)
    assert (revised.status_code, revised.headers["etag"]) == (200, '"v2"')
    shown = await catalog.call("GET", POSTAUSGANG, role=None)
    assert (shown.headers["etag"], body_of(shown)["solution"]["name"]) == ('"v2"', "Postausgang")
    assert body_of(shown)["solution"]["publisher"] == {"id": LEIPZIG, "name": "Leipzig"}


async def test_opening_again_is_no_new_event(catalog: Catalog) -> None:
    await publish(catalog)
    opened = await open_(catalog)
    assert opened.status_code == 201, opened.text
    last = (await catalog.log())[-1]
    assert body_of(opened)["position"] == last.position
    assert last.type == "ozg.catalog.solution-became-available.v1"
    assert decode(last).availability.terms.cost_once.to == 5000  # type: ignore[attr-defined]
    assert (await open_(catalog)).status_code == 200
    assert len(await catalog.log(last.position)) == 0


async def test_several_regions_open_at_once_and_close_one_by_one(catalog: Catalog) -> None:
    await publish(catalog)
    path = f"{POSTAUSGANG}/availability"
    body = TERMS | {"regions": ["DE-SN", "DE-SH"]}
    opened = await catalog.call("POST", path, role="publisher", of=LEIPZIG, json=body)
    assert (opened.status_code, len(body_of(opened)["availability"])) == (201, 2)
    closed = await catalog.call("DELETE", f"{path}/DE-SH", role="publisher", of=LEIPZIG)
    assert [one["region"] for one in body_of(closed)["availability"]] == ["DE-SN"]
    again = await catalog.call("DELETE", f"{path}/DE-SH", role="publisher", of=LEIPZIG)
    assert (again.status_code, body_of(again)["type"]) == (404, "urn:ozg:problem:not-open-there")


async def test_a_solution_is_found_by_service_region_and_words(catalog: Catalog) -> None:
    await publish(catalog)
    await publish(catalog, "/solutions/anders", name="Anders", description=None)
    await open_(catalog)

    async def found(query: str) -> list[str]:
        answer = await catalog.call("GET", f"/solutions?{query}", role=None)
        assert answer.status_code == 200, answer.text
        return [item["solution"]["slug"] for item in body_of(answer)["items"]]

    assert await found("") == ["anders", "postausgang-sachsen"]
    assert await found(f"service={OUTBOX}&region=DE-SN") == ["postausgang-sachsen"]
    assert await found("region=DE") == ["postausgang-sachsen"]
    assert await found("region=DE-SH") == []
    assert await found("q=postfach+BRIEFE") == ["postausgang-sachsen"]
    assert await found("q=100%25") == []
    assert await found("service=99115005060000") == []
    first = body_of(await catalog.call("GET", "/solutions?limit=1", role=None))
    assert await found(f"limit=1&after={first['next']}") == ["postausgang-sachsen"]


async def test_a_withdrawn_solution_is_shown_and_no_longer_found(catalog: Catalog) -> None:
    await publish(catalog)
    await open_(catalog)
    gone = await catalog.call("DELETE", POSTAUSGANG, role="publisher", of=LEIPZIG)
    assert (gone.status_code, body_of(gone)["withdrawn"], body_of(gone)["availability"]) == (200, True, [])
    assert body_of(await catalog.call("GET", POSTAUSGANG, role=None))["withdrawn"] is True
    assert body_of(await catalog.call("GET", "/solutions", role=None))["items"] == []
    assert (await open_(catalog)).status_code == 410


@pytest.mark.parametrize(
    ("role", "of", "status"),
    [(None, None, 401), ("editor", LEIPZIG, 403), ("publisher", CHEMNITZ, 403), ("operator", None, 200)],
)
async def test_only_its_publisher_changes_it(catalog: Catalog, role: Any, of: str | None, status: int) -> None:
    await publish(catalog)
    answer = await catalog.call("PUT", POSTAUSGANG, role=role, of=of, json=FACTS | {"name": "Anders"})
    assert answer.status_code == status, answer.text


BAD: list[tuple[str, str, Any, int, str | None]] = [
    ("PUT", "/solutions/GROSS", FACTS, 400, "slug"),
    ("PUT", POSTAUSGANG, FACTS | {"services": ["basis:unsinn"]}, 422, "services"),
    ("PUT", POSTAUSGANG, FACTS | {"services": ["kein schlüssel"]}, 400, "services"),
    ("PUT", POSTAUSGANG, {"name": "x"}, 400, "kind"),
    ("PUT", POSTAUSGANG, FACTS | {"kind": "magic"}, 400, "kind"),
    ("PUT", f"{POSTAUSGANG}/availability/DE-XX", TERMS, 422, "region"),
    ("PUT", f"{POSTAUSGANG}/availability/Sachsen", TERMS, 400, "region"),
    ("PUT", f"{POSTAUSGANG}/availability/DE-SN", TERMS | {"until": "2026-10-01"}, 422, "until"),
    ("PUT", f"{POSTAUSGANG}/availability/DE-SN", {"terms": {"cost_once": {"from": -1}}}, 400, "terms.cost_once.from"),
    ("PUT", f"{POSTAUSGANG}/availability/DE-SN", {"members": ["ars:999999999999"]}, 422, "members"),
    ("PUT", "/solutions/unbekannt/availability/DE-SN", TERMS, 404, "slug"),
    ("POST", f"{POSTAUSGANG}/availability", TERMS, 400, "regions"),
]


@pytest.mark.parametrize(("method", "path", "body", "status", "field"), BAD)
async def test_bad_input_gets_a_problem(
    catalog: Catalog, method: str, path: str, body: Any, status: int, field: str | None
) -> None:
    await publish(catalog)
    answer = await catalog.call(method, path, role="publisher", of=LEIPZIG, json=body)
    assert answer.status_code == status, answer.text
    assert body_of(answer).get("field") == field


async def test_a_publisher_may_be_named_plainly(catalog: Catalog) -> None:
    answer = await publish(catalog, publisher="Stadt Leipzig")
    assert body_of(answer)["solution"]["publisher"] == {"id": LEIPZIG, "name": "Stadt Leipzig"}
    other = await publish(catalog, "/solutions/zwei", publisher={"id": "org:komm-one", "name": "Komm.ONE"})
    assert body_of(other)["solution"]["publisher"]["name"] == "Komm.ONE"


@pytest.mark.parametrize(
    "words", ["Ämter", "aemter", "amter", "ämter postausgang", "Postausgnag", "leipzig", "ozg-postfach"]
)
async def test_a_solution_is_found_however_its_words_are_typed(catalog: Catalog, words: str) -> None:
    await publish(catalog, name="Postausgang für Ämter")
    answer = await catalog.call("GET", "/solutions", role=None, params={"q": words})
    assert [item["solution"]["slug"] for item in body_of(answer)["items"]] == ["postausgang-sachsen"]
    other = await catalog.call("GET", "/solutions", role=None, params={"q": f"{words} wohngeld"})
    assert body_of(other)["items"] == []


async def test_a_solution_is_found_by_what_it_is_for(catalog: Catalog) -> None:
    await publish(catalog, services=[DRIVING_LICENCE], name="Online-Antrag")
    answer = await catalog.call("GET", "/solutions?q=fuehrerschein", role=None)
    assert len(body_of(answer)["items"]) == 1
