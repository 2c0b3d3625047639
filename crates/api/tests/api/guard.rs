//! Who comes in, and as whom.

use crate::harness::{Api, JSON};

#[tokio::test]
async fn over_tcp_every_request_wants_a_token() {
    let api = Api::start().await;
    let tcp = api.over_tcp();
    let made = api.check("POST /v1/tokens", &[JSON], r#"{"name": "ci"}"#, 201, "").await.json();
    let (id, token) = (made["id"].as_str().unwrap(), made["token"].as_str().unwrap());
    // 256 bits in hexadecimal behind the prefix.
    assert_eq!(token.len(), 4 + 64);
    let bearer = format!("Bearer {token}");
    let wrong = format!("Bearer evk_{}", "0".repeat(64));

    for (authorization, allowed) in [
        (None, false),
        (Some(""), false),
        (Some("Bearer"), false),
        (Some("Bearer "), false),
        (Some(token), false),
        (Some(wrong.as_str()), false),
        (Some("Basic ZXZlbmtlZWw6eA=="), false),
        (Some(bearer.as_str()), true),
    ] {
        let headers: Vec<(&str, &str)> = authorization.into_iter().map(|value| ("authorization", value)).collect();
        let status = if allowed { 200 } else { 401 };
        let answer = tcp.check("GET /v1/stacks", &headers, "", status, "").await;
        if !allowed {
            assert!(answer.header("www-authenticate").starts_with("Bearer"), "{authorization:?}");
            assert!(answer.text.contains("token create"), "{}", answer.text);
        }
    }
    for open in ["/healthz", "/readyz", "/openapi.json", "/docs/"] {
        assert_eq!(tcp.call(&format!("GET {open}"), &[], "").await.status, 200, "{open}");
    }
    for closed in ["/metrics", "/v1/health", "/v1/nothing", "/docsx", "/"] {
        tcp.check(&format!("GET {closed}"), &[], "", 401, "").await;
    }

    let listed = api.check("GET /v1/tokens", &[], "", 200, r#"[{"name": "ci"}]"#).await;
    assert!(!listed.text.contains(token));
    assert!(listed.json()[0]["last_used_at"].is_string());
    tcp.check("POST /v1/stacks/nope/up", &[("authorization", &bearer)], "", 404, "").await;
    let who = format!(r#"[{{"who": "ci ({id})", "status": 404}}, {{"path": "/v1/tokens"}}]"#);
    api.check("GET /v1/audit", &[], "", 200, &who).await;

    api.check(&format!("DELETE /v1/tokens/{id}"), &[], "", 204, "").await;
    api.check(&format!("DELETE /v1/tokens/{id}"), &[], "", 204, "").await;
    tcp.check("GET /v1/stacks", &[("authorization", &bearer)], "", 401, "").await;
    api.check("GET /v1/tokens", &[], "", 200, "[]").await;
}

#[tokio::test]
async fn pages_of_other_sites_are_refused_before_their_token_is_looked_at() {
    let api = Api::start().await.over_tcp();
    let foreign = r#"{"type": "forbidden", "detail": "evil.example"}"#;
    api.check("GET /v1/stacks", &[("host", "evil.example")], "", 403, foreign).await;
    let origin = [("host", "localhost:7711"), ("origin", "https://evil.example")];
    api.check("POST /v1/stacks/shop/down", &origin, "", 403, foreign).await;
}

#[tokio::test]
async fn the_page_for_people_needs_nothing_from_outside() {
    let api = Api::start().await;
    let page = api.call("GET /docs/", &[], "").await;
    assert_eq!(page.status, 200);
    let outside: Vec<&str> = page.text.split(['"', '\'']).filter(|part| part.starts_with("http")).collect();
    assert!(outside.is_empty(), "the page refers to {outside:?}");
    let script = api.call("GET /docs/swagger-initializer.js", &[], "").await;
    assert!(
        script.text.contains("/openapi.json") && script.text.contains("\"validatorUrl\": \"none\""),
        "{}",
        script.text
    );
    let document = api.call("GET /openapi.json", &[], "").await;
    assert_eq!(document.json()["info"]["title"], "Evenkeel");
}
