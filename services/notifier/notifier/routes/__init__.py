"""One file per resource. A route reads the request, asks or acts, and answers."""

from collections.abc import Sequence

from litestar.types import ControllerRouterHandler

from notifier.routes import alerts, contracts, deliveries, mail, preview, subscriptions

ROUTES: Sequence[ControllerRouterHandler] = [
    *subscriptions.HANDLERS,
    *preview.HANDLERS,
    *deliveries.HANDLERS,
    *alerts.HANDLERS,
    *mail.HANDLERS,
    *contracts.HANDLERS,
]
