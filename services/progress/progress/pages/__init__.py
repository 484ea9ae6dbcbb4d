"""The pages people look at: rendered here, complete without script, with everything they need from here."""

from collections.abc import Sequence

from litestar.types import ControllerRouterHandler

from progress.pages import (
    alerts,
    area,
    assets,
    cell,
    citizens,
    explaining,
    images,
    inbox,
    rows,
    search,
    service,
    signing_in,
    solution,
    start,
    theme,
    town,
    upload,
)

_ALL = (
    start,
    search,
    town,
    cell,
    rows,
    inbox,
    upload,
    alerts,
    citizens,
    area,
    theme,
    service,
    solution,
    explaining,
    images,
    signing_in,
    assets,
)
PAGES: Sequence[ControllerRouterHandler] = [handler for module in _ALL for handler in module.HANDLERS]
