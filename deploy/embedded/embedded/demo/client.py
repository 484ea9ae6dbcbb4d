"""Says the demonstration through REST, and takes it back."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from datetime import date, timedelta
from typing import Any, TypeVar

import aiohttp
from tqdm import tqdm

from embedded.demo.offers import OFFERS
from embedded.demo.plan import Asked, Offer, Town, rows

REGION = "DE-SN"
AT_ONCE = 4
_LIMIT = aiohttp.ClientTimeout(total=120)
_Item = TypeVar("_Item")


class DemoFailed(Exception):
    """The installation did not do what was asked; says which call and what it answered."""


class Installation:
    """One installation's REST API with an operator's token."""

    def __init__(self, session: aiohttp.ClientSession, url: str, token: str) -> None:
        self._session = session
        self._catalog = f"{url}/api/catalog/v1"
        self._headers = {"Authorization": f"Bearer {token}"}

    async def call(self, method: str, path: str, **options: Any) -> Any:
        """The answer's JSON. Raises DemoFailed with the problem's own words."""
        try:
            async with self._session.request(
                method, f"{self._catalog}{path}", headers=self._headers, timeout=_LIMIT, **options
            ) as response:
                answer = await response.json(content_type=None) if response.content_length != 0 else None
        except (aiohttp.ClientError, TimeoutError) as error:
            raise DemoFailed(f"{method} {path}: {error!r}. Is the installation running (make run)?") from error
        if response.status >= 400:
            raise DemoFailed(f"{method} {path}: {response.status} {answer}")
        return answer

    async def items(self, path: str, **query: str) -> AsyncIterator[dict[str, Any]]:
        """All items of a paged list."""
        after: dict[str, str] = {}
        while True:
            page = await self.call("GET", path, params={**query, **after, "limit": "1000"})
            for item in page["items"]:
                yield item
            if not page["next"]:
                return
            after = {"after": page["next"]}


async def fill(installation: Installation, today: date) -> None:
    """Solutions first, then the towns' sheets, oldest statuses first."""
    for offer in tqdm(OFFERS, desc="Lösungen / solutions", unit=""):
        await _publish(installation, offer, today)
    towns = await _towns(installation)
    services = [Asked(item["key"], item["level"], item["kind"]) async for item in installation.items("/services")]

    async def record(town: Town) -> None:
        said = [row | {"basis": {"kind": "demonstration"}} for row in rows(town, services, OFFERS, today)]
        if said:
            await installation.call("POST", f"/municipalities/{town.id}/statuses", params={"mode": "all"}, json=said)

    await _each(towns, record, "Kommunen / towns")


async def clear(installation: Installation) -> None:
    """Retract every status whose basis is a demonstration, and withdraw the solutions."""

    async def retract(town: Town) -> None:
        await installation.call("DELETE", f"/municipalities/{town.id}/statuses", params={"basis": "demonstration"})

    await _each(await _towns(installation), retract, "Kommunen / towns")
    known = {item["solution"]["slug"] async for item in installation.items("/solutions")}
    for offer in tqdm(OFFERS, desc="Lösungen / solutions", unit=""):
        if offer.slug in known:
            await installation.call("DELETE", f"/solutions/{offer.slug}")


async def _publish(installation: Installation, offer: Offer, today: date) -> None:
    await installation.call("PUT", f"/solutions/{offer.slug}", json=offer.body)
    opened = (today - timedelta(offer.days_ago)).isoformat()
    for region in offer.regions:
        terms = {"from": opened, "until": None, "members": None, "terms": offer.terms}
        await installation.call("PUT", f"/solutions/{offer.slug}/availability/{region}", json=terms)


async def _towns(installation: Installation) -> list[Town]:
    return [
        Town(item["id"], item["levels"], item["inhabitants"] or 0)
        async for item in installation.items("/municipalities", region=REGION)
        if {"commune", "district"} & set(item["levels"])
    ]


async def _each(items: Sequence[_Item], act: Callable[[_Item], Awaitable[None]], what: str) -> None:
    """A few at a time, with a bar; the first failure ends it."""
    with tqdm(total=len(items), desc=what, unit="") as bar:
        waiting = iter(items)

        async def work(mine: Iterable[_Item]) -> None:
            for item in mine:
                await act(item)
                bar.update()

        async with asyncio.TaskGroup() as group:
            for _ in range(AT_ONCE):
                group.create_task(work(waiting))


async def run(url: str, token: str, *, retract: bool, today: date) -> None:
    """Everything, in one session."""
    async with aiohttp.ClientSession() as session:
        installation = Installation(session, url, token)
        await (clear(installation) if retract else fill(installation, today))
