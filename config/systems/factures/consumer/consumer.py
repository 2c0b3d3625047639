"""Writes each message of a topic as a line of STREAMING/<date>/factures.jsonl. What is written is committed, in this order: a
message may come twice after a crash, and none is lost."""

import os
import signal
import threading
from datetime import datetime, timezone
from pathlib import Path

from kafka import KafkaConsumer

HEARD = Path("/tmp/heard")
STREAMING = Path(os.environ["STREAMING"])


def main():
    # Not out of the middle of a request: what follows could not be sent then.
    told_to_end = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: told_to_end.set())
    os.umask(0o002)
    consumer = KafkaConsumer(
        os.environ["TOPIC"],
        bootstrap_servers=os.environ["KAFKA_BOOTSTRAP_SERVERS"],
        group_id="consumer",
        auto_offset_reset="earliest",
        enable_auto_commit=False,
        metadata_max_age_ms=5000,
    )
    while not told_to_end.is_set():
        records = [record for batch in consumer.poll(timeout_ms=1000).values() for record in batch]
        consumer.topics()  # a word with the broker, where there are no messages
        HEARD.touch()
        if not records:
            continue
        file = STREAMING / f"{datetime.now(timezone.utc):%Y-%m-%d}" / "factures.jsonl"
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("ab") as out:
            out.writelines(record.value + b"\n" for record in records)
        consumer.commit()
        print(f"{len(records)} messages to {file}", flush=True)
    # Leaves the group: else the broker would keep the next one waiting until it misses this one.
    consumer.close(autocommit=False)


main()
