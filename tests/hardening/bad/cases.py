"""All of them."""

from typing import Final

from tests.hardening.bad import bodies, keys, queries, sheets
from tests.hardening.bad.case import Bad

CASES: Final[list[Bad]] = [
    *keys.KEYS,
    *keys.PATHS,
    *bodies.MALFORMED,
    *bodies.STATUSES,
    *bodies.OTHERS,
    *queries.PAGES,
    *queries.FILTERS,
    *queries.DAYS,
    *queries.HEADERS,
    *sheets.FILES,
    *sheets.ROWS,
]
