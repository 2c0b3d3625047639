//! Definitions: put, read, planned, masked, forgotten.

use crate::harness::{Api, JSON, SHOP, YAML};
use serde_json::json;

#[tokio::test]
async fn a_definition_is_put_once() {
    let api = Api::start().await;
    let put = "PUT /v1/stacks/shop";
    let first = api
        .check(
            put,
            &[YAML],
            SHOP,
            201,
            r#"{"stack": "shop", "generation": 1, "changed": true, "services": ["db", "web"]}"#,
        )
        .await;
    assert_eq!(first.header("etag"), "\"1\"");
    // The route names the stack, whatever the file's own name says.
    api.check("GET /v1/stacks/from-the-file", &[], "", 404, "").await;
    let stack = api.check("GET /v1/stacks/shop", &[], "", 200, r#"{"state": "down", "generation": 1}"#).await;
    assert_eq!(stack.header("etag"), "\"1\"");

    api.check(put, &[YAML], SHOP, 200, r#"{"generation": 1, "changed": false}"#).await;
    let other = SHOP.replace("nginx:1", "nginx:2");
    api.check(put, &[YAML, ("if-match", "\"1\"")], other.clone(), 200, r#"{"generation": 2, "changed": true}"#).await;
    let help = r#"{"type": "generation-mismatch", "help": "\"2\""}"#;
    api.check(put, &[YAML, ("if-match", "\"1\"")], SHOP, 412, help).await;
    api.check(put, &[YAML, ("if-none-match", "*")], SHOP, 412, "").await;
    api.check(put, &[YAML, ("if-match", "newest")], SHOP, 400, r#"{"detail": "newest"}"#).await;
    api.check("PUT /v1/stacks/new", &[YAML, ("if-match", "*")], SHOP, 412, "").await;

    let revisions = api.check("GET /v1/stacks/shop/revisions", &[], "", 200, "").await.json();
    assert_eq!((revisions[0]["generation"].clone(), revisions[0]["current"].clone()), (json!(2), json!(true)));
    assert_eq!((revisions[1]["generation"].clone(), revisions[1]["current"].clone()), (json!(1), json!(false)));
}

#[tokio::test]
async fn an_idempotency_key_acts_once_and_for_one_request() {
    let api = Api::start().await;
    let key = ("idempotency-key", "k1");
    api.check("PUT /v1/stacks/shop", &[YAML, key], SHOP, 201, "").await;
    api.check("PUT /v1/stacks/shop", &[YAML, key], SHOP, 200, r#"{"generation": 1}"#).await;
    let other = SHOP.replace("nginx:1", "nginx:2");
    api.check("PUT /v1/stacks/shop", &[YAML, key], other, 422, r#"{"type": "idempotency-key-reused"}"#).await;

    let key = ("idempotency-key", "k2");
    let first = api.check("POST /v1/stacks/shop/up", &[key], "", 202, "").await.json();
    let second = api.check("POST /v1/stacks/shop/up", &[key], "", 202, "").await.json();
    assert_eq!(first["id"], second["id"]);
    api.check("POST /v1/stacks/shop/down", &[key], "", 422, r#"{"type": "idempotency-key-reused"}"#).await;

    let key = ("idempotency-key", "k3");
    let made = api.check("POST /v1/tokens", &[key, JSON], r#"{"name": "ci"}"#, 201, "").await.json();
    let again = api.check("POST /v1/tokens", &[key, JSON], r#"{"name": "ci"}"#, 409, "").await;
    assert!(again.text.contains(made["id"].as_str().unwrap()));
    api.check("POST /v1/tokens", &[key, JSON], r#"{"name": "other"}"#, 422, "").await;
}

#[tokio::test]
async fn a_definition_of_several_files_is_merged() {
    let api = Api::start().await;
    let definition = json!({
        "files": [
            {"path": "compose.yaml", "content": "services: {web: {image: 'nginx:${TAG}', environment: {A: '1'}}}"},
            {"path": "prod.yaml", "content": "services: {web: {environment: {B: '2'}}}"},
        ],
        "compose_files": ["compose.yaml", "prod.yaml"],
        "environment": {"TAG": "7"},
        "working_dir": "/srv/shop",
    });
    api.check("PUT /v1/stacks/shop", &[JSON], definition.to_string(), 201, "").await;
    let config = api.check("GET /v1/stacks/shop/config", &[], "", 200, r#"{"name": "shop"}"#).await.json();
    assert_eq!(config["services"]["web"]["image"], "nginx:7");
    assert_eq!(config["services"]["web"]["environment"], json!({"A": "1", "B": "2"}));
    let detail = r#"{"working_dir": "/srv/shop", "config_files": ["/srv/shop/compose.yaml", "/srv/shop/prod.yaml"]}"#;
    api.check("GET /v1/stacks/shop", &[], "", 200, detail).await;
}

#[tokio::test]
async fn a_plan_tells_what_up_would_do_and_changes_nothing() {
    let api = Api::start().await;
    let post = "POST /v1/stacks/shop/plan";
    let body =
        json!({"definition": {"files": [{"path": "compose.yaml", "content": SHOP}], "working_dir": "/srv/shop"}});
    let advice = r#"{"findings": [
        {"severity": "advice", "code": "no-restart-policy", "line": 3},
        {"severity": "advice", "code": "no-restart-policy", "line": 8},
        {"severity": "advice", "code": "open-port"}
    ]}"#;
    let plan = api.check(post, &[JSON], body.to_string(), 200, advice).await.json();
    let steps = plan["steps"].as_array().unwrap();
    let start =
        steps.iter().find(|step| step["action"] == "start" && step["object"] == "container shop-web-1").unwrap();
    assert!(start["waits_for"].to_string().contains("db to be healthy"), "{start}");
    api.check("GET /v1/stacks", &[], "", 200, "[]").await;
    assert!(api.sim.outside().everything().containers.is_empty());

    let api = api.with_shop_up().await;
    api.check("GET /v1/stacks/shop/plan", &[], "", 200, r#"{"steps": []}"#).await;
    api.check(post, &[JSON], "{}", 200, r#"{"steps": []}"#).await;
    let forced = api.check(post, &[JSON], r#"{"up": {"force_recreate": true}}"#, 200, "").await.json();
    assert!(!forced["steps"].as_array().unwrap().is_empty());
}

#[tokio::test]
async fn up_takes_its_definition_along_or_leaves_no_trace() {
    let api = Api::start().await;
    let up = "POST /v1/stacks/shop/up?wait=true&timeout=25s";
    let with =
        |content: &str| json!({"definition": {"files": [{"path": "compose.yaml", "content": content}]}}).to_string();
    api.sim.outside().take_port(8080, "process nginx (812)");
    api.check(up, &[JSON], with(SHOP), 409, r#"{"type": "preflight-refused"}"#).await;
    api.check("GET /v1/stacks", &[], "", 200, "[]").await;
    api.sim.outside().free_port(8080);
    api.check(up, &[JSON, ("if-none-match", "*")], with(SHOP), 200, r#"{"state": "succeeded", "generation": 1}"#).await;
    let other = with(&SHOP.replace("nginx:1", "nginx:2"));
    api.check(up, &[JSON, ("if-match", "\"7\"")], other.clone(), 412, "").await;
    api.check(up, &[JSON, ("if-match", "\"1\"")], other, 200, r#"{"state": "succeeded", "generation": 2}"#).await;
    api.check("POST /v1/stacks/shop/plan", &[JSON], r#"{"up": {"definition": {"files": []}}}"#, 400, "").await;
}

#[tokio::test]
async fn preflight_refuses_with_findings_and_nothing_is_made() {
    let api = Api::start().await.with_shop().await;
    api.sim.outside().take_port(8080, "process nginx (812)");
    let expected =
        r#"{"type": "preflight-refused", "findings": [{"code": "port-taken", "object": "8080", "severity": "error"}]}"#;
    api.check("POST /v1/stacks/shop/up", &[], "", 409, expected).await;
    assert!(api.sim.outside().everything().containers.is_empty());
    api.check("GET /v1/operations", &[], "", 200, "[]").await;
    let plan = api.check("POST /v1/stacks/shop/plan", &[], "", 200, "").await.json();
    let finding = &plan["findings"][0];
    assert_eq!(
        (&finding["code"], &finding["service"], &finding["line"]),
        (&json!("port-taken"), &json!("web"), &json!(8))
    );
    let doctor = api.check("GET /v1/doctor", &[], "", 200, r#"{"ok": false}"#).await.json();
    let ports = doctor["checks"].as_array().unwrap().iter().find(|check| check["name"] == "ports").unwrap();
    assert_eq!(ports["detail"], "8080/tcp, of shop, is process nginx (812)'s");
}

#[tokio::test]
async fn secrets_are_masked_in_every_answer() {
    let api = Api::start().await.with_shop_up().await;
    for path in [
        "/v1/stacks",
        "/v1/stacks/shop",
        "/v1/stacks/shop/config",
        "/v1/stacks/shop/services",
        "/v1/stacks/shop/services/db",
        "/v1/stacks/shop/revisions",
        "/v1/stacks/shop/plan",
        "/v1/stacks/shop/history",
        "/v1/stacks/shop/logs",
        "/v1/operations",
        "/v1/health",
        "/v1/audit",
        "/metrics",
    ] {
        let answer = api.call(&format!("GET {path}"), &[], "").await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.text);
        assert!(!answer.text.contains("correct-horse"), "{path}: {}", answer.text);
    }
    let config = api.call("GET /v1/stacks/shop/config", &[], "").await.json();
    let environment = &config["services"]["db"]["environment"];
    assert_eq!(environment["POSTGRES_PASSWORD"], "********");
    assert_eq!(environment["POSTGRES_USER"], "shop");
    assert_eq!(config["services"]["web"]["command"], json!(["serve", "--password", "********"]));
}

#[tokio::test]
async fn a_stack_is_forgotten_once_it_is_down() {
    let api = Api::start().await.with_shop_up().await;
    api.check("DELETE /v1/stacks/shop", &[], "", 409, r#"{"help": "down"}"#).await;
    api.check("POST /v1/stacks/shop/down?wait=true", &[], "", 200, r#"{"state": "succeeded"}"#).await;
    api.check("DELETE /v1/stacks/shop", &[], "", 204, "").await;
    api.check("GET /v1/stacks/shop", &[], "", 404, "").await;
    let history = api.check("GET /v1/stacks/shop/history", &[], "", 200, "").await.json();
    assert!(!history.as_array().unwrap().is_empty());
}

#[tokio::test]
async fn held_stacks_say_so() {
    let api = Api::start().await.with_shop_up().await;
    api.check("POST /v1/stacks/shop/hold", &[JSON], r#"{"reason": "migration"}"#, 200, r#"{"held": true}"#).await;
    api.check("POST /v1/stacks/shop/restart", &[], "", 409, r#"{"detail": "held"}"#).await;
    api.check("POST /v1/stacks/shop/release", &[], "", 200, r#"{"held": false}"#).await;
    api.check("POST /v1/stacks/shop/restart?wait=true", &[], "", 200, r#"{"state": "succeeded"}"#).await;
}
