"""Raw files into MinIO, and a Spark job over them. The sales are invented, and nothing about any market."""

import json
import os
from datetime import datetime
from pathlib import Path

from airflow.decorators import dag, task
from airflow.providers.apache.spark.operators.spark_submit import SparkSubmitOperator

SAMPLES = Path("/opt/airflow/samples")


def objects():
    import boto3

    return boto3.client("s3", endpoint_url=os.environ["MINIO_ENDPOINT"], region_name="us-east-1")


@dag(schedule=None, start_date=datetime(2023, 1, 1), catchup=False, tags=["datalake"])
def sales():
    @task
    def load():
        if "raw" not in {bucket["Name"] for bucket in objects().list_buckets()["Buckets"]}:
            objects().create_bucket(Bucket="raw")
        for file in sorted(SAMPLES.iterdir()):
            objects().put_object(Bucket="raw", Key=file.name, Body=file.read_bytes())
            print(f"raw/{file.name}")

    count = SparkSubmitOperator(
        task_id="count",
        application="/opt/airflow/jobs/sales.py",
        conn_id="spark_default",
        executor_memory="512m",  # Spark asks for 450 MB at least
        driver_memory="512m",
        total_executor_cores=2,
        executor_cores=1,
        verbose=False,
    )

    @task
    def show():
        print(json.loads(objects().get_object(Bucket="curated", Key="sales.json")["Body"].read()))

    load() >> count >> show()


sales()
