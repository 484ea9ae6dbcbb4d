"""`make audit`: is any package of the lock known to be vulnerable? Asks the OSV database; where that cannot be reached it says so and lets pass.

Exit code 1 names each package and the advisories, to be read and acted on: `make lock ARGS=--upgrade`, or `IGNORE=ID` for one that does not
concern us.
"""

import argparse
import json
import re
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

SERVICE = "https://api.osv.dev"
SECONDS = 20.0
AT_A_TIME = 500
_PINNED = re.compile(r"^([A-Za-z0-9][A-Za-z0-9._-]*)==([^\s;\\]+)", re.MULTILINE)


class Unreachable(Exception):
    """Nobody knows; that is no reason to stop."""


class Pinned(NamedTuple):
    """A package as the lock has it."""

    name: str
    version: str


def pinned(lock: str) -> list[Pinned]:
    """Every package of the lock, once."""
    return sorted({Pinned(*found) for found in _PINNED.findall(lock)})


def vulnerable(packages: Sequence[Pinned], service: str = SERVICE) -> Iterator[tuple[Pinned, list[str]]]:
    """Those that are, with the ids of their advisories. Raises Unreachable."""
    for start in range(0, len(packages), AT_A_TIME):
        some = packages[start : start + AT_A_TIME]
        queries = [{"package": {"ecosystem": "PyPI", "name": one.name}, "version": one.version} for one in some]
        results = _ask(f"{service}/v1/querybatch", {"queries": queries}).get("results", [])
        if len(results) != len(some):
            raise Unreachable(f"{service} answered {len(results)} of {len(some)} questions")
        for one, result in zip(some, results, strict=True):
            if found := [str(advisory["id"]) for advisory in result.get("vulns", ())]:
                yield one, found


def _ask(url: str, body: dict[str, Any]) -> dict[str, Any]:
    request = urllib.request.Request(url, json.dumps(body).encode(), {"content-type": "application/json"})  # noqa: S310 - https, or a test's
    try:
        with urllib.request.urlopen(request, timeout=SECONDS) as answer:  # noqa: S310 - the same
            read: dict[str, Any] = json.load(answer)
    except (urllib.error.URLError, OSError, ValueError) as error:
        raise Unreachable(str(error)) from error
    return read


def main(arguments: Sequence[str]) -> int:
    """What was found, one line a package."""
    parser = argparse.ArgumentParser(prog="make audit", description=__doc__)
    parser.add_argument("--lock", type=Path, default=Path("requirements.lock"))
    parser.add_argument("--service", default=SERVICE)
    parser.add_argument("--ignore", action="append", default=[], metavar="ID")
    options = parser.parse_args(arguments)
    packages = pinned(options.lock.read_text(encoding="utf-8"))
    try:
        found = [(one, sorted(set(ids) - set(options.ignore))) for one, ids in vulnerable(packages, options.service)]
    except Unreachable as why:
        print(f"audit skipped: {options.service} cannot be asked ({why})")  # noqa: T201 - a command's answer
        return 0
    for one, ids in found:
        if ids:
            print(f"{one.name} {one.version}: {', '.join(ids)}")  # noqa: T201 - a command's answer
    bad = sum(bool(ids) for _, ids in found)
    print(f"{len(packages)} packages, {bad} with known vulnerabilities")  # noqa: T201 - a command's answer
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
