//! What an `up` would do, asked while the loop is at work.

#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "shop/definition.rs"]
mod shop;

use evenkeel_control::{Clock, Control, Options, Terms};
use evenkeel_engine::sim::{Behaviour, Ends, Sim, SimOptions};
use evenkeel_model::*;
use evenkeel_store::Store;
use serde_json::json;
use std::sync::Arc;
use std::time::Duration;

/// One service, with a healthcheck that the engine itself does not run for an hour.
fn stack() -> Stack {
    let test = Some(HealthTest::Shell("true".to_owned()));
    let check = Healthcheck { test, interval_ns: Some(3_600_000_000_000), ..Healthcheck::default() };
    let container = json!({ "image": "app:1", "network_mode": "none", "healthcheck": check });
    let web = json!({ "scale": 1, "depends_on": {}, "container": container });
    shop::stack(json!({ "web": web }))
}

fn probes(steps: &[evenkeel_plan::Step]) -> bool {
    steps.iter().any(|step| matches!(step.action, Action::ProbeContainer(_)))
}

#[tokio::test]
async fn probes_are_the_loops_own_business() {
    let sim = Sim::new(SimOptions { started_at: Clock::wall().now(), ..SimOptions::default() });
    let behaviour = Behaviour { ends: Ends::Never, probe_takes: Duration::from_secs(30), ..Behaviour::default() };
    sim.behave_image("app:1", behaviour);
    let directory = tempfile::tempdir().unwrap();
    let store = Store::open(directory.path()).await.unwrap();
    let control = Control::start(Arc::new(sim), store, Options::default()).await.unwrap();
    control.up(shop::definition(), stack(), UpOptions::default(), Terms::default()).await.unwrap();
    let shop = "shop".into();
    let asked = tokio::time::timeout(Duration::from_secs(60), async {
        loop {
            if probes(&control.plan(&shop, None, None).await.unwrap().0.steps) {
                break;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    });
    asked.await.expect("the loop probes");
    let (of_up, _) = control.plan(&shop, None, Some(UpOptions::default())).await.unwrap();
    assert_eq!(of_up.steps, [], "another `up` has nothing to do");
    control.abort().await;
}
