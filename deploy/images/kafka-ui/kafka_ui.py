"""Kafka UI's port: /actuator/health, /api/clusters and /api/clusters/NAME/topics, and a page of them. It is not Kafka UI.

The clusters are those of KAFKA_CLUSTERS_<n>_NAME and KAFKA_CLUSTERS_<n>_BOOTSTRAPSERVERS.
"""

import html
import json
import os
import signal
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from urllib.parse import unquote

from kafka import KafkaConsumer
from kafka.errors import KafkaError


def clusters():
    for number in count():
        name = os.environ.get(f"KAFKA_CLUSTERS_{number}_NAME")
        if name is None:
            return
        yield name, os.environ[f"KAFKA_CLUSTERS_{number}_BOOTSTRAPSERVERS"]


def topics(servers):
    """Each topic with its partitions and messages; None where no broker answers."""
    try:
        consumer = KafkaConsumer(bootstrap_servers=servers, api_version=(0, 9), request_timeout_ms=11000, session_timeout_ms=10000)
        try:
            return [{"name": name, "partitionCount": len(consumer.partitions_for_topic(name) or ()), "internal": name.startswith("__")} for name in sorted(consumer.topics())]
        finally:
            consumer.close()
    except KafkaError:
        return None


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        known = dict(clusters())
        parts = [unquote(part) for part in self.path.split("?")[0].split("/") if part]
        match parts:
            case ["actuator", "health"]:
                self.json(200, {"status": "UP"})
            case ["api", "clusters"]:
                found = {name: topics(servers) for name, servers in known.items()}
                self.json(200, [{"name": name, "status": "offline" if all is None else "online", "topicCount": len(all or ())} for name, all in found.items()])
            case ["api", "clusters", name, "topics"] if name in known:
                found = topics(known[name])
                self.json(503 if found is None else 200, {"topics": found or []})
            case []:
                self.page(known)
            case _:
                self.json(404, {"message": "a stand-in for Kafka UI has no such page"})

    def page(self, known):
        text = "<!DOCTYPE html><title>Kafka</title><p>This stands in Kafka UI's place and shows the topics alone."
        for name, servers in known.items():
            found = topics(servers)
            rows = "".join(f"<li>{html.escape(one['name'])}, {one['partitionCount']} partitions" for one in found or ())
            text += f"<h1>{html.escape(name)}: {'offline' if found is None else 'online'}</h1><ul>{rows}</ul>"
        self.reply(200, "text/html", text)

    def json(self, status, body):
        self.reply(status, "application/json", json.dumps(body))

    def reply(self, status, kind, text):
        data = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_):
        pass


signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
ThreadingHTTPServer(("0.0.0.0", int(os.environ.get("SERVER_PORT", "8080"))), Handler).serve_forever()
