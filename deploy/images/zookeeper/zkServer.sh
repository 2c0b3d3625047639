#!/bin/sh
# zkServer.sh start-foreground | status: the two words of ZooKeeper's own script that containers use.
set -eu
case ${1:-} in
start-foreground)
    # shellcheck disable=SC2086 # the variable holds several options
    exec java ${JVMFLAGS:--Xmx256m} -XX:+UseSerialGC -Dlogback.configurationFile=/opt/zookeeper/logback.xml -Dzookeeper.admin.enableServer=false \
        -cp "/conf:/opt/zookeeper:/usr/share/java/*" org.apache.zookeeper.server.quorum.QuorumPeerMain /conf/zoo.cfg
    ;;
status) echo srvr | nc -q 1 -w 2 localhost 2181 | grep '^Mode: ' ;;
*) echo "zkServer.sh: this image knows start-foreground and status" >&2 && exit 2 ;;
esac
