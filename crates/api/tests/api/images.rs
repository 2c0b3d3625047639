//! Containers that are only made or removed, images that are asked for, and what the engine shows of both.

use crate::harness::{Api, JSON};

/// One service with an image, one that is built, and one that is built from it.
const FILE: &str = "
name: made
services:
  web: {image: 'web:1', depends_on: [app]}
  base: {build: {context: /src}, image: 'base:1'}
  app: {build: {context: /src, args: {A: '1'}}, depends_on: [base]}
";

fn with_definition(rest: &str) -> String {
    let files = serde_json::json!([{"path": "compose.yaml", "content": FILE}]);
    let definition = serde_json::json!({"files": files, "working_dir": "/src"});
    let mut body: serde_json::Value = serde_json::from_str(rest).expect("JSON");
    body["definition"] = definition;
    body.to_string()
}

#[tokio::test]
async fn containers_are_made_started_and_removed() {
    let api = Api::start().await;
    let done = r#"{"state": "succeeded"}"#;
    let wait = |verb: &str| format!("POST /v1/stacks/made/{verb}?wait=true");
    api.check(&wait("create"), &[JSON], with_definition("{}"), 200, r#"{"state": "succeeded", "verb": "create"}"#)
        .await;
    let created = r#"[{"name": "made-app-1", "state": "created"}, {"name": "made-base-1", "state": "created"},
                      {"name": "made-web-1", "state": "created", "service": "web", "number": 1, "one_off": false}]"#;
    api.check("GET /v1/stacks/made/engine/containers", &[], "", 200, created).await;
    api.check("GET /v1/stacks/made/services/web", &[], "", 200, r#"{"state": "stopped", "desired": "stopped"}"#).await;
    api.check(&wait("start"), &[], "", 200, done).await;
    let processes = r#"[{"container": "made-app-1"}, {"container": "made-base-1"}, {"container": "made-web-1"}]"#;
    api.check("GET /v1/stacks/made/engine/processes", &[], "", 200, processes).await;
    api.check("GET /v1/stacks/made/engine/usage", &[], "", 200, processes).await;
    let images =
        r#"[{"repository": "made-app"}, {"repository": "base", "tag": "1"}, {"repository": "web", "tag": "1"}]"#;
    api.check("GET /v1/stacks/made/engine/images", &[], "", 200, images).await;

    // What runs is not removed, and a made container beside it is not started by another `create`.
    api.check(&wait("rm"), &[], "", 200, done).await;
    api.check("GET /v1/stacks/made/engine/containers", &[], "", 200, r#"[{}, {}, {"state": "running"}]"#).await;
    api.check(&wait("rm"), &[JSON], r#"{"services": ["web"], "stop": true}"#, 200, r#"{"verb": "rm"}"#).await;
    let left = api.check("GET /v1/stacks/made/engine/containers", &[], "", 200, "").await.json();
    assert_eq!(left.as_array().map(Vec::len), Some(2), "{left:#}");
    api.check(&wait("rm"), &[JSON], r#"{"services": ["nope"]}"#, 404, r#"{"detail": "no service `nope`"}"#).await;
    api.check(&wait("start"), &[], "", 200, done).await;
    api.check("GET /v1/stacks/made/services/web", &[], "", 200, r#"{"state": "stopped"}"#).await;

    api.check(&wait("down"), &[JSON], r#"{"rmi": "local"}"#, 200, done).await;
    api.check("GET /v1/stacks/made/engine/containers", &[], "", 200, "[]").await;
    let refused = r#"{"detail": "nothing is to be built"}"#;
    api.check(&wait("create"), &[JSON], r#"{"no_build": true}"#, 400, refused).await;
    api.check("GET /v1/stacks/nobody/engine/containers", &[], "", 200, "[]").await;
}

#[tokio::test]
async fn images_are_pulled_and_built_for_a_stack_that_is_down() {
    let api = Api::start().await;
    let wait = |verb: &str| format!("POST /v1/stacks/made/{verb}?wait=true");
    let built =
        api.check(&wait("build"), &[JSON], with_definition("{}"), 200, r#"{"state": "succeeded"}"#).await.json();
    let id = built["id"].as_str().expect("an id").to_owned();
    let steps = r#"{"steps": [{"action": "build", "object": "image base:1"}, {"action": "build", "object": "image made-app"}]}"#;
    api.check(&format!("GET /v1/operations/{id}"), &[], "", 200, steps).await;
    // Only what has a name of its own is asked for at a registry.
    let pulled =
        api.check(&wait("pull"), &[JSON], with_definition("{}"), 200, r#"{"state": "succeeded"}"#).await.json();
    let id = pulled["id"].as_str().expect("an id").to_owned();
    let told = api.check(&format!("GET /v1/operations/{id}"), &[], "", 200, "").await.json();
    let mut objects: Vec<&str> =
        told["steps"].as_array().into_iter().flatten().filter_map(|step| step["object"].as_str()).collect();
    objects.sort_unstable();
    assert_eq!(objects, ["image base:1", "image web:1"], "{told:#}");
    api.check("GET /v1/stacks/made", &[], "", 200, r#"{"state": "down", "generation": 1}"#).await;

    api.sim.outside().unpullable(&"web:1".into(), Some("manifest unknown"));
    let failed = r#"{"state": "failed", "reason": "manifest unknown"}"#;
    api.check(&wait("pull"), &[JSON], r#"{"services": ["web"]}"#, 200, failed).await;
    let ignored = r#"{"services": ["web"], "ignore_failures": true}"#;
    api.check(&wait("pull"), &[JSON], ignored, 200, r#"{"state": "succeeded"}"#).await;
    api.check(&wait("pull"), &[JSON], r#"{"services": ["nope"]}"#, 404, r#"{"detail": "no service `nope`"}"#).await;
}
