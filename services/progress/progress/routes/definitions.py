"""What the figures mean: text and thresholds, by the id that each figure names."""

import msgspec
from litestar import get
from litestar.params import FromPath

from progress.domain.figures import DEFINITIONS, Definition
from progress.projections.moment import Unknown


class Definitions(msgspec.Struct, frozen=True):
    """All of them; the list is short and has one page."""

    items: list[Definition]
    next: None = None


@get("/definitions", operation_id="list_definitions", sync_to_thread=False)
def list_definitions() -> Definitions:
    """Every definition that figures refer to."""
    return Definitions(list(DEFINITIONS.values()))


@get("/definitions/{definition:str}", operation_id="show_definition", sync_to_thread=False)
def show_definition(definition: FromPath[str]) -> Definition:
    """One definition: what is counted, of what, from which level of each model."""
    found = DEFINITIONS.get(definition)
    if found is None:
        raise Unknown("definition", definition)
    return found


HANDLERS = [list_definitions, show_definition]
