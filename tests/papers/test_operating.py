"""The operators' paper says what is so."""

import re
from importlib import import_module
from pathlib import Path

import pytest

from embedded.describing import PAPER, written

ROOT = Path(__file__).parents[2]


def text() -> str:
    return (ROOT / PAPER).read_text(encoding="utf-8")


def test_every_setting_is_described() -> None:
    assert written(text()) == text(), "make docs"


@pytest.mark.parametrize("command", sorted(set(re.findall(r"`python -m (?:catalog|progress|notifier) [^`]*`", text()))))
def test_every_command_exists(command: str) -> None:
    service, *words = command.strip("`").removeprefix("python -m ").split()
    import_module(f"{service}.__main__").COMMANDS.parser.parse_args(
        ["1" if word == "POSITION" else word for word in words]
    )


def test_every_metric_is_exported() -> None:
    for service, name in re.findall(r"`(catalog|progress|notifier)_([a-z_]+)`", text()):
        sources = "".join(path.read_text() for path in (ROOT / "services" / service / service).glob("*.py"))
        assert f'"{name}"' in sources, f"{service}_{name}"
