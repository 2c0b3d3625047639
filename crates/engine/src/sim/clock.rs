//! The simulation's clocks. Time passes by tokio's, so that paused time in a test drives it; wall times count from a given start. The clock of
//! the engine's machine shows that too, unless somebody sets it.

use chrono::TimeDelta;
use evenkeel_model::Timestamp;
use tokio::time::Instant;

/// Turns moments of tokio's clock into wall times.
#[derive(Debug, Clone, Copy)]
pub(super) struct Clock {
    began: Instant,
    wall: Timestamp,
    /// How far the clock of the engine's machine is ahead.
    pub(super) ahead: TimeDelta,
}

impl Clock {
    pub(super) fn new(wall: Timestamp) -> Self {
        Self { began: Instant::now(), wall, ahead: TimeDelta::zero() }
    }

    /// What a clock that nobody has set shows at that moment.
    pub(super) fn right(&self, moment: Instant) -> Timestamp {
        let elapsed = moment.saturating_duration_since(self.began);
        chrono::Duration::from_std(elapsed).map_or(self.wall, |elapsed| self.wall + elapsed)
    }

    /// What the clock of the engine's machine shows: all that the engine writes down is by this one.
    pub(super) fn engine(&self, moment: Instant) -> Timestamp {
        self.right(moment) + self.ahead
    }
}
