"""Films through the whole system: made up, sent to Kafka, landed in the lakehouse, counted by Spark, recorded in MLflow.

The films are invented from a fixed seed: this system shows how the services work together, and nothing about films.
"""

import json
import os
import random
import time
from datetime import datetime
from pathlib import Path

import requests
from airflow.decorators import dag, task
from airflow.providers.apache.spark.operators.spark_submit import SparkSubmitOperator

TOPIC = "films"
GENRES = ["comedy", "drama", "science fiction", "western"]
LAKEHOUSE = Path(os.environ["LAKEHOUSE_PATH"])
COUNT = 400


def invented_films():
    chance = random.Random(1895)
    for number in range(COUNT):
        genre = chance.choice(GENRES)
        yield {"id": number, "title": f"Film {number}", "genre": genre, "rating": round(chance.gauss(5 + len(genre) / 10, 1), 2)}


def mlflow(path, **body):
    answer = requests.post(os.environ["MLFLOW_TRACKING_URI"] + "/api/2.0/mlflow" + path, json=body, timeout=30)
    if answer.status_code == 400 and answer.json().get("error_code") == "RESOURCE_ALREADY_EXISTS":
        return None
    answer.raise_for_status()
    return answer.json()


@dag(schedule=None, start_date=datetime(2023, 1, 1), catchup=False, is_paused_upon_creation=False, tags=["bigdata"])
def films():
    @task
    def publish():
        from kafka import KafkaProducer

        producer = KafkaProducer(bootstrap_servers=os.environ["KAFKA_BOOTSTRAP_SERVERS"], value_serializer=lambda one: json.dumps(one).encode(), acks="all")
        for film in invented_films():
            producer.send(TOPIC, film)
        producer.flush(timeout=30)

    @task
    def land():
        """What is in the topic, each film once, as JSON lines under raw/."""
        from kafka import KafkaConsumer, TopicPartition

        consumer = KafkaConsumer(bootstrap_servers=os.environ["KAFKA_BOOTSTRAP_SERVERS"], enable_auto_commit=False)
        partitions = [TopicPartition(TOPIC, number) for number in consumer.partitions_for_topic(TOPIC)]
        consumer.assign(partitions)
        consumer.seek_to_beginning()
        ends = consumer.end_offsets(partitions)
        found = {}
        while any(consumer.position(partition) < ends[partition] for partition in partitions):
            for records in consumer.poll(timeout_ms=1000).values():
                found.update((film["id"], film) for film in (json.loads(record.value) for record in records))
        consumer.close()
        file = LAKEHOUSE / "raw" / "films.jsonl"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("".join(json.dumps(film) + "\n" for film in found.values()))
        print(f"{len(found)} films in {file}")

    count = SparkSubmitOperator(
        task_id="count",
        application="/opt/airflow/jobs/films.py",
        application_args=[str(LAKEHOUSE)],
        conn_id="spark_default",
        executor_memory="512m",  # Spark asks for 450 MB at least
        driver_memory="512m",
        total_executor_cores=2,
        executor_cores=1,
        # Spark's executors and Airflow run under different users: what one makes the other must be able to rename.
        conf={"spark.hadoop.fs.permissions.umask-mode": "000"},
        verbose=False,
    )

    @task
    def record():
        """One run in MLflow whose metrics are the average ratings."""
        result = json.loads((LAKEHOUSE / "films.json").read_text())
        mlflow("/experiments/create", name="films")
        query = {"experiment_name": "films"}
        found = requests.get(os.environ["MLFLOW_TRACKING_URI"] + "/api/2.0/mlflow/experiments/get-by-name", params=query, timeout=30).json()
        now_ms = int(time.time() * 1000)
        run = mlflow("/runs/create", experiment_id=found["experiment"]["experiment_id"], start_time=now_ms)["run"]["info"]
        metrics = [{"key": f"rating {genre}", "value": one["rating"], "timestamp": now_ms, "step": 0} for genre, one in result["genres"].items()]
        metrics.append({"key": "films", "value": sum(one["films"] for one in result["genres"].values()), "timestamp": now_ms, "step": 0})
        mlflow("/runs/log-batch", run_id=run["run_id"], metrics=metrics)
        path = run["artifact_uri"].removeprefix("mlflow-artifacts:")
        artefacts = os.environ["MLFLOW_TRACKING_URI"] + "/api/2.0/mlflow-artifacts/artifacts"
        requests.put(f"{artefacts}{path}/films.json", data=json.dumps(result), timeout=30).raise_for_status()
        mlflow("/runs/update", run_id=run["run_id"], status="FINISHED", end_time=int(time.time() * 1000))

    publish() >> land() >> count >> record()


films()
