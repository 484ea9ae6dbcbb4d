#!/bin/sh
# Put an installation back as it was when a backup was made:  restore.sh FOLDER
#
# Nobody may use the databases meanwhile, and nats-server must not run. Everything is restored beside what is there and checked; then the three
# databases change places in one transaction. Until then nothing of the old is lost, and whatever stops this can be answered by doing it again.
# What JetStream holds is removed, because it may be ahead of the restored log or tell another story: the relays fill it from the logs.
# Where: PGHOST, PGUSER, PGPASSWORD(_FILE), PRIVATE_KEYS, PUBLIC_KEYS, NOTIFIER_KEYS, STREAMS (folders of JetStream); INSTALLATION is OZG_INSTALLATION.
set -eu
umask 077

sql() { # database, statement
	psql -XqAt -v ON_ERROR_STOP=1 -d "$1" -c "$2"
}

refuse() {
	echo "$1 Nothing was changed." >&2
	exit 2
}

look() { # that the backup is whole, and nobody works here
	(cd "$from" 2>/dev/null && sha256sum -c sums >/dev/null 2>&1) || refuse "$from is no whole backup: a file is missing or damaged."
	if [ -n "${NATS_HOST:-}" ] && nc -z -w 2 "$NATS_HOST" 4222 2>/dev/null; then
		refuse "nats-server runs. Stop everything first."
	fi
	users=$(sql postgres "SELECT string_agg(DISTINCT datname, ', ') FROM pg_stat_activity WHERE datname IN ('catalog', 'progress', 'notifier')")
	[ -z "$users" ] || refuse "Somebody still uses the databases ($users). Stop the services first."
}

fill() { # a database beside the one of that name
	beside=$1_restored
	sql postgres "DROP DATABASE IF EXISTS $beside WITH (FORCE)"
	sql postgres "CREATE DATABASE $beside TEMPLATE template0"
	if [ "$(sql postgres "SELECT count(*) FROM pg_roles WHERE rolname = '$1'")" = 1 ]; then
		sql postgres "ALTER DATABASE $beside OWNER TO $1"
		sql postgres "REVOKE CONNECT ON DATABASE $beside FROM PUBLIC"
		set -- "$1" "--role=$1"
	fi
	pg_restore --exit-on-error --no-owner --no-privileges --jobs=2 ${2:+"$2"} -d "$beside" "$from/$1.dump"
}

follows() { # that a follower has heard just what the log tells, in this very installation
	found=$(sql "$1_restored" "SELECT position || ' ' || coalesce(nullif(event_id, ''), '-') || ' ' || source FROM $2 LIMIT 1")
	[ -n "$found" ] || return 0
	read -r position identity source <<-FOUND
		$found
	FOUND
	[ "$source" = "//$INSTALLATION/catalog" ] || refuse "This is a backup of $source; here OZG_INSTALLATION is $INSTALLATION."
	if [ "$position" != 0 ]; then
		told=$(sql catalog_restored "SELECT id FROM events WHERE position = $position")
		[ "$told" = "$identity" ] || refuse "The backup contradicts itself: $1 heard $identity at $position, the log tells ${told:-nothing}."
	fi
	echo "$1 has heard all up to $position"
}

give_back_keys() { # tokens revoked since the backup stay revoked, and those issued since stay on the list
	put "$PRIVATE_KEYS" private.pem
	put "$PUBLIC_KEYS" public.pem
	put "$NOTIFIER_KEYS" notifier.key
	add "$PRIVATE_KEYS" issued.jsonl
	add "$PUBLIC_KEYS" revoked.jsonl
}

put() { # folder, file
	[ -e "$from/keys/$2" ] || return 0
	[ -e "$1/$2" ] || : >"$1/$2"
	cat "$from/keys/$2" >"$1/$2"
	chown "$(stat -c %u:%g "$1")" "$1/$2"
}

add() { # folder, list
	[ -e "$from/keys/$2" ] || return 0
	[ -e "$1/$2" ] || : >"$1/$2"
	lines=$(cat "$1/$2" "$from/keys/$2" | sort -u)
	echo "$lines" >"$1/$2"
	chown "$(stat -c %u:%g "$1")" "$1/$2"
}

swap() {
	statements=
	for name in catalog progress notifier; do
		sql postgres "DROP DATABASE IF EXISTS ${name}_before WITH (FORCE)"
		statements="$statements ALTER DATABASE $name RENAME TO ${name}_before; ALTER DATABASE ${name}_restored RENAME TO $name;"
	done
	sql postgres "BEGIN; $statements COMMIT"
	for name in catalog progress notifier; do sql postgres "DROP DATABASE ${name}_before WITH (FORCE)"; done
}

from=$1
if [ -n "${PGPASSWORD_FILE:-}" ]; then PGPASSWORD=$(cat "$PGPASSWORD_FILE") && export PGPASSWORD; fi
for _ in $(seq 200); do pg_isready -q && break || sleep 0.3; done
look
for name in catalog progress notifier; do fill "$name"; done
echo "the log ends at $(sql catalog_restored "SELECT position FROM heads WHERE log = 'catalog'")"
follows progress live.followers
follows notifier followers
give_back_keys
find "$STREAMS" -mindepth 1 -maxdepth 3 -type d -name jetstream -prune -exec rm -rf {} +
swap
echo "Restored. JetStream is empty; the relays fill it when the services start."
