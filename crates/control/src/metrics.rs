//! Counts of what the loop has done, for `/metrics`.

use evenkeel_model::Verb;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// Counts since the daemon's start.
#[derive(Debug, Default)]
pub struct Metrics {
    passes: AtomicU64,
    steps: Mutex<BTreeMap<(&'static str, bool), StepCount>>,
    operations: Mutex<BTreeMap<(&'static str, &'static str), u64>>,
}

/// Steps of one verb with one outcome.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct StepCount {
    /// How many.
    pub count: u64,
    /// How long they took together.
    pub seconds: f64,
}

impl Metrics {
    /// Passes made.
    pub fn passes(&self) -> u64 {
        self.passes.load(Ordering::Relaxed)
    }

    /// Steps by verb and whether they succeeded.
    pub fn steps(&self) -> BTreeMap<(&'static str, bool), StepCount> {
        self.steps.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Ended operations by verb and outcome (`succeeded`, `failed`, `superseded`).
    pub fn operations(&self) -> BTreeMap<(&'static str, &'static str), u64> {
        self.operations.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn pass(&self) {
        self.passes.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn step(&self, verb: &'static str, succeeded: bool, took: Duration) {
        let mut steps = self.steps.lock().unwrap_or_else(PoisonError::into_inner);
        let step = steps.entry((verb, succeeded)).or_default();
        step.count += 1;
        step.seconds += took.as_secs_f64();
    }

    pub(crate) fn operation(&self, verb: Verb, outcome: &'static str) {
        let mut operations = self.operations.lock().unwrap_or_else(PoisonError::into_inner);
        *operations.entry((verb.as_str(), outcome)).or_default() += 1;
    }
}
