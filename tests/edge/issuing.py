"""An issuer as a service makes it, beside the real one it asks."""

from typing import Any

import pytest

from edge.issuer import Issuer, Keys, issuer_of
from edge.jwks import published
from edge.serving_settings import ServingSettings
from edge.testing import Tokens
from edge.token_refusals import TokenRefused
from tests.harness.issuer import LocalIssuer


class Ticks:
    """The machine's own clock, moved by hand."""

    def __init__(self) -> None:
        self.at = 1000.0

    def __call__(self) -> float:
        return self.at


def configured(local: LocalIssuer, tokens: Tokens, ticks: Ticks, seconds: float = 5, **settings: Any) -> Issuer:
    """By its settings, but for the clock."""

    async def fetch(name: str) -> Keys:
        return await published(name, seconds)

    made = issuer_of(ServingSettings(oidc_issuer=local.url, **settings), tokens.clock, fetch=fetch, ticks=ticks)
    assert made is not None
    return made


def refused(issuer: Issuer, token: str) -> tuple[int, str]:
    """How and why."""
    with pytest.raises(TokenRefused) as refusal:
        issuer.verify(token)
    return refusal.value.status, refusal.value.reason
