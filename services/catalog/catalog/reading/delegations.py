"""To whom a municipality delegated recording, and who delegated it to it; ended ones too, for that is what a right's history is."""

from datetime import date
from typing import Final

import msgspec

from events.contracts.parts import MunicipalityRef
from events.log.connect import Connection


class Granted(msgspec.Struct, frozen=True, kw_only=True):
    """`delegate` may record for `municipality` since `granted_on`, or might until `ended_on`."""

    municipality: MunicipalityRef
    delegate: MunicipalityRef
    granted_on: date
    ended_on: date | None
    legal_basis: str | None
    version: int


_REF: Final = "jsonb_build_object('id', {0}.id, 'name', {0}.name, 'levels', {0}.levels, 'region', {0}.region)::text"
_FIND: Final = f"""
SELECT {_REF.format("m")} AS municipality, {_REF.format("t")} AS delegate,
       d.granted_on, d.ended_on, d.legal_basis, d.version
FROM delegations d JOIN municipalities m ON m.id = d.municipality JOIN municipalities t ON t.id = d.delegate
WHERE {{mine}} = $1 AND {{other}} > $2 ORDER BY {{other}} LIMIT $3
"""  # noqa: S608 - only constants are put together
_GIVEN: Final = _FIND.format(mine="d.municipality", other="d.delegate")
_RECEIVED: Final = _FIND.format(mine="d.delegate", other="d.municipality")


async def of_municipality(
    connection: Connection, municipality: str, *, received: bool, after: str, limit: int
) -> list[Granted]:
    """Those it gave, by who has them, or those it received, by who gave them."""
    rows = await connection.fetch(_RECEIVED if received else _GIVEN, municipality, after, limit)
    return [
        Granted(
            municipality=msgspec.json.decode(row["municipality"], type=MunicipalityRef),
            delegate=msgspec.json.decode(row["delegate"], type=MunicipalityRef),
            granted_on=row["granted_on"],
            ended_on=row["ended_on"],
            legal_basis=row["legal_basis"],
            version=row["version"],
        )
        for row in rows
    ]
