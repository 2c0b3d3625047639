//! The document for polling.

use crate::harness::Api;

#[tokio::test]
async fn health_changes_its_etag_with_a_state_and_not_otherwise() {
    let api = Api::start().await.with_shop_up().await;
    let expected = r#"{"ok": true, "stacks": {"shop": {"state": "up", "services": {"db": {"state": "healthy"}, "web": {"state": "running"}}}}}"#;
    let first = api.check("GET /v1/health", &[], "", 200, expected).await;
    let etag = first.header("etag").to_owned();
    assert!(etag.starts_with('"') && etag.len() > 10, "{etag}");
    for known in [etag.clone(), format!("\"other\", {etag}"), format!("W/{etag}"), "*".to_owned()] {
        let answer = api.check("GET /v1/health", &[("if-none-match", &known)], "", 304, "").await;
        assert_eq!((answer.text.as_str(), answer.header("etag")), ("", etag.as_str()), "{known}");
    }
    api.check("GET /v1/health", &[("if-none-match", "\"other\"")], "", 200, "").await;

    api.check("POST /v1/stacks/shop/stop?wait=true&timeout=25s", &[], "", 200, "").await;
    let changed = api.check("GET /v1/health", &[("if-none-match", &etag)], "", 200, "").await;
    assert_ne!(changed.header("etag"), etag);
}

#[tokio::test]
async fn an_empty_daemon_is_healthy() {
    let api = Api::start().await;
    let answer = api.check("GET /v1/health", &[], "", 200, "").await;
    assert_eq!(answer.text, r#"{"ok":true,"stacks":{}}"#);
    api.check("GET /v1/version", &[], "", 200, &format!(r#"{{"version": "{}"}}"#, env!("CARGO_PKG_VERSION"))).await;
}
