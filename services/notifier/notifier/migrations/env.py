"""Alembic runs on the connection it is given (`notifier.migrating`), in one transaction."""

from alembic import context

context.configure(connection=context.config.attributes["connection"])
with context.begin_transaction():
    context.run_migrations()
