//! The daemon's core under every fault: the loop, a simulated engine and a real SQLite file, in virtual time, in runs that a seed
//! decides and repeats.
//!
//! `EVENKEEL_SEED=n` runs one seed and prints what happened, `EVENKEEL_SEEDS=n` so many instead of a few hundred.

#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "simulation/daemon.rs"]
mod daemon;
#[path = "simulation/random.rs"]
mod random;
#[path = "simulation/rest.rs"]
mod rest;
#[path = "simulation/run.rs"]
mod run;
#[path = "simulation/runtime.rs"]
mod runtime;
#[path = "simulation/scene.rs"]
mod scene;
#[path = "simulation/script.rs"]
mod script;
#[path = "simulation/seeds.rs"]
mod seeds;
#[path = "simulation/stacks.rs"]
mod stacks;
#[path = "simulation/witness.rs"]
mod witness;

use daemon::Host;
use evenkeel_model::ContainerState;
use run::Run;
use scene::What;
use std::time::Duration;
use tokio::time::{sleep, timeout};

/// Seeds in the normal run of the tests.
const SEEDS: u64 = 300;

fn number(variable: &str) -> Option<u64> {
    std::env::var(variable).ok()?.parse().ok()
}

fn run(seed: u64) -> Run {
    run::run(seed, &Default::default())
}

#[test]
fn promises_are_kept_under_every_fault() {
    if let Some(seed) = number("EVENKEEL_SEED") {
        let run = run(seed);
        println!("{}", run.story());
        assert!(run.failure.is_none(), "seed {seed}: {}", run.failure.unwrap_or_default());
        return;
    }
    let first = number("EVENKEEL_FIRST").unwrap_or(1);
    let failed = seeds::play(first..first + number("EVENKEEL_SEEDS").unwrap_or(SEEDS));
    if let Some(first) = failed.first() {
        println!("{}", first.story);
        println!("to repeat: EVENKEEL_SEED={} cargo test -p evenkeel-control --test simulation", first.seed);
    }
    let failures: Vec<String> = failed.iter().map(|it| format!("seed {}: {}", it.seed, it.why)).collect();
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn a_seed_repeats_exactly() {
    for seed in 1..=8 {
        let (once, twice) = (run(seed), run(seed));
        assert!(once.trace == twice.trace, "seed {seed}:\n{}\n\n{}", once.story(), twice.story());
        assert_eq!(once.journal, twice.journal, "seed {seed}");
    }
}

/// The daemon is killed between the making of a `run`'s container and its start: nobody will start it any more.
#[test]
fn a_one_off_container_that_a_crash_has_left_is_swept() {
    run::direct(async |mut host| {
        host.start().await;
        let stack = stacks::plain();
        let ready = async |host: &Host| {
            sleep(Duration::from_secs(5)).await;
            host.scene.outside.everything().containers.into_values().collect::<Vec<_>>()
        };
        host.ask(stack.name.clone(), What::Up(Box::new(stack.clone()), Default::default()));
        assert_eq!(ready(&host).await.len(), 1);

        let start = host.alarm_at_action(2, true).expect("it lives");
        host.ask(stack.name.clone(), What::Run("web".into()));
        timeout(Duration::from_secs(10), start.notified()).await.expect("it is about to be started");
        host.kill(true).await;
        sleep(Duration::from_secs(1)).await;
        host.start().await;
        let left = ready(&host).await.into_iter().find(|it| it.one_off).expect("it was made");
        assert_eq!(left.state, ContainerState::Created);

        sleep(Duration::from_secs(6 * 60)).await;
        let there: Vec<_> = ready(&host).await.into_iter().map(|it| it.name).collect();
        assert_eq!(there, ["s0-web-1".into()]);
        host.kill(true).await;
    });
}
