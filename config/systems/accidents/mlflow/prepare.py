"""Run before `mlflow server`: makes the bucket of the artefacts and migrates an existing database.

`mlflow db upgrade` fails on an empty database; the server fills one itself.
"""

import os
import subprocess

import boto3
import sqlalchemy

BUCKET = os.environ["BUCKET"]
DATABASE = os.environ["BACKEND_STORE_URI"]

s3 = boto3.client("s3", endpoint_url=os.environ["MLFLOW_S3_ENDPOINT_URL"], region_name="us-east-1")
if BUCKET not in {bucket["Name"] for bucket in s3.list_buckets()["Buckets"]}:
    s3.create_bucket(Bucket=BUCKET)
    print(f"made the bucket {BUCKET}", flush=True)

if sqlalchemy.inspect(sqlalchemy.create_engine(DATABASE)).has_table("experiments"):
    subprocess.run(["mlflow", "db", "upgrade", DATABASE], check=True)
