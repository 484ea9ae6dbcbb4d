"""Those who listen with a filter and no municipality hear whatever matches it: one alert per event, however many listen."""

from collections.abc import Sequence
from itertools import groupby

from events.contracts.notifier import AlertRaised
from events.following import Heard
from events.log.connect import Connection
from notifier.audience import services, solutions
from notifier.audience.drafting import cause
from notifier.audience.raising import Desk, Draft, matched, raise_alerts
from notifier.domain.occasion import Occasion, occasion
from notifier.domain.wanting import Topic

_ANYBODY = "SELECT EXISTS (SELECT FROM subscriptions WHERE coalesce(authority_id, 0) = 0 AND closed_at IS NULL)"


async def tell(connection: Connection, desk: Desk, heard: Sequence[Heard]) -> None:
    """Neighbours of one kind, said in the course of one request, are told together."""
    if not heard or not await connection.fetchval(_ANYBODY):
        return
    for (_, correlation_id, traceparent), run in groupby(
        heard, key=lambda one: (type(one.data), one.correlationid, one.traceparent)
    ):
        drafts = await _drafts(connection, list(run))
        if drafts:
            wanted = await matched(connection, [draft.topic for draft in drafts])
            chosen = [draft for index, draft in enumerate(drafts) if index in wanted]
            await raise_alerts(connection, desk, chosen, desk.context(correlation_id, traceparent))


async def _drafts(connection: Connection, run: Sequence[Heard]) -> list[Draft]:
    news = [(one, said) for one in run if (said := await _news(connection, one)) is not None]
    themes = await services.themes(connection, {key for _, said in news for key in said.service_keys})
    return [
        Draft(
            _fact(one, said),
            Topic(
                event=said.event,
                services=frozenset(said.service_keys),
                themes=frozenset(said.themes) | {themes[key] for key in said.service_keys if key in themes},
                regions=frozenset(said.regions),
            ),
        )
        for one, said in news
    ]


async def _news(connection: Connection, one: Heard) -> Occasion | None:
    slug = getattr(getattr(one.data, "solution", None), "slug", None)
    open_in = await solutions.open_in(connection, slug) if slug and not hasattr(one.data, "availability") else ()
    return occasion(one.data, open_in)


def _fact(one: Heard, said: Occasion) -> AlertRaised:
    return AlertRaised(
        alert="",
        reason="filter",
        municipality=None,
        services=said.services,
        solution=said.solution,
        availability=said.availability,
        about=cause(one),
        title=said.title,
        demonstration=said.demonstration or None,
    )
