"""Cells of the reference catalogue to record something of: communes and what communes deliver."""

from collections.abc import Iterator
from itertools import count

from events.contracts.words import DELIVERED_BY
from events.log.connect import connect

_SERVICES = """
SELECT key FROM services
WHERE level = 'commune' AND kind = 'service' AND country = 'DE' AND withdrawn_on IS NULL ORDER BY key
"""
_MUNICIPALITIES = (
    "SELECT id FROM municipalities WHERE levels && $1::text[] AND ended_on IS NULL AND id LIKE 'ars:%' ORDER BY id"
)
STRIDE = 7_368_787
"""A prime: one after the other, the cells are scattered over the country as in life, and each comes once before any comes again."""


async def cells(url: str, part: int = 0, parts: int = 1) -> Iterator[tuple[str, str]]:
    """Municipality and service; with `parts`, every process gets cells of its own."""
    connection = await connect(url)
    try:
        services = [row["key"] for row in await connection.fetch(_SERVICES)]
        municipalities = [row["id"] for row in await connection.fetch(_MUNICIPALITIES, list(DELIVERED_BY["commune"]))]
    finally:
        await connection.close()
    size = len(services) * len(municipalities)
    assert size % STRIDE, "the stride must not divide the number of cells"
    return (
        (municipalities[number % len(municipalities)], services[number // len(municipalities)])
        for number in (index * STRIDE % size for index in count(part, parts))
    )
