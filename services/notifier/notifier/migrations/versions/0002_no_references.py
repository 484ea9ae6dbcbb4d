"""Deliveries name their subscription without a foreign key: they are made by the thousand, from the very rows they would be checked against."""

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.execute("ALTER TABLE deliveries DROP CONSTRAINT deliveries_subscription_id_fkey")
