//! Back-off: when something that failed may be tried again, and when its failures are a loop.

use chrono::TimeDelta;
use evenkeel_model::{Attempt, Timestamp};

/// Failures that make a loop: from then on the object counts as failed, though it is still tried now and then.
pub(crate) const LOOP: u32 = 4;

/// Failures farther apart than this have nothing to do with each other.
const WINDOW: TimeDelta = TimeDelta::minutes(10);

/// Seconds before the next try after the first, second, third… failure. The first is mended at once.
const PAUSES_S: [i64; 8] = [0, 1, 2, 4, 8, 16, 32, 60];

/// The record after one more failure.
pub(crate) fn after_failure(previous: Option<&Attempt>, at: Timestamp, reason: String) -> Attempt {
    let recent = previous.filter(|attempt| at - attempt.last_at <= WINDOW);
    let failures = recent.map_or(0, |attempt| attempt.failures).saturating_add(1);
    let rung = (failures as usize).min(PAUSES_S.len()) - 1;
    Attempt {
        failures,
        first_at: recent.map_or(at, |attempt| attempt.first_at),
        last_at: at,
        next_at: at + TimeDelta::seconds(PAUSES_S[rung]),
        reason,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_timestamp(1_800_000_000 + second, 0).unwrap_or_default()
    }

    #[test]
    fn pauses_grow_and_are_forgotten() {
        let mut attempt = None;
        // (second of the failure, failures then, pause in seconds)
        for (second, failures, pause) in [
            (0, 1, 0),
            (1, 2, 1),
            (3, 3, 2),
            (6, 4, 4),
            (11, 5, 8),
            (20, 6, 16),
            (40, 7, 32),
            (80, 8, 60),
            (150, 9, 60),
            (150 + 601, 1, 0),
        ] {
            let next = after_failure(attempt.as_ref(), at(second), String::new());
            assert_eq!(
                (next.failures, next.next_at - next.last_at),
                (failures, TimeDelta::seconds(pause)),
                "at {second}"
            );
            attempt = Some(next);
        }
    }
}
