#!/bin/sh
# Options or a configuration file alone mean redis-server; the server runs as redis, open to the network, in /data.
set -eu
case ${1:-} in -* | *.conf) set -- redis-server "$@" ;; esac
if [ "${1:-}" = redis-server ]; then
    if [ "$(id -u)" = 0 ]; then
        find . \! -user redis -exec chown redis {} +
        exec setpriv --reuid redis --regid redis --init-groups "$0" "$@"
    fi
    # As in the official image, the container's network is the boundary. An option of the command comes later and wins.
    shift
    case ${1:-} in
    *.conf) config=$1 && shift && exec redis-server "$config" --protected-mode no "$@" ;;
    *) exec redis-server --protected-mode no "$@" ;;
    esac
fi
exec "$@"
