"""A large sheet is kept in a process of its own, and nobody can tell by what becomes of it."""

import asyncio
import os
import signal
from typing import Any

import pytest
from httpx import Response

from catalog.apart.sheets import LARGE
from events.contracts.catalog import StatusRecorded
from events.contracts.registry import decode
from tests.catalog.apart.large import (
    BAD,
    CSV,
    GOOD,
    SHEET,
    head_held,
    is_gone,
    large,
    processes_for_sheets,
    somebody_waits,
)
from tests.harness.catalog import Catalog, body_of, running_catalog
from tests.situations.saxony import CHEMNITZ, LEIPZIG

TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


async def upload(catalog: Catalog, body: bytes, query: str = "", **headers: str) -> Response:
    headers = {**CSV, **headers}
    return await catalog.call("POST", f"{SHEET}{query}", role="editor", of=LEIPZIG, headers=headers, content=body)


async def single(catalog: Catalog, phase: str = "planned") -> Response:
    """A call of somebody else."""
    path = "/municipalities/145110000000/services/99115005060000/status"
    body = {"phase": phase, "effective_on": "2026-10-01"}
    return await catalog.call("PUT", path, role="editor", of=CHEMNITZ, json=body)


async def test_it_is_kept_with_all_that_was_said(catalog: Catalog) -> None:
    before = len(await catalog.log())
    answer = await upload(catalog, large(*GOOD), **{"x-correlation-id": "sheet-7", "traceparent": TRACE})
    assert answer.status_code == 200, answer.text
    told = body_of(answer)
    assert (told["recorded"], told["unchanged"], told["refused"], told["position"]) == (3, 0, 0, before + 3)
    assert len(processes_for_sheets()) == 1
    events = (await catalog.log())[before:]
    assert [event.position for event in events] == [before + 1, before + 2, before + 3]
    assert {(event.correlationid, event.traceparent) for event in events} == {("sheet-7", TRACE)}
    assert {event.actor.rpartition("/")[0] for event in events} == {f"{LEIPZIG}/editor"}
    first = next(data for data in map(decode, events) if isinstance(data, StatusRecorded) and data.state.online_url)
    assert first.state.online_url == "https://leipzig.de/umzug"
    shown = await catalog.call("GET", f"{SHEET}?format=csv", role="editor", of=LEIPZIG)
    assert "Bürgerbüro" in shown.text
    again = body_of(await upload(catalog, large(*GOOD)))
    assert (again["recorded"], again["unchanged"], again["position"]) == (0, 3, before + 3)
    assert len(processes_for_sheets()) == 1, "one for all of them"


async def test_small_ones_need_no_process(catalog: Catalog) -> None:
    assert (await upload(catalog, large(GOOD[0])[: LARGE // 2])).status_code == 200
    assert processes_for_sheets() == []


async def test_refusals_name_their_rows(catalog: Catalog) -> None:
    small, body = await upload(catalog, small_of(large(*GOOD[1:], *BAD))), large(*GOOD[1:], *BAD)
    answer = await upload(catalog, body)
    assert answer.status_code == small.status_code == 422
    assert told_of(answer) == told_of(small)
    assert [(one["row"], one["field"]) for one in body_of(answer)["errors"]] == [(3, "service"), (4, "phase")]
    valid = body_of(await upload(catalog, body, "?mode=valid"))
    assert (valid["recorded"], valid["refused"]) == (2, 2)
    assert [one["row"] for one in valid["errors"]] == [3, 4]


@pytest.mark.parametrize("body", [b"%PDF" + b"x" * LARGE, b"a,b\n" * LARGE, b"service,phase\n" + b"1,live\n" * 20_001])
async def test_what_is_no_sheet_is_said_so(catalog: Catalog, body: bytes) -> None:
    answer = await upload(catalog, body)
    assert answer.status_code == 422, answer.text
    assert body_of(answer)["type"].rpartition(":")[2] in {"unreadable-file", "too-many-rows"}


async def test_a_dry_run_keeps_nothing(catalog: Catalog) -> None:
    before = len(await catalog.log())
    told = body_of(await upload(catalog, large(*GOOD, *BAD), "?dry_run=true"))
    assert (told["recorded"], told["refused"], told["dry_run"]) == (3, 2, True)
    assert len(await catalog.log()) == before


async def test_a_repeat_gets_the_first_answer(catalog: Catalog) -> None:
    key = {"idempotency-key": "once", **catalog.tokens.bearer("editor", LEIPZIG)}
    first = await upload(catalog, large(*GOOD), **key)
    await single(catalog)
    assert (await upload(catalog, large(*GOOD), **key)).content == first.content
    other = await upload(catalog, large(*GOOD[1:]), **key)
    assert (other.status_code, body_of(other)["type"].rpartition(":")[2]) == (422, "idempotency-key-reused")


async def test_what_others_append_meanwhile_follows_gaplessly(catalog: Catalog) -> None:
    sheet = asyncio.create_task(upload(catalog, large(*GOOD)))
    phases = ["planned", "in_preparation", "in_implementation", "pilot", "live"] * 4
    answers = [await single(catalog, phase) for phase in phases]
    assert {answer.status_code for answer in answers} <= {200, 201}
    assert (await sheet).status_code == 200
    log = await catalog.log()
    assert [event.position for event in log] == list(range(1, len(log) + 1))


async def test_a_killed_process_is_503_and_leaves_nothing_half_done(catalog: Catalog, catalog_database: str) -> None:
    key = {"idempotency-key": "killed", **catalog.tokens.bearer("editor", LEIPZIG)}
    before = len(await catalog.log())
    async with head_held(catalog_database) as holding:
        sheet = asyncio.create_task(upload(catalog, large(*GOOD), **key))
        await somebody_waits(holding)
        (pid,) = processes_for_sheets()
        os.kill(pid, signal.SIGKILL)
        answer = await sheet
    assert (answer.status_code, body_of(answer)["type"].rpartition(":")[2]) == (503, "storage-unavailable")
    assert len(await catalog.log()) == before
    assert (await single(catalog)).status_code == 201
    again = body_of(await upload(catalog, large(*GOOD), **key))
    assert (again["recorded"], again["position"]) == (3, before + 4)
    assert processes_for_sheets() not in ([], [pid])


async def test_a_halted_process_halts_nobody_else(catalog: Catalog) -> None:
    assert (await upload(catalog, large(GOOD[0]))).status_code == 200
    (pid,) = processes_for_sheets()
    os.kill(pid, signal.SIGSTOP)
    sheet = asyncio.create_task(upload(catalog, large(*GOOD)))
    assert [(await single(catalog, phase)).status_code for phase in ("planned", "live")] == [201, 200]
    assert not sheet.done()
    os.kill(pid, signal.SIGCONT)
    assert (await sheet).status_code == 200


async def test_a_stop_tells_those_who_wait_and_ends_the_process(catalog_database: str) -> None:
    async with head_held(catalog_database) as holding:
        async with running_catalog(catalog_database) as catalog:
            sheet = asyncio.create_task(upload(catalog, large(*GOOD)))
            await somebody_waits(holding)
            (pid,) = processes_for_sheets()
            await asyncio.sleep(0)
        assert (await sheet).status_code == 503
        await is_gone(pid)
    async with running_catalog(catalog_database) as catalog:
        assert body_of(await upload(catalog, large(*GOOD)))["recorded"] == 3


async def test_whoever_gives_up_is_forgotten(catalog: Catalog, catalog_database: str) -> None:
    before = len(await catalog.log())
    async with head_held(catalog_database) as holding:
        sheet = asyncio.create_task(upload(catalog, large(*GOOD)))
        await somebody_waits(holding)
        sheet.cancel()
        await asyncio.wait({sheet})
    assert body_of(await upload(catalog, large(*GOOD[1:])))["recorded"] == 2
    assert len(await catalog.log()) == before + 2, "nothing of what was given up"


def small_of(body: bytes) -> bytes:
    """The same without its filler."""
    return body.replace(b"xx", b"")


def told_of(answer: Response) -> dict[str, Any]:
    """Without what is another every time."""
    told: dict[str, Any] = body_of(answer)
    del told["instance"]
    return told
