"""The API of the system `pipeline`: a catalogue to scrape, and what is known of its products once Elasticsearch has them."""

import os
import random
import secrets
from statistics import fmean
from typing import Annotated

import httpx
from fastapi import Depends, FastAPI, HTTPException, Security
from fastapi.responses import HTMLResponse
from fastapi.security import APIKeyHeader
from pydantic import BaseModel

API_KEY = os.environ["API_KEY"]
CATEGORIES = {"chair": 80, "lamp": 35, "shelf": 120, "table": 240}
COUNT = 60

app = FastAPI(title="Products")
elasticsearch = httpx.Client(base_url=os.environ["ELASTICSEARCH_URL"], timeout=20)
prices: dict[str, float] = {}  # the mean by category, as of the last refresh


class Wanted(BaseModel):
    category: str


def api_key(key: Annotated[str | None, Security(APIKeyHeader(name="X-API-Key", auto_error=False))]):
    if key is None or not secrets.compare_digest(key.encode(), API_KEY.encode()):
        raise HTTPException(401, "This path needs the header X-API-Key with the key of the setting API_KEY.")


@app.get("/api/v1/test")
def test():
    """Alive. It asks nothing of the other services, so that it does not fail with them."""
    return {"status": "ok"}


@app.get("/catalogue", response_class=HTMLResponse)
def catalogue():
    """The page that is scraped. Its products are invented, the same ones at every call."""
    chance = random.Random(1925)
    rows = ""
    for number in range(1, COUNT + 1):
        category = chance.choice(list(CATEGORIES))
        price = CATEGORIES[category] * chance.uniform(0.6, 1.4)
        rows += f'<tr class="product"><td>{number}</td><td>{category.title()} {number}</td><td>{category}</td><td>{price:.2f}</td></tr>\n'
    return f"<!DOCTYPE html><title>Catalogue</title><table>\n{rows}</table>"


@app.post("/refresh", dependencies=[Depends(api_key)])
def refresh():
    """Reads the products of Elasticsearch again. The DAG calls it when they are there."""
    try:
        answer = elasticsearch.post("/products/_search", json={"size": 1000, "query": {"match_all": {}}}).raise_for_status().json()
    except httpx.HTTPError as error:
        raise HTTPException(502, f"Elasticsearch's index products cannot be read: {error}") from error
    products = [hit["_source"] for hit in answer["hits"]["hits"]]
    prices.clear()
    for category in {product["category"] for product in products}:
        prices[category] = fmean(product["price"] for product in products if product["category"] == category)
    return {"products": len(products), "categories": sorted(prices)}


@app.post("/predict", dependencies=[Depends(api_key)])
def predict(wanted: Wanted):
    """The price to expect of a product of that category."""
    if not prices:
        raise HTTPException(503, "No product is known yet. Run the DAG pipeline.")
    if wanted.category not in prices:
        raise HTTPException(404, f"No product of the category {wanted.category!r} is known. There are: {', '.join(sorted(prices))}.")
    return {"category": wanted.category, "price": round(prices[wanted.category], 2)}
