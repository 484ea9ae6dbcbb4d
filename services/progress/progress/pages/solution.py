"""A solution: what it is, where it is open on which terms, and who uses it."""

from litestar import Response, get
from litestar.params import FromPath

from edge.asking import EdgeRequest
from events.contracts.keys import slug
from progress.desk import desk
from progress.pages.asked import asked
from progress.pages.rendering import REFUSED, page
from progress.projections.solutions import solution


@get("/loesungen/{name:str}", include_in_schema=False, exception_handlers=REFUSED)
async def show_solution(request: EdgeRequest, name: FromPath[str]) -> Response[str]:
    """As of the day chosen."""
    by = asked(request)
    key = slug(name)
    async with desk(request).reading() as connection:
        answer = await solution(connection, key, by.moment)
    return page(
        by,
        "solution.html",
        answer=answer,
        api=f"/api/progress/v1/solutions/{key}",
        section="solutions",
        plain=by.words["plain_solution"],
        about=answer.solution or {},
    )


HANDLERS = [show_solution]
