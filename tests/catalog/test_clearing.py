"""Taking back everything that was recorded on one basis."""

from typing import Any

import pytest

from events.contracts.catalog import StatusRetracted
from events.contracts.registry import decode
from tests.harness.catalog import Catalog, body_of
from tests.situations.saxony import LEIPZIG

CELL = "/municipalities/147130000000/services/99115005060000/status"
SHEET = "/municipalities/147130000000/statuses"
KNOWN = {"phase": "planned", "effective_on": "2026-05-01"}
INVENTED = {"phase": "live", "effective_on": "2026-02-01", "basis": {"kind": "demonstration"}}


async def record(catalog: Catalog, body: dict[str, Any], role: str = "operator") -> None:
    answer = await catalog.call("PUT", CELL, json=body, role=role, of=LEIPZIG)
    assert answer.status_code in {200, 201}, answer.text


async def clear(catalog: Catalog, basis: str = "demonstration", **options: Any) -> Any:
    return await catalog.call("DELETE", f"{SHEET}?basis={basis}", **({"role": "editor", "of": LEIPZIG} | options))


async def test_what_was_recorded_otherwise_stays(catalog: Catalog) -> None:
    await record(catalog, INVENTED)
    await record(catalog, {**INVENTED, "phase": "ended", "effective_on": "2026-03-01"})
    await record(catalog, KNOWN)
    cleared = await clear(catalog)
    assert (cleared.status_code, body_of(cleared)["retracted"]) == (200, 2)
    shown = body_of(await catalog.call("GET", CELL, role=None))
    assert (shown["state"]["phase"], shown["until"]) == ("planned", None)
    said = [decode(event) for event in (await catalog.log())[-2:]]
    assert all(isinstance(one, StatusRetracted) for one in said)


async def test_nothing_to_clear_is_no_event(catalog: Catalog) -> None:
    await record(catalog, KNOWN)
    before = len(await catalog.log())
    assert body_of(await clear(catalog))["retracted"] == 0
    assert len(await catalog.log()) == before


@pytest.mark.parametrize("asked", ["", "?basis=nonsense"])
async def test_the_basis_must_be_named(catalog: Catalog, asked: str) -> None:
    answer = await catalog.call("DELETE", f"{SHEET}{asked}", role="editor", of=LEIPZIG)
    assert answer.status_code == 400
    assert "basis" in answer.text


async def test_only_the_municipality_itself_or_an_operator_may(catalog: Catalog) -> None:
    assert (await clear(catalog, of="ars:145110000000")).status_code == 403
    assert (await clear(catalog, role=None)).status_code == 401
