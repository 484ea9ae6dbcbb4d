"""Who is told when a solution opens, changes or ends, and when a responsibility makes an open one interesting."""

from collections.abc import Sequence
from uuid import UUID

from events.contracts import catalog as c
from events.contracts import parts
from events.contracts.registry import type_of
from events.following import Heard
from events.log.connect import Connection
from notifier.audience import occasions, services, solutions
from notifier.audience.drafting import About, cause, for_lacking, for_users
from notifier.audience.lacking import lacking
from notifier.audience.raising import Desk, Draft, raise_alerts
from notifier.audience.using import using
from notifier.domain.occasion import occasion

_OPEN_ANYWHERE = "SELECT EXISTS (SELECT FROM availabilities)"
_NEWLY_ADDRESSED = """
SELECT id FROM authorities
WHERE ($1 IN (region, country) AND $2::text[] IS NULL OR key = ANY($2)) AND NOT key = ANY($3::text[])
"""


async def hear(connection: Connection, desk: Desk, heard: Heard) -> bool:
    """Learn what is said of a solution and tell those concerned. False if it is no news: the same was said lately."""
    about = _about(desk, heard)
    drafts = await _drafts(connection, about, heard.data)
    news = occasion(heard.data, await solutions.open_in(connection, _slug(heard.data)))
    if news is None:
        return False
    known = await occasions.said_before(connection, news, heard.time)
    if not known or drafts:
        themes = set((await services.themes(connection, news.service_keys)).values())
        await occasions.keep(
            connection,
            news,
            id_=UUID(heard.id),
            position=heard.position,
            time=heard.time,
            themes=themes,
            told=len(drafts),
        )
    await _raise(connection, desk, heard, drafts)
    return not known


async def gained(
    connection: Connection, desk: Desk, heard: Heard, *, only: Sequence[int], services: Sequence[str] | None = None
) -> None:
    """These may be responsible for more than before: tell them of what is open and was not told."""
    if not await connection.fetchval(_OPEN_ANYWHERE):
        return
    about = _about(desk, heard)
    hearers = await lacking(connection, about.today, services=services, only=only)
    await _raise(connection, desk, heard, await for_lacking(connection, about, hearers))


async def _drafts(connection: Connection, about: About, data: parts.Fact) -> list[Draft]:
    match data:
        case c.SolutionBecameAvailable(solution=solution, availability=availability):
            await solutions.keep(connection, solution)
            await solutions.opened(connection, data)
            hearers = await lacking(connection, about.today, slug=solution.slug, region=availability.region)
            return await for_lacking(connection, about, hearers)
        case c.SolutionTermsChanged(solution=solution):
            await solutions.keep(connection, solution)
            await solutions.opened(connection, data)
            return await _after_change(connection, about, data)
        case c.SolutionBecameUnavailable(solution=solution, availability=availability):
            await solutions.keep(connection, solution)
            await solutions.closed(connection, data, about.today)
            users = await using(connection, solution.slug, availability.region, about.today)
            return await for_users(connection, about, users, solution, availability, data.effective_on)
        case c.SolutionRevised(solution=solution, added=added):
            await solutions.keep(connection, solution)
            keys = [service.key for service in added]
            hearers = await lacking(connection, about.today, slug=solution.slug, services=keys) if keys else []
            return await for_lacking(connection, about, hearers)
        case c.SolutionWithdrawn(solution=solution):
            await solutions.keep(connection, solution, withdrawn=True)
            users = await using(connection, solution.slug, None, about.today)
            return await for_users(connection, about, users, solution, None, None)
        case c.SolutionPublished(solution=solution):
            await solutions.published_again(connection, solution)
            await solutions.keep(connection, solution)
    return []


async def _after_change(connection: Connection, about: About, data: c.SolutionTermsChanged) -> list[Draft]:
    """Users hear of the terms; those for whom it was not open before hear as if it had just opened."""
    solution, availability = data.solution, data.availability
    users = await using(connection, solution.slug, availability.region, about.today)
    drafts = await for_users(connection, about, users, solution, availability, None)
    if data.replaced.members is not None:
        before = [member.id for member in data.replaced.members]
        after = None if availability.members is None else [member.id for member in availability.members]
        new = [row["id"] for row in await connection.fetch(_NEWLY_ADDRESSED, availability.region, after, before)]
        hearers = await lacking(connection, about.today, slug=solution.slug, region=availability.region, only=new)
        drafts += await for_lacking(connection, about, hearers)
    return drafts


async def _raise(connection: Connection, desk: Desk, heard: Heard, drafts: Sequence[Draft]) -> None:
    await raise_alerts(connection, desk, drafts, desk.context(heard.correlationid, heard.traceparent))


def _about(desk: Desk, heard: Heard) -> About:
    return About(cause(heard), type_of(heard.data).name, desk.day(heard.time))


def _slug(data: parts.Fact) -> str:
    solution = getattr(data, "solution", None)
    return solution.slug if isinstance(solution, parts.Solution) else ""
