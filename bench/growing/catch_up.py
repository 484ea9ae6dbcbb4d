"""Events per second, all read models of progress from position 0 by the product's rebuild, over logs of growing length.

Both ways read the catalog's feed, page by page; the floor only decodes what it reads.
"""

import tempfile
from pathlib import Path
from typing import Final

from bench.frame import Bench, Point
from bench.growing.logs import OF, logs
from bench.history.making import INSTALLATION
from edge.tokens import generate_keys
from embedded.nats import free_port

TIMES: Final = (2, 1, 1)
"""A long log is read once: a minute of reading evens out what a second does not."""


async def slope(bench: Bench) -> list[Point]:
    points: list[Point] = []
    async with logs(bench) as grown:
        for size, times in zip(grown.sizes, TIMES, strict=False):
            long = await grown.of(size)
            port = free_port()
            address = f"http://127.0.0.1:{port}/api/catalog/v1"
            with tempfile.TemporaryDirectory() as folder:
                private, public = Path(folder) / "private.pem", Path(folder) / "public.pem"
                generate_keys(private, public)
                environment = {
                    "OZG_INSTALLATION": INSTALLATION,
                    "OZG_CATALOG_DATABASE_URL": long.url,
                    "OZG_TOKEN_PUBLIC_KEY_FILE": str(public),
                    "OZG_PORT": str(port),
                    "OZG_LOG_FORMAT": "json",
                }
                ready = f"{address}/-/health"
                async with (
                    bench.program("-m", "catalog", "web", environment=environment, ready=ready),
                    grown.empty("caught_up") as database,
                    bench.program("-m", "bench.growing.feeding", database, address, INSTALLATION) as feeding,
                ):
                    took = {"ours": 0.0, "floor": 0.0}
                    for _ in range(times):
                        for name in took:
                            took[name] += float((await feeding.ask({"who": name}, 600))["seconds"])
            ours, floor = (long.events * times / seconds for seconds in took.values())
            points.append(Point("catch-up", long.events, ours, floor, "events/s", OF))
            bench.say(f"catching up with {long.events} events: {ours:.0f}/s, floor {floor:.0f}/s")
    return points
