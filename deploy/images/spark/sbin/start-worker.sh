#!/bin/bash
# start-worker.sh MASTER: starts a worker in the background, as the script of that name in Spark's own distribution.
source "$(dirname "$0")/start"
start org.apache.spark.deploy.worker.Worker --webui-port "${SPARK_WORKER_WEBUI_PORT:-8081}" "$@"
