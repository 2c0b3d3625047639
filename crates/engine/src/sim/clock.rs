//! The simulation's only clock: tokio's, so that paused time in a test drives it, with wall times counted from a given start.

use evenkeel_model::Timestamp;
use tokio::time::Instant;

/// Turns moments of tokio's clock into wall times.
#[derive(Debug, Clone, Copy)]
pub(super) struct Clock {
    began: Instant,
    wall: Timestamp,
}

impl Clock {
    pub(super) fn new(wall: Timestamp) -> Self {
        Self { began: Instant::now(), wall }
    }

    pub(super) fn at(&self, moment: Instant) -> Timestamp {
        let elapsed = moment.saturating_duration_since(self.began);
        chrono::Duration::from_std(elapsed).map_or(self.wall, |elapsed| self.wall + elapsed)
    }
}
