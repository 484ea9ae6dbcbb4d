"""`python -m embedded.describing [--check]`: write the table of all settings into docs/operating.md, or say that it is not current."""

import sys
from importlib import import_module
from pathlib import Path

from edge.settings import Described, describe
from embedded.services import SERVICES

PAPER = Path("docs/operating.md")
BEGIN = "<!-- settings: written by `make docs` -->\n"
END = "<!-- end of settings -->\n"


def table() -> str:
    """Every setting once, with the services that read it."""
    rows: dict[str, tuple[Described, list[str]]] = {}
    for service in SERVICES:
        struct = getattr(import_module(f"{service.name}.settings"), f"{service.name.capitalize()}Settings")
        for row in describe(struct):
            rows.setdefault(row.name, (row, []))[1].append(service.name)
    lines = ["| setting | read by | default | what it is |", "| --- | --- | --- | --- |"]
    for name, (row, services) in sorted(rows.items()):
        readers = "all" if len(services) == len(SERVICES) else ", ".join(services)
        default = "differs" if name == "OZG_PORT" else f"`{row.default}`" if row.default else "–"
        lines.append(f"| `{name}` | {readers} | {default} | {row.description} |")
    return "\n".join(lines) + "\n"


def written(text: str) -> str:
    """The paper with today's table."""
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n{table()}\n{END}{after}"


def main(arguments: list[str]) -> int:
    current = PAPER.read_text(encoding="utf-8")
    if written(current) == current:
        return 0
    if "--check" in arguments:
        print(f"{PAPER} is not current: make docs", file=sys.stderr)  # noqa: T201 - a command's answer
        return 1
    PAPER.write_text(written(current), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
