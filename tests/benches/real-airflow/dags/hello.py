"""One task that does next to nothing: what is measured is whether it is done at all."""

from datetime import datetime

from airflow import DAG
from airflow.operators.bash import BashOperator

with DAG("hello", start_date=datetime(2024, 1, 1), schedule=None, catchup=False):
    BashOperator(task_id="hello", bash_command="echo hello")
