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
#[path = "simulation/stacks.rs"]
mod stacks;
#[path = "simulation/witness.rs"]
mod witness;

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

/// Seeds in the normal run of the tests.
const SEEDS: u64 = 120;
/// Failures after which a run ends.
const ENOUGH: usize = 20;

fn number(variable: &str) -> Option<u64> {
    std::env::var(variable).ok()?.parse().ok()
}

#[test]
fn promises_are_kept_under_every_fault() {
    if let Some(seed) = number("EVENKEEL_SEED") {
        let run = run::run(seed);
        println!("{}", run.story());
        assert!(run.failure.is_none(), "seed {seed}: {}", run.failure.unwrap_or_default());
        return;
    }
    let first = number("EVENKEEL_FIRST").unwrap_or(1);
    let end = first + number("EVENKEEL_SEEDS").unwrap_or(SEEDS);
    let next = AtomicU64::new(first);
    let failed: Mutex<Vec<(u64, String, String)>> = Mutex::default();
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(2, usize::from) {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= end || failed.lock().unwrap().len() >= ENOUGH {
                        return;
                    }
                    let run = run::run(seed);
                    let story = run.story();
                    if let Some(failure) = run.failure {
                        failed.lock().unwrap().push((seed, failure, story));
                    }
                }
            });
        }
    });
    let mut failed = failed.into_inner().unwrap();
    failed.sort();
    if let Some((seed, _, story)) = failed.first() {
        println!("{story}");
        println!("to repeat: EVENKEEL_SEED={seed} cargo test -p evenkeel-control --test simulation");
    }
    let failures: Vec<String> = failed.iter().map(|(seed, failure, _)| format!("seed {seed}: {failure}")).collect();
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn a_seed_repeats_exactly() {
    for seed in 1..=8 {
        let (once, twice) = (run::run(seed), run::run(seed));
        assert!(once.trace == twice.trace, "seed {seed}:\n{}\n\n{}", once.story(), twice.story());
        assert_eq!(once.journal, twice.journal, "seed {seed}");
    }
}
