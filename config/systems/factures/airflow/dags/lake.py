"""The lake's folders, on this machine and in HDFS by WebHDFS. Not a DAG."""

import json
import os
from pathlib import Path
from urllib.parse import quote

import requests

ROOT = Path(os.environ["DATA_LAKE"])
WEBHDFS = os.environ["WEBHDFS_URL"]
BACKEND = os.environ["BACKEND_URL"]
PATIENCE_S = 60


def write_lines(folder: str, records: list[dict]) -> str:
    """Replaces folder/factures.jsonl; the folder is that of one day, so that a run repeated changes nothing else."""
    file = ROOT / folder / "factures.jsonl"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("".join(json.dumps(record) + "\n" for record in records))
    return str(file.relative_to(ROOT))


def read_lines(file: str) -> list[dict]:
    return [json.loads(line) for line in (ROOT / file).read_text().splitlines()]


def upload(file: str):
    """Copies a file of the lake to the same path below /datalake."""
    path = f"{WEBHDFS}/datalake/{quote(file)}"
    query = {"op": "CREATE", "overwrite": "true", "user.name": "airflow"}
    # The name node answers with the address of the data node that takes the content.
    answer = requests.put(path, params=query, allow_redirects=False, timeout=PATIENCE_S)
    answer.raise_for_status()
    requests.put(answer.headers["Location"], data=(ROOT / file).read_bytes(), timeout=PATIENCE_S).raise_for_status()


def backend(path: str):
    answer = requests.get(BACKEND + path, timeout=PATIENCE_S)
    answer.raise_for_status()
    return answer.json()
