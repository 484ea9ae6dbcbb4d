"""What is shared with receivers is sealed: with a key from a file, for its subscription alone, and anew when the key changes."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine
from structlog.testing import capture_logs

from edge.settings import SettingsInvalid, read
from edge.tokens import Role
from notifier.__main__ import COMMANDS
from notifier.audience.raising import Desk
from notifier.channels.deliveries.sealing import seal_all
from notifier.channels.webhook.sending import Sender
from notifier.database import transaction
from notifier.delivering import Delivering
from notifier.domain.signature import verified
from notifier.safe import KeyMissing, NoKey, Safe, Unreadable, new_key
from notifier.settings import NotifierSettings
from notifier.worker import working
from tests.notifier.app import running
from tests.notifier.listening import SECRET, Listening
from tests.notifier.receiver import Receiver
from tests.notifier.telling import CHEMNITZ, LEIPZIG, OUTBOX, Told, opened, solution
from tests.notifier.times import Clock, Ids

EDITOR: tuple[Role, str] = ("editor", CHEMNITZ.id)


@pytest.fixture
def key() -> str:
    return new_key()


async def kept(engine: AsyncEngine) -> list[tuple[UUID, str, str | None]]:
    """As it stands in the database."""
    async with transaction(engine) as connection:
        rows = await connection.fetch("SELECT id, secret, secret_before FROM subscriptions ORDER BY id")
    return [tuple(row) for row in rows]


def test_what_is_sealed_is_opened_for_its_subscription_alone(key: str) -> None:
    safe, mine, other = Safe([key]), uuid4(), uuid4()
    sealed = safe.seal(mine, SECRET)
    assert SECRET not in sealed
    assert sealed != safe.seal(mine, SECRET), "nobody sees that two are the same"
    assert safe.open(mine, sealed) == SECRET
    for of, text in [(other, sealed), (mine, sealed[:-8] + "AAAAAAA="), (mine, sealed[:20]), (mine, sealed + "!")]:
        with pytest.raises(Unreadable):
            safe.open(of, text)
    with pytest.raises(KeyMissing):
        Safe([new_key()]).open(mine, sealed)


def test_the_first_key_seals_and_all_open(key: str) -> None:
    new, mine = new_key(), uuid4()
    old, both = Safe([key]), Safe([new, key])
    sealed = old.seal(mine, SECRET)
    assert both.open(mine, sealed) == SECRET
    assert not both.is_of_first_key(sealed)
    assert Safe([new]).open(mine, both.seal(mine, SECRET)) == SECRET


def test_without_a_key_all_is_kept_as_it_is() -> None:
    safe, mine = Safe(), uuid4()
    assert safe.seal(mine, SECRET) == SECRET
    assert safe.open(mine, SECRET) == SECRET
    assert Safe([new_key()]).seal(mine, "") == "", "what is closed has none"


def test_a_key_is_read_from_its_file_and_a_bad_one_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "key"
    for text, fits in [(f"{new_key()}\n{new_key()}\n", True), ("geheim\n", False), (new_key()[:-8], False)]:
        file.write_text(text)
        settings = read(NotifierSettings, {"OZG_NOTIFIER_KEY_FILE": str(file)})
        if fits:
            assert settings.safe.seals
        else:
            with pytest.raises(SettingsInvalid, match="openssl rand"):
                _ = settings.safe
    with pytest.raises(NoKey):
        Safe(["!"])


async def test_secrets_are_sealed_from_their_first_moment(
    notifier_database: str, engine: AsyncEngine, clock: Clock, new_id: Ids, key: str, told: Told, receiver: Receiver
) -> None:
    async with running(notifier_database, clock, new_id, allow_loopback_webhooks=True, key=(key,)) as app:
        for signature in ("hmac-sha256", "ed25519"):
            asked = {
                "channel": {"kind": "webhook", "url": receiver.url},
                "signature": signature,
                "municipality": CHEMNITZ.id,
            }
            status, body = await app.call("POST", "/subscriptions", asked, as_=EDITOR)
            assert status == 201, body
            status, tried = await app.call("POST", f"/subscriptions/{body['id']}/test", as_=EDITOR)
            assert tried["delivered"], tried
            status, changed = await app.call("POST", f"/subscriptions/{body['id']}/secret", as_=EDITOR)
            status, shown = await app.call("GET", f"/subscriptions/{body['id']}", as_=EDITOR)
            assert (shown["signature"], shown["public_key"]) == (signature, changed["public_key"])
            last = receiver.received[-1]
            headers = {name.lower(): value for name, value in last.headers.items()}
            assert verified(body["secret"] or body["public_key"], headers, last.body)
    for of, secret, before in await kept(engine):
        assert before is not None
        for text in (secret, before):
            assert text.startswith("sealed:")
            assert Safe([key]).open(of, text).startswith(("whsec_", "whsk_"))


async def test_a_worker_seals_what_was_plain_and_delivers_as_before(
    notifier_database: str,
    engine: AsyncEngine,
    desk: Desk,
    sender: Sender,
    listening: Listening,
    told: Told,
    receiver: Receiver,
    key: str,
) -> None:
    await listening(receiver.url, CHEMNITZ)
    assert await seal_all(engine, Safe([key])) == 1
    assert await seal_all(engine, Safe([key])) == 0
    ((of, secret, _),) = await kept(engine)
    assert Safe([key]).open(of, secret) == SECRET
    await told(opened(solution("eins", OUTBOX), "DE-SN"))
    async with _delivering(notifier_database, desk._replace(safe=Safe([key])), sender):
        await _until(lambda: len(receiver.received) == 1)
    (request,) = receiver.received
    assert verified(SECRET, {name.lower(): value for name, value in request.headers.items()}, request.body)


async def test_a_secret_that_was_swapped_signs_nothing_and_holds_nobody_up(
    notifier_database: str,
    engine: AsyncEngine,
    desk: Desk,
    sender: Sender,
    listening: Listening,
    told: Told,
    receiver: Receiver,
    key: str,
) -> None:
    await listening(f"{receiver.url}/chemnitz", CHEMNITZ)
    await listening(f"{receiver.url}/leipzig", LEIPZIG)
    await seal_all(engine, Safe([key]))
    (first, *_), (second, foreign, _) = await kept(engine)
    async with transaction(engine) as connection:
        await connection.execute("UPDATE subscriptions SET secret = $2 WHERE id = $1", first, foreign)
    await told(opened(solution("eins", OUTBOX), "DE-SN"))
    async with _delivering(notifier_database, desk._replace(safe=Safe([key])), sender):
        await _until(lambda: len(receiver.received) == 1)
    assert [one.path for one in receiver.received] == ["/hook/leipzig"]
    async with transaction(engine) as connection:
        errors = await connection.fetch("SELECT error FROM attempts WHERE error IS NOT NULL")
    assert {row["error"] for row in errors} <= {"NothingToSignWith while talking to the receiver"}
    with capture_logs() as lines:
        assert await seal_all(engine, Safe([key]), anew=True) == 0
    assert [line["event"] for line in lines] == ["a secret cannot be read"]
    assert second != first


async def test_rekey_renews_all_and_the_old_key_may_go(
    notifier_database: str,
    engine: AsyncEngine,
    listening: Listening,
    told: Told,
    key: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    await listening("https://hooks.example.org/", CHEMNITZ)
    await seal_all(engine, Safe([key]))
    new = new_key()
    monkeypatch.setenv("OZG_NOTIFIER_DATABASE_URL", notifier_database)
    monkeypatch.setenv("OZG_NOTIFIER_KEY", f"{new},{key}")
    assert await asyncio.to_thread(COMMANDS.main, ["rekey"]) == 0
    assert "1 sealed anew" in capsys.readouterr().out
    ((of, secret, _),) = await kept(engine)
    assert Safe([new]).open(of, secret) == SECRET
    monkeypatch.setenv("OZG_NOTIFIER_KEY", key)
    assert await asyncio.to_thread(COMMANDS.main, ["rekey"]) == 1
    assert "OZG_NOTIFIER_KEY_FILE does not hold" in capsys.readouterr().err


async def test_a_worker_without_the_key_does_not_start(
    notifier_database: str, engine: AsyncEngine, listening: Listening, told: Told, key: str
) -> None:
    await listening("https://hooks.example.org/", CHEMNITZ)
    await seal_all(engine, Safe([key]))
    for keys in ((), (new_key(),)):
        with pytest.raises(SettingsInvalid, match="OZG_NOTIFIER_KEY_FILE does not hold"):
            async with working(NotifierSettings(database_url=notifier_database, installation="test", key=keys)):
                raise AssertionError("it must not start")


@asynccontextmanager
async def _delivering(database: str, desk: Desk, sender: Sender) -> AsyncIterator[None]:
    async with Delivering(database, desk, sender, jitter=lambda: 0.0).running():
        yield


async def _until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(30):
        while not true():  # noqa: ASYNC110 - what a receiver has got has no event
            await asyncio.sleep(0.02)
