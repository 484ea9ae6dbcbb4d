"""E-mail: who agreed to it and when, what gathers until the morning, and how often an address was asked."""

from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.execute(
        "ALTER TABLE subscriptions ADD COLUMN language text, ADD COLUMN confirm_until timestamptz, "
        "ADD COLUMN confirmed_at timestamptz, ADD COLUMN agreed_to text, ADD COLUMN mailed_on date"
    )
    op.execute("COMMENT ON COLUMN subscriptions.url IS 'where to: https://… or mailto:…'")
    op.execute("COMMENT ON COLUMN subscriptions.confirm_until IS 'not confirmed yet: until then somebody may'")
    op.execute("COMMENT ON COLUMN subscriptions.agreed_to IS 'which text of the confirmation was agreed to'")
    op.execute(
        "CREATE INDEX subscriptions_unconfirmed ON subscriptions (confirm_until) WHERE confirm_until IS NOT NULL"
    )
    op.execute("ALTER TABLE deliveries DROP CONSTRAINT deliveries_state_check")
    op.execute(
        "ALTER TABLE deliveries ADD CONSTRAINT deliveries_state_check "
        "CHECK (state IN ('gathering', 'due', 'delivered', 'carried', 'given-up', 'closed'))"
    )
    op.execute("CREATE UNIQUE INDEX deliveries_gathering ON deliveries (subscription_id) WHERE state = 'gathering'")
    op.execute("CREATE INDEX deliveries_ready ON deliveries (due_at) WHERE state = 'gathering'")
    op.execute("CREATE TABLE confirmations (address bytea NOT NULL, asked_at timestamptz NOT NULL)")
    op.execute("COMMENT ON COLUMN confirmations.address IS 'a keyed code of it, kept for a day'")
    op.execute("CREATE INDEX confirmations_address ON confirmations (address, asked_at)")
