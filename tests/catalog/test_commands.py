"""`python -m catalog …` as operators use it, in processes of their own."""

import asyncio
import os
import re
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

import aiohttp
import msgspec
import nats
import pytest

from edge.issued import LOOK_SECONDS
from edge.issued import verifier as verifier_of
from edge.testing import Tokens
from edge.token_refusals import TokenRefused
from edge.tokens import Verifier as TokenVerifier
from edge.tokens import generate_keys, load_public_keys
from embedded.nats import free_port
from tests.harness.nats import NatsServer


@pytest.fixture
def environment(database: str, own_nats: NatsServer, tmp_path: Path) -> dict[str, str]:
    generate_keys(tmp_path / "private.pem", tmp_path / "public.pem")
    return {
        **os.environ,
        "OZG_CATALOG_DATABASE_URL": database,
        "OZG_NATS_URL": own_nats.url,
        "OZG_INSTALLATION": "test.example",
        "OZG_TOKEN_PRIVATE_KEY_FILE": str(tmp_path / "private.pem"),
        "OZG_TOKEN_PUBLIC_KEY_FILE": str(tmp_path / "public.pem"),
        "OZG_PORT": str(free_port()),
        "OZG_LOG_FORMAT": "json",
    }


def run(environment: Mapping[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "catalog", *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=100, check=False)


def test_a_token_is_printed_and_only_that(environment: dict[str, str]) -> None:
    done = run(environment, "token", "issue", "--municipality", "147130000000", "--role", "editor")
    verifier = TokenVerifier(load_public_keys(Path(environment["OZG_TOKEN_PUBLIC_KEY_FILE"])), Tokens().clock)
    caller = verifier.verify(done.stdout.strip())
    assert (caller.authority, caller.role) == ("ars:147130000000", "editor")
    assert done.stdout.count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--role", "editor"], "--municipality"),
        (["--role", "editor", "--municipality", "14"], "is no municipality"),
    ],
)
def test_a_token_for_nobody_is_refused(environment: dict[str, str], arguments: list[str], said: str) -> None:
    done = run(environment, "token", "issue", *arguments)
    assert done.returncode == 1
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_a_wrong_setting_is_named(environment: dict[str, str]) -> None:
    done = run(environment | {"OZG_PORT": "high"}, "migrate")
    assert (done.returncode, "OZG_PORT" in done.stderr, "Traceback" in done.stderr) == (1, True, False)


@pytest.mark.slow
def test_reference_data_are_loaded_once(environment: dict[str, str]) -> None:
    first = run(environment, "reference")
    assert int(first.stdout.split()[0]) > 12_000, first.stderr
    assert run(environment, "reference").stdout.split()[0] == "0"


async def test_serving_answers_relays_streams_and_stops_when_asked(
    environment: dict[str, str], catalog_database: str, own_nats: NatsServer
) -> None:
    environment |= {"OZG_CATALOG_DATABASE_URL": catalog_database}
    url = f"http://127.0.0.1:{environment['OZG_PORT']}/api/catalog/v1"
    process = await asyncio.create_subprocess_exec(sys.executable, "-m", "catalog", "serve", env=environment)
    try:
        async with aiohttp.ClientSession() as session:
            await _ready(session, url)
            token = run(environment, "token", "issue", "--role", "publisher").stdout.strip()
            headers = {"Authorization": f"Bearer {token}"}
            facts = {"name": "X", "kind": "saas", "services": ["basis:postausgang"], "publisher": "Testhaus"}
            async with session.get(f"{url}/events/stream", headers={"Last-Event-ID": "12"}) as stream:
                async with session.put(f"{url}/solutions/x", json=facts, headers=headers) as answer:
                    assert answer.status == 201, await answer.text()
                    kept = await answer.json()
                assert kept["solution"]["publisher"]["name"] == "Testhaus"
                assert await _streamed(stream, 2) == [13, kept["position"]]
                async with session.get(f"{url}/events") as answer:
                    documents = msgspec.json.decode(await answer.read(), type=list[msgspec.Raw])
                await _relayed(own_nats.url, [bytes(document) for document in documents])
                process.terminate()  # with a reader still listening
                code = await asyncio.wait_for(process.wait(), 20)
    finally:
        if process.returncode is None:
            process.kill()
    assert code == 0


async def _streamed(stream: aiohttp.ClientResponse, count: int) -> list[int]:
    positions: list[int] = []
    async with asyncio.timeout(10):
        while len(positions) < count:
            line = await stream.content.readline()
            if line.startswith(b"id: "):
                positions.append(int(line.removeprefix(b"id: ")))
    return positions


async def _relayed(nats_url: str, documents: list[bytes]) -> None:
    """The stream holds the feed's bytes at the feed's positions."""
    client = await nats.connect(nats_url)
    stream = client.jetstream()
    async with asyncio.timeout(20):
        while (await stream.stream_info("CATALOG")).state.last_seq < len(documents):  # noqa: ASYNC110 - another process moves it
            await asyncio.sleep(0.05)
    for position, document in enumerate(documents, 1):
        assert (await stream.get_msg("CATALOG", position)).data == document
    await client.close()


async def _ready(session: aiohttp.ClientSession, url: str) -> None:
    async with asyncio.timeout(30):
        while True:
            try:
                async with session.get(f"{url}/-/ready") as answer:
                    if answer.status == 200:
                        return
            except aiohttp.ClientError:
                pass
            await asyncio.sleep(0.1)


def test_tokens_are_listed_and_revoked_but_never_shown(environment: dict[str, str]) -> None:
    verifier = verifier_of(Path(environment["OZG_TOKEN_PUBLIC_KEY_FILE"]), Tokens().clock)
    mine, other = (
        run(environment, "token", "issue", "--municipality", town).stdout.strip()
        for town in ("147130000000", "145110000000")
    )
    ids = {verifier.verify(token).id for token in (mine, other)}
    listed = run(environment, "token", "list").stdout
    assert set(re.findall(r"^\S+", listed, re.MULTILINE)) == ids
    assert mine not in listed
    assert "1 revoked" in run(environment, "token", "revoke", verifier.verify(mine).id).stdout
    assert re.findall(r"(ars:\d+) +revoked", run(environment, "token", "list").stdout) == ["ars:147130000000"]
    time.sleep(LOOK_SECONDS)
    with pytest.raises(TokenRefused, match="revoked"):
        verifier.verify(mine)
    assert "1 revoked" in run(environment, "token", "revoke", "--municipality", "145110000000").stdout
    unknown = run(environment, "token", "revoke", "nobody")
    assert (unknown.returncode, "no such token" in unknown.stderr) == (1, True)
