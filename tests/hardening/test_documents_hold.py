"""Every operation of the three documents, with thousands of good and bad calls: no fault, and no answer that is not described."""

from collections.abc import Iterator
from typing import Any, Final
from zlib import crc32

import msgspec
import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, settings
from schemathesis.checks import not_a_server_error
from schemathesis.config import SchemathesisConfig
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
    unsupported_method,
)

from catalog.importing.formats import MEDIA_TYPES
from edge.documenting import openapi_document
from tests.hardening.place import prefix
from tests.hardening.places import app_of
from tests.hardening.seeding import seeded
from tests.hardening.serving import Served, served
from tests.harness.postgres import Databases, PostgresServer

CHECKS: Final = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    unsupported_method,
]
CONFIG: Final = {
    "seed": 1,
    "phases": {"coverage": {"generate-duplicate-query-parameters": True}},
}
bounded = settings(
    max_examples=12,
    deadline=None,
    database=None,
    derandomize=True,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)


@schemathesis.serializer(*(kind for kind in MEDIA_TYPES if kind != "application/json"))
def as_it_is(_: Any, value: Any) -> bytes:
    """Sheets are bytes."""
    return value if isinstance(value, bytes) else str(value).encode("utf-8", "replace")


@pytest.fixture(scope="module")
def running(postgres_server: PostgresServer, database_templates: dict[str, str]) -> Iterator[Served]:
    """On a port, because requests know no loops."""
    databases = Databases(postgres_server, database_templates)
    with served(databases) as there:
        yield there
    databases.drop_all()


@pytest.fixture(scope="module")
def session() -> Iterator[requests.Session]:
    with requests.Session() as session:
        yield session


def _schema(service: str) -> Any:
    served_document = msgspec.json.decode(msgspec.json.encode(openapi_document(app_of(service), prefix(service))))
    document = seeded(served_document)
    return schemathesis.openapi.from_dict(document, config=SchemathesisConfig.from_dict(CONFIG))


CATALOG, PROGRESS, NOTIFIER = map(_schema, ("catalog", "progress", "notifier"))


def _hold(case: schemathesis.Case[Any], running: Served, session: requests.Session, service: str) -> None:
    place = running.places[service]
    for name in ("subscription", "delivery"):
        if name in case.path_parameters and crc32(repr(case.path_parameters).encode()) % 3:
            to_close = case.operation.label.startswith("DELETE")
            case.path_parameters[name] = place.known["to close" if to_close else name]
    case.call_and_validate(
        base_url=running.url + prefix(service),
        session=session,
        headers=place.tokens.bearer("operator"),
        checks=CHECKS,
        timeout=20,
    )


@CATALOG.parametrize()
@bounded
def test_the_catalog_does_what_its_document_says(
    case: schemathesis.Case[Any], running: Served, session: requests.Session
) -> None:
    _hold(case, running, session, "catalog")


@PROGRESS.parametrize()
@bounded
def test_progress_does_what_its_document_says(
    case: schemathesis.Case[Any], running: Served, session: requests.Session
) -> None:
    _hold(case, running, session, "progress")


@NOTIFIER.parametrize()
@bounded
def test_the_notifier_does_what_its_document_says(
    case: schemathesis.Case[Any], running: Served, session: requests.Session
) -> None:
    _hold(case, running, session, "notifier")
