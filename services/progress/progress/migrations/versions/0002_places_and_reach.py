"""The read models anew: they count by place, and know where services reach. What they hold is read again from the log.

Only what operators decided is not in the log: the events they left out.
"""

from alembic import op

from events.following import create_tables as create_bookmarks
from progress.tables import create_tables

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    connection = op.get_bind()
    connection.exec_driver_sql("ALTER SCHEMA live RENAME TO outdated")
    connection.exec_driver_sql("CREATE SCHEMA live")
    connection.exec_driver_sql("SET LOCAL search_path = live, public")
    create_tables(connection)
    create_bookmarks(connection)
    connection.exec_driver_sql("INSERT INTO skipped SELECT * FROM outdated.skipped")
    connection.exec_driver_sql("DROP SCHEMA outdated CASCADE")
    connection.exec_driver_sql("SET LOCAL search_path = public")
