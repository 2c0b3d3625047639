"""run_in.py SERVICE COMMAND…: runs a command in the running container of a service of this project, and ends as it does."""

import os
import sys

import docker

service, *command = sys.argv[1:]
labels = [f"com.docker.compose.project={os.environ['TASK_PROJECT']}", f"com.docker.compose.service={service}"]
containers = docker.from_env().containers.list(filters={"label": labels})
if not containers:
    sys.exit(f"no container of the service {service} runs")
code, output = containers[0].exec_run(command)
print(output.decode(), end="")
sys.exit(code)
