"""Every minute: documents in the lake's inbox/ are read by the backend, kept as invoices, and moved to inbox/done/."""

from datetime import datetime

import lake
import requests
from airflow.decorators import dag, task
from airflow.sensors.base import PokeReturnValue

INBOX = lake.ROOT / "inbox"


@dag(schedule="* * * * *", start_date=datetime(2023, 1, 1), catchup=False, max_active_runs=1, tags=["factures"])
def ocr_batch_pipeline():
    @task.sensor(poke_interval=5, timeout=20, mode="reschedule", soft_fail=True)
    def documents():
        names = sorted(file.name for file in INBOX.glob("*.txt"))
        return PokeReturnValue(is_done=bool(names), xcom_value=names)

    @task
    def read(names, ds=None):
        found = []
        for name in names:
            answer = requests.post(f"{lake.BACKEND}/api/ocr", data=(INBOX / name).read_bytes(), timeout=lake.PATIENCE_S)
            answer.raise_for_status()
            found.append({"document": name, **answer.json()})
        return lake.write_lines(f"raw/factures/ocr/{ds}/{datetime.now():%H%M%S}", found)

    @task
    def put_away(names, _kept):
        (INBOX / "done").mkdir(exist_ok=True)
        for name in names:
            (INBOX / name).rename(INBOX / "done" / name)

    names = documents()
    put_away(names, read(names))


ocr_batch_pipeline()
