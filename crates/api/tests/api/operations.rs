//! Requests as operations: accepted, waited for, timed out, told step by step.

use crate::harness::{Api, JSON, SHOP, YAML};
use evenkeel_engine::sim::Behaviour;
use std::collections::BTreeSet;

#[tokio::test]
async fn up_is_accepted_at_once_and_told_at_its_end() {
    let api = Api::start().await.with_shop().await;
    let mut events = api.stream("GET /v1/stacks/shop/events", &[]).await;
    let accepted = api.check("POST /v1/stacks/shop/up", &[], "", 202, r#"{"verb": "up", "stack": "shop"}"#).await;
    let id = accepted.json()["id"].as_str().unwrap().to_owned();
    assert_eq!(accepted.header("location"), format!("/v1/operations/{id}"));

    events.until("step_done", "start container shop-db-1").await;
    let ended = api
        .check("POST /v1/stacks/shop/up?wait=true&timeout=25s", &[], "", 200, r#"{"state": "succeeded"}"#)
        .await
        .json();
    for service in ended["services"].as_array().unwrap() {
        for moment in ["created_at", "started_at", "ready_at"] {
            assert!(service[moment].is_string(), "{moment} of {service}");
        }
    }
    let stack = r#"{"state": "up", "ready": 2, "operation": {"verb": "up"},
                    "services": [{"service": "db", "state": "healthy", "desired": "running", "ready": true},
                                 {"service": "web", "state": "running", "ports": [{"published": 8080, "target": 80}]}]}"#;
    api.check("GET /v1/stacks/shop", &[], "", 200, stack).await;

    // The steps belong to the first one, though the second took its place.
    let first = api.check(&format!("GET /v1/operations/{id}"), &[], "", 200, "").await.json();
    let done: BTreeSet<&str> =
        first["steps"].as_array().unwrap().iter().filter_map(|step| step["object"].as_str()).collect();
    assert!(done.contains("container shop-db-1") && done.contains("network shop_default"), "{first:#}");
    assert!(
        first["steps"]
            .as_array()
            .unwrap()
            .iter()
            .all(|step| step["cause"].as_str().is_some_and(|text| !text.is_empty()))
    );
    api.check("GET /v1/operations?stack=shop&limit=1", &[], "", 200, r#"[{"state": "succeeded"}]"#).await;
}

#[tokio::test]
async fn an_operation_tells_where_its_time_went() {
    let api = Api::start().await.with_shop().await;
    let mut events = api.stream("GET /v1/events", &[]).await;
    let ended = api.check("POST /v1/stacks/shop/up?wait=true&timeout=25s", &[], "", 200, "").await.json();
    // What is told has been stored.
    events.until("operation_ended", "up succeeded").await;
    let path = format!("GET /v1/operations/{}", ended["id"].as_str().unwrap());
    let expected = r#"{"timeline": {"services": [
        {"service": "db", "critical": true}, {"service": "web", "critical": true}]}}"#;
    let operation = api.check(&path, &[], "", 200, expected).await.json();
    let services = operation["timeline"]["services"].as_array().unwrap();
    let last_wait = services[1]["waited_for"].as_array().unwrap().last().unwrap();
    assert_eq!(
        (&last_wait["what"], &last_wait["service"]),
        (&"db to be healthy".into(), &"db".into()),
        "{operation:#}"
    );
    for service in services {
        for moment in ["created_at", "started_at", "ready_at", "ready_by_intervals_at"] {
            assert!(service[moment].is_string(), "{moment} of {service}");
        }
    }
}

#[tokio::test]
async fn a_wait_that_is_over_leaves_the_operation_on_its_way() {
    let api = Api::start().await.with_shop().await;
    api.sim.behave_service("db", Behaviour::never_ready());
    let never = SHOP.replace("SIM_READY_MS: '1'", "SIM_READY_MS: never");
    api.check("PUT /v1/stacks/shop", &[YAML], never, 200, "").await;
    let expected = r#"{"type": "timed-out", "detail": "db", "operation": {"state": "running", "verb": "up"}}"#;
    let answer = api.check("POST /v1/stacks/shop/up?wait=true&timeout=300ms", &[], "", 504, expected).await.json();
    let id = answer["operation"]["id"].as_str().unwrap();
    assert_eq!(answer["instance"], format!("/v1/operations/{id}"));
    api.check(&format!("GET /v1/operations/{id}"), &[], "", 200, r#"{"state": "running"}"#).await;
    let waits = r#"{"state": "pending", "waiting_for": ["db to be healthy"]}"#;
    api.check("GET /v1/stacks/shop/services/web", &[], "", 200, waits).await;
    api.check("POST /v1/stacks/shop/down?wait=true", &[], "", 200, r#"{"state": "succeeded"}"#).await;
    api.check(&format!("GET /v1/operations/{id}"), &[], "", 200, r#"{"state": "superseded"}"#).await;
}

#[tokio::test]
async fn a_wait_ends_with_the_daemon_and_names_the_operation() {
    let api = Api::start().await.with_shop().await;
    let never = SHOP.replace("SIM_READY_MS: '1'", "SIM_READY_MS: never");
    api.check("PUT /v1/stacks/shop", &[YAML], never, 200, "").await;
    let mut events = api.stream("GET /v1/events", &[]).await;
    let expected = r#"{"type": "unavailable", "instance": "/v1/operations/", "help": "Idempotency-Key"}"#;
    tokio::join!(async { drop(api.check("POST /v1/stacks/shop/up?wait=true", &[], "", 503, expected).await) }, async {
        events.until("operation_accepted", "up").await;
        api.shutdown.cancel();
    });
}

#[tokio::test]
async fn an_operation_that_fails_is_an_answer_and_says_why() {
    let api = Api::start().await;
    let text = "services: {job: {image: 'job:1', restart: 'no', environment: {SIM_EXIT_AFTER_MS: '1', SIM_EXIT_CODE: '3'}}, \
                after: {image: 'x:1', depends_on: {job: {condition: service_completed_successfully}}}}";
    api.check("PUT /v1/stacks/shop", &[YAML], text, 201, "").await;
    let expected = r#"{"state": "failed", "reason": "job"}"#;
    api.check("POST /v1/stacks/shop/up?wait=true&timeout=20s", &[], "", 200, expected).await;
    let service = r#"{"state": "failed", "exit_code": 3}"#;
    api.check("GET /v1/stacks/shop/services/job", &[], "", 200, service).await;
}

#[tokio::test]
async fn the_other_verbs() {
    let api = Api::start().await.with_shop_up().await;
    let done = r#"{"state": "succeeded"}"#;
    let scaled = r#"{"scale": {"db": 2}}"#;
    for (verb, body, after) in [
        ("restart", r#"{"services": ["web"]}"#, r#"{"state": "up"}"#),
        (
            "stop",
            r#"{"services": ["web"]}"#,
            r#"{"services": [{"service": "db"}, {"service": "web", "state": "stopped", "desired": "stopped"}]}"#,
        ),
        ("start", r#"{"services": ["web"]}"#, r#"{"state": "up"}"#),
        (
            "pause",
            r#"{"services": ["db"]}"#,
            r#"{"state": "up", "services": [{"service": "db", "state": "stopped", "desired": "paused"}, {"state": "running"}]}"#,
        ),
        (
            "unpause",
            "",
            r#"{"state": "up", "services": [{"service": "db", "state": "healthy", "desired": "running"}, {}]}"#,
        ),
        ("scale", scaled, r#"{"services": [{"containers": [{}, {}]}, {"containers": [{}]}]}"#),
        ("reset", "null", r#"{"state": "up"}"#),
        ("down", r#"{"volumes": true}"#, r#"{"state": "down"}"#),
    ] {
        api.check(&format!("POST /v1/stacks/shop/{verb}?wait=true&timeout=25s"), &[JSON], body, 200, done).await;
        api.check("GET /v1/stacks/shop", &[], "", 200, after).await;
    }
    let other = SHOP.replace("nginx:1", "nginx:2");
    api.check("PUT /v1/stacks/shop", &[YAML], other, 200, r#"{"generation": 2}"#).await;
    api.check(
        "POST /v1/stacks/shop/rollback?wait=true&timeout=25s",
        &[],
        "",
        200,
        r#"{"state": "succeeded", "generation": 3}"#,
    )
    .await;
    api.check("GET /v1/stacks/shop/services/web", &[], "", 200, r#"{"image": "nginx:1"}"#).await;
}

#[tokio::test]
async fn every_write_is_in_the_audit() {
    let api = Api::start().await.with_shop().await;
    api.check("POST /v1/stacks/nope/up", &[], "", 404, "").await;
    api.check("GET /v1/stacks", &[], "", 200, "").await;
    let expected = r#"[{"who": "socket (uid 0)", "method": "POST", "path": "/v1/stacks/nope/up", "status": 404},
                       {"who": "socket (uid 0)", "method": "PUT", "path": "/v1/stacks/shop", "status": 201}]"#;
    api.check("GET /v1/audit", &[], "", 200, expected).await;
    api.check("GET /v1/audit?limit=1", &[], "", 200, r#"[{"status": 404}]"#).await;
}

#[tokio::test]
async fn the_metrics_count_what_was_done() {
    let api = Api::start().await.with_shop_up().await;
    let text = api.call("GET /metrics", &[], "").await.text;
    for line in [
        "evenkeel_stacks{state=\"up\"} 1",
        "evenkeel_services{stack=\"shop\",state=\"healthy\"} 1",
        "evenkeel_operations_total{verb=\"up\",result=\"succeeded\"} 1",
        "evenkeel_steps_total{action=\"start\",result=\"done\"} 2",
        "evenkeel_http_requests_total{method=\"PUT\",route=\"/v1/stacks/{stack}\",status=\"201\"} 1",
        "# EOF",
    ] {
        assert!(text.lines().any(|found| found == line), "{line} is not in:\n{text}");
    }
    for name in ["evenkeel_engine_calls_total", "evenkeel_passes_total", "evenkeel_step_seconds_total"] {
        assert!(text.contains(name), "{name} is not in:\n{text}");
    }
}
