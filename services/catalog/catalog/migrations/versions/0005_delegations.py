"""Who may record for whom."""

from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.execute(
        """
        CREATE TABLE delegations (
            municipality text NOT NULL,
            delegate text NOT NULL,
            version integer NOT NULL,
            granted_on date NOT NULL,
            ended_on date,
            legal_basis text,
            PRIMARY KEY (municipality, delegate)
        )
        """
    )
    op.execute("CREATE INDEX ix_delegations_delegate ON delegations (delegate)")
