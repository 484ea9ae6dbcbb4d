"""Processor time of all processes below this one, by what they are."""

import os
import re
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterator, Mapping
from pathlib import Path
from typing import Final, NamedTuple

_TICKS: Final = os.sysconf("SC_CLK_TCK")
_MODULE: Final = re.compile(r"-m\0([\w.]+)")
_FILE: Final = re.compile(r"([\w.]+)\.(?:py|js|mjs)\0")


class Spent(NamedTuple):
    """What one piece of work took: its seconds, and microseconds of processor a thing, by process."""

    seconds: float
    things: float
    by_process: Mapping[str, float]

    def lines(self) -> Iterator[str]:
        """For people to read; what is below a hundredth of a core is left out."""
        for name, spent in sorted(self.by_process.items(), key=lambda one: -one[1]):
            if spent > self.seconds / 100:
                yield f"{1e6 * spent / self.things:9.1f} µs each  {100 * spent / self.seconds:5.1f} % of a core  {name}"


async def spent(work: Callable[[], Awaitable[float]], things: Callable[[float, float], float]) -> Spent:
    """Do it. `things` tells from the work's answer and its seconds how many things were done."""
    before, began = _used(), time.perf_counter()
    answer = await work()
    seconds, after = time.perf_counter() - began, _used()
    by_process: dict[str, float] = defaultdict(float)
    for pid, (name, used) in after.items():
        by_process[name] += used - before.get(pid, ("", 0.0))[1]
    return Spent(seconds, things(answer, seconds), by_process)


def _used() -> dict[int, tuple[str, float]]:
    """Seconds so far of every process below this one, and what it is."""
    parents: dict[int, int] = {}
    used: dict[int, tuple[str, float]] = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                fields = (folder / "stat").read_text().rpartition(")")[2].split()
                words = (folder / "cmdline").read_bytes().decode(errors="replace")
            except OSError:
                continue  # it has ended
            parents[int(folder.name)] = int(fields[1])
            used[int(folder.name)] = (_name(words), (int(fields[11]) + int(fields[12])) / _TICKS)
    return {pid: one for pid, one in used.items() if _below(pid, parents)}


def _below(pid: int, parents: dict[int, int]) -> bool:
    own = os.getpid()
    while pid in parents and parents[pid] != own:
        pid = parents[pid]
    return pid in parents


def _name(words: str) -> str:
    if words.startswith("postgres: "):
        return "postgres: " + ("a session" if "[local]" in words or "(" in words else words[10:].strip("\0 "))
    if "nats-server" in words:
        return "nats-server"
    found = _MODULE.search(words) or _FILE.search(words)
    return found[1] if found else words.partition("\0")[0].rpartition("/")[2]
