#!/bin/sh
# Be a replica of another PostgreSQL, for reading:  replica.sh [-c setting=value …]
#
# The first start copies the other one and leaves a slot there, for which it keeps what is not here yet. If the slot was given up meanwhile, so
# that a dead replica fills nobody's disk, or the other one is no longer the one that was copied, everything is copied anew: at a start, and
# for a running replica by ending it, because whoever runs this starts it again.
# Where: PRIMARY is how libpq gets to the other one, PGPASSFILE has the password of its user `replica`, PGDATA is the folder.
set -eu
umask 077
export LC_ALL=C PGCONNECT_TIMEOUT=5

ask() { # the other one
	psql -XqAt -v ON_ERROR_STOP=1 -d "$PRIMARY dbname=postgres" -c "$1"
}

lost() { # for certain: one that cannot be asked may come back
	[ -s "$PGDATA/PG_VERSION" ] || return 0
	here=$(pg_controldata "$PGDATA" | sed -n 's/^Database system identifier: *//p')
	there=$(ask "SELECT system_identifier, (SELECT wal_status FROM pg_replication_slots WHERE slot_name = 'replica') FROM pg_control_system()") || return 1
	case "$there" in "$here|reserved" | "$here|extended" | "$here|unreserved") return 1 ;; esac
}

copy() {
	echo "Copying everything from $PRIMARY."
	rm -rf "${PGDATA:?}" "$PGDATA.unfinished"
	ask "SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE slot_name = 'replica'"
	pg_basebackup -d "$PRIMARY" -D "$PGDATA.unfinished" --create-slot --slot=replica --wal-method=stream --checkpoint=fast
	touch "$PGDATA.unfinished/standby.signal"
	mv "$PGDATA.unfinished" "$PGDATA"
}

if lost; then copy; fi
(while sleep "${LOOK_EVERY:-10}" && kill -0 $$; do if lost; then kill -INT $$; fi; done) 2>/dev/null &
exec postgres -D "$PGDATA" -c primary_conninfo="$PRIMARY passfile=$PGPASSFILE" -c primary_slot_name=replica \
	-c hot_standby_feedback=on -c wal_retrieve_retry_interval=1s "$@"
