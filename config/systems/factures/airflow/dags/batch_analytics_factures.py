"""Every hour: the newest clean invoices by country, region and way of payment, for the analytics API."""

import json
from collections import defaultdict
from datetime import datetime

import lake
from airflow.decorators import dag, task
from airflow.exceptions import AirflowSkipException

BY = ["country", "region", "payment"]


@dag(schedule="@hourly", start_date=datetime(2023, 1, 1), catchup=False, max_active_runs=1, tags=["factures"])
def batch_analytics_factures():
    @task
    def aggregate():
        days = sorted((lake.ROOT / "clean/factures/api").glob("*/factures.jsonl"))
        if not days:
            raise AirflowSkipException("nothing is clean yet: multi_source_ingestion_factures has not run")
        invoices = lake.read_lines(days[-1])
        groups = {f"by_{name}": defaultdict(lambda: {"count": 0, "amount": 0.0}) for name in BY}
        for invoice in invoices:
            for name in BY:
                group = groups[f"by_{name}"][invoice[name]]
                group["count"] += 1
                group["amount"] = round(group["amount"] + invoice["amount"], 2)
        date = days[-1].parent.name
        total = round(sum(invoice["amount"] for invoice in invoices), 2)
        file = lake.ROOT / "curated/analytics" / date / "summary.json"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps({"date": date, "count": len(invoices), "amount": total, **groups}, indent=1))
        return str(file.relative_to(lake.ROOT))

    @task(retries=2)
    def upload_to_hdfs(file):
        lake.upload(file)

    upload_to_hdfs(aggregate())


batch_analytics_factures()
