"""Writes Hadoop's settings from variables such as HDFS-SITE.XML_dfs.replication, as Apache's image does, and runs the command.

ENSURE_NAMENODE_DIR names a directory: where it is missing, the name node is formatted first.
"""

import os
import subprocess
import sys
from pathlib import Path
from xml.sax.saxutils import escape

CONF = Path(os.environ["HADOOP_CONF_DIR"])
# Hadoop 3's ports, which Hadoop 2 does not have by itself; the file's own variables win.
PORTS = {
    "dfs.namenode.http-address": "0.0.0.0:9870",
    "dfs.namenode.rpc-bind-host": "0.0.0.0",
    "dfs.datanode.address": "0.0.0.0:9866",
    "dfs.datanode.http.address": "0.0.0.0:9864",
    "dfs.datanode.ipc.address": "0.0.0.0:9867",
    "dfs.webhdfs.enabled": "true",
}


def write(file, values):
    properties = (f"<property><name>{escape(name)}</name><value>{escape(value)}</value></property>" for name, value in values.items())
    (CONF / file).write_text("<configuration>\n" + "\n".join(properties) + "\n</configuration>\n")


def main():
    files = {"core-site.xml": {}, "hdfs-site.xml": dict(PORTS)}
    for variable, value in os.environ.items():
        file, _, name = variable.partition("_")
        if file.endswith(".XML") and name:
            files.setdefault(file.lower(), {})[name] = value
    for file, values in files.items():
        write(file, values)
    directory = os.environ.get("ENSURE_NAMENODE_DIR")
    if directory and not Path(directory).is_dir():
        subprocess.run(["hdfs", "namenode", "-format", "-nonInteractive"], check=True)
    os.execvp(sys.argv[1], sys.argv[1:])


main()
