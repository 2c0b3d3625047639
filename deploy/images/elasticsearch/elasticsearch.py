"""Elasticsearch's REST protocol for documents. Every index is one file of JSON lines on the volume, read again at the start."""

import json
import os
import re
import signal
import sys
import threading
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

import queries

DATA = Path("/usr/share/elasticsearch/data")
VERSION = "8.11.1"
CLUSTER = os.environ.get("cluster.name", "docker-cluster")
STAND_IN = "a stand-in with Elasticsearch's protocol for documents"


class Refused(Exception):
    def __init__(self, status, kind, reason):
        self.status = status
        self.body = {"error": {"type": kind, "reason": reason, "root_cause": [{"type": kind, "reason": reason}]}, "status": status}


class Indices:
    def __init__(self):
        self.lock = threading.RLock()
        self.all = {file.stem: dict(json.loads(line) for line in file.open()) for file in DATA.glob("*.jsonl")}

    def get(self, name):
        if name not in self.all:
            raise Refused(404, "index_not_found_exception", f"no such index [{name}]")
        return self.all[name]

    def matching(self, pattern):
        """Pairs of an index's name and a document's pair, over the indices that a pattern names."""
        if "*" not in pattern and pattern != "_all":
            return [(pattern, pair) for pair in self.get(pattern).items()]
        expression = re.compile(".*" if pattern == "_all" else re.escape(pattern).replace(r"\*", ".*"))
        return [(name, pair) for name, index in self.all.items() if expression.fullmatch(name) for pair in index.items()]

    def create(self, name):
        if not re.fullmatch(r"[a-z0-9][a-z0-9._-]*", name):
            raise Refused(400, "invalid_index_name_exception", f"Invalid index name [{name}]")
        if name in self.all:
            raise Refused(400, "resource_already_exists_exception", f"index [{name}] already exists")
        self.all[name] = {}
        self.save(name)

    def put(self, name, identity, document):
        if name not in self.all:
            self.create(name)
        result = "updated" if identity in self.all[name] else "created"
        self.all[name][identity] = document
        return result

    def save(self, name):
        file = DATA / f"{name}.jsonl"
        new = file.with_suffix(".new")
        new.write_text("".join(json.dumps(pair) + "\n" for pair in self.all[name].items()))
        new.replace(file)

    def delete(self, name):
        self.get(name)
        del self.all[name]
        (DATA / f"{name}.jsonl").unlink(missing_ok=True)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    indices: Indices

    def answer(self):
        address = urlsplit(self.path)
        self.parameters = parse_qs(address.query, keep_blank_values=True)
        length = int(self.headers.get("Content-Length") or 0)
        self.text = self.rfile.read(length).decode()
        parts = [unquote(part) for part in address.path.split("/") if part]
        try:
            with self.indices.lock:
                status, body = self.route(self.command, parts)
        except Refused as refused:
            status, body = refused.status, refused.body
        except queries.Unknown as unknown:
            status, body = 400, Refused(400, "parsing_exception", str(unknown)).body
        except ValueError as error:
            status, body = 400, Refused(400, "parse_exception", str(error)).body
        self.reply(status, body)

    do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = answer

    def route(self, method, parts):
        match (method, parts):
            case ("GET" | "HEAD", []):
                return 200, {"name": os.environ.get("HOSTNAME", ""), "cluster_name": CLUSTER, "version": {"number": VERSION, "build_flavor": "stand-in"}, "tagline": STAND_IN}
            case ("GET", ["_cluster", "health", *_]):
                return 200, {"cluster_name": CLUSTER, "status": "green", "timed_out": False, "number_of_nodes": 1, "number_of_data_nodes": 1, "active_shards": len(self.indices.all)}
            case ("GET", ["_cat", "indices", *_]):
                return 200, [{"health": "green", "status": "open", "index": name, "docs.count": str(len(index))} for name, index in self.indices.all.items()]
            case ("POST" | "PUT", ["_bulk"]):
                return self.bulk(None)
            case ("POST" | "PUT", [index, "_bulk"]):
                return self.bulk(index)
            case ("GET" | "POST", [index, "_search"]):
                return self.search(index)
            case ("GET" | "POST", ["_search"]):
                return self.search("_all")
            case ("GET" | "POST", [index, "_count"]):
                return 200, {"count": len(self.found(index)), "_shards": {"total": 1, "successful": 1, "failed": 0}}
            case ("GET" | "POST", [index, "_refresh"]):
                self.indices.get(index)
                return 200, {"_shards": {"total": 1, "successful": 1, "failed": 0}}
            case ("PUT" | "POST", [index, "_doc" | "_create", *identity]):
                return self.put(index, identity[0] if identity else uuid.uuid4().hex[:20])
            case ("GET" | "HEAD", [index, "_doc", identity]):
                document = self.indices.get(index).get(identity)
                found = {"_index": index, "_id": identity, "found": document is not None}
                return (404, found) if document is None else (200, found | {"_source": document})
            case ("DELETE", [index, "_doc", identity]):
                gone = self.indices.get(index).pop(identity, None) is not None
                self.indices.save(index)
                return (200 if gone else 404), {"_index": index, "_id": identity, "result": "deleted" if gone else "not_found"}
            case ("PUT", [index]):
                self.indices.create(index)
                return 200, {"acknowledged": True, "shards_acknowledged": True, "index": index}
            case ("DELETE", [index]):
                self.indices.delete(index)
                return 200, {"acknowledged": True}
            case ("GET" | "HEAD", [index]):
                self.indices.get(index)
                return 200, {index: {"aliases": {}, "mappings": {}, "settings": {}}}
        raise Refused(400, "illegal_argument_exception", f"{STAND_IN} knows no [{method} {self.path}]")

    def put(self, index, identity):
        result = self.indices.put(index, identity, json.loads(self.text))
        self.indices.save(index)
        return (201 if result == "created" else 200), {"_index": index, "_id": identity, "result": result}

    def bulk(self, default):
        lines = iter([line for line in self.text.splitlines() if line.strip()])
        items, changed = [], set()
        for line in lines:
            [(action, about)] = json.loads(line).items()
            index, identity = about.get("_index", default), about.get("_id") or uuid.uuid4().hex[:20]
            if action not in ("index", "create"):
                raise Refused(400, "illegal_argument_exception", f"{STAND_IN} knows no bulk action [{action}]")
            result = self.indices.put(index, identity, json.loads(next(lines)))
            changed.add(index)
            items.append({action: {"_index": index, "_id": identity, "result": result, "status": 201 if result == "created" else 200}})
        for index in changed:
            self.indices.save(index)
        return 200, {"took": 0, "errors": False, "items": items}

    def found(self, index):
        body = json.loads(self.text) if self.text.strip() else {}
        if "aggs" in body or "aggregations" in body:
            raise queries.Unknown("the stand-in knows no aggregations")
        query = body.get("query", {"match_all": {}})
        if "q" in self.parameters:
            field, _, value = self.parameters["q"][0].partition(":")
            query = {"match": {field: value}}
        return [(name, identity, document) for name, (identity, document) in self.indices.matching(index) if queries.selects(query, document)]

    def search(self, index):
        body = json.loads(self.text) if self.text.strip() else {}
        found = self.found(index)
        first = int(body.get("from", 0))
        size = int(self.parameters.get("size", [body.get("size", 10)])[0])
        hits = [{"_index": name, "_id": identity, "_score": 1.0, "_source": document} for name, identity, document in found[first : first + size]]
        total = {"value": len(found), "relation": "eq"}
        return 200, {"took": 0, "timed_out": False, "hits": {"total": total, "max_score": 1.0 if hits else None, "hits": hits}}

    def reply(self, status, body):
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("X-elastic-product", "Elasticsearch")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)

    def log_message(self, *_):
        pass


def main():
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    Handler.indices = Indices()
    print(f"{STAND_IN}, {len(Handler.indices.all)} indices from {DATA}", flush=True)
    ThreadingHTTPServer(("0.0.0.0", int(os.environ.get("http.port", "9200"))), Handler).serve_forever()


main()
