//! The Docker engine's mirror against a Docker API that a test holds in its hand: what is asked, how often, and what happens
//! when the stream of events breaks.
#![allow(clippy::expect_used, clippy::panic)]

#[path = "docker_mirror/fake.rs"]
mod fake;

use evenkeel_engine::docker::Docker;
use evenkeel_engine::{Change, Engine, Error};
use evenkeel_model::{ContainerState, EndedBy, Health, Interest, Observed, StackName};
use fake::Fake;
use futures::StreamExt;
use futures::stream::BoxStream;
use std::collections::BTreeSet;
use std::time::Duration;

const DEADLINE: Duration = Duration::from_secs(30);

fn interest() -> Interest {
    Interest {
        stack: StackName::from("shop"),
        containers: BTreeSet::new(),
        networks: BTreeSet::new(),
        volumes: BTreeSet::new(),
        images: BTreeSet::new(),
        adopted: Default::default(),
    }
}

async fn observe(engine: &Docker) -> Observed {
    engine.observe(&interest()).await.expect("an observation")
}

/// Waits for a hint of a kind.
async fn hint(changes: &mut BoxStream<'static, Change>, wanted: impl Fn(&Change) -> bool) -> Change {
    let wait = async {
        loop {
            let change = changes.next().await.expect("the stream never ends");
            if wanted(&change) {
                return change;
            }
        }
    };
    tokio::time::timeout(DEADLINE, wait).await.expect("a hint")
}

fn lost(change: &Change) -> bool {
    matches!(change, Change::Lost(_))
}

fn of_shop(change: &Change) -> bool {
    *change == Change::Stack("shop".into())
}

#[tokio::test]
async fn requests_name_no_version_and_events_are_filtered() {
    let fake = Fake::new();
    let engine = fake.connect();
    observe(&engine).await;
    let asked = fake.asked();
    assert!(asked.contains(&"GET /version".to_owned()), "{asked:?}");
    let events = asked.iter().find(|line| line.starts_with("GET /events?")).expect("events");
    for part in ["since=", "health_status", "%22type%22", "volume"] {
        assert!(events.contains(part), "{part}: {events}");
    }
    assert!(!events.contains("exec"), "{events}");
    assert_eq!(engine.calls(), asked.len() as u64);
}

#[tokio::test]
async fn an_event_costs_one_look_at_what_it_names() {
    let fake = Fake::new();
    fake.put("c1", "shop", "running");
    fake.put("c2", "shop", "running");
    fake.put("c3", "other", "running");
    let engine = fake.connect();
    let mut changes = engine.changes();
    assert_eq!(observe(&engine).await.containers.len(), 2);
    let before = fake.asked().len();
    fake.set_health("c1", "healthy");
    fake.tell("c1", "health_status: healthy", &[]);
    hint(&mut changes, of_shop).await;
    let state = observe(&engine).await.containers["c1"].state.clone();
    assert!(matches!(state, ContainerState::Running { health: Health::Healthy { .. } }), "{state:?}");
    assert_eq!(fake.asked()[before..], ["GET /containers/c1/json"]);
    for _ in 0..100 {
        observe(&engine).await;
    }
    assert_eq!(fake.asked().len(), before + 1);
}

#[tokio::test]
async fn a_broken_stream_is_followed_by_a_new_listing() {
    let fake = Fake::new();
    fake.put("c1", "shop", "running");
    let engine = fake.connect();
    let mut changes = engine.changes();
    observe(&engine).await;
    fake.hang_up().await;
    // Behind its back.
    fake.put("c1", "shop", "exited");
    fake.put("c2", "shop", "running");
    hint(&mut changes, lost).await;
    hint(&mut changes, |change| *change == Change::Everything).await;
    let observed = observe(&engine).await;
    assert_eq!(observed.containers.len(), 2);
    // The engine stayed up, so nobody knows who ended it.
    assert_eq!(observed.containers["c1"].exit().map(|exit| exit.by), Some(EndedBy::Unknown));
}

#[tokio::test]
async fn an_engine_may_come_later() {
    let fake = Fake::stopped();
    let engine = fake.connect();
    let mut changes = engine.changes();
    let refused = engine.observe(&interest()).await;
    assert!(
        matches!(&refused, Err(Error::Unavailable { message }) if message.contains("there is no socket")),
        "{refused:?}"
    );
    assert!(matches!(engine.capabilities().await, Err(Error::Unavailable { .. })));
    fake.put("c1", "shop", "running");
    fake.start();
    hint(&mut changes, |change| *change == Change::Everything).await;
    assert_eq!(observe(&engine).await.containers.len(), 1);
    assert_eq!(engine.capabilities().await.expect("an engine").engine, "Docker 20.10.24");
}

#[tokio::test]
async fn who_ended_a_run_is_told_by_its_events() {
    for (name, events, expected) in [
        ("by itself", &[("die", &[("exitCode", "1")][..])][..], EndedBy::Itself),
        ("killed", &[("kill", &[("signal", "9")]), ("die", &[])], EndedBy::Outside),
        ("stopped", &[("kill", &[("signal", "15")]), ("die", &[]), ("stop", &[])], EndedBy::Outside),
        ("reloaded, then by itself", &[("kill", &[("signal", "1")]), ("die", &[])], EndedBy::Itself),
    ] {
        let fake = Fake::new();
        fake.put("c1", "shop", "running");
        let engine = fake.connect();
        let mut changes = engine.changes();
        observe(&engine).await;
        fake.put("c1", "shop", "exited");
        for (action, attributes) in events {
            fake.tell("c1", action, attributes);
        }
        let told = async {
            while observe(&engine).await.containers["c1"].exit().map(|exit| exit.by) != Some(expected) {
                changes.next().await;
            }
        };
        tokio::time::timeout(DEADLINE, told).await.unwrap_or_else(|_| panic!("{name}: never {expected:?}"));
    }
}

#[tokio::test]
async fn an_end_is_told_before_the_engine_shows_it() {
    for (name, events, expected) in [
        ("a crash", &[("die", &[("exitCode", "1")][..])][..], EndedBy::Itself),
        ("killed", &[("kill", &[("signal", "9")]), ("die", &[("exitCode", "137")])], EndedBy::Outside),
        ("stopped", &[("kill", &[("signal", "15")]), ("die", &[("exitCode", "0")])], EndedBy::Outside),
    ] {
        let fake = Fake::new();
        fake.put("c1", "shop", "running");
        let engine = fake.connect();
        let mut changes = engine.changes();
        observe(&engine).await;
        fake.set_busy(true);
        for (action, attributes) in events {
            fake.tell("c1", action, attributes);
        }
        hint(&mut changes, of_shop).await;
        let seen = observe(&engine).await.containers["c1"].clone();
        assert_eq!((seen.is_running(), seen.died), (true, Some(expected)), "{name}");
        fake.put("c1", "shop", "exited");
        fake.set_busy(false);
        hint(&mut changes, of_shop).await;
        let seen = observe(&engine).await.containers["c1"].clone();
        assert_eq!((seen.exit().map(|exit| exit.by), seen.died), (Some(expected), None), "{name}");
    }
}

#[tokio::test]
async fn what_is_gone_goes() {
    let fake = Fake::new();
    fake.put("c1", "shop", "running");
    let engine = fake.connect();
    let mut changes = engine.changes();
    assert_eq!(observe(&engine).await.containers.len(), 1);
    fake.remove("c1");
    fake.tell("c1", "destroy", &[("dev.evenkeel.stack", "shop")]);
    hint(&mut changes, of_shop).await;
    assert!(observe(&engine).await.containers.is_empty());
}

#[tokio::test]
async fn others_names_that_come_and_go_concern_everybody() {
    let fake = Fake::new();
    let engine = fake.connect();
    observe(&engine).await;
    let mut changes = engine.changes();
    fake.put("c9", "", "created");
    fake.tell("c9", "create", &[]);
    hint(&mut changes, |change| *change == Change::Everything).await;
    let mut interest = interest();
    interest.containers.insert("c9".into());
    assert_eq!(engine.observe(&interest).await.expect("an observation").containers.len(), 1);
}
