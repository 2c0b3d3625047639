//! Who talks to whom, over the API.

use crate::harness::{Api, YAML};

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
