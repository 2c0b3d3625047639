"""/data/products.jsonl into Elasticsearch's index products."""

import json
import os
from pathlib import Path

import httpx

URL = os.environ["ELASTICSEARCH_URL"]
products = [json.loads(line) for line in Path("/data/products.jsonl").read_text().splitlines()]
lines = [line for product in products for line in ({"index": {"_index": "products", "_id": str(product["id"])}}, product)]
body = "".join(json.dumps(line) + "\n" for line in lines)
answer = httpx.post(f"{URL}/_bulk?refresh=true", content=body, headers={"Content-Type": "application/x-ndjson"}, timeout=60)
answer.raise_for_status()
assert not answer.json()["errors"], answer.text
print(f"{len(products)} products in Elasticsearch")
