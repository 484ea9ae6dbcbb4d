"""The log, the bookmark, what is known from the catalog, and what the notifier keeps itself."""

from pathlib import Path

from alembic import op

from events import following
from events.log import tables

revision = "0001"
down_revision = None


def upgrade() -> None:
    connection = op.get_bind()
    tables.create_log(connection, "notifier")
    following.create_tables(connection)
    for statement in Path(__file__).with_suffix(".sql").read_text(encoding="utf-8").split(";\n"):
        if statement.strip():
            connection.exec_driver_sql(statement)
