"""The whole table of bad input against a running installation: nothing breaks, nothing is kept, and it goes on as before."""

import asyncio
from typing import Final

import httpx

from tests.hardening.bad.case import STATUS, Bad, judge
from tests.hardening.bad.cases import CASES
from tests.journeys.installation import SERVICES, Installation

LEIPZIG: Final = "147130000000"
KNOWN: Final = {"municipality": LEIPZIG, "service": "99115005104000"}
STATUS_OF_LEIPZIG: Final = STATUS.format(**KNOWN)
UNHEARD: Final = {"BREW"}
"""Methods that the server itself does not know: it answers before any of our code could."""
MOST_MEMORY: Final = 700 * 2**20
RAW: Final = [
    b"BREW / HTTP/1.1\r\nHost: x\r\n\r\n",
    b"GET / HTTP/9.9\r\nHost: x\r\n\r\n",
    b"GET " + b"/a" * 60_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: x\r\n" + b"X-Long: " + b"a" * 100_000 + b"\r\n\r\n",
    b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
    b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    b"\x00" * 1000,
]
"""What is no HTTP at all, or not quite."""


async def test_bad_input_breaks_nothing_and_is_answered_in_words(installation: Installation) -> None:
    operator = await installation.token("operator")
    await _something_to_talk_about(installation, operator)
    before = await _kept(installation)
    async with httpx.AsyncClient(timeout=60) as client:
        wrong = [said for bad in CASES if (said := await _tried(installation, client, bad, operator))]
    assert not wrong, "\n".join(wrong)
    for service in SERVICES:
        for garbage in RAW:
            await _thrown_at(installation, service, garbage)
    assert await _kept(installation) == before
    for service in SERVICES:
        process = installation.services[service]
        assert not process.is_dead
        assert process.peak_memory < MOST_MEMORY, service
        assert "unexpected_exception" not in process.last_words
    recorded = await _record(installation, operator, "live")
    shown = await installation.get("progress", f"/municipalities/{LEIPZIG}", at_least=recorded["position"])
    assert shown["position"] >= recorded["position"]


async def _something_to_talk_about(installation: Installation, operator: dict[str, str]) -> None:
    await _record(installation, operator, "planned")
    solution = {"name": "Postausgang", "kind": "saas", "services": ["basis:postausgang"], "publisher": f"ars:{LEIPZIG}"}
    for path, body in (
        ("/solutions/postausgang-sachsen", solution),
        ("/solutions/postausgang-sachsen/availability/DE-SN", {}),
    ):
        status, told = await installation.call("PUT", "catalog", path, headers=operator, json=body)
        assert status == 201, told


async def _record(installation: Installation, operator: dict[str, str], phase: str) -> dict[str, int]:
    body = {"phase": phase, "effective_on": "2024-10-01"}
    status, kept = await installation.call("PUT", "catalog", STATUS_OF_LEIPZIG, headers=operator, json=body)
    assert status in {200, 201}, kept
    answer: dict[str, int] = kept
    return answer


async def _tried(
    installation: Installation, client: httpx.AsyncClient, bad: Bad, operator: dict[str, str]
) -> str | None:
    """What was wrong with the answer, if anything."""
    if bad.method in UNHEARD:
        return None
    url = installation.services[bad.service].url
    token = operator if bad.role else {}
    answer = await client.request(
        bad.method,
        url + bad.path_with(KNOWN),
        content=bad.content_with(KNOWN),
        headers={**token, **bad.headers},
    )
    try:
        judge(bad, answer)
    except (AssertionError, KeyError) as error:
        return f"{bad.name}: {error}"
    return None


async def _thrown_at(installation: Installation, service: str, garbage: bytes) -> None:
    """A refusal, or a closed connection; and never a fault."""
    address = httpx.URL(installation.services[service].url)
    reader, writer = await asyncio.open_connection(address.host, address.port)
    writer.write(garbage)
    try:
        await writer.drain()
        answer = await asyncio.wait_for(reader.read(200), 5)
    except (ConnectionError, TimeoutError):
        answer = b""
    finally:
        writer.close()
    assert b" 5" not in answer.split(b"\r\n")[0], (service, garbage[:60], answer)


async def _kept(installation: Installation) -> dict[str, int]:
    """What was said, and who subscribed; alerts of what was said before may still be coming."""
    ask = installation.postgres.sql
    return {
        "said": int(ask("SELECT max(position) FROM heads", "catalog")),
        "subscribed": int(ask("SELECT count(*) FROM subscriptions", "notifier")),
    }
