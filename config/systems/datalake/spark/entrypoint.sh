#!/bin/bash
# Starts what SPARK_MODE says: `master` (with the notebook), `worker`, or else the notebook alone. The process that matters runs in
# the foreground and ends when it is asked to.
set -euo pipefail

mkdir -p /usr/local/spark/logs /usr/local/spark/work
chown -R "$NB_UID:$NB_GID" /usr/local/spark/logs /usr/local/spark/work

export SPARK_MASTER_HOST=spark-master
export SPARK_WORKER_CORES=${SPARK_WORKER_CORES:-2}
export SPARK_WORKER_MEMORY=${SPARK_WORKER_MEMORY:-1g}
readonly CLASS=/usr/local/spark/bin/spark-class

as_user() { exec setpriv --reuid "$NB_UID" --regid "$NB_GID" --clear-groups env "HOME=/home/$NB_USER" "$@"; }

# Both end when one of them does, or when the container is asked to.
master() {
    local children=()
    trap 'kill "${children[@]}" 2>/dev/null || true' TERM INT
    (as_user "$CLASS" org.apache.spark.deploy.master.Master --host "$SPARK_MASTER_HOST" --port 7077 --webui-port 8080) &
    children+=($!)
    start-notebook.sh --ServerApp.root_dir="/home/$NB_USER" --IdentityProvider.token="${JUPYTER_TOKEN:?is not set}" &
    children+=($!)
    wait -n || true
    kill "${children[@]}" 2>/dev/null || true
    wait
}

case ${SPARK_MODE:-} in
master) master ;;
worker) as_user "$CLASS" org.apache.spark.deploy.worker.Worker --webui-port 8081 "spark://$SPARK_MASTER_HOST:7077" ;;
*) exec start-notebook.sh --IdentityProvider.token="${JUPYTER_TOKEN:?is not set}" ;;
esac
