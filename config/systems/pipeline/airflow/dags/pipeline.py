"""Scraping first; then PostgreSQL, Elasticsearch and MLflow at the same time; the API once Elasticsearch has the products.

Each task but one runs in a container of its own, which is given its script: nothing has to be in its image but Python and the
clients of PostgreSQL and HTTP.
"""

import os
from datetime import datetime, timedelta
from pathlib import Path

from airflow import DAG
from airflow.operators.bash import BashOperator
from airflow.providers.docker.operators.docker import DockerOperator
from docker.types import Mount

TASKS = Path("/opt/airflow/tasks")


def in_container(name, script, **environment):
    return DockerOperator(
        task_id=name,
        image=os.environ["TASK_IMAGE"],
        command=["python", "-c", (TASKS / script).read_text()],
        environment={"PYTHONUNBUFFERED": "1", **environment},
        network_mode=os.environ["TASK_NETWORK"],
        mounts=[Mount(source=os.environ["TASK_VOLUME"], target="/data", type="volume")],
        mount_tmp_dir=False,
        docker_url="unix:///var/run/docker.sock",
        auto_remove="force",
    )


with DAG(
    "pipeline",
    schedule="@daily",
    start_date=datetime(2023, 1, 1),
    catchup=False,
    max_active_runs=1,
    default_args={"owner": "pipeline", "retries": 2, "retry_delay": timedelta(seconds=30)},
    tags=["pipeline"],
):
    scraping_task = in_container("scraping_task", "scrape.py", CATALOGUE_URL="http://fastapi:8000/catalogue")
    postgre_task = in_container("postgre_task", "to_postgres.py", DATABASE_URL=os.environ["DATABASE_URL"])
    elastic_task = in_container("elastic_task", "to_elastic.py", ELASTICSEARCH_URL="http://elasticsearch:9200")
    fastapi_task = in_container("fastapi_task", "refresh_api.py", API_URL="http://fastapi:8000", API_KEY=os.environ["API_KEY"])
    mlflow_task = BashOperator(
        task_id="mlflow_task",
        bash_command=f"cd {TASKS} && python run_in.py mlflow_service python /opt/mlflow/features.py"
        " && python run_in.py mlflow_service python /opt/mlflow/experiment.py",
    )

    scraping_task >> [postgre_task, elastic_task, mlflow_task]
    elastic_task >> fastapi_task
