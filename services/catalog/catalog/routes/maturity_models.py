"""Maturity models with their levels and the thresholds from which a live service counts."""

from litestar import get

from edge.asking import EdgeRequest
from edge.paging import Page
from events.contracts.maturity import MODELS, MaturityModel


@get("/maturity-models", operation_id="list_maturity_models")
async def list_maturity_models(request: EdgeRequest) -> Page[MaturityModel]:  # noqa: ARG001 - every route has one
    """All models; the level of one is never converted into that of another."""
    return Page(list(MODELS.values()), None)


HANDLERS = [list_maturity_models]
