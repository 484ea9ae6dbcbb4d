"""What was raised, as the log has it."""

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from events.contracts import envelope, registry
from events.contracts.notifier import AlertRaised
from events.contracts.parts import MunicipalityRef


class Alerts:
    """`await alerts()` are all, oldest first; `await alerts(CHEMNITZ)` those of one municipality."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def __call__(self, of: MunicipalityRef | None = None) -> list[AlertRaised]:
        raised = [fact for fact in await self._facts() if isinstance(fact, AlertRaised)]
        if of is None:
            return raised
        return [one for one in raised if one.municipality is not None and one.municipality.id == of.id]

    async def hearers(self) -> list[str]:
        """The names of the municipalities that were told, as often as they were."""
        return sorted(one.municipality.name for one in await self() if one.municipality is not None)

    async def _facts(self) -> list[object]:
        async with self._engine.connect() as connection:
            documents = await connection.execute(sa.text("SELECT document FROM events ORDER BY position"))
            return [registry.decode(envelope.decode(document)) for (document,) in documents]


def keys(alert: AlertRaised) -> list[str]:
    """The services it is about."""
    return [service.key for service in alert.services]
