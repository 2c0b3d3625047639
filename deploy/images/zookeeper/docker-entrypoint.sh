#!/bin/sh
# Writes /conf/zoo.cfg from ZOO_… variables where nobody has mounted one, and drops root.
set -eu
if [ "${1:-}" = zkServer.sh ]; then
    if [ "$(id -u)" = 0 ]; then
        chown -R zookeeper:zookeeper "$ZOO_DATA_DIR" "$ZOO_DATA_LOG_DIR" /conf
        exec setpriv --reuid zookeeper --regid zookeeper --init-groups "$0" "$@"
    fi
    if [ ! -f /conf/zoo.cfg ]; then
        cat >/conf/zoo.cfg <<TEXT
dataDir=$ZOO_DATA_DIR
dataLogDir=$ZOO_DATA_LOG_DIR
clientPort=2181
tickTime=${ZOO_TICK_TIME:-2000}
initLimit=${ZOO_INIT_LIMIT:-5}
syncLimit=${ZOO_SYNC_LIMIT:-2}
maxClientCnxns=${ZOO_MAX_CLIENT_CNXNS:-60}
autopurge.snapRetainCount=${ZOO_AUTOPURGE_SNAPRETAINCOUNT:-3}
autopurge.purgeInterval=${ZOO_AUTOPURGE_PURGEINTERVAL:-0}
4lw.commands.whitelist=${ZOO_4LW_COMMANDS_WHITELIST:-srvr}
TEXT
    fi
    if [ ! -f "$ZOO_DATA_DIR/myid" ]; then echo "${ZOO_MY_ID:-1}" >"$ZOO_DATA_DIR/myid"; fi
fi
exec "$@"
