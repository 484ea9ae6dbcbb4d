#!/bin/sh
# Let a replica in: a user that may follow this PostgreSQL and do nothing else. It runs at every start, whatever is there already.
# Where: PGHOST, PGUSER, PGPASSWORD(_FILE) of the superuser; the replica's own password is in REPLICA_PASSWORD_FILE.
set -eu
if [ -n "${PGPASSWORD_FILE:-}" ]; then PGPASSWORD=$(cat "$PGPASSWORD_FILE") && export PGPASSWORD; fi
psql -XqAt -v ON_ERROR_STOP=1 -v password="$(cat "$REPLICA_PASSWORD_FILE")" -d postgres <<'SQL'
SELECT 'CREATE ROLE replica' WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'replica') \gexec
ALTER ROLE replica LOGIN REPLICATION CONNECTION LIMIT 10 PASSWORD :'password';
SQL
