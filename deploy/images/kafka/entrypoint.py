"""Runs Kafka 0.9 as KAFKA_… variables say, which are written for a current Kafka; any command is run as it is.

Kafka 0.9 has one listener for each security protocol, so of several plain listeners the first that is advertised under
another name than localhost is the one that clients are told. The other ports are passed on to it: whoever comes in by
them must know that name as well. Without ZooKeeper's address (KRaft) a ZooKeeper is started inside.
"""

import os
import re
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path

DATA = Path("/var/lib/kafka/data")
# Not Kafka's own settings, or settings that it cannot have.
OURS = {"HEAP_OPTS", "OPTS", "LISTENERS", "ADVERTISED_LISTENERS", "LISTENER_SECURITY_PROTOCOL_MAP", "INTER_BROKER_LISTENER_NAME", "LOG4J_ROOT_LOGLEVEL", "JMX_PORT"}
KRAFT = {"NODE_ID", "PROCESS_ROLES", "CONTROLLER_QUORUM_VOTERS", "CONTROLLER_LISTENER_NAMES", "LOG_DIRS"}
NEWER = re.compile(r"TRANSACTION_|GROUP_INITIAL_|CONFLUENT_|AUTHORIZER_|METRIC_REPORTERS")


def listeners(text):
    """name → (host, port) of "NAME://host:port,…"."""
    found = re.findall(r"([A-Za-z0-9_]+)://([^:,]*):(\d+)", text or "")
    return {name: (host, int(port)) for name, host, port in found}


def settings():
    advertised = listeners(os.environ.get("KAFKA_ADVERTISED_LISTENERS"))
    if not advertised:
        sys.exit("KAFKA_ADVERTISED_LISTENERS is not set: clients would not know where the broker is")
    name = next((name for name, (host, _) in advertised.items() if host not in ("localhost", "127.0.0.1")), next(iter(advertised)))
    host, port = advertised[name]
    port = listeners(os.environ.get("KAFKA_LISTENERS")).get(name, (host, port))[1]
    values = {
        "broker.id": os.environ.get("KAFKA_BROKER_ID", os.environ.get("KAFKA_NODE_ID", "1")),
        "listeners": f"PLAINTEXT://0.0.0.0:{port}",
        "advertised.listeners": f"PLAINTEXT://{host}:{advertised[name][1]}",
        "log.dirs": str(DATA / "logs"),
        "zookeeper.connect": "localhost:2181",
        "zookeeper.connection.timeout.ms": "60000",
        "zookeeper.session.timeout.ms": "18000",
        "offsets.topic.num.partitions": "4",
        "offsets.topic.replication.factor": "1",
        # The cleaner of 0.9 asks the processor for what a newer Java does not have.
        "log.cleaner.enable": "false",
    }
    for variable, value in os.environ.items():
        key = variable.removeprefix("KAFKA_")
        if key != variable and key not in OURS | KRAFT and not NEWER.match(key):
            values[key.lower().replace("_", ".")] = value
    others = {number for other, (_, number) in advertised.items() if other != name and number != port}
    return values, port, others


def relay(port, target):
    """Passes connections on from one port to another of this container."""

    def copy(source, sink):
        try:
            while data := source.recv(65536):
                sink.sendall(data)
        except OSError:
            pass
        finally:
            for one in (source, sink):
                try:
                    one.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass

    server = socket.create_server(("0.0.0.0", port))
    while True:
        client, _ = server.accept()
        try:
            broker = socket.create_connection(("127.0.0.1", target), timeout=5)
            broker.settimeout(None)
        except OSError:
            client.close()
            continue
        for pair in ((client, broker), (broker, client)):
            threading.Thread(target=copy, args=pair, daemon=True).start()


def zookeeper():
    directory = DATA / "zookeeper"
    directory.mkdir(parents=True, exist_ok=True)
    file = Path("/tmp/zookeeper.properties")
    file.write_text(f"dataDir={directory}\nclientPort=2181\nclientPortAddress=127.0.0.1\nmaxClientCnxns=0\n")
    environment = os.environ | {"KAFKA_HEAP_OPTS": "-Xmx96m"}
    return subprocess.Popen(["kafka-class", "org.apache.zookeeper.server.quorum.QuorumPeerMain", str(file)], env=environment)


def main():
    if len(sys.argv) > 1:
        os.execvp(sys.argv[1], sys.argv[1:])
    values, port, others = settings()
    file = Path("/tmp/server.properties")
    file.write_text("".join(f"{key}={value}\n" for key, value in values.items()))
    children = [] if "KAFKA_ZOOKEEPER_CONNECT" in os.environ else [zookeeper()]
    children.append(subprocess.Popen(["kafka-class", "kafka.Kafka", str(file)]))
    for other in others:
        threading.Thread(target=relay, args=(other, port), daemon=True).start()
    wait_for(children)


def wait_for(children):
    """Ends with the broker; a stop is passed on to it first, then to ZooKeeper."""
    broker = children[-1]
    signal.signal(signal.SIGTERM, lambda *_: broker.terminate())
    signal.signal(signal.SIGINT, lambda *_: broker.terminate())
    code = broker.wait()
    for child in children[:-1]:
        child.terminate()
        child.wait()
    sys.exit(128 - code if code < 0 else code)


main()
