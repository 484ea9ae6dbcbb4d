"""A live batch of statuses by one statement, which is all there is of its transaction.

What arrives live is a few statuses at a time, and then what costs is not the rows but the statements, each with its way there
and back and its plan to be set up. This one keeps and counts them, renews how far services reach and who reports, folds
them into the toggles, and moves the bookmark; or, if anything in it is out of the ordinary, does nothing at all.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import Final

from events.following import Step
from events.log.connect import Connection
from progress.counting import few, reporting, spread
from progress.counting.recording import ELSEWHERE, TYPES, counted, looked_up
from progress.facts import bitmaps, recordings
from progress.facts.toggling import TURNED, crowded, toggling

MOST: Final = 64
"""Where more came at once, something else than the statements costs."""

_BY_KEY: Final = TYPES | {"solution": "text", "replaced_solution": "text"}
_SOLUTIONS: Final = """
    LEFT JOIN LATERAL (SELECT id FROM solutions WHERE key = t.solution OFFSET 0) x ON true
    LEFT JOIN LATERAL (SELECT id FROM solutions WHERE key = t.replaced_solution OFFSET 0) y ON true
    WHERE (x.id IS NULL) = (t.solution IS NULL) AND (y.id IS NULL) = (t.replaced_solution IS NULL)
"""
_MOVED: Final = "EXISTS (SELECT FROM moved)"


async def record_at_once(connection: Connection, step: Step, statuses: Sequence[tuple[int, recordings.Said]]) -> bool:
    """Whether it was done; if not, nothing was."""
    told = recordings.told(statuses, _Itself())
    columns = (list(column) for column in zip(*told, strict=True))
    statement = _statement(step.update, len(step.arguments) + 1, bitmaps.OFTEN)
    return await connection.fetchval(statement, *step.arguments, *columns) is not None


class _Itself(dict[str, str]):
    """Solutions are found by their keys in the statement."""

    def __missing__(self, key: str) -> str:
        return key


@lru_cache(maxsize=8)
def _statement(update: str, first: int, often: int) -> str:
    found = ELSEWHERE | {"solution": "x.id", "replaced_solution": "y.id"}
    return f"""
    WITH {looked_up(_BY_KEY, first, found, _SOLUTIONS)}, {TURNED},
    ready AS MATERIALIZED (
        SELECT true AS yes WHERE (SELECT count(*) FROM fresh) = cardinality(${first}) AND NOT EXISTS ({crowded(MOST, often)})
    ),
    moved AS ({update} AND EXISTS (SELECT FROM ready) RETURNING true AS yes),
    done AS MATERIALIZED (SELECT * FROM fresh WHERE {_MOVED}),
    {counted("done", few.adding)}, {spread.renewing_moved("moves")}, {reporting.renewing_moved("moves")}, {toggling(_MOVED)}
    SELECT yes FROM moved
    """  # noqa: S608 - composed of our own constants
