"""The log, and the current states beside it."""

from alembic import op

from events.log import tables

revision = "0001"
down_revision = None


def upgrade() -> None:
    tables.create_log(op.get_bind(), "catalog")
    for statement in _STATES:
        op.execute(statement)


_STATES = (
    """
    CREATE TABLE municipalities (
        id text PRIMARY KEY, version int NOT NULL, name text NOT NULL, levels text[] NOT NULL, region text NOT NULL,
        kind text NOT NULL, parents text[] NOT NULL, keys jsonb NOT NULL, inhabitants bigint, inhabitants_on date,
        latitude float8, longitude float8, postcode text, basis jsonb NOT NULL, registered_on date, ended_on date,
        successor jsonb, language text NOT NULL, translations jsonb
    )
    """,
    "CREATE INDEX municipalities_region ON municipalities (region)",
    "CREATE TABLE municipality_keys (key text PRIMARY KEY, municipality text NOT NULL)",
    """
    CREATE TABLE services (
        key text PRIMARY KEY, version int NOT NULL, title text NOT NULL, kind text NOT NULL, country text NOT NULL,
        level text NOT NULL, theme text NOT NULL, bundle text, countable bool NOT NULL, withdrawn_on date, successor jsonb,
        listed jsonb NOT NULL
    )
    """,
    "CREATE TABLE bundles (id text PRIMARY KEY, version int NOT NULL, title text NOT NULL, theme text NOT NULL, listed jsonb NOT NULL)",
    """
    CREATE TABLE responsibilities (
        municipality text, service text, position bigint, version int NOT NULL, region text, members text[],
        serves jsonb NOT NULL, effective_on date NOT NULL, ended_on date, legal_basis text, basis jsonb NOT NULL,
        PRIMARY KEY (municipality, service, position)
    )
    """,
    "CREATE INDEX responsibilities_service ON responsibilities (service)",
    """
    CREATE TABLE statuses (
        municipality text, service text, version int NOT NULL, confirmed_on date, timeline jsonb NOT NULL,
        PRIMARY KEY (municipality, service)
    )
    """,
    """
    CREATE TABLE solutions (
        slug text PRIMARY KEY, version int NOT NULL, position bigint NOT NULL, owner text NOT NULL, withdrawn bool NOT NULL,
        name text NOT NULL, services text[] NOT NULL, regions text[] NOT NULL, solution jsonb NOT NULL,
        availability jsonb NOT NULL
    )
    """,
)
