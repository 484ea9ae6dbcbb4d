"""The paper on data protection knows every table there is."""

import re

import pytest
import sqlalchemy as sa

from catalog.migrating import migrate as migrate_catalog
from events.log.connect import engine
from notifier.migrating import migrate as migrate_notifier
from tests.harness.postgres import Databases
from tests.papers.test_operating import ROOT

OF_MIGRATING = "alembic_version"


@pytest.mark.parametrize(
    ("service", "migrate"), [("catalog", migrate_catalog), ("notifier", migrate_notifier)], ids=lambda one: str(one)[:8]
)
async def test_every_table_is_named(make_database: Databases, service: str, migrate: object) -> None:
    url = await make_database.prepared(f"{service}-of-the-paper", migrate)  # type: ignore[arg-type]
    looking = engine(url)
    async with looking.connect() as connection:
        tables = set(await connection.scalars(sa.text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")))
    await looking.dispose()
    paper = (ROOT / "docs" / "data-protection.md").read_text(encoding="utf-8")
    rows = [line for line in paper.splitlines() if line.startswith(f"| {service} |")]
    named = {name for row in rows for name in re.findall(r"`([a-z_]+)`", row.split("|")[2])}
    assert named == tables - {OF_MIGRATING}
