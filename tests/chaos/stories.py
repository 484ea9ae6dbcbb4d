"""What the writers write: every kind of write that the installation takes, each story on things of its own."""

import itertools
from collections.abc import Callable, Iterator
from typing import Any, Final

from tests.chaos.load import Story, Write
from tests.chaos.world import DELEGATE, OUTBOX, REGION, World

SINCE: Final = "2026-10-01"
SELF: Final = {"basis": {"kind": "self"}, "effective_on": SINCE}
PLANNED: Final = {"phase": "planned", **SELF}
LIVE: Final = {"phase": "live", "maturity": {"model": "ozg-1.1", "level": 3}, **SELF}
DEMONSTRATED: Final = {"phase": "live", "effective_on": SINCE, "basis": {"kind": "demonstration"}}
LARGE_NOTE: Final = "Stand der Umsetzung. " * 170
"""Twenty rows with it are a sheet that is taken to the process for large ones."""
BY_SHEET: Final = 20
NOWHERE: Final = "UA-32"
"""A region without municipalities, where something opens and nobody is to be told."""
THEMES: Final = ("bildung", "gesundheit")


async def stories(world: World, run: str) -> list[Callable[[], Story]]:
    """Each begins anew when called, with names of its run in it."""
    towns = await world.towns()
    found = await world.get("catalog", "/services", level="commune", limit=200)
    services = [one["key"] for one in found["items"] if one["countable"] and one["key"] != OUTBOX]
    by_sheet, assigned, one_by_one = services[:BY_SHEET], services[BY_SHEET], services[BY_SHEET + 1 :]
    half = len(towns) // 2
    delegating, demonstrating, *others = towns[half:]
    told = [one.subscription for one in world.subscribers.values()]
    return [
        lambda: _statuses(run, towns[:half], one_by_one[::2]),
        lambda: _statuses(run, towns[:half], one_by_one[1::2]),
        lambda: _sheets(others, by_sheet),
        lambda: _large_sheets(run, towns[:half], by_sheet),
        lambda: _solutions(run),
        lambda: _responsibilities(towns, assigned),
        lambda: _delegations(run, delegating, one_by_one[:5]),
        lambda: _demonstrations(run, demonstrating, one_by_one[:3]),
        lambda: _municipalities(run),
        lambda: _catalogue(run, services[0]),
        lambda: _subscriptions(world.receivers[0].url),
        lambda: _deliveries(told),
    ]


def _statuses(run: str, towns: list[str], services: list[str]) -> Story:
    """Round after round over the same cells: planned, live, and now and then taken back."""
    for turn in itertools.count():
        for number, (service, town) in enumerate(itertools.product(services, towns)):
            path = _cell(town, service)
            yield Write("status", "PUT", path, {**(PLANNED, LIVE)[turn % 2], "note": f"{run} {turn}"})
            if number % 5 == 0:
                yield Write("retraction", "DELETE", path)


def _sheets(towns: list[str], services: list[str]) -> Story:
    """Twenty rows at a time, then a word that some of them are still true."""
    for turn, town in _turns(towns):
        path = f"/municipalities/{town}/statuses"
        yield Write("sheet", "POST", path, _rows(services, turn), counted="recorded")
        yield Write("confirmation", "POST", f"{path}/confirm", {"services": services[:5]}, counted="confirmed")


def _large_sheets(run: str, towns: list[str], services: list[str]) -> Story:
    for turn, town in _turns(towns):
        rows = [{**row, "note": f"{run} {turn} {LARGE_NOTE}"} for row in _rows(services, turn)]
        yield Write("large sheet", "POST", f"/municipalities/{town}/statuses", rows, events=len(rows))


def _rows(services: list[str], turn: int) -> list[dict[str, str]]:
    phase = ("planned", "live", "pilot")[turn % 3]
    return [{"service": one, "phase": phase, "effective_on": SINCE} for one in services]


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
        if turn % 2:
            yield Write("opening", "PUT", where, {"from": SINCE})
        else:
            several = {"from": SINCE, "regions": [REGION, NOWHERE]}
            yield Write("opening in several", "POST", f"{path}/availability", several, events=2)
        yield Write("terms", "PUT", where, {"from": SINCE, "terms": {"notice_months": turn % 12 + 1}})
        yield Write("closing", "DELETE", where)
        yield Write("withdrawal", "DELETE", path)


def _responsibilities(towns: list[str], service: str) -> Story:
    for one, other in itertools.cycle(itertools.pairwise(towns)):
        path = f"/municipalities/{one}/responsibilities/{service}"
        yield Write("assignment", "PUT", path, {"serves": {"members": [other]}, "effective_on": SINCE})
        yield Write("ended assignment", "DELETE", f"{path}?effective_on={SINCE}")


def _delegations(run: str, town: str, services: list[str]) -> Story:
    """Granted, used, and ended, again and again."""
    for turn in itertools.count():
        path = f"/municipalities/{town}/delegations/{DELEGATE}"
        yield Write("delegation", "PUT", path, {"legal_basis": f"Vereinbarung {run} {turn}"})
        status = {**(PLANNED, LIVE)[turn % 2], "note": f"{run} {turn}"}
        for service in services:
            yield Write("status by delegate", "PUT", _cell(town, service), status, by=DELEGATE)
        yield Write("ended delegation", "DELETE", path)


def _demonstrations(run: str, town: str, services: list[str]) -> Story:
    """Recorded one by one, taken back at once."""
    while True:
        for service in services:
            yield Write("demonstration", "PUT", _cell(town, service), {**DEMONSTRATED, "note": run})
        path = f"/municipalities/{town}/statuses?basis=demonstration"
        yield Write("clearing", "DELETE", path, counted="retracted")


def _municipalities(run: str) -> Story:
    """One is registered, gets another name, key, parent and count, and is dissolved after it took in another one."""
    above = f"probe:{run}-verband"
    yield Write("registration", "POST", "/municipalities", _town(above, "Verband", "association"))
    for turn in itertools.count():
        one, other, new = (f"probe:{run}-{turn}-{name}" for name in ("a", "b", "neu"))
        for number, id_ in enumerate((one, other)):
            yield Write("registration", "POST", "/municipalities", _town(id_, f"Ort {turn}.{number}"))
        yield _change("renaming", one, "renamed", {"name": f"Neu {turn}"})
        yield _change("rekeying", one, "rekeyed", {"key": new})
        yield _change("moving", new, "moved", {"parents": [above]})
        count = {"inhabitants": 1000 + turn, "inhabitants_on": SINCE}
        yield Write("count", "POST", f"/municipalities/{new}/counted", count)
        yield _change("merging", other, "merged", {"successor": new})
        yield _change("dissolving", one, "dissolved", {})


def _town(id_: str, name: str, level: str = "commune") -> dict[str, Any]:
    return {"id": id_, "name": name, "levels": [level], "region": "DE-HB", "kind": "Probe"}


def _change(kind: str, municipality: str, what: str, facts: dict[str, Any]) -> Write:
    return Write(kind, "POST", f"/municipalities/{municipality}/{what}", {**facts, "effective_on": SINCE})


def _catalogue(run: str, service: str) -> Story:
    """A few services come and go, a few bundles are called otherwise."""
    for turn in itertools.count():
        path = f"/services/eigen:{run}-{turn % 5}"
        yield Write("service", "PUT", path, {"title": f"Probe {turn}", "countable": False})
        yield Write("withdrawn service", "DELETE", path)
        yield Write("bundle", "PUT", f"/bundles/9900{turn % 5}", {"title": f"Bündel {turn}", "services": [service]})


def _subscriptions(url: str) -> Story:
    """There is no key under which opening could be repeated safely: whoever is not answered opens another."""
    for theme in itertools.cycle(THEMES):
        wanted = {"filter": {"regions": ["DE-HB"], "themes": [theme]}}
        yield _notifier("preview", "POST", "/subscriptions/preview", wanted)
        body = {"channel": {"kind": "webhook", "url": url}, **wanted}
        opened = yield _notifier("subscription", "POST", "/subscriptions", body, events=1, repeatable=False)
        if opened is None:
            continue
        path = f"/subscriptions/{opened['id']}"
        for _ in range(3):
            yield _notifier("secret", "POST", f"{path}/secret")
            yield _notifier("test event", "POST", f"{path}/test")
            yield _notifier("reactivation", "POST", f"{path}/reactivate")
        yield _notifier("closed subscription", "DELETE", path, events=1)


def _deliveries(subscriptions: list[str]) -> Story:
    """The newest of somebody's is sent once more, and whatever was given up."""
    for id_ in itertools.cycle(subscriptions):
        path = f"/subscriptions/{id_}"
        found = yield _notifier("deliveries", "GET", f"{path}/deliveries?limit=1")
        for delivery in found["items"] if found else ():
            yield _notifier("redelivery", "POST", f"/deliveries/{delivery['id']}/redeliver")
        yield _notifier("redelivery of what was given up", "POST", f"{path}/redeliver")


def _notifier(
    kind: str, method: str, path: str, body: Any = None, *, events: int = 0, repeatable: bool = True
) -> Write:
    return Write(kind, method, path, body, events, "notifier", repeatable)


def _cell(town: str, service: str) -> str:
    return f"/municipalities/{town}/services/{service}/status"


def _turns(towns: list[str]) -> Iterator[tuple[int, str]]:
    return ((turn, town) for turn in itertools.count() for town in towns)
