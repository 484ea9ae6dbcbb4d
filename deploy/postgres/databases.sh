#!/bin/sh
# First start: a database a service, each owned by a role of its own that sees no other.
set -eu
export PGHOST=/var/run/postgresql
for name in catalog progress notifier; do
  psql -v ON_ERROR_STOP=1 -v password="$(cat "/run/secrets/$name")" -U "$POSTGRES_USER" -d postgres <<SQL
CREATE ROLE $name LOGIN PASSWORD :'password';
CREATE DATABASE $name OWNER $name;
REVOKE CONNECT ON DATABASE $name FROM PUBLIC;
SQL
done
