"""`plain` names where its parts are: a restore looks nowhere by itself, and would not find them."""

from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.execute(
        """
        CREATE OR REPLACE FUNCTION plain(text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
            SELECT replace(replace(replace(
                public.unaccent('public.unaccent', lower(replace($1, 'ß', 'ss'))), 'ae', 'a'), 'oe', 'o'), 'ue', 'u')
        $$
        """
    )
