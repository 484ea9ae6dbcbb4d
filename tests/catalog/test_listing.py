"""The catalogue is kept by operators, over HTTP."""

from typing import Any

import pytest

from tests.harness.catalog import Catalog, body_of
from tests.situations.saxony import DOG_TAX, LEIPZIG

CAT_TAX = "/services/99102002000001"
FACTS = {"title": "Katzensteuer anmelden", "theme": "steuern_zoll", "level": "commune"}
PLANNED = {"phase": "planned", "effective_on": "2026-11-01"}


async def test_a_service_is_listed_revised_and_found(catalog: Catalog) -> None:
    first = await catalog.call("PUT", CAT_TAX, json=FACTS)
    assert (first.status_code, first.headers["etag"]) == (201, '"v1"'), first.text
    assert body_of(await catalog.call("PUT", CAT_TAX, json=FACTS))["outcome"] == "unchanged"
    revised = await catalog.call("PUT", CAT_TAX, json=FACTS | {"countable": False}, headers={"If-Match": '"v1"'})
    assert (revised.status_code, revised.headers["etag"]) == (200, '"v2"')
    found = body_of(await catalog.call("GET", "/services?q=katzensteuer", role=None))["items"]
    assert [(one["key"], one["countable"]) for one in found] == [("leika:99102002000001", False)]


async def test_a_withdrawn_service_names_its_successor_and_may_come_back(catalog: Catalog) -> None:
    await catalog.call("PUT", CAT_TAX, json=FACTS)
    withdrawn = await catalog.call("DELETE", f"{CAT_TAX}?successor={DOG_TAX}")
    assert (withdrawn.status_code, body_of(withdrawn)["outcome"]) == (200, "removed"), withdrawn.text
    path = "/municipalities/147130000000/services/99102002000001/status"
    refused = await catalog.call("PUT", path, role="editor", of=LEIPZIG, json=PLANNED)
    assert refused.status_code == 410
    assert "Its successor is Hundesteuer anmelden (leika:99102002000000)." in body_of(refused)["detail"]
    assert (await catalog.call("PUT", CAT_TAX, json=FACTS)).status_code == 201
    assert (await catalog.call("PUT", path, role="editor", of=LEIPZIG, json=PLANNED)).status_code == 201


async def test_a_bundle_holds_services_that_there_are(catalog: Catalog) -> None:
    body = {"title": "Tiersteuern", "theme": "steuern_zoll", "services": [DOG_TAX]}
    assert (await catalog.call("PUT", "/bundles/10999", json=body)).status_code == 201
    assert body_of(await catalog.call("PUT", "/bundles/10999", json=body))["outcome"] == "unchanged"
    assert (await catalog.call("PUT", CAT_TAX, json=FACTS | {"bundle": "10999"})).status_code == 201
    more = await catalog.call("PUT", "/bundles/10999", json=body | {"services": [DOG_TAX, "99102002000009"]})
    assert (more.status_code, body_of(more)["field"]) == (422, "services")


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "field"),
    [
        ("PUT", CAT_TAX, FACTS | {"title": " "}, 422, "title"),
        ("PUT", CAT_TAX, FACTS | {"theme": "katzen"}, 400, "theme"),
        ("PUT", CAT_TAX, FACTS | {"bundle": "99999"}, 422, "bundle"),
        ("PUT", CAT_TAX, FACTS | {"bundle": "1"}, 400, "bundle"),
        ("PUT", CAT_TAX, FACTS | {"effective_on": "2027-01-01"}, 422, "effective_on"),
        ("PUT", CAT_TAX, FACTS | {"key": "x"}, 400, "key"),
        ("PUT", "/services/katze", FACTS, 400, "service"),
        ("DELETE", CAT_TAX, None, 404, "service"),
        ("DELETE", "/services/99102002000000?successor=99102002000000", None, 422, "successor"),
        ("DELETE", "/services/99102002000000?successor=99102002000009", None, 422, "successor"),
        ("DELETE", "/services/99102002000000?effective_on=2027-01-01", None, 422, "effective_on"),
        ("PUT", "/bundles/katze", {"title": "Katzen"}, 400, "bundle"),
    ],
)
async def test_what_makes_no_sense_is_refused(
    catalog: Catalog, method: str, path: str, body: Any, status: int, field: str
) -> None:
    answer = await catalog.call(method, path, json=body)
    assert (answer.status_code, body_of(answer).get("field")) == (status, field), answer.text
