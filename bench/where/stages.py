"""Where a live write is on its way from the answer to the figures: both services note when they have what in hand.

`python -m bench.where.stages catalog|progress FILE` serves one of them and writes moments of the machine's one monotonic clock.
"""

import runpy
import sys
import time
from bisect import bisect_left
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final, TextIO

from bench.measures.live import spread
from events.bus.live import Delivery, Inbox
from events.bus.streams import Stream
from events.following.applying import Applying

STAGES: Final = (
    "answered to published",
    "published to received",
    "received to its turn",
    "its transaction",
    "to seen",
    "in all",
)


def told(folder: Path, answers: Sequence[tuple[float, int]], seen: Sequence[tuple[float, int]]) -> list[str]:
    """A line a stage: p50 and p99 in milliseconds of the writes answered at those times with those positions."""
    published, received, applied = (_moments(folder, word) for word in ("published", "received", "applied"))
    took: dict[str, list[float]] = {stage: [] for stage in STAGES}
    for when, position in answers:
        out, there = _of(published, position)[0], _of(received, position)[0]
        began, ended = _of(applied, position)
        visible = seen[bisect_left([at for _, at in seen], position)][0]
        moments = (out - when, there - out, began - there, ended - began, visible - ended, visible - when)
        for stage, one in zip(STAGES, moments, strict=True):
            took[stage].append(one)
    return [
        f"{stage:22} p50 {spread(values).p50:6.1f} ms   p99 {spread(values).p99:6.1f} ms"
        for stage, values in took.items()
    ]


def main(service: str, file: str) -> None:
    """Serve, and note."""
    with Path(file).open("w", buffering=1, encoding="utf-8") as out:
        (_note_catalog if service == "catalog" else _note_progress)(out)
        sys.argv = [service, "serve"]
        runpy.run_module(service, run_name="__main__", alter_sys=True)


def _note_catalog(out: TextIO) -> None:
    send = Stream.send

    async def noted(self: Stream, entries: Any, before: int) -> Any:
        began = time.monotonic()
        sent = await send(self, entries, before)
        out.write(f"published {sent.end} {began}\n")
        return sent

    Stream.send = noted  # type: ignore[method-assign,assignment]


def _note_progress(out: TextIO) -> None:
    put, transact = Inbox.put, Applying._transact  # noqa: SLF001  looked at from outside, as it is

    def noted(self: Inbox, delivery: Delivery) -> None:
        out.write(f"received {delivery[0]} {time.monotonic()}\n")
        put(self, delivery)

    async def timed(self: Applying, events: Any) -> None:
        began = time.monotonic()
        await transact(self, events)
        out.write(f"applied {events[-1].position} {began} {time.monotonic()}\n")

    Inbox.put = noted  # type: ignore[method-assign]
    Applying._transact = timed  # type: ignore[method-assign]  # noqa: SLF001 - as above


Moments = dict[int, tuple[float, ...]]


def _moments(folder: Path, word: str) -> Moments:
    """By position, in order."""
    lines = [line.split() for file in folder.glob("*.moments") for line in file.read_text().splitlines()]
    found = {int(line[1]): tuple(map(float, line[2:])) for line in lines if line[0] == word}
    return dict(sorted(found.items()))


def _of(moments: Moments, position: int) -> tuple[float, ...]:
    """Those of the first at or behind it: what travels or is applied together has the moments of its last."""
    positions = list(moments)
    return moments[positions[bisect_left(positions, position)]]


if __name__ == "__main__":
    main(*sys.argv[1:])
