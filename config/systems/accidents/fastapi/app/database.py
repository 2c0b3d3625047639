"""The predictions that were answered, in PostgreSQL. One connection a request: it outlives no restart of the database."""

import os

import psycopg2

URL = os.environ["DATABASE_URL"]


def keep(model_version: str, accident_json: str, probability: float):
    row = (model_version, accident_json, probability)
    with psycopg2.connect(URL, connect_timeout=5) as connection, connection.cursor() as cursor:
        cursor.execute("INSERT INTO predictions (model_version, accident, probability) VALUES (%s, %s, %s)", row)


def unreachable() -> str | None:
    """Why PostgreSQL cannot be reached, or None."""
    try:
        with psycopg2.connect(URL, connect_timeout=3) as connection, connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except psycopg2.Error as error:
        return str(error).strip()
