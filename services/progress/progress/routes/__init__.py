"""One file per resource. A route reads the request, asks, and answers."""

from collections.abc import Sequence

from litestar.types import ControllerRouterHandler

from progress.routes import contracts, definitions, municipalities, services, whole

ROUTES: Sequence[ControllerRouterHandler] = [
    *whole.HANDLERS,
    *municipalities.HANDLERS,
    *services.HANDLERS,
    *definitions.HANDLERS,
    *contracts.HANDLERS,
]
