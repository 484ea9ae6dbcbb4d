"""Since when nothing arrives at a subscription, and whether nothing is sent there any more because of that."""

from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.execute("ALTER TABLE subscriptions ADD COLUMN failing_since timestamptz, ADD COLUMN disabled_at timestamptz")
    op.execute("CREATE INDEX subscriptions_failing ON subscriptions (id) WHERE failing_since IS NOT NULL")
