"""`make run`: one run per folder and port, nothing lost, nothing left behind."""

import os
import signal
import stat
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.harness.installation import Installation, a_stranger_on, installation, wait_until

pytestmark = pytest.mark.embedded_only
TOWNS = (str(Path(__file__).with_name("towns.py")),)


@pytest.fixture
def place() -> Iterator[Installation]:
    with installation(TOWNS) as made:
        yield made


@pytest.fixture(scope="module")
def running() -> Iterator[Installation]:
    """One that several tests look at and none stops."""
    with installation(TOWNS) as made:
        made.start()
        yield made


def files_below(folder: Path) -> dict[str, float]:
    return {str(path): path.lstat().st_mtime for path in folder.rglob("*")} if folder.exists() else {}


def test_three_services_answer_on_one_port_and_say_how_to_begin(running: Installation) -> None:
    for name in ("catalog", "progress", "notifier"):
        answer = running.ask(f"/api/{name}/v1/towns")
        assert answer["root_path"] == f"/api/{name}/v1"
        assert answer["towns"] >= 1
    assert f"http://localhost:{running.port}/api/catalog/v1/docs" in running.said()
    assert "make -s token" in running.said()
    assert "curl -X PUT" in running.said()


def test_ctrl_c_leaves_no_process_and_no_socket_behind(place: Installation) -> None:
    place.start()
    sockets = (place.data / "postgres.socket").readlink()
    assert len(place.processes()) > 1
    assert place.end(signal.SIGINT) == 0
    assert place.processes() == []
    assert not sockets.exists()


def test_ctrl_c_does_not_wait_for_those_who_listen_for_ever(place: Installation) -> None:
    place.start()
    listening = subprocess.Popen(["curl", "-sN", f"{place.url}/api/catalog/v1/for-ever"], stdout=subprocess.PIPE)
    assert listening.stdout is not None
    assert listening.stdout.readline()
    began = time.monotonic()
    assert place.end(signal.SIGTERM) == 0
    assert time.monotonic() - began < 15
    listening.kill()
    listening.wait()
    assert place.processes() == []


def test_ctrl_c_during_the_start_stops_it_too(place: Installation) -> None:
    place.begin()
    wait_until((place.data / "postgres.socket").is_symlink)
    place.end(signal.SIGINT)
    wait_until(lambda: not place.processes())
    place.start()
    assert place.ask("/api/catalog/v1/towns")["towns"] == 1


def test_after_kill_9_of_the_launcher_its_servers_end_and_the_next_run_continues(place: Installation) -> None:
    place.start()
    place.ask("/api/catalog/v1/towns/Flensburg", "PUT")
    assert place.ask("/api/catalog/v1/messages")["messages"] == 1
    place.end(signal.SIGKILL)
    place.start()
    assert place.ask("/api/catalog/v1/towns")["towns"] == 2
    assert place.ask("/api/catalog/v1/messages")["messages"] == 2
    place.end(signal.SIGKILL)
    wait_until(lambda: not place.processes())


def test_after_kill_9_of_everything_the_next_run_continues(place: Installation) -> None:
    """Even if another process got the number in the database's pid file meanwhile, as after a reboot."""
    place.start()
    place.ask("/api/notifier/v1/towns/Flensburg", "PUT")
    for pid in place.processes():
        os.kill(pid, signal.SIGKILL)
    place.end(signal.SIGKILL)
    wait_until(lambda: not place.processes())
    file = place.data / "postgres" / "postmaster.pid"
    _, *lines = file.read_text().splitlines()
    file.write_text("\n".join([str(os.getpid()), *lines]) + "\n")
    place.start()
    assert place.ask("/api/notifier/v1/towns")["towns"] == 2


@pytest.mark.parametrize("server", ["postgres", "nats"])
def test_a_server_that_dies_is_started_again(running: Installation, server: str) -> None:
    pid = running.postgres_pid if server == "postgres" else running.nats_pid
    before = pid()
    os.kill(before, signal.SIGKILL)
    wait_until(lambda: pid() != before)
    wait_until(lambda: running.ask("/api/catalog/v1/towns/Flensburg", "PUT"))
    wait_until(lambda: running.ask("/api/catalog/v1/messages")["messages"] > 0)
    assert "server_started_again" in running.said()


def test_a_second_run_on_the_same_folder_says_so_and_touches_nothing(running: Installation) -> None:
    second = Installation(running.folder, TOWNS)
    second.log = running.folder / "second.log"
    before = files_below(running.data / "keys")
    towns = running.ask("/api/catalog/v1/towns")
    assert second.begin().wait(30) == 2
    assert (
        f"in use by another run (process {running.process and running.process.pid}, http://localhost:{running.port})"
        in (second.said())
    )
    assert len(second.said().strip().splitlines()) == 1
    assert files_below(running.data / "keys") == before
    assert running.ask("/api/catalog/v1/towns") == towns


@pytest.mark.parametrize("which", ["port", "nats_port"])
def test_a_run_on_a_taken_port_says_so_and_touches_nothing(place: Installation, which: str) -> None:
    port = getattr(place, which)
    with a_stranger_on(port):
        assert place.begin().wait(30) == 2
    assert f"Port {port}" in place.said()
    assert "is taken by another program" in place.said()
    assert ("NATS_PORT=" if which == "nats_port" else "PORT=") in place.said()
    assert len(place.said().strip().splitlines()) == 1
    assert not place.data.exists()


def test_a_folder_that_cannot_be_made_is_named(place: Installation) -> None:
    place.data = Path("/proc/no-such-place")
    assert place.begin().wait(30) == 2
    assert "/proc/no-such-place" in place.said()
    assert "DATA=" in place.said()


def test_a_long_path_with_spaces_and_umlauts_works_and_the_key_is_made_once(place: Installation) -> None:
    """A socket's path may have 107 bytes, a folder's many more. Only its owner may read the private key."""
    place.data = place.folder / ("lang " * 24).strip() / ("Städte und Ämter " * 5).strip() / "data"
    place.start()
    assert place.ask("/api/catalog/v1/messages")["messages"] == 1
    private = place.data / "keys" / "private.pem"
    key = private.read_bytes()
    assert stat.S_IMODE(private.stat().st_mode) == 0o600
    place.end()
    place.start()
    assert place.ask("/api/catalog/v1/messages")["messages"] == 2
    assert private.read_bytes() == key


@pytest.mark.skipif(os.geteuid() != 0, reason="only root's servers run as another user")
def test_as_root_a_folder_that_the_database_user_cannot_reach_works(place: Installation) -> None:
    """The data lie elsewhere then, and a link says where."""
    place.data = place.folder / "home" / "data"
    (place.folder / "home").mkdir(mode=0o700)
    place.start()
    place.ask("/api/catalog/v1/towns/Flensburg", "PUT")
    place.end()
    place.start()
    assert place.ask("/api/catalog/v1/towns")["towns"] == 2
    place.end()
    elsewhere = (place.data / "postgres").readlink()
    assert elsewhere.exists()
    subprocess.run(["rm", "-r", str(elsewhere.parent)], check=True)
