"""What the claims of an issuer mean here is for the operator to say."""

from typing import Any

import pytest

from edge.issuer import issuer_of
from edge.serving_settings import ServingSettings
from edge.settings import SettingsInvalid
from edge.testing import Tokens
from tests.edge.issuing import Ticks, configured, refused
from tests.harness.issuer import LocalIssuer


@pytest.mark.parametrize(
    ("settings", "claims", "who"),
    [
        ({}, {}, ("editor", "ars:147130000000")),
        ({}, {"realm_access": {"roles": ["ozg-editor", "ozg-operator"]}}, ("operator", "ars:147130000000")),
        ({}, {"municipality": ["ars:147130000000"]}, ("editor", "ars:147130000000")),
        ({}, {"municipality": None}, ("editor", None)),
        ({}, {"municipality": ["ars:147130000000", "ars:145110000000"]}, (403, "not-one-authority")),
        ({}, {"municipality": "a/operator/x"}, (403, "not-one-authority")),
        ({}, {"municipality": "a\nb"}, (403, "not-one-authority")),
        ({}, {"realm_access": {"roles": []}}, (403, "no-role")),
        ({}, {"realm_access": {"roles": ["operator"]}}, (403, "no-role")),
        ({}, {"realm_access": "ozg-editor"}, (403, "no-role")),
        ({}, {"realm_access": {"roles": [["ozg-editor"]]}}, (403, "no-role")),
        (
            {"oidc_role_claim": "https://ozg.example/role", "oidc_roles": ("schreibt=editor",)},
            {"https://ozg.example/role": "schreibt"},
            ("editor", "ars:147130000000"),
        ),
        (
            {"oidc_municipality_claim": "groups", "oidc_municipalities": ("/sachsen/leipzig=ars:147130000000",)},
            {"groups": ["/alle", "/sachsen/leipzig"]},
            ("editor", "ars:147130000000"),
        ),
        (
            {"oidc_municipality_claim": "groups", "oidc_municipalities": ("/leipzig=ars:147130000000",)},
            {"groups": ["ars:145110000000"]},
            ("editor", None),
        ),
    ],
)
async def test_the_operator_says_what_claims_mean(
    local: LocalIssuer,
    tokens: Tokens,
    ticks: Ticks,
    settings: dict[str, Any],
    claims: dict[str, Any],
    who: tuple[Any, Any],
) -> None:
    made = configured(local, tokens, ticks, **settings)
    await made.refresh()
    if isinstance(who[0], int):
        assert refused(made, local.token(**claims)) == who
    else:
        caller = made.verify(local.token(**claims))
        assert (caller.role, caller.authority) == who


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"oidc_issuer": "http://login.example/realms/ozg"}, "https://"),
        ({"oidc_issuer": "login.example"}, "https://"),
        ({"oidc_roles": ("ozg-editor",)}, "'ozg-editor' does not do"),
        ({"oidc_roles": ("ozg-admin=admin",)}, "'admin' is no role; there are editor"),
        ({"oidc_roles": ()}, "names no role"),
        ({"oidc_municipalities": ("/leipzig=Stadt Leipzig",)}, "no key of an authority"),
    ],
)
def test_a_setting_that_does_not_do_is_refused_by_name(tokens: Tokens, settings: dict[str, Any], said: str) -> None:
    with pytest.raises(SettingsInvalid, match="OZG_OIDC_") as refusal:
        issuer_of(ServingSettings(**{"oidc_issuer": "https://login.example/realms/ozg"} | settings), tokens.clock)
    assert said in str(refusal.value)
