//! The scenarios: all of them can be read, and some of them are played with Evenkeel alone. `make scenarios` plays all with both tools.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test ends where it cannot go on")]

use evenkeel_tests::scenario::{self, Stage, Tool, Tools};
use evenkeel_tests::{Daemon, DockerApi};
use futures::stream::StreamExt;

/// One of each kind, chosen to be over within a minute on two cores.
const PLAYED: &[&str] = &[
    "anonymous-volumes-kept",
    "change-recreates-one",
    "depends-completed",
    "env-file-formats",
    "exec-in-service",
    "extends",
    "network-aliases",
    "orphans",
    "ports",
    "profiles",
    "restart-dependants",
    "run-one-off",
    "scale-fills-up",
    "start-brings-dependencies",
    "volume-mounts",
];

#[test]
fn every_scenario_can_be_read() {
    let all = scenario::all().unwrap();
    assert!(all.len() >= 100, "there are {}", all.len());
    for name in PLAYED {
        assert!(all.iter().any(|one| one.name == *name), "there is no scenario {name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn evenkeel_does_what_compose_does() {
    let docker = DockerApi::connect().await;
    let tools = Tools { compose: None, daemon: Some(Daemon::start("docker").await) };
    let root = tempfile::tempdir().unwrap();
    let chosen: Vec<_> =
        scenario::all().unwrap().into_iter().filter(|one| PLAYED.contains(&one.name.as_str())).collect();
    let played = chosen.iter().map(async |one| {
        let outcome = Stage::new(&tools, Tool::Evenkeel, &docker, one, root.path()).play().await;
        outcome.failure.map(|failure| format!("{}: {failure}", one.name))
    });
    let failures: Vec<String> =
        futures::stream::iter(played).buffer_unordered(2).filter_map(async |one| one).collect().await;
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}
