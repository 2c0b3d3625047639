"""/data/products.jsonl into the table products: new ones are added, known ones replaced."""

import json
import os
from pathlib import Path

import psycopg2

products = [json.loads(line) for line in Path("/data/products.jsonl").read_text().splitlines()]
with psycopg2.connect(os.environ["DATABASE_URL"], connect_timeout=10) as connection, connection.cursor() as cursor:
    cursor.executemany(
        "INSERT INTO products VALUES (%(id)s, %(name)s, %(category)s, %(price)s)"
        " ON CONFLICT (id) DO UPDATE SET name = excluded.name, category = excluded.category, price = excluded.price",
        products,
    )
print(f"{len(products)} products in PostgreSQL")
