#!/opt/venv/bin/python
"""minio [server DIR] [--address HOST:PORT] [--console-address HOST:PORT]: moto's S3 in MinIO's place.

It has MinIO's command line, default ports, variables and health paths. Objects live in memory; a moment after a change
all of them are written to DIR, and read from there at the next start. It is not MinIO: the access key is checked but no
signature, there are no users, no policies, and the console's port answers with this sentence.
"""

import argparse
import os
import pickle
import re
import signal
import threading
import time
from pathlib import Path

os.environ.setdefault("MOTO_S3_ALLOW_CROSSACCOUNT_ACCESS", "true")

from moto.s3.models import s3_backends
from moto.server import create_backend_app
from werkzeug.serving import make_server

ACCESS_KEY = os.environ.get("MINIO_ROOT_USER", "minioadmin")
GATHER_S = 0.5  # the changes of this long are saved together
CONSOLE = b"This is a stand-in for MinIO with S3's protocol alone. It has no console: use any S3 client on the API's port.\n"


class Objects:
    """moto's buckets with their copy on disk."""

    def __init__(self, directory):
        self.file = Path(directory) / ".evenkeel-s3.pickle"
        self.changed = threading.Event()
        self.lock = threading.Lock()  # held while the buckets change and while they are saved

    def load(self):
        Path(self.file.parent).mkdir(parents=True, exist_ok=True)
        if self.file.exists():
            self.buckets().update(pickle.loads(self.file.read_bytes()))

    def save(self):
        with self.lock:
            new = self.file.with_suffix(".new")
            new.write_bytes(pickle.dumps(dict(self.buckets())))
            new.replace(self.file)

    def save_changes(self):
        while True:
            self.changed.wait()
            time.sleep(GATHER_S)
            self.changed.clear()
            self.save()

    @staticmethod
    def buckets():
        return s3_backends["123456789012"]["aws"].buckets


class Service:
    """The WSGI application of the API's port."""

    def __init__(self, objects):
        self.objects = objects
        self.s3 = create_backend_app("s3")

    def __call__(self, environ, start):
        if environ["PATH_INFO"] in ("/minio/health/live", "/minio/health/ready", "/minio/health/cluster"):
            start("200 OK", [("Content-Length", "0"), ("Server", "MinIO stand-in")])
            return [b""]
        if self.access_key(environ) != ACCESS_KEY:
            body = b"<Error><Code>AccessDenied</Code><Message>Access Denied.</Message></Error>"
            start("403 Forbidden", [("Content-Type", "application/xml"), ("Content-Length", str(len(body)))])
            return [body]
        if environ["REQUEST_METHOD"] not in ("PUT", "POST", "DELETE"):
            return self.s3(environ, start)
        with self.objects.lock:
            answer = self.s3(environ, start)
        self.objects.changed.set()
        return answer

    @staticmethod
    def access_key(environ):
        """The key that signed the request, in its header or (a presigned address) in its query; None if it is unsigned."""
        signed = environ.get("HTTP_AUTHORIZATION", "") + " " + environ.get("QUERY_STRING", "")
        found = re.search(r"Credential=([^/%]+)|AWS ([^:]+):|AWSAccessKeyId=([^&]+)", signed)
        return found and next(filter(None, found.groups()))


def console(_environ, start):
    start("200 OK", [("Content-Type", "text/plain"), ("Content-Length", str(len(CONSOLE)))])
    return [CONSOLE]


def listen(address, application):
    host, port = address.rsplit(":", 1)
    server = make_server(host or "0.0.0.0", int(port), application, threaded=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()


def main():
    parser = argparse.ArgumentParser(prog="minio", description=__doc__.splitlines()[0])
    parser.add_argument("command", choices=["server"])
    parser.add_argument("directory", nargs="?", default="/data")
    parser.add_argument("--address", default=":9000")
    parser.add_argument("--console-address")
    options = parser.parse_args()

    # Waited for by sigwait below; a handler would run in the middle of other work.
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM, signal.SIGINT})
    objects = Objects(options.directory)
    objects.load()
    threading.Thread(target=objects.save_changes, daemon=True).start()
    listen(options.address, Service(objects))
    if options.console_address:
        listen(options.console_address, console)
    print(f"moto's S3 in MinIO's place, {len(objects.buckets())} buckets from {options.directory}", flush=True)
    signal.sigwait({signal.SIGTERM, signal.SIGINT})
    objects.save()


main()
