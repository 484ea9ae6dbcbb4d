"""The pages people look at."""

from collections.abc import Sequence

from litestar.types import ControllerRouterHandler

PAGES: Sequence[ControllerRouterHandler] = []
