//! Who talks to whom, over the API.

use crate::harness::{Api, PATIENCE, YAML};

const PAIR: &str = "\
services:
  web: {image: nginx:1, environment: {API_URL: 'http://user:correct-horse@api:8000', CACHE_HOST: cache, CACHE_PORT: '6380'}}
  api: {image: shop/api, expose: ['8000'], ports: ['127.0.0.1:9000:8000'], environment: {SIM_READY_MS: '1'}}
  cache: {image: 'redis:7', environment: {SIM_READY_MS: '1'}}
";

#[tokio::test]
async fn connections_are_listed_and_tried() {
    let api = Api::start().await;
    api.check("GET /v1/stacks/pair/connections", &[], "", 404, r#"{"detail": "pair"}"#).await;
    api.check("PUT /v1/stacks/pair", &[YAML], PAIR, 201, "").await;
    let listed = r#"[
        {"from": "web", "to": "api", "host": "api", "port": 8000, "protocol": "http", "source": "variable API_URL",
         "state": "inferred", "latency_ms": null, "error": null, "published": ["127.0.0.1:9000"], "credentials": ["API_URL"]},
        {"from": "web", "to": "cache", "port": 6380, "protocol": "redis", "state": "inferred", "credentials": []}
    ]"#;
    let answer = api.check("GET /v1/stacks/pair/connections", &[], "", 200, listed).await;
    assert!(!answer.text.contains("correct-horse"), "{}", answer.text);

    let down = r#"[{"state": "inferred", "error": "no container of web runs"}, {}]"#;
    api.check("GET /v1/stacks/pair/connections?check=true", &[], "", 200, down).await;
    api.check("POST /v1/stacks/pair/up?wait=true&timeout=25s", &[], "", 200, r#"{"state": "succeeded"}"#).await;
    let tried = r#"[
        {"to": "api", "state": "proven", "latency_ms": 1.0, "kind": null, "error": null},
        {"to": "cache", "state": "failed", "latency_ms": null, "kind": "refused", "error": "refused: "}
    ]"#;
    api.check("GET /v1/stacks/pair/connections?check=true", &[], "", 200, tried).await;
    api.check("GET /v1/stacks/pair/connections?chek=true", &[], "", 400, r#"{"detail": "chek"}"#).await;
}

/// Three jobs: `near` has a neighbour on its network, `far` has none on its two, `named` has names of its own.
const JOBS: &str = "\
services:
  near: &job
    image: shop/job
    networks: [back]
    environment: {API_HOST: 'api:8000', CACHE_URL: 'redis://cache:6380', SIM_EXIT_AFTER_MS: '1'}
  far: {<<: *job, networks: [back, front]}
  named: {<<: *job, extra_hosts: {cache: 10.0.0.1}}
  api: {image: shop/api, networks: [back], expose: ['8000'], environment: {SIM_READY_MS: '1'}}
  cache: {image: 'redis:7', networks: [back], expose: ['6379'], environment: {SIM_READY_MS: '1'}}
  web: {image: nginx:1, networks: [back]}
networks: {back: {}, front: {}}
";

#[tokio::test]
async fn a_neighbour_stands_in_for_a_job_that_is_done() {
    let api = Api::start().await;
    api.check("PUT /v1/stacks/jobs", &[YAML], JOBS, 201, "").await;
    api.check("POST /v1/stacks/jobs/up?wait=true&timeout=25s", &[], "", 200, r#"{"state": "succeeded"}"#).await;
    let tried = r#"[
        {"from": "far", "to": "api", "state": "inferred", "beside": null, "error": "no container of far runs"},
        {"from": "far", "to": "cache", "state": "inferred", "error": "no container of far runs"},
        {"from": "named", "to": "api", "state": "inferred", "error": "no container of named runs"},
        {"from": "named", "to": "cache", "state": "inferred", "error": "no container of named runs"},
        {"from": "near", "to": "api", "state": "proven", "beside": "jobs-web-1", "error": null},
        {"from": "near", "to": "cache", "state": "inferred", "kind": null, "error": "near is done; from jobs-web-1, on its networks: refused: "}
    ]"#;
    api.check("GET /v1/stacks/jobs/connections?check=true", &[], "", 200, tried).await;
}

/// `cache` listens on another port than `web` addresses, until it is told to.
const WATCHED: &str = "\
services:
  web: {image: nginx:1, environment: {CACHE_URL: 'redis://:correct-horse@cache:6380', SIM_STOP_MS: '1'}}
  cache: {image: 'redis:7', expose: ['6379'], environment: {SIM_READY_MS: '1', SIM_STOP_MS: '1'}}
x-evenkeel: {check_connections: 1s}
";

#[tokio::test]
async fn connections_are_tried_again_and_again_where_the_file_asks_for_it() {
    let api = Api::start().await;
    api.check("PUT /v1/stacks/pair", &[YAML], WATCHED, 201, "").await;
    let mut events = api.stream("GET /v1/stacks/pair/events", &[]).await;
    api.check("POST /v1/stacks/pair/up?wait=true&timeout=25s", &[], "", 200, r#"{"state": "succeeded"}"#).await;
    let told = events.until("connection_failed", "web does not reach cache:6380").await.pop().unwrap();
    assert!(told.data["cause"].as_str().unwrap().starts_with("refused: "), "{told:?}");

    // What it found is shown by the pass that follows.
    let mut version = api.control.version();
    let ill = loop {
        let health = api.call("GET /v1/health", &[], "").await.json();
        if health["ok"] == false && health["stacks"]["pair"]["state"] == "up" {
            break health;
        }
        tokio::time::timeout(PATIENCE, version.changed()).await.expect("it is shown").unwrap();
    };
    let failed = &ill["stacks"]["pair"]["services"]["web"]["failed_connections"];
    assert_eq!((&failed[0]["address"], &failed[0]["kind"]), (&"cache:6380".into(), &"refused".into()), "{ill}");
    assert_eq!(ill["stacks"]["pair"]["services"]["cache"].get("failed_connections"), None, "{ill}");
    let reason = r#"{"state": "running", "reason": "does not reach cache:6380: refused: "}"#;
    api.check("GET /v1/stacks/pair/services/web", &[], "", 200, reason).await;
    api.check("GET /v1/stacks/pair/connections", &[], "", 200, r#"[{"state": "failed", "kind": "refused"}]"#).await;
    let series = "{stack=\"pair\",from=\"web\",to=\"cache\",address=\"cache:6380\",protocol=\"redis\"}";
    let metrics = api.call("GET /metrics", &[], "").await.text;
    assert!(metrics.contains(&format!("evenkeel_connection_up{series} 0")), "{metrics}");

    api.check("PUT /v1/stacks/pair", &[YAML], WATCHED.replace("6379", "6380"), 200, "").await;
    let between = events.until("connection_restored", "web reaches cache:6380").await;
    let again = between.iter().filter(|event| event.event == "connection_failed");
    assert_eq!(again.count(), 0, "a failure that goes on is told once: {between:?}");
    let metrics = api.call("GET /metrics", &[], "").await.text;
    for line in [format!("connection_up{series} 1"), format!("connection_latency_seconds{series} 0.001")] {
        assert!(metrics.contains(&format!("evenkeel_{line}")), "{line}: {metrics}");
    }
    api.check("GET /v1/stacks/pair/connections", &[], "", 200, r#"[{"state": "proven", "latency_ms": 1.0}]"#).await;

    api.check("POST /v1/stacks/pair/down?wait=true&timeout=25s", &[], "", 200, r#"{"state": "succeeded"}"#).await;
    let metrics = api.call("GET /metrics", &[], "").await.text;
    assert!(!metrics.contains("evenkeel_connection"), "{metrics}");
    api.check("GET /v1/health", &[], "", 200, r#"{"ok": true}"#).await;
}
