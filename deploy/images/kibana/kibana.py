"""Kibana's port: /api/status says whether Elasticsearch can be used, / lists its indices. It is not Kibana."""

import html
import json
import os
import signal
import sys
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

ELASTICSEARCH = os.environ.get("ELASTICSEARCH_HOSTS", "http://elasticsearch:9200").strip('[]"').split('"')[0].rstrip("/")


def ask(path):
    with urllib.request.urlopen(ELASTICSEARCH + path, timeout=4) as answer:
        return json.load(answer)


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        try:
            reason, indices = None, ask("/_cat/indices?format=json")
        except (OSError, ValueError) as error:
            reason, indices = f"{ELASTICSEARCH}: {error}", []
        if self.path.startswith("/api/status"):
            level = "critical" if reason else "available"
            overall = {"level": level, "summary": reason or "All services are available"}
            body = {"name": os.environ.get("SERVER_NAME", "kibana"), "version": {"build_flavor": "stand-in"}, "status": {"overall": overall, "core": {"elasticsearch": overall}}}
            self.reply(503 if reason else 200, "application/json", json.dumps(body))
        elif self.path in ("/", "/app/home"):
            rows = "".join(f"<li>{html.escape(one['index'])}: {html.escape(one['docs.count'])} documents" for one in indices)
            note = "This stands in Kibana's place and shows the indices alone."
            self.reply(200, "text/html", f"<!DOCTYPE html><title>Indices</title><p>{note}<p>{html.escape(reason or '')}<ul>{rows}</ul>")
        else:
            self.reply(404, "application/json", json.dumps({"statusCode": 404, "error": "Not Found", "message": "a stand-in for Kibana has no such page"}))

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
ThreadingHTTPServer(("0.0.0.0", int(os.environ.get("SERVER_PORT", "5601"))), Handler).serve_forever()
