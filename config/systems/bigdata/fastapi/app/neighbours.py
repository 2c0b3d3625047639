"""The services that the API works with: whether they can be reached, and films sent to Kafka."""

import json
import os
from pathlib import Path

import httpx
import psycopg2
import redis
from kafka import KafkaProducer
from kafka.errors import KafkaError

import ratings

SERVERS = os.environ["KAFKA_BOOTSTRAP_SERVERS"]
PATIENCE_S = 10


def unreachable() -> dict[str, str | None]:
    """Why a service cannot be reached, or None, by its name."""
    checks = {"postgres": postgres, "redis": ratings.cache.ping, "kafka": kafka, "mlflow": mlflow, "lakehouse": lakehouse}
    return {name: reason(check) for name, check in checks.items()}


def reason(check) -> str | None:
    try:
        check()
    except (psycopg2.Error, redis.RedisError, KafkaError, httpx.HTTPError, OSError) as error:
        return f"{type(error).__name__}: {error}".strip()


def postgres():
    names = {"host": "HOST", "port": "PORT", "user": "USER", "password": "PASSWORD", "dbname": "DB"}
    psycopg2.connect(connect_timeout=3, **{key: os.environ[f"POSTGRES_{name}"] for key, name in names.items()}).close()


def kafka():
    producer().close(timeout=PATIENCE_S)


def mlflow():
    httpx.get(os.environ["MLFLOW_TRACKING_URI"] + "/health", timeout=3).raise_for_status()


def lakehouse():
    next(Path(os.environ["LAKEHOUSE_PATH"]).iterdir(), None)


def send(topic: str, value: dict):
    """Returns when the broker has it."""
    sender = producer()
    try:
        sender.send(topic, json.dumps(value).encode()).get(timeout=PATIENCE_S)
    finally:
        sender.close(timeout=PATIENCE_S)


def producer() -> KafkaProducer:
    return KafkaProducer(bootstrap_servers=SERVERS, acks="all", max_block_ms=PATIENCE_S * 1000)
