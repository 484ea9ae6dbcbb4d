"""The read models in schema `live`."""

from alembic import op

from events.following import create_tables as create_bookmarks
from progress.tables import create_tables

revision = "0001"
down_revision = None


def upgrade() -> None:
    connection = op.get_bind()
    connection.exec_driver_sql("CREATE SCHEMA live")
    connection.exec_driver_sql("SET LOCAL search_path = live, public")
    create_tables(connection)
    create_bookmarks(connection)
    connection.exec_driver_sql("SET LOCAL search_path = public")
