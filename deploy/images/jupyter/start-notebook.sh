#!/bin/bash
# start-notebook.sh OPTION…: JupyterLab as the notebook's user, whoever starts it, with SPARK_HOME and the like kept.
set -euo pipefail
server=(jupyter lab --ip=0.0.0.0 --port=8888 --no-browser "$@")
if [[ $(id -u) == 0 ]]; then
    cd "/home/$NB_USER"
    exec setpriv --reuid "$NB_UID" --regid "$NB_GID" --clear-groups env "HOME=/home/$NB_USER" "USER=$NB_USER" "${server[@]}"
fi
exec "${server[@]}"
