"""`python -m bench.describing [--check]`: write the last full run's table into docs/performance.md, or say that it is not current."""

import sys
from pathlib import Path
from typing import Any

import msgspec

from bench.frame.results import LATEST

PAPER = Path(__file__).parents[1] / "docs" / "performance.md"
BEGIN = "<!-- bench: written by `make docs` from bench/results/latest.json -->\n"
END = "<!-- end of bench -->\n"
_HEAD = "| measure | ours | unit | floor | ours to floor | peers: value, ours to peer | asked | reached |"


def table(lines: list[dict[str, Any]]) -> str:
    """A row a measure, as the run printed it."""
    days = sorted({line["on"] for line in lines})
    rows = [_HEAD, "| --- | ---: | --- | ---: | ---: | --- | --- | --- |", *map(_row, lines)]
    return f"Measured on {', '.join(days)}; medians of the rounds.\n\n" + "\n".join(rows) + "\n"


def _row(line: dict[str, Any]) -> str:
    ratio = "–" if line["ratio_floor"] is None else f"{line['ratio_floor']:.2f}"
    peers = "; ".join(f"{name}: {_number(one['value'])}, {one['ratio']:.2f}" for name, one in line["peers"].items())
    most = line["better"] == "lower"
    asked = "; ".join(f"{'≤' if most else '≥'} {bound:g} {_of(name)}" for name, bound in line["must"].items())
    reached = "–" if not line["must"] else "no: " + ", ".join(line["missed"]) if line["missed"] else "yes"
    cells = (line["measure"], _number(line["ours"]), line["unit"], _number(line["floor"]), ratio, peers, asked, reached)
    return "| " + " | ".join(cells) + " |"


def _of(name: str) -> str:
    return "itself" if name == "ours" else f"× {name}"


def _number(value: float | None) -> str:
    if value is None:
        return "–"
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def written(text: str, lines: list[dict[str, Any]]) -> str:
    """The paper with that table."""
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n{table(lines)}\n{END}{after}"


def main(arguments: list[str]) -> int:
    current = PAPER.read_text(encoding="utf-8")
    wanted = written(current, msgspec.json.decode(LATEST.read_bytes()))
    if wanted == current:
        return 0
    if "--check" in arguments:
        print(f"{PAPER.name} is not current: make docs", file=sys.stderr)
        return 1
    PAPER.write_text(wanted, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
