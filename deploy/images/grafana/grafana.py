"""Grafana's port: what is provisioned, under Grafana's own paths, for its first account. It is not Grafana: it draws nothing."""

import base64
import html
import json
import os
import secrets
import signal
import sys
import urllib.error
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import yaml

PROVISIONING = Path(os.environ.get("GF_PATHS_PROVISIONING", "/etc/grafana/provisioning"))


def setting(name, default):
    """A setting, or the content of the file that its __FILE variant names."""
    file = os.environ.get(f"{name}__FILE")
    return Path(file).read_text().strip() if file else os.environ.get(name, default)


ACCOUNT = f"{setting('GF_SECURITY_ADMIN_USER', 'admin')}:{setting('GF_SECURITY_ADMIN_PASSWORD', 'admin')}"


def provisioned(kind):
    for file in sorted((PROVISIONING / kind).glob("*.y*ml")):
        yield yaml.safe_load(os.path.expandvars(file.read_text())) or {}


def datasources():
    all = [one for file in provisioned("datasources") for one in file.get("datasources") or []]
    return [{"id": number, "uid": one.get("uid", one["name"]), **{key: one.get(key) for key in ("name", "type", "url", "access", "isDefault")}} for number, one in enumerate(all, 1)]


def dashboards():
    """uid → dashboard, of the folders that are provisioned."""
    folders = [Path(one["options"]["path"]) for file in provisioned("dashboards") for one in file.get("providers") or []]
    all = [json.loads(file.read_text()) for folder in folders for file in sorted(folder.rglob("*.json"))]
    return {one.get("uid") or one["title"]: one for one in all}


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        path, _, query = self.path.partition("?")
        parts = [part for part in path.split("/") if part]
        if parts == ["api", "health"]:
            return self.json(200, {"database": "ok", "version": "10.0.0", "commit": "stand-in"})
        if parts == ["login"]:
            return self.reply(200, "text/html", b"<!DOCTYPE html><title>Grafana</title><p>This stands in Grafana's place: sign in by HTTP Basic on <a href='/'>/</a>.")
        if not self.is_known():
            return self.json(401, {"message": "Invalid username or password"}, ("WWW-Authenticate", 'Basic realm="Grafana"'))
        match parts:
            case ["api", "datasources"]:
                self.json(200, datasources())
            case ["api", "datasources", "uid" | "name" as key, value]:
                found = [one for one in datasources() if one[key] == value]
                self.json(200, found[0]) if found else self.json(404, {"message": "Data source not found"})
            case ["api", "datasources", "proxy", "uid", uid, *rest]:
                self.proxy(uid, "/".join(rest) + (f"?{query}" if query else ""))
            case ["api", "search"]:
                self.json(200, [{"uid": uid, "title": one["title"], "type": "dash-db", "tags": one.get("tags", [])} for uid, one in dashboards().items()])
            case ["api", "dashboards", "uid", uid] if uid in dashboards():
                self.json(200, {"meta": {"provisioned": True}, "dashboard": dashboards()[uid]})
            case []:
                self.page()
            case _:
                self.json(404, {"message": "a stand-in for Grafana has no such page"})

    def is_known(self):
        given = self.headers.get("Authorization", "")
        wanted = "Basic " + base64.b64encode(ACCOUNT.encode()).decode()
        return secrets.compare_digest(given, wanted)

    def proxy(self, uid, path):
        source = next((one for one in datasources() if one["uid"] == uid), None)
        if source is None:
            return self.json(404, {"message": "Data source not found"})
        try:
            with urllib.request.urlopen(f"{source['url'].rstrip('/')}/{path}", timeout=20) as answer:
                self.reply(answer.status, answer.headers.get_content_type(), answer.read())
        except urllib.error.HTTPError as error:
            self.reply(error.code, "text/plain", error.read())
        except OSError as error:
            self.json(502, {"message": f"{source['url']}: {error}"})

    def page(self):
        rows = ""
        for dashboard in dashboards().values():
            panels = "".join(f"<li>{html.escape(panel.get('title', ''))}" for panel in dashboard.get("panels", []))
            rows += f"<h1>{html.escape(dashboard['title'])}</h1><ul>{panels}</ul>"
        self.reply(200, "text/html", f"<!DOCTYPE html><title>Dashboards</title><p>This stands in Grafana's place and draws nothing.{rows}".encode())

    def json(self, status, body, *headers):
        self.reply(status, "application/json", json.dumps(body).encode(), *headers)

    def reply(self, status, kind, data, *headers):
        self.send_response(status)
        for name, value in (("Content-Type", kind), ("Content-Length", str(len(data))), *headers):
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_):
        pass


signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
ThreadingHTTPServer(("0.0.0.0", int(os.environ.get("GF_SERVER_HTTP_PORT", "3000"))), Handler).serve_forever()
