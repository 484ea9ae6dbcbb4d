"""Sheets are written ahead of the log's head, so that nobody waits for them."""

from alembic import op

from events.log import bulk_tables

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    for statement in bulk_tables.TABLES:
        op.execute(statement)
