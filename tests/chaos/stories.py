"""What the writers write: every kind of write that the installation takes, each story on things of its own."""

import itertools
from collections.abc import Callable

from tests.chaos.load import Story, Write
from tests.chaos.world import REGION, World

OUTBOX = "basis:postausgang"
"""Nobody records it here, so every town of the region lacks it and is told of each solution that opens."""
SELF = {"basis": {"kind": "self"}, "effective_on": "2026-10-01"}
PLANNED = {"phase": "planned", **SELF}
LIVE = {"phase": "live", "maturity": {"model": "ozg-1.1", "level": 3}, **SELF}


async def stories(world: World, run: str) -> list[Callable[[], Story]]:
    """Each begins anew when called, with names of its run in it."""
    get = world.installation.get
    towns = [
        one["id"]
        for one in (await get("catalog", "/municipalities", region=REGION, level="commune", limit=100))["items"]
    ]
    found = await get("catalog", "/services", level="commune", limit=200)
    services = [one["key"] for one in found["items"] if one["countable"] and one["key"] != OUTBOX]
    by_sheet, assigned, one_by_one = services[:20], services[20:25], services[25:]
    half = len(towns) // 2
    number = int(run.rpartition("-")[2])
    return [
        lambda: _statuses(towns[:half], one_by_one[::2]),
        lambda: _statuses(towns[:half], one_by_one[1::2]),
        lambda: _sheets(towns[half:], by_sheet),
        lambda: _solutions(run),
        lambda: _responsibilities(towns, assigned[number % len(assigned)]),
        lambda: _register(number),
        lambda: _list(number),
        lambda: _subscribe(world.receivers[0].url),
    ]


def _statuses(towns: list[str], services: list[str]) -> Story:
    """Round after round over the same cells: planned, live, and now and then taken back."""
    for turn in itertools.count():
        for number, (service, town) in enumerate(itertools.product(services, towns)):
            path = f"/municipalities/{town}/services/{service}/status"
            body = (PLANNED, LIVE)[turn % 2]
            yield Write("status", "PUT", path, {**body, "note": f"{turn}"})
            if number % 5 == 0:
                yield Write("retraction", "DELETE", path)


def _sheets(towns: list[str], services: list[str]) -> Story:
    """Twenty rows at a time, then a word that some of them are still true."""
    for turn, town in ((turn, town) for turn in itertools.count() for town in towns):
        rows = [
            {"service": one, "phase": ("planned", "live", "pilot")[turn % 3], "effective_on": "2026-10-01"}
            for one in services
        ]
        yield Write("sheet", "POST", f"/municipalities/{town}/statuses", rows, events=len(rows))
        body = {"services": services[:5]}
        yield Write("confirmation", "POST", f"/municipalities/{town}/statuses/confirm", body, events=5)


def _solutions(run: str) -> Story:
    """A life after the other: published, open, on other terms, closed, withdrawn. Every town hears of each opening."""
    for turn in itertools.count():
        path = f"/solutions/{run}-{turn}"
        facts = {
            "name": f"Postausgang {turn}",
            "kind": "joint_operation",
            "services": [OUTBOX],
            "publisher": "org:demo",
        }
        yield Write("solution", "PUT", path, facts)
        where = f"{path}/availability/{REGION}"
        yield Write("opening", "PUT", where, {"from": "2026-10-01"})
        yield Write("terms", "PUT", where, {"from": "2026-10-01", "terms": {"notice_months": turn % 12 + 1}})
        yield Write("closing", "DELETE", where)
        yield Write("withdrawal", "DELETE", path)


def _responsibilities(towns: list[str], service: str) -> Story:
    for one, other in itertools.cycle(itertools.pairwise(towns)):
        path = f"/municipalities/{one}/responsibilities/{service}"
        yield Write("assignment", "PUT", path, {"serves": {"members": [other]}, "effective_on": "2026-10-01"})
        yield Write("ended assignment", "DELETE", f"{path}?effective_on=2026-10-01")


def _register(run: int) -> Story:
    for turn in range(900):
        id_ = f"probe:chaos-{run}-{turn}"
        yield Write("registration", "POST", "/municipalities", _town(id_, turn))
        yield Write(
            "renaming", "POST", f"/municipalities/{id_}/renamed", {"name": f"Neu {turn}", "effective_on": "2026-10-01"}
        )
        body = {"inhabitants": 1000 + turn, "inhabitants_on": "2026-09-30"}
        yield Write("count", "POST", f"/municipalities/{id_}/counted", body)


def _town(id_: str, turn: int) -> dict[str, object]:
    return {"id": id_, "name": f"Ort {turn}", "levels": ["commune"], "region": "DE-HB", "kind": "Probe"}


def _list(run: int) -> Story:
    for turn in itertools.count():
        path = f"/services/eigen:chaos-{run}-{turn % 5}"
        yield Write("service", "PUT", path, {"title": f"Probe {turn}", "countable": False})
        yield Write("withdrawn service", "DELETE", path)


def _subscribe(url: str) -> Story:
    """There is no key under which opening could be repeated safely: whoever is not answered opens another."""
    for theme in itertools.cycle(("bildung", "gesundheit")):
        body = {"channel": {"kind": "webhook", "url": url}, "filter": {"regions": ["DE-HB"], "themes": [theme]}}
        opened = yield Write("subscription", "POST", "/subscriptions", body, service="notifier", repeatable=False)
        if opened is not None:
            yield Write("closed subscription", "DELETE", f"/subscriptions/{opened['id']}", service="notifier")
