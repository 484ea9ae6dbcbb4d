"""What the writers were promised: each acknowledged write is in the log once, and sent again it is answered as before."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from tests.chaos.envelope import Envelope
from tests.chaos.load import Acknowledged, Load
from tests.chaos.report import Line, some
from tests.chaos.world import DELEGATE, World

CAUSED: Final = ("ozg.notifier.alert-",)
"""Alerts that a write caused bear its correlation id too, and are looked at elsewhere."""
AGAIN_OF_EACH_KIND: Final = 3


def kept(acknowledged: Mapping[str, Acknowledged], log: Sequence[Envelope]) -> Iterator[Line]:
    """A line for each kind of write that leaves something in a log."""
    found = Counter(event.correlationid for event in log if not event.type.startswith(CAUSED))
    of_kind: defaultdict[str, list[tuple[str, int]]] = defaultdict(list)
    for id_, one in acknowledged.items():
        of_kind[one.write.kind].append((id_, one.events))
    for kind, dues in sorted(of_kind.items()):
        if not any(due or found[id_] for id_, due in dues):
            continue
        missing = sum(max(0, due - found[id_]) for id_, due in dues)
        doubled = sum(max(0, found[id_] - due) for id_, due in dues)
        total, there = sum(due for _, due in dues), sum(found[id_] for id_, _ in dues)
        wrong = some(id_ for id_, due in dues if found[id_] != due)
        yield Line(f"acknowledged: {kind}", total, there, missing, doubled, wrong)


def by_delegates(acknowledged: Mapping[str, Acknowledged], log: Sequence[Envelope]) -> Line:
    """What somebody recorded in another's stead says so."""
    due = {id_ for id_, (write, _) in acknowledged.items() if write.by == DELEGATE}
    said = (event for event in log if event.type.startswith("ozg.catalog.status-") and "delegate" in event.data)
    there = acknowledged.keys() & {event.correlationid for event in said if event.data["delegate"]["id"] == DELEGATE}
    return Line("told to be a delegate's", len(due), len(there), len(due - there), len(there - due), some(due ^ there))


def unexpected(load: Load) -> Line:
    """Refusals of what was right, and faults of the installation."""
    return Line(
        "answers nobody should get", 0, len(load.refused), 0, len(load.refused), "\n    ".join(load.refused[:5])
    )


async def repeats(world: World) -> Line:
    """A few of each kind are sent again under their keys: the same answer, and nothing is written."""
    load, before = world.load, await world.head("catalog")
    ids = _to_repeat(load)
    wrong = [id_ for id_ in ids if await load.again(id_) != load.acknowledged[id_].answer]
    more = await world.head("catalog") - before
    return Line("sent again: the same answer", len(ids), len(ids) - len(wrong), len(wrong), more, some(wrong))


def _to_repeat(load: Load) -> list[str]:
    """Not what was done under a delegation that has ended: whoever may not do it any more is told that first."""
    of_kind: defaultdict[str, list[str]] = defaultdict(list)
    for id_, (write, _) in load.acknowledged.items():
        if write.service == "catalog" and write.by != DELEGATE:
            of_kind[write.kind].append(id_)
    return [id_ for ids in of_kind.values() for id_ in ids[-AGAIN_OF_EACH_KIND:]]


async def secrets(world: World, acknowledged: Mapping[str, Acknowledged]) -> Line:
    """Whoever was told a new secret has the one that signs; of a closed subscription none is left."""
    last = {write.path.split("/")[2]: answer["secret"] for write, answer in _answers(acknowledged, "secret")}
    closed = {write.path.split("/")[2] for write, _ in _answers(acknowledged, "closed subscription")}
    rows = await world.sql("SELECT id, secret FROM subscriptions", "notifier")
    there = dict(row.split("|", 1) for row in rows.splitlines())
    wrong = [id_ for id_, secret in last.items() if there.get(id_) != ("" if id_ in closed else secret)]
    return Line("secrets", len(last), len(last) - len(wrong), len(wrong), 0, some(wrong))


def _answers(acknowledged: Mapping[str, Acknowledged], kind: str) -> list[Acknowledged]:
    return [one for one in acknowledged.values() if one.write.kind == kind]
