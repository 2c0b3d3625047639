"""sales.py: the sales by region of every file in the bucket `raw` (CSV, JSON lines), into curated/sales.json.

The workers read the objects themselves, by S3's protocol, so that this runs with Spark's connectors for S3 and without.
"""

import csv
import io
import json
import os
import socket
import time

import boto3
from pyspark.sql import SparkSession

PATIENCE_S = 60


def objects():
    return boto3.client("s3", endpoint_url=os.environ["MINIO_ENDPOINT"], region_name="us-east-1")


def rows(key):
    """Pairs of a region and an amount, with the host that has read them."""
    text = objects().get_object(Bucket="raw", Key=key)["Body"].read().decode()
    records = csv.DictReader(io.StringIO(text)) if key.endswith(".csv") else map(json.loads, text.splitlines())
    time.sleep(1)  # long enough that one worker cannot take all files
    return [(record["region"], float(record["amount"]), socket.gethostname()) for record in records]


def wait_for_executors(spark, wanted):
    """The first tasks would all run on the first executor that has registered."""
    known = spark.sparkContext._jsc.sc().getExecutorMemoryStatus
    deadline = time.monotonic() + PATIENCE_S
    while known().size() < wanted + 1 and time.monotonic() < deadline:  # the driver is one of them
        time.sleep(0.2)


def main():
    spark = SparkSession.builder.appName("sales").getOrCreate()
    wait_for_executors(spark, 2)
    keys = [one["Key"] for one in objects().list_objects_v2(Bucket="raw").get("Contents", [])]
    sales = spark.sparkContext.parallelize(keys, max(1, len(keys))).flatMap(rows).cache()
    regions = sales.map(lambda row: (row[0], row[1])).reduceByKey(lambda a, b: a + b).collectAsMap()
    result = {"files": len(keys), "regions": {name: round(amount, 2) for name, amount in sorted(regions.items())}, "workers": sorted(sales.map(lambda row: row[2]).distinct().collect())}
    if "curated" not in {bucket["Name"] for bucket in objects().list_buckets()["Buckets"]}:
        objects().create_bucket(Bucket="curated")
    objects().put_object(Bucket="curated", Key="sales.json", Body=json.dumps(result).encode())
    print(json.dumps(result))
    spark.stop()


main()
