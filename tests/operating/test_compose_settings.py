"""Whatever a service reads can be set where operators set things: in `deploy/.env`. Generated from the code, so that none is forgotten."""

import re
from importlib import import_module
from typing import Any, Final

import pytest
import yaml

from edge.settings import describe
from embedded.services import SERVICES
from tests.harness.installation import ROOT

FIXED: Final = {
    "OZG_CATALOG_DATABASE_URL": "a secret that the first start makes",
    "OZG_PROGRESS_DATABASE_URL": "the same",
    "OZG_NOTIFIER_DATABASE_URL": "the same",
    "OZG_NATS_URL": "the same",
    "OZG_NOTIFIER_KEY": "the same",
    "OZG_TOKEN_PUBLIC_KEY_FILE": "a volume",
    "OZG_TOKEN_PRIVATE_KEY_FILE": "only the container `token` sees it",
    "OZG_CATALOG_URL": "a name in the network inside",
    "OZG_NOTIFIER_URL": "the same",
    "OZG_TRUSTED_PROXIES": "nobody but Caddy reaches the network inside",
    "OZG_HOST": "all containers listen alike",
    "OZG_PORT": "all containers listen alike",
    "OZG_STREAM_REPLICAS": "follows from the number of nats-servers: compose.scale.yaml",
    "OZG_ALLOW_LOOPBACK_WEBHOOKS": "never in production",
}
CONTAINERS: Final[dict[str, dict[str, Any]]] = yaml.safe_load((ROOT / "deploy" / "compose.yaml").read_text())[
    "services"
]
EVERY: Final = [
    (service.name, row.name)
    for service in SERVICES
    for row in describe(
        getattr(import_module(f"{service.name}.settings"), f"{service.name.capitalize()}Settings"),
    )
]


@pytest.mark.parametrize(("service", "setting"), EVERY)
@pytest.mark.parametrize("part", ["web", "worker"])
def test_every_setting_of_every_service_can_be_set_unless_it_is_fixed(service: str, part: str, setting: str) -> None:
    given = str(CONTAINERS[f"{service}-{part}"]["environment"].get(setting, ""))
    settable = re.fullmatch(rf"\$\{{{setting}:-[^}}]*\}}", given) is not None
    assert settable != (setting in FIXED), given


def test_nothing_is_fixed_that_no_longer_exists() -> None:
    assert {setting for _, setting in EVERY} >= set(FIXED)


def test_what_checks_tokens_gets_all_that_is_known_of_the_issuer() -> None:
    for service in SERVICES:
        environment = CONTAINERS[f"{service.name}-web"]["environment"]
        oidc = {setting for name, setting in EVERY if name == service.name and setting.startswith("OZG_OIDC_")}
        assert oidc
        assert oidc <= set(environment)
