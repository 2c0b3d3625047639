#!/bin/bash
# As the official image's, without its words for Kubernetes: the command is run as it is.
if (($#)); then exec "$@"; fi
exec /bin/bash
