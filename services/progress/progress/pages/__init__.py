"""The pages people look at: rendered here, without script, with everything they need from here."""

from collections.abc import Sequence

from litestar.types import ControllerRouterHandler

from progress.pages import start, stylesheet, town

PAGES: Sequence[ControllerRouterHandler] = [*start.HANDLERS, *town.HANDLERS, *stylesheet.HANDLERS]
