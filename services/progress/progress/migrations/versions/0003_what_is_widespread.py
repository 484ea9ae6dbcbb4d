"""What is widespread in a place has an index of its own: a few services out of thousands."""

from alembic import op

from progress.counting.spread import WIDESPREAD

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    connection = op.get_bind()
    connection.exec_driver_sql("SET LOCAL search_path = live, public")
    connection.exec_driver_sql("DROP INDEX IF EXISTS spread_most")  # there already where the tables were just created
    connection.exec_driver_sql(WIDESPREAD)
    connection.exec_driver_sql("SET LOCAL search_path = public")
