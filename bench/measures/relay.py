"""Events per second from the log to JetStream with `sync_interval: always`, beside a loop that publishes ready-made bytes.

The log is that of a catalog: the reference catalogue and recorded statuses. The floor writes the very same messages in atomic batches of
1000 to a bare socket, everything made ready before. Also shown: the client library's own `publish`, once a message.
"""

from collections.abc import Awaitable, Callable

from bench.frame import Bench, peers
from bench.frame.programs import Program
from catalog import reference
from catalog.migrating import migrate
from catalog.settings import CatalogSettings


async def measure(bench: Bench) -> None:
    async with bench.postgres() as url, bench.nats() as nats_url:
        events = await log(bench, url, bench.pick(30_000, 1_000))
        async with bench.program("-m", "bench.relaying", url, nats_url) as program:
            samples = await bench.rounds(
                {name: _rate(program, name) for name in ("ours", "floor", "peer:nats-py")}, times=5
            )
    bench.report(
        "relay",
        samples["ours"],
        floor=samples["floor"],
        peers=peers(samples),
        unit="events/s",
        must={"floor": 0.7},
        conditions=f"{events} events, sync_interval always",
    )


async def log(bench: Bench, url: str, statuses: int) -> int:
    """The reference catalogue and so many recorded statuses; answers how many events that are."""
    await migrate(url)
    events = await reference.load(CatalogSettings(database_url=url, installation="bench.example"))
    return events + await _say(bench, url, statuses)


async def _say(bench: Bench, url: str, statuses: int) -> int:
    if statuses:
        async with bench.program("-m", "bench.appending.ours", url) as appending:
            await appending.ask({"callers": 256, "count": statuses}, 600)
    return statuses


def _rate(program: Program, name: str) -> Callable[[], Awaitable[float]]:
    async def rate() -> float:
        return float((await program.ask({"who": name.removeprefix("peer:")}))["rate"])

    return rate
