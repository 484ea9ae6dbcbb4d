"""A solution: what it is, where it is open on which terms, and who uses it."""

from typing import Final

from litestar import Response, get
from litestar.params import FromPath

from edge.asking import EdgeRequest
from events.contracts.keys import slug
from progress.desk import desk
from progress.pages import lands
from progress.pages.asked import asked
from progress.pages.rendering import REFUSED, page
from progress.pages.start import terms
from progress.projections.moment import Answer, position
from progress.projections.recent import recent
from progress.projections.solutions import solution, users_by_region

MOST: Final = 500


@get("/loesungen/{name:str}", include_in_schema=False, exception_handlers=REFUSED)
async def show_solution(request: EdgeRequest, name: FromPath[str]) -> Response[str]:
    """As of the day chosen."""
    by = asked(request)
    key = slug(name)
    async with desk(request).reading() as connection:
        answer = await solution(connection, key, by.moment)
        users = await users_by_region(connection, key, by.moment)
    opened = lands.opened(by, answer, users)
    return page(
        by,
        "solution.html",
        answer=answer,
        api=f"/api/progress/v1/solutions/{key}",
        section="solutions",
        plain=by.words["plain_solution"],
        about=answer.solution or {},
        opened=opened,
        lands=lands.of_solution(by, opened),
    )


@get("/loesungen", include_in_schema=False, exception_handlers=REFUSED)
async def list_solutions(request: EdgeRequest) -> Response[str]:
    """All that are open to anybody on the day chosen, the latest opened first."""
    by = asked(request)
    async with desk(request).reading() as connection:
        found = await recent(connection, by.moment, MOST)
        last = await position(connection)
    answer = Answer(as_of=by.moment.as_of, known_at=by.moment.known_at, position=last)
    return page(
        by,
        "solutions.html",
        answer=answer,
        section="solutions",
        demonstration=any(one.demonstration for one in found),
        solutions=found,
        terms=lambda one: terms(by, one),
    )


HANDLERS = [show_solution, list_solutions]
