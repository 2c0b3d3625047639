//! Where an engine starts one container at a time, the longest way goes first: by the dependencies alone when nothing is known, then by
//! what the last start has taught.

#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "shop/definition.rs"]
mod shop;

use evenkeel_control::{Clock, Control, Options, Request, Terms};
use evenkeel_engine::sim::{Behaviour, Ends, Outside, Pace, Sim, SimOptions};
use evenkeel_model::*;
use evenkeel_store::Store;
use serde_json::json;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

const PATIENCE: Duration = Duration::from_secs(60);

/// Six that nobody waits for, and two jobs, each of which one waits for.
fn stack() -> Stack {
    let service = |needs: serde_json::Value| json!({ "scale": 1, "depends_on": needs, "container": { "image": "app:1", "network_mode": "none" } });
    let after = |job: &str| {
        let condition = "service_completed_successfully";
        service(json!({ job: { "condition": condition, "required": true, "restart": false } }))
    };
    let mut services: BTreeMap<String, _> =
        ["a", "b", "c", "d", "e", "f", "job-2", "job-1"].map(|name| (name.to_owned(), service(json!({})))).into();
    services.insert("x".to_owned(), after("job-1"));
    services.insert("y".to_owned(), after("job-2"));
    shop::stack(json!(services))
}

async fn done(control: &Control, operation: Operation) {
    let ended = control.wait(&operation.id, PATIENCE).await.expect("an end").expect("an operation");
    assert!(matches!(ended.state, OperationState::Succeeded { .. }), "{:?}", ended.state);
}

/// Brings the stack up. The first two services that were started, and the time from the first start to the last.
async fn up(control: &Control, outside: &Outside) -> (Vec<String>, Duration) {
    let before = outside.journal().len();
    done(control, control.up(shop::definition(), stack(), UpOptions::default(), Terms::default()).await.unwrap()).await;
    let journal = outside.journal();
    let starts = journal[before..].iter().filter_map(|(at, what)| Some((*at, what.strip_suffix("-1 start")?)));
    let starts: Vec<_> = starts.collect();
    assert_eq!(starts.len(), 10, "{journal:?}");
    let first = starts.iter().take(2).map(|(_, name)| name.trim_start_matches("shop-").to_owned());
    (first.collect(), (starts[9].0 - starts[0].0).to_std().unwrap())
}

#[tokio::test]
async fn the_longest_way_goes_first() {
    let ms = Duration::from_millis;
    let sim = Sim::new(SimOptions {
        starts_at_once: Some(1),
        pace: Pace { start: ms(50), create_container: ms(2), ..Pace::instant() },
        started_at: Clock::wall().now(),
        ..SimOptions::default()
    });
    sim.behave_image("app:1", Behaviour { ends: Ends::Never, ..Behaviour::default() });
    sim.behave_service("job-1", Behaviour::exits(ms(20), 0));
    sim.behave_service("job-2", Behaviour::exits(ms(600), 0));
    let outside = sim.outside();
    let directory = tempfile::tempdir().unwrap();
    let store = Store::open(directory.path()).await.unwrap();
    let control = Control::start(Arc::new(sim), store, Options::default()).await.unwrap();

    let (first, took) = up(&control, &outside).await;
    assert_eq!(first, ["job-1", "job-2"], "by the dependencies, then by name");
    println!("nothing known: {} ms", took.as_millis());

    // With the volumes a new epoch begins, so that jobs are run again.
    let down = Request::Down(DownOptions { volumes: true, ..DownOptions::default() });
    done(&control, control.request(&"shop".into(), down, Terms::default()).await.unwrap()).await;
    let (first, took) = up(&control, &outside).await;
    assert_eq!(first[0], "job-2", "{first:?}");
    println!("learned: {} ms", took.as_millis());
    control.abort().await;
}
