#!/bin/bash
# Copies the local lake (/lake) into HDFS below /datalake: the job of the service hdfs-sync, which runs this in its container.
# From the host: `docker compose run --rm hdfs-sync`, or a restart of the service.
set -euo pipefail

hdfs dfs -mkdir -p /datalake
for zone in raw clean curated streaming; do
    if [[ -n $(find "/lake/$zone" -type f -print -quit 2>/dev/null) ]]; then
        hdfs dfs -put -f "/lake/$zone" /datalake/
        echo "/datalake/$zone: $(find "/lake/$zone" -type f | wc -l) files"
    fi
done
