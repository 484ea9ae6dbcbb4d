"""Figures taken in turns, so that whatever else the machine does meets all contestants alike."""

import statistics
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import NamedTuple

PEER = "peer:"
Contestant = Callable[[], Awaitable[float]]


class Sample(NamedTuple):
    """What the rounds gave: the middle, the lowest and the highest."""

    median: float
    low: float
    high: float
    values: tuple[float, ...]

    @property
    def spread(self) -> float:
        """How far apart the rounds were, as a part of the middle."""
        return (self.high - self.low) / self.median if self.median else 0.0


def sample(values: Sequence[float]) -> Sample:
    return Sample(statistics.median(values), min(values), max(values), tuple(values))


def peers(samples: Mapping[str, Sample]) -> dict[str, Sample]:
    """Those of the contestants that are called `peer:…`, by their plain names."""
    return {name.removeprefix(PEER): one for name, one in samples.items() if name.startswith(PEER)}


async def in_turns(
    contestants: Mapping[str, Contestant], times: int, lost: Callable[[str, Exception], None]
) -> dict[str, Sample]:
    """A round to warm up and `times` rounds that count. A peer that fails is told to `lost` and left out; nobody else may fail."""
    values: dict[str, list[float]] = {name: [] for name in contestants}
    for round_ in range(times + 1):
        for name in list(values):
            try:
                value = await contestants[name]()
            except Exception as error:
                if not name.startswith(PEER):
                    raise
                lost(name, error)
                del values[name]
                continue
            if round_ > 0:
                values[name].append(value)
    return {name: sample(given) for name, given in values.items()}
