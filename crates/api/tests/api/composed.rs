//! Projects that Docker Compose has started: shown, and nobody's until an `up` takes them over.

use crate::harness::{Api, JSON, SHOP, YAML};
use evenkeel_model::{ContainerSpec, NewContainer, labels};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// What Compose would have made of a service.
fn by_compose(project: &str, service: &str) -> NewContainer {
    let labels = [
        (labels::PROJECT, project),
        (labels::SERVICE, service),
        (labels::NUMBER, "1"),
        (labels::CONFIG_HASH, "of-compose"),
    ];
    NewContainer {
        name: format!("{project}-{service}-1").as_str().into(),
        spec: ContainerSpec { image: Some("postgres:15".into()), ..ContainerSpec::default() },
        labels: labels.map(|(key, value)| (key.to_owned(), value.to_owned())).into(),
        endpoints: Vec::new(),
        links: Vec::new(),
        inherits: None,
    }
}

fn of_project(project: &str) -> BTreeMap<String, String> {
    [(labels::PROJECT.to_owned(), project.to_owned())].into()
}

/// Name and state of each that is listed.
async fn listed(api: &Api, query: &str) -> Vec<(String, String)> {
    let stacks = api.check(&format!("GET /v1/stacks{query}"), &[], "", 200, "").await.json();
    let word = |value: &Value| value.as_str().unwrap().to_owned();
    stacks.as_array().unwrap().iter().map(|stack| (word(&stack["stack"]), word(&stack["state"]))).collect()
}

#[tokio::test]
async fn projects_of_compose_are_listed_for_who_asks() {
    let api = Api::start().await;
    let outside = api.sim.outside();
    for (project, service) in [("other", "web"), ("shop", "db"), ("shop", "web")] {
        outside.run(&by_compose(project, service)).unwrap();
    }
    outside.kill(&"shop-web-1".into()).unwrap();
    assert_eq!(listed(&api, "").await, []);
    let pair = |stack: &str, state: &str| (stack.to_owned(), state.to_owned());
    assert_eq!(listed(&api, "?unmanaged=true").await, [pair("other", "unmanaged"), pair("shop", "unmanaged")]);
    let expected = r#"[
        {"stack": "other", "ready": 1, "services": 1, "generation": 0, "reason": "1 of 1 containers run"},
        {"stack": "shop", "ready": 1, "services": 2, "generation": 0, "reason": "1 of 2 containers run"}
    ]"#;
    api.check("GET /v1/stacks?unmanaged=true", &[], "", 200, expected).await;
    api.check("GET /v1/stacks/shop", &[], "", 404, "").await;
    let seen = r#"[{"service": "db", "state": "running"}, {"service": "web", "state": "exited"}]"#;
    api.check("GET /v1/stacks/shop/engine/containers", &[], "", 200, seen).await;

    // A stack that nobody has brought up leaves them to Compose, and says so itself.
    api.check("PUT /v1/stacks/shop", &[YAML], SHOP, 201, "").await;
    assert_eq!(listed(&api, "?unmanaged=true").await, [pair("other", "unmanaged"), pair("shop", "down")]);
    api.check(
        "GET /v1/stacks/shop",
        &[],
        "",
        200,
        r#"{"reason": "Docker Compose has started a project of this name"}"#,
    )
    .await;
    api.check("POST /v1/stacks/shop/up?wait=true&timeout=25s", &[], "", 200, r#"{"state": "succeeded"}"#).await;
    assert_eq!(listed(&api, "?unmanaged=true").await, [pair("other", "unmanaged"), pair("shop", "up")]);
    api.check("GET /v1/stacks/shop", &[], "", 200, r#"{"reason": null}"#).await;
    assert!(outside.everything().containers.contains_key("other-web-1"), "what is not ours is left alone");
}

#[tokio::test]
async fn a_volume_that_compose_made_anew_is_not_the_one_from_before_the_reset() {
    let api = Api::start().await;
    let (outside, volume) = (api.sim.outside(), "shop_data".into());
    outside.run(&by_compose("shop", "db")).unwrap();
    outside.add_volume(&volume, of_project("shop"));
    let first = outside.volume_id(&volume).unwrap();

    let definition = json!({"files": [{"path": "compose.yaml", "content": SHOP}], "working_dir": "/srv/shop"});
    let body = json!({ "definition": definition }).to_string();
    let plan = api.check("POST /v1/stacks/shop/plan", &[JSON], body.clone(), 200, "").await.json();
    let findings = plan["findings"].as_array().unwrap();
    let told = findings.iter().find(|finding| finding["code"] == "taken-over").unwrap()["message"].to_string();
    assert!(told.contains("`reset` and `down --volumes`") && told.contains("shop_data"), "{told}");

    let up = "POST /v1/stacks/shop/up?wait=true&timeout=25s";
    api.check(up, &[JSON], body, 200, r#"{"state": "succeeded"}"#).await;
    assert_eq!(outside.volume_id(&volume).unwrap(), first, "its data is the stack's now");
    api.check("POST /v1/stacks/shop/reset?wait=true&timeout=25s", &[], "", 200, r#"{"state": "succeeded"}"#).await;
    assert_ne!(outside.volume_id(&volume).unwrap(), first, "it was wiped, as it was asked");
    let down = "POST /v1/stacks/shop/down?wait=true&timeout=25s";
    api.check(down, &[JSON], r#"{"volumes": true}"#, 200, r#"{"state": "succeeded"}"#).await;
    assert_eq!(outside.volume_id(&volume), None);

    // Compose makes one of that name again; what is in it has nothing to do with that reset.
    outside.add_volume(&volume, of_project("shop"));
    let again = outside.volume_id(&volume).unwrap();
    api.check(up, &[], "", 200, r#"{"state": "succeeded"}"#).await;
    assert_eq!(outside.volume_id(&volume).unwrap(), again);
}
