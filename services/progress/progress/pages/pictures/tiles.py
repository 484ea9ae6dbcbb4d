"""The tile of a cell: a digit for the maturity of what is live, a sign for what is not."""

from typing import Final, NamedTuple

from progress.projections.cells import Cell


class Tile(NamedTuple):
    """One cell in a town's picture: its class, the sign on it, and the key of its words."""

    kind: str
    sign: str
    words: str
    cell: Cell


_PHASES: Final = {
    "in_preparation": ("work", "◐", "t_work"),
    "in_implementation": ("work", "◐", "t_work"),
    "pilot": ("work", "◐", "t_work"),
    "planned": ("planned", "○", "t_planned"),
    "not_applicable": ("excluded", "×", "t_excluded"),
}
LEGEND: Final = (
    ("compliant", "3", "t_compliant"),
    ("online", "2", "t_online"),
    ("live", "1", "t_live"),
    ("unassessed", "?", "t_unassessed"),
    ("work", "◐", "t_work"),
    ("planned", "○", "t_planned"),
    ("not", "–", "t_not"),
    ("empty", "", "t_empty"),
    ("excluded", "×", "t_excluded"),
)


def tile(cell: Cell) -> Tile:
    """Digits say the maturity; signs say what has none."""
    status = cell.status
    if status is None:
        return Tile("empty", "", "t_empty", cell)
    if status.phase == "live":
        if status.level is None:
            kind = ("online", "✓", "online") if status.online else ("unassessed", "?", "t_unassessed")
            return Tile(*kind, cell)
        kind_name = "compliant" if status.compliant else "online" if status.online else "live"
        return Tile(kind_name, str(status.level), f"t_{kind_name}", cell)
    return Tile(*_PHASES.get(status.phase, ("not", "–", "t_not")), cell)
