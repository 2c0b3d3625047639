//! Who talks to whom is read from a real stack, proven from inside its networks, and every way in which it can fail is told apart.

use super::Bench;
use evenkeel_tests::{Events, Forwarded};
use serde_json::Value;

/// A consumer, servers that are one shell line each, and a job that has ended.
const STACK: &str = r#"
name: PROJECT
x-server: &server
  image: evenkeel/busybox:1.35
  healthcheck: { test: ["CMD", "test", "-f", "/tmp/up"], interval: 20s }
services:
  web:
    <<: *server
    command: ["sh", "-c", "touch /tmp/up; trap 'exit 0' TERM; while :; do sleep 1 & wait $$!; done"]
    environment:
      API_URL: http://api:8080/v1
      REDIS_HOST: cache
      REDIS_PORT: "6379"
      ADMIN_URL: http://api:9090
      INWARD_URL: http://inward:8080
    networks: { back: {} }
    x-evenkeel: { connections: [{ to: deaf, port: 7000, protocol: tcp }] }
  setup:
    image: evenkeel/busybox:1.35
    command: ["true"]
    environment: { API_HOST: "api:8080" }
    networks: { back: {} }
  api:
    <<: *server
    command: ["sh", "-c", "touch /tmp/up; exec httpd -f -p 8080"]
    networks: { back: {} }
  cache:
    <<: *server
    command: ["sh", "-c", "touch /tmp/up; exec httpd -f -p 6379"]
    networks: { back: {} }
  inward:
    <<: *server
    command: ["sh", "-c", "touch /tmp/up; exec httpd -f -p 127.0.0.1:8080"]
    networks: { back: {} }
  deaf:
    <<: *server
    command: ["sh", "-c", "touch /tmp/up; exec httpd -f -p 7000"]
    networks: { back: {} }
networks:
  back: {}
"#;

async fn connections(bench: &Bench, check: bool) -> Vec<Value> {
    let path = format!("/v1/stacks/{}/connections?check={check}", bench.project);
    bench.daemon.api.get(&path).await.as_array().unwrap().clone()
}

/// A connection from `web`, tried now.
async fn tried(bench: &Bench, to: &str, port: u16) -> Value {
    tried_from(bench, "web", to, port).await
}

async fn tried_from(bench: &Bench, from: &str, to: &str, port: u16) -> Value {
    let all = connections(bench, true).await;
    let found = all.iter().find(|it| it["from"] == from && it["to"] == to && it["port"] == port);
    found.unwrap_or_else(|| panic!("no connection to {to}:{port}: {all:#?}")).clone()
}

/// A connection from `web` that fails in these words. The engine tells of a change a moment after it has answered, so that the reason may
/// be that of the moment before.
async fn failing(bench: &Bench, to: &str, port: u16, words: &str) -> Value {
    for _ in 0..10 {
        let connection = tried(bench, to, port).await;
        if connection["error"].as_str().is_some_and(|error| error.contains(words)) {
            return connection;
        }
    }
    panic!("{to}:{port} does not say `{words}`: {:#}", tried(bench, to, port).await)
}

/// From the engine's own host the networks are entered.
#[tokio::test]
async fn connections_are_proven_and_their_faults_told_apart() {
    let bench = Bench::open("ek-connect").await;
    proven_and_told_apart(&bench).await;
    bench.close().await;
}

/// On an engine elsewhere a scout in the consumer's network does the same, and leaves nothing behind.
#[tokio::test]
async fn the_same_on_an_engine_that_is_elsewhere() {
    let engine = Forwarded::open().await;
    let bench = Bench::open_at("ek-connect-far", Some(engine.host())).await;
    proven_and_told_apart(&bench).await;
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(10);
    loop {
        let scouts = bench.docker.containers_with("dev.evenkeel.probe").await;
        if scouts.is_empty() {
            break;
        }
        assert!(std::time::Instant::now() < deadline, "scouts are left: {scouts:#?}");
    }
    bench.close().await;
}

async fn proven_and_told_apart(bench: &Bench) {
    let project = bench.project;
    let operation = bench.daemon.up(project, &STACK.replace("PROJECT", project)).await;
    assert_eq!(operation["state"], "succeeded", "{operation:#}\n{}", bench.daemon.log());

    let known: Vec<String> = connections(bench, false)
        .await
        .iter()
        .map(|it| {
            let words = [&it["from"], &it["to"], &it["port"], &it["protocol"], &it["state"]];
            words.map(ToString::to_string).join(" ").replace('"', "")
        })
        .collect();
    assert_eq!(
        known,
        [
            "setup api 8080 http inferred",
            "web api 8080 http inferred",
            "web api 9090 http inferred",
            "web cache 6379 redis inferred",
            "web deaf 7000 tcp declared",
            "web inward 8080 http inferred",
        ]
    );
    let proven = tried(bench, "api", 8080).await;
    assert_eq!((&proven["state"], &proven["error"]), (&"proven".into(), &Value::Null), "{proven:#}");
    assert!(proven["latency_ms"].as_f64().unwrap() > 0.0 && proven["said"] == "HTTP 404", "{proven:#}");

    let of_a_job = tried_from(bench, "setup", "api", 8080).await;
    let beside = format!("{project}-cache-1");
    assert_eq!((&of_a_job["state"], &of_a_job["beside"]), (&"proven".into(), &beside.into()), "{of_a_job:#}");

    let wrong_port = tried(bench, "api", 9090).await;
    println!("wrong port: {}", wrong_port["error"]);
    assert_eq!(wrong_port["kind"], "refused", "{wrong_port:#}");
    assert!(wrong_port["error"].as_str().unwrap().contains("listens on 8080"), "{wrong_port:#}");

    // A held stack is not healed, so that the faults stay.
    bench.daemon.api.post(&format!("/v1/stacks/{project}/hold"), &serde_json::json!({})).await.ok();
    bench.docker.disconnect_network(&format!("{project}_back"), &format!("{project}-api-1")).await;
    let blocked = Dropped::packets_to(&bench.docker.inspect(&format!("{project}-deaf-1")).await);
    for (fault, to, port, kind, words) in [
        ("network disconnected", "api", 8080, "no_such_name", "no network in common"),
        ("wrong protocol", "cache", 6379, "wrong_protocol", "does not speak redis"),
        ("listener on 127.0.0.1 only", "inward", 8080, "refused", "of its loopback only"),
        ("packets dropped", "deaf", 7000, "timed_out", "gives no sign of life"),
    ] {
        let failed = failing(bench, to, port, words).await;
        println!("{fault}: {}", failed["error"]);
        assert_eq!((&failed["state"], &failed["kind"]), (&"failed".into(), &kind.into()), "{fault}: {failed:#}");
    }
    drop(blocked);
    assert_eq!(tried(bench, "deaf", 7000).await["state"], "proven");
    // Attached again by hand, without the aliases.
    bench.docker.connect_network(&format!("{project}_back"), &format!("{project}-api-1")).await;
    let nameless = failing(bench, "api", 8080, "has lost the alias `api`").await;
    println!("alias removed: {}", nameless["error"]);
    assert_eq!(nameless["kind"], "no_such_name", "{nameless:#}");
}

/// Where the file asks for it, a connection that breaks is told and shown by itself, and so is that it works again.
#[tokio::test]
async fn a_connection_that_breaks_is_told_and_so_is_its_return() {
    let bench = Bench::open("ek-watch").await;
    let stack = STACK.replace("PROJECT", "ek-watch") + "x-evenkeel: { check_connections: 1s }\n";
    let operation = bench.daemon.up("ek-watch", &stack).await;
    assert_eq!(operation["state"], "succeeded", "{operation:#}\n{}", bench.daemon.log());
    let mut events = Events::of(bench.daemon.api.stream("/v1/stacks/ek-watch/events").await);
    let blocked = Dropped::packets_to(&bench.docker.inspect("ek-watch-deaf-1").await);
    let broken = told(&mut events, "connection_failed", "web does not reach deaf:7000").await;
    assert!(broken["cause"].as_str().unwrap().starts_with("timed out: "), "{broken:#}");
    bench.daemon.until("ek-watch", |stack| reason(stack, "web").contains("deaf:7000: timed out")).await;
    let health = bench.daemon.api.get("/v1/health").await;
    assert_eq!((&health["ok"], &health["stacks"]["ek-watch"]["state"]), (&false.into(), &"up".into()), "{health:#}");
    drop(blocked);
    told(&mut events, "connection_restored", "web reaches deaf:7000").await;
    bench.close().await;
}

/// The next event of a kind with this message.
async fn told(events: &mut Events, kind: &str, message: &str) -> Value {
    let next = async {
        while let Some(event) = events.next().await {
            if event["kind"] == kind && event["message"] == message {
                return event;
            }
        }
        panic!("the stream of events ended");
    };
    tokio::time::timeout(std::time::Duration::from_secs(60), next)
        .await
        .unwrap_or_else(|_| panic!("no {kind}: {message}"))
}

/// Why a service is not as it should be.
fn reason<'a>(stack: &'a Value, service: &str) -> &'a str {
    let services = stack["services"].as_array().unwrap();
    let found = services.iter().find(|one| one["service"] == service);
    found.and_then(|one| one["reason"].as_str()).unwrap_or("")
}

/// Swallows what arrives at a container's port, in its own network namespace, until it is dropped.
struct Dropped {
    pid: String,
}

impl Dropped {
    fn packets_to(container: &Value) -> Self {
        let dropped = Self { pid: container["State"]["Pid"].to_string() };
        dropped.iptables("-I");
        dropped
    }

    fn iptables(&self, verb: &str) {
        let done = std::process::Command::new("nsenter")
            .args([
                "-t", &self.pid, "-n", "iptables", "-w", verb, "INPUT", "-p", "tcp", "--dport", "7000", "-j", "DROP",
            ])
            .status()
            .expect("nsenter, and iptables, which comes with the engine");
        assert!(done.success(), "iptables {verb}");
    }
}

impl Drop for Dropped {
    fn drop(&mut self) {
        self.iptables("-D");
    }
}
