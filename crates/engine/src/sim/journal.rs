//! What happened in the simulated world, for tests of order: the newest ten thousand entries.

use evenkeel_model::Timestamp;
use std::collections::VecDeque;

const KEPT: usize = 10_000;

/// The entries, oldest first.
#[derive(Debug, Default)]
pub(super) struct Journal(VecDeque<(Timestamp, String)>);

impl Journal {
    pub(super) fn write(&mut self, at: Timestamp, what: &str) {
        self.0.push_back((at, what.to_owned()));
        if self.0.len() > KEPT {
            self.0.pop_front();
        }
    }

    pub(super) fn newest(&self, what: &str) -> Option<Timestamp> {
        self.0.iter().rev().find(|(_, entry)| entry == what).map(|(at, _)| *at)
    }

    pub(super) fn read(&self) -> Vec<(Timestamp, String)> {
        self.0.iter().cloned().collect()
    }
}
