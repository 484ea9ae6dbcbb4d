"""The log's tables. One log per service database; the head row is what makes its order gapless and its commits ordered."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import BYTEA, UUID

metadata = sa.MetaData()

events = sa.Table(
    "events",
    metadata,
    sa.Column("position", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("id", UUID, nullable=False),
    sa.Column("stream", sa.Text, nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("type", sa.Text, nullable=False),
    sa.Column("topic", sa.Text, nullable=False),
    sa.Column("time", sa.DateTime(timezone=True), nullable=False),
    sa.Column("document", BYTEA, nullable=False),
    sa.UniqueConstraint("stream", "version", name="events_stream_version"),
)

heads = sa.Table(
    "heads",
    metadata,
    sa.Column("log", sa.Text, primary_key=True),
    sa.Column("position", sa.BigInteger, nullable=False),
)

idempotency_keys = sa.Table(
    "idempotency_keys",
    metadata,
    sa.Column("scope", sa.Text, primary_key=True),
    sa.Column("key", sa.Text, primary_key=True),
    sa.Column("digest", BYTEA, nullable=False),
    sa.Column("answer", BYTEA, nullable=False),
    sa.Column("time", sa.DateTime(timezone=True), nullable=False, index=True),
)

notes = sa.Table(
    "notes",
    metadata,
    sa.Column("position", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("note", sa.Text, nullable=False),
)

_REFUSE_CHANGES = """
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the log is append-only: % on % is refused', TG_OP, TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
END $$
"""
_REFUSE_TRIGGER = """
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON events FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()
"""
# The head is checked while its row is locked by the very same transaction, so no gap and no overlap can be committed,
# whoever writes.
_CHECK_ORDER = """
CREATE FUNCTION check_order() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    head bigint;
    first_position bigint;
    last_position bigint;
    rows bigint;
BEGIN
    SELECT min(position), max(position), count(*) INTO first_position, last_position, rows FROM added;
    IF rows = 0 THEN RETURN NULL; END IF;
    SELECT position INTO head FROM heads FOR UPDATE;
    IF first_position <> head + 1 OR last_position <> head + rows THEN
        RAISE EXCEPTION 'positions % to % (% rows) do not follow the head %', first_position, last_position, rows, head
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    UPDATE heads SET position = last_position;
    RETURN NULL;
END $$
"""
_ORDER_TRIGGER = """
CREATE TRIGGER in_order AFTER INSERT ON events REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION check_order()
"""


def create_log(connection: sa.Connection, speaker: str) -> None:
    """Create the tables, the triggers that guard them, and the head at position 0. Called by a first migration."""
    metadata.create_all(connection)
    for statement in (_REFUSE_CHANGES, _REFUSE_TRIGGER, _CHECK_ORDER, _ORDER_TRIGGER):
        connection.exec_driver_sql(statement)
    connection.execute(heads.insert().values(log=speaker, position=0))


def channel(speaker: str) -> str:
    """The channel on which a batch is announced; a hint, never the guarantee."""
    return f"{speaker}_log"
