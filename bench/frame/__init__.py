"""What every measure is written with.

A measure is one file `bench/measures/<name>.py` (`import_.py` is called `import`, `catch_up.py` `catch-up`), whose docstring's first
line says what it measures, with

    async def measure(bench: Bench) -> None:
        async with bench.postgres() as url, bench.nats() as nats_url:
            samples = await bench.rounds({"ours": ours, "floor": floor, "peer:eventsourcing": theirs})
        bench.report("append@64", samples["ours"], floor=samples["floor"], peers=peers(samples), unit="appends/s", better="higher",
                     must={"floor": 0.65, "eventsourcing": 10}, conditions="one status each, fsync on")

What is compared is called in turns (A B C A B C …), each call giving one figure; the first round is thrown away. In the small version,
which CI runs (`bench.small`), contestants named `peer:…` are left out and everything takes seconds: `bench.pick(10_000, 500)`.
A module with `ONLY_WHEN_NAMED = True` is not part of `make bench`.

How a measure grows is told by a file of the same name in `bench/growing`, called by `python -m bench.slopes`:

    async def slope(bench: Bench) -> list[Point]:      # bench.growing.logs has logs of 10⁴ to 10⁶ events
        return [Point("append@64", size, samples["ours"].median, samples["floor"].median, unit="appends/s", of="events in the log"), …]

Points of one unit that grow with the same thing share a picture.
"""

from bench.frame.bench import Bench
from bench.frame.growth import Point
from bench.frame.rows import Row
from bench.frame.samples import Sample, peers

__all__ = ["Bench", "Point", "Row", "Sample", "peers"]
