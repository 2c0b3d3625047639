"""What an experiment needs to know of each product, from /data/products.jsonl into /data/features.json."""

import json
from pathlib import Path

products = [json.loads(line) for line in Path("/data/products.jsonl").read_text().splitlines()]
categories = sorted({product["category"] for product in products})
rows = [{"category": categories.index(product["category"]), "length": len(product["name"]), "price": product["price"]} for product in products]
Path("/data/features.json").write_text(json.dumps({"categories": categories, "rows": rows}))
print(f"{len(rows)} rows of features")
