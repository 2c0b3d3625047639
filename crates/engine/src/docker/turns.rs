//! Starts that are asked for at once begin a little apart, in the order in which they come, the most urgent first or nearly so. An engine does
//! them all in the same time; but the first has it almost to itself for its first part, and so has the service that most others
//! wait for.

use std::time::Duration;
use tokio::sync::Mutex;
use tokio::time::{Instant, sleep_until};

/// What a start is believed to take before one was seen.
const UNKNOWN: Duration = Duration::from_millis(200);
/// However slow an engine is, another start waits no longer for its turn.
const FARTHEST: Duration = Duration::from_millis(100);

/// Who may begin a start, and when.
pub(super) struct Turns {
    /// Starts that the engine can do at once.
    at_once: u32,
    /// Locked by the start whose turn is next; holds when the newest one began.
    newest: Mutex<Option<Instant>>,
    /// What the newest start took that went well.
    took: std::sync::Mutex<Duration>,
}

impl Turns {
    pub(super) fn new(at_once: usize) -> Self {
        let at_once = u32::try_from(at_once).unwrap_or(u32::MAX).max(1);
        Self { at_once, newest: Mutex::default(), took: std::sync::Mutex::new(UNKNOWN) }
    }

    /// Waits until it is this start's turn: so long after the one before that as many as the engine can do at once follow each other in
    /// the time of one.
    pub(super) async fn wait(&self) {
        let mut newest = self.newest.lock().await;
        if let Some(newest) = *newest {
            sleep_until(newest + (self.took() / self.at_once).min(FARTHEST)).await;
        }
        *newest = Some(Instant::now());
    }

    /// A start that went well has taken so long.
    pub(super) fn note(&self, took: Duration) {
        *self.took.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = took;
    }

    fn took(&self) -> Duration {
        *self.took.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn starts_begin_apart_and_never_far() {
        // (what the start before took, when the second and the third begin, all in ms)
        for (took, second, third) in [(None, 50, 100), (Some(80), 20, 40), (Some(60_000), 100, 200)] {
            let turns = Turns::new(4);
            if let Some(took) = took {
                turns.note(Duration::from_millis(took));
            }
            let began = Instant::now();
            let mut at = Vec::new();
            for _ in 0..3 {
                turns.wait().await;
                at.push(began.elapsed().as_millis());
            }
            assert_eq!(at, [0, second, third], "{took:?}");
        }
    }
}
