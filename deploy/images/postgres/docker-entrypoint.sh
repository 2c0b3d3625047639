#!/bin/bash
# Initialises an empty data directory as the official image does, then runs the command.
# Known: POSTGRES_USER, POSTGRES_PASSWORD, POSTGRES_DB, POSTGRES_INITDB_ARGS (each also as NAME_FILE),
# POSTGRES_HOST_AUTH_METHOD, PGDATA, /docker-entrypoint-initdb.d/*.{sh,sql,sql.gz}.
set -euo pipefail

from_file() { # from_file NAME: NAME, or the content of the file that NAME_FILE names
    local file=$1_FILE
    if [[ -n ${!file:-} ]]; then
        if [[ -n ${!1:-} ]]; then echo "error: both $1 and $file are set (but are exclusive)" >&2 && exit 1; fi
        export "$1=$(<"${!file}")"
    fi
}

run_init_files() {
    local file sql=(psql -v ON_ERROR_STOP=1 --no-password --no-psqlrc --username "$POSTGRES_USER" --dbname "$POSTGRES_DB")
    for file in /docker-entrypoint-initdb.d/*; do
        # shellcheck source=/dev/null
        case $file in
        *.sh) if [[ -x $file ]]; then echo "running $file" && "$file"; else echo "sourcing $file" && . "$file"; fi ;;
        *.sql) echo "running $file" && "${sql[@]}" -f "$file" ;;
        *.sql.gz) echo "running $file" && gunzip -c "$file" | "${sql[@]}" ;;
        esac
    done
}

initialise() {
    for name in POSTGRES_USER POSTGRES_PASSWORD POSTGRES_DB POSTGRES_INITDB_ARGS; do from_file "$name"; done
    export POSTGRES_USER=${POSTGRES_USER:-postgres}
    export POSTGRES_DB=${POSTGRES_DB:-$POSTGRES_USER} PGPASSWORD=${POSTGRES_PASSWORD:-}
    local auth=${POSTGRES_HOST_AUTH_METHOD:-scram-sha-256}
    if [[ -z ${POSTGRES_PASSWORD:-} && $auth != trust ]]; then
        echo "Error: Database is uninitialized and superuser password is not specified. Set POSTGRES_PASSWORD to a non-empty value." >&2
        exit 1
    fi
    eval "initdb --username=\"\$POSTGRES_USER\" --pwfile=<(printf '%s\n' \"\${POSTGRES_PASSWORD:-unused}\") ${POSTGRES_INITDB_ARGS:-}"
    printf '\nhost all all all %s\n' "$auth" >>"$PGDATA/pg_hba.conf"
    sed -i "s/^#listen_addresses = .*/listen_addresses = '*'/" "$PGDATA/postgresql.conf"
    # Nobody may reach the server by the network until it is initialised.
    pg_ctl -D "$PGDATA" -o "-c listen_addresses=''" -w start
    if [[ $POSTGRES_DB != postgres ]]; then
        psql -v ON_ERROR_STOP=1 -v db="$POSTGRES_DB" --username "$POSTGRES_USER" --dbname postgres <<<'CREATE DATABASE :"db";'
    fi
    run_init_files
    pg_ctl -D "$PGDATA" -m fast -w stop
    unset PGPASSWORD
}

if [[ ${1:-} == -* ]]; then set -- postgres "$@"; fi

if [[ ${1:-} == postgres ]]; then
    mkdir -p "$PGDATA" /var/run/postgresql
    if [[ $(id -u) == 0 ]]; then
        find "$PGDATA" /var/run/postgresql \! -user postgres -exec chown postgres:postgres {} +
        chmod 700 "$PGDATA"
        exec setpriv --reuid postgres --regid postgres --init-groups "$0" "$@"
    fi
    if [[ ! -s $PGDATA/PG_VERSION ]]; then initialise; fi
fi
exec "$@"
