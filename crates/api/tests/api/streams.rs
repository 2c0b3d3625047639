//! Server-Sent Events: resumed without a gap or a duplicate, and ended with the daemon.

use crate::harness::{Api, Message, SHOP, YAML};
use evenkeel_api::Settings;

fn ids(messages: &[Message]) -> Vec<i64> {
    messages.iter().filter_map(|message| message.id.as_deref()).map(|id| id.parse().unwrap()).collect()
}

#[tokio::test]
async fn events_are_resumed_without_a_gap_or_a_duplicate() {
    let api = Api::start().await.with_shop().await;
    let mut whole = api.stream("GET /v1/events?after=0", &[]).await;
    let mut first = api.stream("GET /v1/stacks/shop/events", &[]).await;
    api.check("POST /v1/stacks/shop/up?wait=true&timeout=25s", &[], "", 200, "").await;
    let seen = first.until("step_done", "start container shop-db-1").await;
    drop(first);
    let last = ids(&seen).into_iter().max().unwrap().to_string();

    // While the client was away, more happened; and more happens while it reads on.
    api.check("POST /v1/stacks/shop/restart?wait=true&timeout=25s", &[], "", 200, "").await;
    let mut second = api.stream("GET /v1/stacks/shop/events", &[("last-event-id", &last)]).await;
    api.check("POST /v1/stacks/shop/down?wait=true&timeout=25s", &[], "", 200, "").await;
    let rest = second.until("stack_state", "down").await;

    let mut joined = ids(&seen);
    joined.extend(ids(&rest));
    let all = ids(&whole.until_id(joined[joined.len() - 1]).await);
    assert_eq!(joined, all[all.len() - joined.len()..], "a gap, a duplicate or another order");
    assert!(all.windows(2).all(|pair| pair[1] == pair[0] + 1), "{all:?}");
}

#[tokio::test]
async fn a_stream_of_one_stack_tells_nothing_of_another() {
    let api = Api::start().await.with_shop_up().await;
    api.check("PUT /v1/stacks/other", &[YAML], SHOP.replace("8080", "8081"), 201, "").await;
    let mut events = api.stream("GET /v1/stacks/other/events?after=0", &[]).await;
    api.check("POST /v1/stacks/other/up?wait=true&timeout=25s", &[], "", 200, "").await;
    api.check("POST /v1/stacks/shop/down?wait=true&timeout=25s", &[], "", 200, "").await;
    api.check("POST /v1/stacks/other/down?wait=true&timeout=25s", &[], "", 200, "").await;
    let told = events.until("stack_state", "down").await;
    assert!(told.iter().all(|message| message.data["stack"] == "other"), "{told:?}");
}

#[tokio::test]
async fn history_is_read_backwards_in_pages() {
    let api = Api::start().await.with_shop_up().await;
    let fresh = Api::start().await.check("GET /v1/history", &[], "", 200, "").await.json();
    assert_eq!(fresh, serde_json::json!([]), "a daemon to which nothing has happened yet");
    let all = api.check("GET /v1/history?limit=1000", &[], "", 200, "").await.json();
    let all: Vec<i64> = all.as_array().unwrap().iter().map(|event| event["id"].as_i64().unwrap()).collect();
    assert!(all.len() > 5 && all.is_sorted(), "{all:?}");
    let mut pages = Vec::new();
    let mut before = i64::MAX;
    loop {
        let page =
            api.check(&format!("GET /v1/stacks/shop/history?limit=3&before={before}"), &[], "", 200, "").await.json();
        let page: Vec<i64> = page.as_array().unwrap().iter().map(|event| event["id"].as_i64().unwrap()).collect();
        let Some(first) = page.first() else { break };
        before = *first;
        pages.splice(0..0, page);
    }
    // More may have happened since the first look.
    assert_eq!(pages[..all.len()], all);
    let of_db = api.check("GET /v1/history?service=db", &[], "", 200, "").await.json();
    let of_db = of_db.as_array().unwrap();
    assert!(!of_db.is_empty() && of_db.iter().all(|event| event["service"] == "db"));
}

#[tokio::test]
async fn logs_are_told_with_where_they_come_from() {
    let api = Api::start().await.with_shop_up().await;
    let mut lines = api.stream("GET /v1/stacks/shop/logs?services=web", &[]).await;
    let line = lines.next().await.expect("the simulated engine writes lines");
    assert_eq!(
        (line.event.as_str(), &line.data["service"], &line.data["container"]),
        ("log", &"web".into(), &"shop-web-1".into())
    );
    while lines.next().await.is_some() {}

    // A container that starts anew is read on.
    let mut followed = api.stream("GET /v1/stacks/shop/logs?follow=true&tail=0&services=web", &[]).await;
    let restart = api.check("POST /v1/stacks/shop/restart?wait=true&timeout=25s", &[], "", 200, "");
    let (line, _) = tokio::join!(followed.next(), restart);
    assert!(line.is_some());
}

#[tokio::test]
async fn streams_are_bounded_and_end_with_the_daemon() {
    let api = Api::with(Settings { most_streams: 1, ..Settings::default() }).await;
    let mut events = api.stream("GET /v1/events", &[]).await;
    api.check("GET /v1/events", &[], "", 429, r#"{"type": "too-many-requests"}"#).await;
    api.shutdown.cancel();
    assert_eq!(events.next().await, None);
    drop(events);
    let mut again = api.stream("GET /v1/events", &[]).await;
    assert_eq!(again.next().await, None);
}
