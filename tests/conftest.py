"""Real servers for every test: one PostgreSQL and one nats-server per session, a fresh database per test."""

import logging
import os
from collections.abc import Iterator

import pytest
import structlog
from hypothesis import settings

from embedded.postgres import SAFE
from tests.harness.nats import NatsServer, any_nats
from tests.harness.postgres import Databases, PostgresServer, any_postgres

# Chance looks for new mistakes where people work; what decides whether a change may land gives the same answer twice.
settings.register_profile("same", derandomize=True, print_blob=True)
if os.environ.get("CI"):
    settings.load_profile("same")

SERVERS = {"postgres_server", "nats_server", "own_postgres", "own_nats"}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Every test that uses a server is one worth repeating against the official images."""
    for item in items:
        if SERVERS & set(getattr(item, "fixturenames", ())):
            item.add_marker("containers")


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """Shared by all tests and fast (no fsync); do not stop it."""
    with any_postgres() as server:
        yield server


@pytest.fixture(scope="session")
def database_templates() -> dict[str, str]:
    """Names of the databases that `make_database.prepared` filled in this session."""
    return {}


@pytest.fixture
def make_database(postgres_server: PostgresServer, database_templates: dict[str, str]) -> Iterator[Databases]:
    """Call it for the URL of one more fresh, empty database; all are dropped after the test."""
    databases = Databases(postgres_server, database_templates)
    yield databases
    databases.drop_all()


@pytest.fixture
def database(make_database: Databases) -> str:
    """The URL of a fresh, empty database, `postgresql://…`."""
    return make_database()


@pytest.fixture(scope="session")
def nats_server() -> Iterator[NatsServer]:
    """Shared by all tests: name streams and subjects apart, or take `own_nats`; do not stop it."""
    with any_nats(sync_interval="2m") as server:
        yield server


@pytest.fixture
def nats_url(nats_server: NatsServer) -> str:
    """Where the shared nats-server listens."""
    return nats_server.url


@pytest.fixture
def own_nats() -> Iterator[NatsServer]:
    """A nats-server for one test, to kill, restart and delete the files of (`.url`, `.store`, `.kill()`, `.start()`)."""
    with any_nats() as server:
        yield server


@pytest.fixture
def own_postgres() -> Iterator[PostgresServer]:
    """A PostgreSQL for one test with the safe settings, to kill and restart (`.url(db)`, `.sql()`, `.kill()`, `.start()`)."""
    with any_postgres(SAFE) as server:
        yield server


@pytest.fixture
def fresh_logging() -> Iterator[None]:
    """Logging as it was, afterwards."""
    root = logging.getLogger()
    before = (list(root.handlers), root.level)
    yield
    root.handlers[:], level = before[0], before[1]
    root.setLevel(level)
    structlog.reset_defaults()
