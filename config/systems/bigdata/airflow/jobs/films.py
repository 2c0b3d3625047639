"""films.py LAKEHOUSE: the average rating by genre, into LAKEHOUSE/films (Parquet) and LAKEHOUSE/films.json for the API."""

import json
import socket
import sys
import time
from pathlib import Path

from pyspark.sql import SparkSession, functions

LAKEHOUSE = Path(sys.argv[1])
PATIENCE_S = 60


def wait_for_executors(spark, wanted):
    """The first tasks would all run on the first executor that has registered."""
    known = spark.sparkContext._jsc.sc().getExecutorMemoryStatus
    deadline = time.monotonic() + PATIENCE_S
    while known().size() < wanted + 1 and time.monotonic() < deadline:  # the driver is one of them
        time.sleep(0.2)


def main():
    # Tasks wait for no executor that has their data: what was shuffled is all with the one that has read the small file.
    spark = SparkSession.builder.appName("films").config("spark.locality.wait", "0s").getOrCreate()
    wait_for_executors(spark, 2)
    films = spark.read.json(f"file://{LAKEHOUSE}/raw/films.jsonl").repartition(8)
    rated = films.groupBy("genre").agg(functions.count("*").alias("films"), functions.round(functions.avg("rating"), 3).alias("rating"))
    rated.write.mode("overwrite").parquet(f"file://{LAKEHOUSE}/films")
    genres = {row["genre"]: {"films": row["films"], "rating": row["rating"]} for row in spark.read.parquet(f"file://{LAKEHOUSE}/films").collect()}

    def where(rows):
        time.sleep(0.3)  # long enough that one executor cannot take all of them
        yield socket.gethostname(), sum(1 for _ in rows)

    hosts = sorted({host for host, _ in films.rdd.mapPartitions(where).collect()})
    (LAKEHOUSE / "films.json").write_text(json.dumps({"genres": genres, "executors": hosts}))
    print(json.dumps({"genres": genres, "executors": hosts}))
    spark.stop()


main()
