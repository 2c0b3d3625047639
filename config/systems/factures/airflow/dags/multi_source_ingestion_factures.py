"""Invoices from files, a database and an API, all three at once; enriched, copied to HDFS, and published where there is Kafka.

The invoices are invented: this system shows how the services work together, and nothing about any trade.
"""

import csv
import json
from datetime import datetime
from pathlib import Path

import lake
from airflow.decorators import dag, task
from airflow.exceptions import AirflowSkipException
from airflow.models import Variable

TOPIC = "factures-enriched"
SOURCES = Path("/opt/airflow/sources")


@dag(schedule="@daily", start_date=datetime(2023, 1, 1), catchup=False, max_active_runs=1, tags=["factures"])
def multi_source_ingestion_factures():
    @task
    def ingest_files(ds=None):
        found = [row for file in sorted(SOURCES.glob("*.csv")) for row in csv.DictReader(file.open())]
        return lake.write_lines(f"raw/factures/files/{ds}", found)

    @task
    def ingest_db(ds=None):
        from airflow.providers.postgres.hooks.postgres import PostgresHook

        columns = ["id", "country", "payment", "amount"]
        rows = PostgresHook("factures").get_records(f"SELECT {', '.join(columns)} FROM factures ORDER BY id")
        return lake.write_lines(f"raw/factures/db/{ds}", [dict(zip(columns, map(str, row))) for row in rows])

    @task
    def ingest_api(ds=None):
        return lake.write_lines(f"raw/factures/api/{ds}", lake.backend("/api/source/factures"))

    @task
    def enrich(files, ds=None):
        """One list of all, each invoice with its country's region and its amount as a number."""
        regions = lake.backend("/api/reference/regions")
        all = [record for file in files for record in lake.read_lines(file)]
        enriched = [{**record, "amount": float(record["amount"]), "region": regions.get(record["country"], "unknown")} for record in all]
        return lake.write_lines(f"clean/factures/api/{ds}", enriched)

    @task(retries=2)
    def upload_to_hdfs(files):
        for file in files:
            lake.upload(file)

    @task
    def publish_enriched_to_kafka(file):
        servers = Variable.get("kafka_bootstrap_servers", default_var=None)
        if not servers:
            raise AirflowSkipException("the variable kafka_bootstrap_servers is not set: there is no Kafka to publish to")
        from kafka import KafkaProducer

        producer = KafkaProducer(bootstrap_servers=servers, acks="all", value_serializer=lambda one: json.dumps(one).encode())
        for record in lake.read_lines(file):
            producer.send(TOPIC, record)
        producer.flush(timeout=30)

    sources = [ingest_files(), ingest_db(), ingest_api()]
    enriched = enrich(sources)
    upload_to_hdfs([*sources, enriched])
    publish_enriched_to_kafka(enriched)


multi_source_ingestion_factures()
