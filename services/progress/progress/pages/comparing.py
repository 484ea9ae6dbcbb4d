"""A municipality beside others: its peers, its Land, and one that the reader chose."""

from collections.abc import Sequence

from events.contracts.regions import region_name
from events.log.connect import Connection
from progress.pages.asked import Asked
from progress.pages.pictures import lines
from progress.projections import among_peers
from progress.projections.municipalities import Municipality
from progress.projections.standing import Town
from progress.projections.whole import Whole


async def series(
    connection: Connection, by: Asked, town: Town, answer: Municipality, around: Whole
) -> Sequence[lines.Series]:
    """Over two years: its own services, its peers', and its Land's; none where it never had anything online."""
    own = [point.online.share for point in answer.trend]
    if not any(own):
        return []
    peers = await among_peers.shares(connection, town, answer, by.moment)
    return [
        lines.Series("main", town.name, own),
        lines.Series("peer", by.words["peers_line"], peers),
        lines.Series("region", region_name(town.region, by.language), [point.online.share for point in around.trend]),
    ]
