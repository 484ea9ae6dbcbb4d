"""What an installation knows from its first start: authorities, services, bundles, components, regions.

`data/` holds it in the product's own form, `build` makes those files from the official sources, `loading` says it to the
log. Sources and licences are in the file NOTICE.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from uuid import UUID

from catalog.keeping import keepers
from catalog.reference.loading import load_reference
from catalog.settings import CatalogSettings
from edge.correlation import uuid7
from events.log.append import AppendQueue, Context, Log


def _now() -> datetime:
    return datetime.now(UTC)


async def load(
    settings: CatalogSettings, *, clock: Callable[[], datetime] = _now, new_id: Callable[[], UUID] = uuid7
) -> int:
    """On every start: says what is not known yet. Returns how many events that made, 0 on a second start."""
    log = Log(speaker="catalog", installation=settings.installation)
    queue = AppendQueue(settings.database_url, log=log, keepers=keepers(), clock=clock, new_id=new_id)
    async with queue:
        return await load_reference(queue, Context(f"{settings.installation}/operator/{new_id()}"))
