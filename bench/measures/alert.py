"""One solution opened for all Länder: webhooks to every municipality, from the opening's answer to the last receipt.

The three services run as processes of their own; the receiver is a fourth. Every round publishes a fresh solution for the same
service, opens it in 16 Länder with one call and waits until each of the 10,751 municipalities, each with a subscription and an
owner of its own, was reached. The floor posts the very bodies of the round before, signed beforehand, from a bare aiohttp loop
with as many requests at once.
"""

import asyncio
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import asyncpg
import msgspec

from bench.frame import Bench
from bench.frame.engines import passing_nats, passing_postgres
from bench.frame.running import FOLDER
from bench.hooks.posting import Post
from bench.hooks.receiver import Came
from notifier.domain.signature import sign
from notifier.settings import NotifierSettings
from tests.journeys.installation import Installation, eventually

_LAENDER: Final = ("BB", "BE", "BW", "BY", "HB", "HE", "HH", "MV", "NI", "NW", "RP", "SH", "SL", "SN", "ST", "TH")
LAENDER: Final = [f"DE-{land}" for land in _LAENDER]
AT_ONCE: Final = NotifierSettings().deliveries_at_once
MUNICIPALITIES: Final = 10_751
SMALL: Final = 1_500
PATIENCE: Final = 120.0
PUBLISHER: Final = "147130000000"
SERVICE: Final = "leika:99115005104000"
_KNOWN: Final = "SELECT count(*) FROM authorities WHERE 'commune' = ANY(levels)"
_SUBSCRIBE: Final = """
INSERT INTO subscriptions (id, owner, channel, url, endpoint, secret, authority_id, services, themes, regions,
    within_regions, events, mode, opened_at)
SELECT uuidv7(), key, 'webhook', $1 || '/hooks/' || id, replace($1, 'http://', '') || ' ' || key,
    'whsec_' || encode(sha256(key::bytea), 'base64'), id, '{}', '{}', '{}', '{}', '{}', 'instant', now()
FROM authorities WHERE 'commune' = ANY(levels) ORDER BY id LIMIT $2
"""
_SENT: Final = """
SELECT d.webhook_id, s.url, s.secret, e.document FROM deliveries d
JOIN subscriptions s ON s.id = d.subscription_id JOIN events e ON e.position = d.alerts[1]
ORDER BY d.created_at DESC LIMIT $1
"""
_DUE: Final = "SELECT count(*) FROM deliveries WHERE state = 'due'"


async def measure(bench: Bench) -> None:
    """Deliveries per second, the opening itself included."""
    wanted = SMALL if bench.small else MUNICIPALITIES
    async with openings(wanted) as opened:
        samples = await bench.rounds({"ours": opened.ours, "floor": opened.floor}, times=2 if bench.small else 5)
    bench.report(
        "alert",
        samples["ours"],
        floor=samples["floor"],
        unit="deliveries/s",
        better="higher",
        must={"floor": 0.6},
        conditions=f"{wanted} webhooks, opening 16 Länder included, {AT_ONCE} at once, one receiver, fsync on",
    )


@asynccontextmanager
async def openings(wanted: int) -> AsyncIterator["Openings"]:
    """A running installation in which so many municipalities have subscribed, and a receiver."""
    with passing_postgres(FOLDER) as postgres, passing_nats(FOLDER) as nats:
        folder = postgres.log.parent
        installation = Installation(postgres, nats, folder)
        receiver = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "bench.hooks.receiver", stdout=asyncio.subprocess.PIPE
        )
        assert receiver.stdout is not None
        url = f"http://127.0.0.1:{int(await receiver.stdout.readline())}"
        try:
            await installation.start()
            database = await asyncpg.connect(postgres.url("notifier"))
            try:
                opened = Openings(installation, url, database, folder)
                await opened.subscribe(wanted)
                yield opened
            finally:
                await database.close()
        finally:
            await installation.stop()
            receiver.terminate()
            await receiver.wait()


class Openings:
    """Everyone listens; each opening is of a fresh solution."""

    def __init__(
        self, installation: Installation, receiver: str, database: "asyncpg.Connection[asyncpg.Record]", folder: Path
    ) -> None:
        self.installation = installation
        self._receiver = receiver
        self._database = database
        self._file = folder / "posts.msgpack"
        self._publisher: dict[str, str] = {}
        self._number = 0
        self._wanted = 0

    async def subscribe(self, wanted: int) -> None:
        """By SQL: subscribing is not what is measured."""

        async def heard() -> bool:
            return bool(await self._database.fetchval(_KNOWN) == MUNICIPALITIES)

        await eventually(heard)
        await self._database.execute(_SUBSCRIBE, self._receiver, wanted)
        await self._database.execute("ANALYZE")
        self._publisher = await self.installation.token("publisher", PUBLISHER)
        self._wanted = wanted

    async def ours(self) -> float:
        """From the opening's 2xx to the last receipt."""
        slug = await self._publish()
        await self._forget()
        body = {"regions": LAENDER}
        status, answer = await self.installation.call(
            "POST", "catalog", f"/solutions/{slug}/availability", headers=self._publisher, json=body
        )
        began = time.monotonic()
        assert status == 201, answer
        came = await self._all_came()
        await eventually(self._settled)
        return self._wanted / (came.last - began)

    async def floor(self) -> float:
        """The same bodies to the same addresses again."""
        now = datetime.now(UTC)
        posts = [
            Post(row["url"], _headers(row, now), row["document"])
            for row in await self._database.fetch(_SENT, self._wanted)
        ]
        self._file.write_bytes(msgspec.msgpack.encode(posts))
        await self._forget()
        arguments = ("-m", "bench.hooks.posting", str(self._file), str(AT_ONCE))
        posting = await asyncio.create_subprocess_exec(sys.executable, *arguments, stdout=asyncio.subprocess.PIPE)
        said, _ = await posting.communicate()
        came = await self._all_came()
        return self._wanted / (came.last - float(said))

    async def _publish(self) -> str:
        self._number += 1
        slug = f"opened-{self._number}"
        body = {
            "name": f"Lösung {self._number}",
            "kind": "saas",
            "efa": True,
            "services": [SERVICE],
            "publisher": PUBLISHER,
            "description": "Wird in allen Ländern geöffnet.",
            "url": "https://loesung.example/",
        }
        status, answer = await self.installation.call(
            "PUT", "catalog", f"/solutions/{slug}", headers=self._publisher, json=body
        )
        assert status == 201, answer
        return slug

    async def _forget(self) -> None:
        async with self.installation.session.delete(self._receiver) as response:
            assert response.status == 204

    async def _came(self) -> Came:
        async with self.installation.session.get(self._receiver) as response:
            return msgspec.json.decode(await response.read(), type=Came)

    async def _all_came(self) -> Came:
        deadline = time.monotonic() + PATIENCE
        while (came := await self._came()).different < self._wanted:
            assert time.monotonic() < deadline, came
            await asyncio.sleep(0.25)
        return came

    async def _settled(self) -> bool:
        return bool(await self._database.fetchval(_DUE) == 0)


def _headers(row: asyncpg.Record, now: datetime) -> dict[str, str]:
    signed = sign([row["secret"]], row["webhook_id"], now, row["document"])
    return {"Content-Type": "application/cloudevents+json", **signed}
