//! Bad input: each gets a problem that names the place and the way to mend it, and changes nothing.

use crate::harness::{Api, JSON, YAML, contains};
use evenkeel_api::Settings;
use serde_json::Value;

#[tokio::test]
async fn bad_requests_are_told_what_is_wrong() {
    let api = Api::start().await.with_shop().await;
    let put = "PUT /v1/stacks/new";
    let up = "POST /v1/stacks/shop/up";
    for (line, headers, body, status, subset) in [
        ("GET /v1/stacks/nope", &[][..], "", 404, r#"{"type": "not-found", "detail": "`nope`; there is shop"}"#),
        ("POST /v1/stacks/nope/up", &[], "", 404, r#"{"detail": "there is shop"}"#),
        ("GET /v1/stacks/Not%20A%20Name", &[], "", 400, r#"{"detail": "lowercase"}"#),
        ("GET /v1/stacks/shop/services/nope", &[], "", 404, r#"{"detail": "there is db, web"}"#),
        ("GET /v1/operations/nope", &[], "", 404, r#"{"detail": "nope"}"#),
        ("DELETE /v1/tokens/nope", &[], "", 404, ""),
        ("GET /v1/nothing", &[], "", 404, r#"{"detail": "there is no route `/v1/nothing`", "help": "openapi.json"}"#),
        ("PATCH /v1/stacks/shop", &[], "", 405, r#"{"detail": "PATCH"}"#),
        (put, &[JSON], "{\"files\": [{\"path\": 7}]}", 400, r#"{"detail": "files[0].path"}"#),
        (put, &[JSON], "{", 400, r#"{"detail": "line 1"}"#),
        (put, &[JSON], "{} {}", 400, r#"{"detail": "behind its end"}"#),
        (put, &[JSON], "{}", 400, r#"{"detail": "no files", "help": "content"}"#),
        (put, &[JSON], r#"{"fils": []}"#, 400, r#"{"detail": "there is no `fils` here"}"#),
        (
            put,
            &[JSON],
            r#"{"files": [{"path": "a.yaml", "content": ""}], "working_dir": "srv"}"#,
            400,
            r#"{"detail": "absolute"}"#,
        ),
        (put, &[], "services: {}", 415, r#"{"detail": "no media type", "help": "application/yaml"}"#),
        (put, &[("content-type", "text/html")], "<p>", 415, r#"{"detail": "text/html"}"#),
        (
            put,
            &[YAML],
            "services: {web: {image: x, scale: 600}, db: {image: x, scale: 500}}",
            409,
            r#"{"detail": "1100 containers, 600 of them of `web`"}"#,
        ),
        (up, &[JSON], r#"{"scale": {"web": 4000000000}}"#, 409, r#"{"detail": "at most 1000"}"#),
        (
            "POST /v1/stacks/shop/scale",
            &[JSON],
            r#"{"scale": {"web": 99999999}}"#,
            409,
            r#"{"detail": "at most 1000"}"#,
        ),
        (
            "POST /v1/stacks/shop/plan",
            &[JSON],
            r#"{"up": {"scale": {"web": 99999999}}}"#,
            409,
            r#"{"detail": "at most 1000"}"#,
        ),
        (put, &[YAML, ("idempotency-key", "")], "x", 400, r#"{"detail": "Idempotency-Key"}"#),
        (up, &[("content-type", "text/plain")], "all of it", 415, ""),
        (up, &[JSON], r#"{"service": ["web"]}"#, 400, r#"{"detail": "`service`"}"#),
        (up, &[JSON], r#"{"services": ["wbe"]}"#, 404, r#"{"detail": "it has db, web"}"#),
        (up, &[JSON], r#"{"force_recreate": true, "no_recreate": true}"#, 400, r#"{"detail": "exclude each other"}"#),
        ("POST /v1/stacks/shop/up?wait=perhaps", &[], "", 400, r#"{"detail": "query"}"#),
        ("POST /v1/stacks/shop/up?timeout=soon", &[], "", 400, r#"{"detail": "`soon` is not a duration"}"#),
        ("POST /v1/stacks/shop/up?wat=true", &[], "", 400, r#"{"detail": "wat"}"#),
        ("POST /v1/stacks/shop/rollback", &[], "", 400, r#"{"detail": "one definition only"}"#),
        ("POST /v1/stacks/shop/rollback", &[JSON], r#"{"to": 9}"#, 404, r#"{"detail": "no revision 9"}"#),
        ("POST /v1/stacks/shop/scale", &[], "", 400, r#"{"detail": "number of containers"}"#),
        ("GET /v1/stacks/shop/logs?services=wbe", &[], "", 404, r#"{"detail": "there is db, web"}"#),
        ("GET /v1/stacks/shop/logs?tail=some", &[], "", 400, r#"{"detail": "`some`"}"#),
        ("GET /v1/events", &[("last-event-id", "x")], "", 400, r#"{"detail": "Last-Event-ID `x`"}"#),
    ] {
        api.check(line, headers, body, status, subset).await;
    }
    api.check("GET /v1/stacks", &[], "", 200, r#"[{"stack": "shop", "state": "down"}]"#).await;
    api.check("GET /v1/operations", &[], "", 200, "[]").await;
}

#[tokio::test]
async fn every_error_of_a_definition_is_told_with_its_place() {
    let api = Api::start().await;
    let text = "services:\n  web:\n    image: nginx\n    imagee: x\n    depends_on: [db]\n";
    let answer = api.check("PUT /v1/stacks/shop", &[YAML], text, 422, r#"{"type": "invalid-definition"}"#).await.json();
    let diagnostics = answer["diagnostics"].as_array().unwrap();
    for (line, part) in [(4, "imagee"), (5, "db")] {
        let found = diagnostics.iter().any(|diagnostic| {
            diagnostic["line"] == line
                && contains(&diagnostic["message"], &Value::from(part))
                && contains(&diagnostic["file"], &Value::from("compose.yaml"))
        });
        assert!(found, "{part} in line {line}: {answer:#}");
    }
    api.check("PUT /v1/stacks/shop", &[YAML], "services: [", 422, "").await;
    api.check("GET /v1/stacks", &[], "", 200, "[]").await;
}

#[tokio::test]
async fn bodies_are_limited() {
    let api = Api::with(Settings { body_limit_bytes: 1_000, most_services: 2, ..Settings::default() }).await;
    let put = "PUT /v1/stacks/shop";
    let small = "services: {a: {image: x}, b: {image: x}}";
    let too_large = format!("{small}\n#{}", "x".repeat(1_000));
    api.check(put, &[YAML], too_large, 413, r#"{"type": "too-large", "detail": "1000 bytes"}"#).await;
    let three = "services: {a: {image: x}, b: {image: x}, c: {image: x}}";
    api.check(put, &[YAML], three, 400, r#"{"detail": "3 services", "help": "limits.services"}"#).await;
    api.check(put, &[YAML], vec![0xff_u8, 0xfe], 400, r#"{"detail": "UTF-8"}"#).await;
    api.check("GET /v1/stacks", &[], "", 200, "[]").await;
    api.check(put, &[YAML], small, 201, "").await;
}

#[tokio::test]
async fn an_engine_that_is_gone_is_told_apart_from_a_wrong_request() {
    let api = Api::start().await.with_shop().await;
    api.sim.faults().kill_engine();
    let expected = r#"{"type": "engine-unavailable", "help": "doctor"}"#;
    api.check("POST /v1/stacks/shop/up", &[], "", 503, expected).await;
    api.check("GET /v1/stacks/shop/plan", &[], "", 503, expected).await;
    api.check("GET /v1/doctor", &[], "", 200, r#"{"ok": false}"#).await;
    let ready = api.call("GET /readyz", &[], "").await;
    assert_eq!((ready.status.as_u16(), ready.json()["ready"].clone()), (503, Value::from(false)));
    api.check("GET /healthz", &[], "", 200, "").await;
    api.check("GET /v1/stacks/shop", &[], "", 200, "").await;
    api.sim.faults().revive_engine();
    api.check("GET /readyz", &[], "", 200, r#"{"ready": true}"#).await;
}
