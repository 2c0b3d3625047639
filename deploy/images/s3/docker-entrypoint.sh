#!/bin/sh
# As in MinIO's image: "server …" and options alone mean minio.
case ${1:-} in server | -*) set -- minio "$@" ;; esac
exec "$@"
