"""Alembic runs on the connection it is given (`events.log.migrating`), in one transaction."""

from alembic import context

context.configure(connection=context.config.attributes["connection"], version_table_schema="public")
with context.begin_transaction():
    context.run_migrations()
