"""The Makefile and the lock, as somebody with a fresh machine meets them."""

import os
import re
import subprocess
from pathlib import Path

import pytest

pytestmark = pytest.mark.embedded_only
ROOT = Path(__file__).parents[2]
LOCK = (ROOT / "requirements.lock").read_text()


def make(*words: str) -> str:
    """What make says, without setting up anything (`-o`: the venv is taken as it is)."""
    outer = {name: value for name, value in os.environ.items() if name not in {"MAKEFLAGS", "MAKELEVEL", "MFLAGS"}}
    command = ["make", "-o", ".venv/.ready", *words]
    return subprocess.run(command, check=True, capture_output=True, text=True, cwd=ROOT, env=outer, timeout=60).stdout


def test_make_alone_says_what_there_is_in_groups() -> None:
    said = make()
    for target in ("run", "token", "demo", "demo-clear", "test", "test-containers", "check", "format", "bench", "lock"):
        assert re.search(rf"^  make {target} +\S", said, re.MULTILINE), target
    assert [line.split("  ")[0] for line in said.splitlines() if line and line[0] != " "] == [
        "Use it",
        "Work on it",
        "Keep it",
    ]


def test_ports_and_folder_reach_the_launcher() -> None:
    said = make("-n", "run", "PORT=9000", "NATS_PORT=9001", "DATA=my data")
    assert "--port '9000' --nats-port '9001' --data 'my data'" in said


def test_check_is_all_that_ci_runs() -> None:
    said = make("-n", "check")
    for word in ("ruff format --check", "ruff check", "mypy", "lint_imports", "pytest"):
        assert word in said
    assert "make check" in (ROOT / ".ci" / "run").read_text()


def test_the_lock_pins_every_package_by_hash_and_names_no_registry() -> None:
    packages = re.split(r"\n(?=[a-z0-9])", LOCK.strip())
    assert len(packages) > 50
    for package in packages:
        assert re.match(r"[a-z0-9._\[\],-]+==\S+", package), package[:80]
        assert "--hash=sha256:" in package
    assert "://" not in LOCK


def test_the_installer_itself_comes_out_of_the_lock() -> None:
    """The same words that the Makefile uses."""
    words = re.search(r"awk '(/\^uv==.*?)' requirements.lock", (ROOT / "Makefile").read_text())
    assert words is not None
    program = words[1].replace("$$", "$")
    done = subprocess.run(["awk", program, "requirements.lock"], check=True, capture_output=True, text=True, cwd=ROOT)
    assert done.stdout.count("==") == 2  # uv==…, sys_platform == 'linux'
    assert done.stdout.startswith("uv==")
    assert "--hash=sha256:" in done.stdout
