#!/bin/sh
# Back up an installation into a new folder below the one named, while it runs and is written to:  backup.sh FOLDER
#
# All three databases are kept as they were at nearly one moment. The notifier's is held first and the catalog's last, each until everything
# is dumped: so no follower in the backup has heard more than the log in it tells. Where: PGHOST, PGUSER, PGPASSWORD(_FILE); the folders of
# the keys that sign, the keys that check and the key that seals: PRIVATE_KEYS, PUBLIC_KEYS, NOTIFIER_KEYS.
set -eu
umask 077

hold() { # database, then those that follow: call this script again while the database's moment is held
	first=$1
	shift
	export first
	export DATABASES="$*"
	psql -XqAt -v ON_ERROR_STOP=1 -d "$first" <<-'SQL'
		BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;
		SELECT 'MOMENT_' || current_database() AS variable, pg_export_snapshot() AS moment \gset
		\setenv :variable :moment
		\! exec sh "$SCRIPT" </dev/null
	SQL
}

dump() { # all moments are held
	for name in catalog progress notifier; do
		eval "moment=\$MOMENT_$name"
		pg_dump --format=custom --compress=1 --no-unlogged-table-data --snapshot="$moment" --file="$UNFINISHED/$name.dump" "$name"
	done
	mkdir "$UNFINISHED/keys"
	for file in "$PRIVATE_KEYS"/private.pem "$PRIVATE_KEYS"/issued.jsonl "$PUBLIC_KEYS"/public.pem "$PUBLIC_KEYS"/revoked.jsonl \
		"$NOTIFIER_KEYS"/notifier.key; do
		if [ -e "$file" ]; then cat "$file" >"$UNFINISHED/keys/${file##*/}"; fi
	done
	(cd "$UNFINISHED" && sha256sum ./*.dump keys/* >sums)
	chmod -R go= "$UNFINISHED"
	sync
	mv "$UNFINISHED" "$FINISHED" # whatever has this name is whole
}

if [ -z "${SCRIPT:-}" ]; then
	if [ -n "${PGPASSWORD_FILE:-}" ]; then PGPASSWORD=$(cat "$PGPASSWORD_FILE") && export PGPASSWORD; fi
	name=ozg-$(date -u +%Y-%m-%dT%H%M%SZ)
	mkdir -p "$1"
	export SCRIPT="$0" FINISHED="$1/$name" UNFINISHED="$1/.unfinished-$name"
	mkdir "$UNFINISHED"
	trap 'rm -rf "$UNFINISHED"' EXIT
	hold notifier progress catalog || true # psql does not hand on how its last command ended; the name does
	if [ ! -d "$FINISHED" ]; then
		echo "No backup was made; the reason stands above." >&2
		exit 1
	fi
	echo "$FINISHED"
elif [ -n "$DATABASES" ]; then
	# shellcheck disable=SC2086 # one word a database
	hold $DATABASES
else
	dump
fi
