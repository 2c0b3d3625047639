#!/bin/bash
# Starts Spark's master in the background, as the script of that name in Spark's own distribution, which PySpark's wheel lacks.
source "$(dirname "$0")/start"
host=${SPARK_MASTER_HOST:-$(hostname -f)}
start org.apache.spark.deploy.master.Master --host "$host" --port "${SPARK_MASTER_PORT:-7077}" --webui-port "${SPARK_MASTER_WEBUI_PORT:-8080}" "$@"
