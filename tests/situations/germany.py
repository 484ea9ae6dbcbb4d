"""The catalogue as it is after a first start: all German authorities, the services, bundles and components."""

from catalog import reference
from catalog.migrating import migrate
from catalog.settings import CatalogSettings


async def a_first_start(url: str) -> None:
    """Fills an empty database."""
    await migrate(url)
    await reference_loaded(url)


async def reference_loaded(url: str) -> int:
    """Loads the reference data; how many events that made."""
    return await reference.load(CatalogSettings(database_url=url, installation="test"))
