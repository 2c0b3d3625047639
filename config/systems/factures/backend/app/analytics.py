"""The aggregates that the DAG batch_analytics_factures leaves in curated/analytics/<date>/summary.json."""

import json
import os
import re
from pathlib import Path

CURATED = Path(os.environ["CURATED"])


class Missing(Exception):
    """There are no aggregates of that day."""


def dates() -> list[str]:
    return sorted(file.parent.name for file in CURATED.glob("analytics/*/summary.json"))


def summary(date: str | None) -> dict:
    known = dates()
    if not known:
        raise Missing("There are no aggregates yet. Run the DAGs multi_source_ingestion_factures and batch_analytics_factures.")
    date = date or known[-1]
    if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", date) or date not in known:
        raise Missing(f"There are no aggregates of {date}. There are: {', '.join(known)}.")
    return json.loads((CURATED / "analytics" / date / "summary.json").read_text())


def unreadable() -> str | None:
    """Why the curated data cannot be read, or None."""
    try:
        next(CURATED.iterdir(), None)
    except OSError as error:
        return str(error)
