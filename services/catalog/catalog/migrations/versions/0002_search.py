"""What searching needs: text as people type it, with and without umlauts, by word, by part of a word and nearly."""

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    for statement in _SEARCH:
        op.execute(statement)


_SEARCH = (
    "CREATE EXTENSION IF NOT EXISTS pg_trgm",
    "CREATE EXTENSION IF NOT EXISTS unaccent",
    # One form for ü, ue and u: whoever types either finds all. unaccent() is only STABLE because its dictionary could be
    # replaced; nobody does, and a generated column wants IMMUTABLE. German words are not stemmed before, so that order matters.
    """
    CREATE FUNCTION plain(text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
        SELECT replace(replace(replace(unaccent('unaccent', lower(replace($1, 'ß', 'ss'))), 'ae', 'a'), 'oe', 'o'), 'ue', 'u')
    $$
    """,
    """
    ALTER TABLE services
        ADD COLUMN plain text GENERATED ALWAYS AS (plain(title)) STORED,
        ADD COLUMN words tsvector GENERATED ALWAYS AS (to_tsvector('german', plain(title))) STORED
    """,
    "CREATE INDEX services_plain ON services USING gin (plain gin_trgm_ops)",
    "CREATE INDEX services_words ON services USING gin (words)",
    """
    ALTER TABLE bundles
        ADD COLUMN plain text GENERATED ALWAYS AS (plain(title)) STORED,
        ADD COLUMN words tsvector GENERATED ALWAYS AS (to_tsvector('german', plain(title))) STORED
    """,
    "ALTER TABLE municipalities ADD COLUMN plain text GENERATED ALWAYS AS (plain(name)) STORED",
    "CREATE INDEX municipalities_plain ON municipalities USING gin (plain gin_trgm_ops)",
    "CREATE INDEX municipalities_parents ON municipalities USING gin (parents)",
)
