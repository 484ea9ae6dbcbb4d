"""Services, bundles, municipalities, regions and models over HTTP."""

from collections.abc import AsyncIterator

import pytest

from catalog.domain.municipality_changes import MergeMunicipality, RekeyMunicipality
from tests.harness.catalog import NOW, Catalog, body_of, running_catalog
from tests.harness.postgres import Databases
from tests.situations.germany import a_first_start
from tests.situations.saxony import CHEMNITZ, LEIPZIG


@pytest.fixture
async def catalog(make_database: Databases) -> AsyncIterator[Catalog]:
    """As it is after a first start."""
    async with running_catalog(await make_database.prepared("germany", a_first_start)) as running:
        yield running


async def found(catalog: Catalog, path: str) -> list[dict[str, object]]:
    answer = await catalog.call("GET", path, role=None)
    assert answer.status_code == 200, answer.text
    items: list[dict[str, object]] = body_of(answer)["items"]
    return items


async def test_services_are_found_and_paged_by_link(catalog: Catalog) -> None:
    first = await catalog.call("GET", "/services?q=fuehrerschein&limit=2", role=None)
    assert body_of(first)["items"][0]["title"] == "Internationalen Führerschein beantragen"
    assert 'rel="next"' in first.headers["link"]
    after = body_of(first)["next"]
    second = await found(catalog, f"/services?q=fuehrerschein&limit=2&after={after}")
    assert second[0]["key"] not in {item["key"] for item in body_of(first)["items"]}
    assert len(await found(catalog, "/services?limit=1000")) == 217
    assert {item["bundle"] for item in await found(catalog, "/services?ozg_id=10119")} == {"10119"}


async def test_one_service_is_shown_by_bare_or_full_key(catalog: Catalog) -> None:
    for key in ("99115005104000", "leika:99115005104000"):
        answer = await catalog.call("GET", f"/services/{key}", role=None)
        assert body_of(answer)["title"] == "Wohnsitz anmelden"
        assert answer.headers["etag"] == '"v1"'
    cached = await catalog.call("GET", f"/services/{key}", role=None, headers={"if-none-match": '"v1"'})
    assert cached.status_code == 304
    assert (await catalog.call("GET", "/services/99999999999999", role=None)).status_code == 404
    assert (await catalog.call("GET", "/services/nonsense", role=None)).status_code == 400


async def test_a_municipality_is_shown_by_every_key_and_names_its_successor(catalog: Catalog) -> None:
    await catalog.hears(
        RekeyMunicipality(id=CHEMNITZ, key="ars:145119999999", effective_on=NOW.date()),
        MergeMunicipality(id=CHEMNITZ, successor=LEIPZIG, effective_on=NOW.date()),
    )
    for key in ("145110000000", "145119999999", "ars:145110000000"):
        shown = body_of(await catalog.call("GET", f"/municipalities/{key}", role=None))
        assert (shown["id"], shown["name"]) == (CHEMNITZ, "Chemnitz")
        assert shown["successor"]["name"] == "Leipzig"
    assert "Chemnitz" not in {item["name"] for item in await found(catalog, "/municipalities?q=chemnitz")}
    assert (await catalog.call("GET", "/municipalities/999999999999", role=None)).status_code == 404


async def test_municipalities_are_found_and_narrowed(catalog: Catalog) -> None:
    assert (await found(catalog, "/municipalities?q=muenchen&level=commune"))[0]["name"] == "München"
    assert len(await found(catalog, "/municipalities?region=DE-SN&level=district")) == 13
    assert (await catalog.call("GET", "/municipalities?region=Sachsen", role=None)).status_code == 400
    assert (await catalog.call("GET", "/municipalities?level=town", role=None)).status_code == 400


async def test_bundles_regions_and_models_are_listed(catalog: Catalog) -> None:
    assert len(await found(catalog, "/bundles?limit=100")) == 78
    bundle = body_of(await catalog.call("GET", "/bundles/10119", role=None))
    assert len(bundle["services"]) == 4
    assert (await catalog.call("GET", "/bundles/1", role=None)).status_code == 404
    assert len(await found(catalog, "/regions?country=DE")) == 17
    models = {item["id"]: item for item in await found(catalog, "/maturity-models")}
    assert models["ozg-1.1"]["compliant_from"] == 3


async def test_a_cursor_that_is_none_of_ours_is_a_problem(catalog: Catalog) -> None:
    for after in ("x", "bnVsbA", "WzFlMzAsIngiLCJ5Il0", "WzEsIlx1MDAwMCIsInkiXQ"):
        for path in ("services", "municipalities", "bundles", "regions"):
            answer = await catalog.call("GET", f"/{path}?after={after}", role=None)
            assert answer.status_code == 400, (path, answer.text)
