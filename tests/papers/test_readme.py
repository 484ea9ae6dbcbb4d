"""The README's tour, run as it stands against `make run`'s own program."""

import asyncio
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from embedded.nats import free_port

ROOT = Path(__file__).parents[2]
README = ROOT / "README.md"
PATIENCE = 120


class Running:
    """`python -m embedded run` on ports and a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self.data = folder / "data"
        self._log = folder / "run.log"
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "embedded", "run", *self._options()],
                stdout=log,
                stderr=log,
            )

    def _options(self) -> list[str]:
        return ["--port", str(self.port), "--nats-port", str(free_port()), "--data", str(self.data)]

    def wait(self) -> None:
        for _ in range(PATIENCE * 10):
            said = self._log.read_text(errors="replace")
            if "Ctrl-C" in said:
                return
            assert self._process.poll() is None, said
            signal.sigtimedwait([], 0.1)
        raise AssertionError(self._log.read_text(errors="replace"))

    def stop(self) -> None:
        self._process.send_signal(signal.SIGINT)
        assert self._process.wait(30) == 0


@pytest.fixture
def running() -> Iterator[Running]:
    """Not below pytest's folders: as root those are closed to the database's user."""
    folder = Path(subprocess.check_output(["mktemp", "-d"], text=True).strip())
    folder.chmod(0o755)
    made = Running(folder)
    try:
        made.wait()
        yield made
    finally:
        made.stop()
        subprocess.run(["rm", "-rf", str(folder)], check=True)


def tour(running: Running, listener: int) -> str:
    """All steps as one script, with this test's ports, data and Python."""
    steps = "\n".join(re.findall(r"```sh tour\n(.*?)```", README.read_text(), re.DOTALL))
    return (
        steps.replace("localhost:8000", f"127.0.0.1:{running.port}")
        .replace("9000", str(listener))
        .replace("make -s token", f"make -s -C {ROOT} token DATA={running.data}")
        .replace(".venv/bin/python", sys.executable)
    )


@pytest.mark.timeout(300)
async def test_the_tour_goes_as_the_readme_says(running: Running, tmp_path: Path) -> None:
    process = await asyncio.create_subprocess_exec(
        "bash",
        "-euc",
        tour(running, free_port()),
        cwd=tmp_path,
        env=os.environ,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said = (await asyncio.wait_for(process.communicate(), PATIENCE))[0].decode()
    assert process.returncode == 0, said
    assert '"version":1' in said, said
    assert "signature right · ozg.notifier.alert-raised.v1 · lacks-service" in said, said
    assert '"postausgang-sachsen"' in said, said
    assert '{"items":[],"next":null}' in said, said
