"""Tells the API that Elasticsearch has new products."""

import os

import httpx

answer = httpx.post(os.environ["API_URL"] + "/refresh", headers={"X-API-Key": os.environ["API_KEY"]}, timeout=60)
answer.raise_for_status()
print(answer.json())
