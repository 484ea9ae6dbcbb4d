"""A backup made while everybody writes, put back into a new folder and over what went on after it."""

import contextlib
import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import parse_qs, urlsplit

import pytest

from embedded.postgres import SAFE
from embedded.reach import wheel_binaries
from embedded.safekeeping import NAMES, SCRIPTS
from tests.harness.installation import Installation, installation, wait_until
from tests.harness.postgres import embedded_postgres
from tests.operating.living import (
    TOWN,
    Receiver,
    Writer,
    call,
    embedded,
    feed,
    files,
    open_solution,
    operate,
    revoke,
    token,
)

pytestmark = [pytest.mark.embedded_only, pytest.mark.slow, pytest.mark.timeout(600)]
STATUS = f"/api/catalog/v1/municipalities/{TOWN}/services/99115005104000/status"
PATIENCE = 90.0
PLANNED = {"phase": "planned", "effective_on": "2026-11-01"}


class Lived(NamedTuple):
    """What there was before everything was killed; the backup was made in the middle of it."""

    place: Installation
    receiver: Receiver
    backup: Path
    log: list[Any]
    before: list[int]
    operator: str
    revoked_before: str
    revoked_after: str


@pytest.fixture(scope="module")
def lived() -> Iterator[Lived]:
    with installation() as place, Receiver().listening() as receiver:
        place.start()
        operator, editor, other = token(place, "operator"), token(place, "editor", TOWN), token(place, "editor", TOWN)
        channel = {"kind": "webhook", "url": receiver.url}
        subscription = {"channel": channel, "municipality": TOWN}
        assert call(place, "POST", "/api/notifier/v1/subscriptions", subscription, operator)[0] == 201
        open_solution(place, operator, "told-before", "basis:postausgang")
        wait_until(lambda: receiver.of("told-before"), PATIENCE)
        revoke(place, editor)

        with Writer(place, operator).writing() as writer:
            wait_until(lambda: len(writer.acknowledged) > 5, PATIENCE)
            before = list(writer.acknowledged)
            done = embedded("backup", "--to", str(place.folder / "backups"), "--data", str(place.data))
            assert done.returncode == 0, done.stderr
            after = len(writer.acknowledged)
            assert after > len(before), "nobody wrote during the backup"
            wait_until(lambda: len(writer.acknowledged) > after + 5, PATIENCE)

        open_solution(place, operator, "told-after", "basis:nutzerkonto")
        wait_until(lambda: receiver.of("told-after"), PATIENCE)
        revoke(place, other)
        log = feed(place)
        for pid in place.processes():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        place.end(signal.SIGKILL)
        wait_until(lambda: not place.processes())
        yield Lived(place, receiver, Path(done.stdout.strip()), log, before, operator, editor, other)


def restored(made: Path, place: Installation, **environment: str) -> "tuple[int, str]":
    done = embedded("restore", str(made), "--data", str(place.data), **environment)
    return done.returncode, done.stdout + done.stderr


def works_as_before(lived: Lived, place: Installation, slug: str) -> None:
    """The log is a part of the old one that lacks nothing kept before the backup, everybody agrees with it, and life goes on."""
    log = feed(place)
    assert max(lived.before) <= len(log) < len(lived.log)
    assert log == lived.log[: len(log)]
    for name in ("catalog", "progress", "notifier"):
        assert status(place, name)["status"] == "ok"

    assert call(place, "PUT", STATUS, PLANNED, lived.revoked_before)[0] == 401
    code, answer = call(place, "PUT", STATUS, PLANNED, lived.operator)
    assert code == 201
    assert place.ask(f"/api/progress/v1/overview?at_least={answer['position']}")["position"] >= len(log) + 1
    assert "what a recount makes" in operate(place, "progress", "verify")
    wait_until(lambda: _agrees(operate(place, "catalog", "stream", "show"), len(log) + 1), PATIENCE)

    open_solution(place, lived.operator, slug, "basis:nutzerkonto")
    wait_until(lambda: lived.receiver.of(slug), PATIENCE)
    wait_until(lambda: _delivered(status(place, "notifier")["facts"]), PATIENCE)
    assert len(lived.receiver.of(slug)) == 1
    assert len(lived.receiver.of("told-before")) == 1
    for name in ("catalog", "progress", "notifier"):
        assert status(place, name)["status"] == "ok"


def status(place: Installation, name: str) -> Any:
    return place.ask(f"/api/{name}/v1/-/status?format=json")


def _delivered(facts: dict[str, Any]) -> bool:
    return (facts["deliveries_due"], facts["deliveries_again"], facts["notifier_lag"]) == (0, 0, 0)


def _agrees(said: str, head: int) -> bool:
    shown = dict(line.split(maxsplit=1) for line in said.splitlines())
    return (shown["agree"], shown["log"], shown["stream"]) == ("yes", str(head), str(head))


def test_a_backup_is_for_its_owners_eyes_and_holds_the_keys(lived: Lived) -> None:
    assert {path.stat().st_mode & 0o777 for path in lived.backup.rglob("*") if path.is_file()} == {0o600}
    assert {path.stat().st_mode & 0o777 for path in [lived.backup, *lived.backup.iterdir()] if path.is_dir()} == {0o700}
    assert {path.name for path in (lived.backup / "keys").iterdir()} == {
        "private.pem",
        "public.pem",
        "issued.jsonl",
        "revoked.jsonl",
        "notifier.key",
    }


def test_it_is_put_into_a_new_folder_and_life_goes_on_there(lived: Lived) -> None:
    with installation() as place:
        assert restored(lived.backup, place)[0] == 0
        place.start()
        works_as_before(lived, place, "told-in-the-new-folder")


def test_a_damaged_backup_or_one_of_others_changes_nothing(lived: Lived, tmp_path: Path) -> None:
    keys = files(lived.place.data / "keys")
    damaged = tmp_path / "damaged"
    shutil.copytree(lived.backup, damaged)
    with (damaged / "catalog.dump").open("r+b") as dump:
        dump.seek(5000)
        dump.write(b"\0\0\0\0")
    code, said = restored(damaged, lived.place)
    assert (code, "damaged. Nothing was changed." in said) == (2, True), said
    code, said = restored(lived.backup, lived.place, OZG_INSTALLATION="another.example")
    assert (code, "here OZG_INSTALLATION is another.example. Nothing was changed." in said) == (2, True), said
    assert files(lived.place.data / "keys") == keys
    assert any((lived.place.data / "nats").iterdir())


def test_it_takes_the_place_of_what_went_on_after_it(lived: Lived) -> None:
    """JetStream was ahead of the restored log; what was revoked after the backup stays revoked."""
    code, said = restored(lived.backup, lived.place)
    assert code == 0, said
    lived.place.start()
    works_as_before(lived, lived.place, "told-in-the-old-folder")
    assert call(lived.place, "PUT", STATUS, PLANNED, lived.revoked_after)[0] == 401
    code, said = restored(lived.backup, lived.place)
    assert (code, "in use by another run" in said) == (2, True), said

    assert lived.place.end() == 0
    done = embedded("backup", "--to", str(lived.place.folder / "stopped"), "--data", str(lived.place.data))
    assert done.returncode == 0, done.stderr
    assert Path(done.stdout.strip(), "catalog.dump").exists()


def test_where_each_service_has_its_own_user_each_gets_its_own_back(lived: Lived, tmp_path: Path) -> None:
    """As in containers: from one machine one moves there."""
    with embedded_postgres(SAFE) as server:
        for name in NAMES:
            server.sql(f"CREATE ROLE {name} LOGIN")
            server.sql(f"CREATE DATABASE {name} OWNER {name}")
        folders = {name: tmp_path / name for name in ("private", "public", "notifier", "streams")}
        for folder in folders.values():
            folder.mkdir()
        (folders["streams"] / "nats" / "jetstream").mkdir(parents=True)
        environment = {
            "PATH": f"{wheel_binaries()}{os.pathsep}{os.environ['PATH']}",
            "PGHOST": parse_qs(urlsplit(server.url()).query)["host"][0],
            "PGUSER": "postgres",
            "PRIVATE_KEYS": str(folders["private"]),
            "PUBLIC_KEYS": str(folders["public"]),
            "NOTIFIER_KEYS": str(folders["notifier"]),
            "STREAMS": str(folders["streams"]),
            "INSTALLATION": "localhost",
        }
        done = subprocess.run(
            ["sh", str(SCRIPTS / "restore.sh"), str(lived.backup)],
            env=environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )
        assert done.returncode == 0, done.stderr
        for name in NAMES:
            owned = f"SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = '{name}'"
            assert server.sql(owned) == name
            foreign = (
                f"SELECT count(*) FROM pg_tables WHERE tableowner <> '{name}' AND schemaname IN ('public', 'live')"
            )
            assert server.sql(foreign, name) == "0"
            others = [other for other in NAMES if other != name]
            assert server.sql(f"SELECT has_database_privilege('{others[0]}', '{name}', 'CONNECT')") == "f"
        assert int(server.sql("SET ROLE catalog; SELECT count(*) FROM events", "catalog")) >= max(lived.before)
        assert (folders["private"] / "private.pem").stat().st_mode & 0o777 == 0o600
        assert (folders["notifier"] / "notifier.key").stat().st_mode & 0o777 == 0o600
        assert not (folders["streams"] / "nats" / "jetstream").exists()
