//! Back-off: when something that failed may be tried again, and when its failures are a loop.

use chrono::TimeDelta;
use evenkeel_model::{Attempt, Object, Timestamp};

/// Failures that make a loop: from then on the object counts as failed, though it is still tried now and then.
pub(crate) const LOOP: u32 = 4;

/// Failures longer ago than this count no more.
const WINDOW: TimeDelta = TimeDelta::minutes(10);

/// Failures that are remembered: more than the pauses leave room for within the window.
const MOST: usize = 64;

/// Seconds before the next try after the first, second, third… failure. The first is mended at once.
const PAUSES_S: [i64; 8] = [0, 1, 2, 4, 8, 16, 32, 60];

/// The record after one more failure, which is known by its time `at`, by whatever clock, and was `noticed` by ours.
pub(crate) fn after_failure(
    object: &Object,
    previous: Option<&Attempt>,
    at: Timestamp,
    noticed: Timestamp,
    reason: String,
) -> Attempt {
    let mut times: Vec<Timestamp> = previous.map(|attempt| attempt.times.clone()).unwrap_or_default();
    times.retain(|time| (at - *time).abs() <= WINDOW);
    times.push(at);
    let times = times.split_off(times.len().saturating_sub(MOST));
    let rung = times.len().min(PAUSES_S.len()) - 1;
    let first_at = times.first().copied().unwrap_or(at);
    let pause = TimeDelta::seconds(PAUSES_S[rung]);
    Attempt {
        failures: u32::try_from(times.len()).unwrap_or(u32::MAX),
        first_at,
        last_at: at,
        next_at: noticed + pause - shortened(pause, object, first_at, rung),
        times,
        reason,
        refused: false,
    }
}

/// The record where that failure was a refusal, which trying again would only repeat: the next try is no sooner than in a loop.
pub(crate) fn as_refusal(attempt: Attempt, noticed: Timestamp) -> Attempt {
    let next_at = attempt.next_at.max(noticed + TimeDelta::seconds(PAUSES_S[LOOP as usize - 1]));
    Attempt { next_at, refused: true, ..attempt }
}

/// Until when a failure holds its object back; `None` where it does not now. An end that is farther away than any pause is long comes
/// from a clock that was set back, and counts for nothing.
pub(crate) fn held_until(attempt: &Attempt, now: Timestamp) -> Option<Timestamp> {
    let longest = TimeDelta::seconds(PAUSES_S[PAUSES_S.len() - 1]);
    (attempt.next_at > now && attempt.next_at - now <= longest).then_some(attempt.next_at)
}

/// Up to a quarter of a pause, so that what failed together is not tried again together. The same for the same failures of the same
/// object: a plan is a function of what it is made from.
fn shortened(pause: TimeDelta, object: &Object, first_at: Timestamp, rung: usize) -> TimeDelta {
    let seed = format!("{object} {} {rung}", first_at.timestamp_subsec_nanos());
    // FNV-1a: spread is all that is asked of it.
    let hash = seed
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    let quarter_ms = pause.num_milliseconds() / 4;
    TimeDelta::milliseconds(i64::try_from((hash >> 32) & 0x3ff).unwrap_or(0) * quarter_ms / 0x3ff)
}

#[cfg(test)]
mod tests {
    use super::*;
    use evenkeel_model::ContainerName;
    use std::collections::BTreeSet;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_timestamp(1_800_000_000 + second, 0).unwrap_or_default()
    }

    fn container(name: &str) -> Object {
        Object::Container(ContainerName::new(name))
    }

    #[test]
    fn pauses_grow_and_are_forgotten() {
        let mut attempt = None;
        // (second of the failure, failures then, pause in seconds at the most)
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
            // Those of the first minute are out of the window.
            (650, 3, 2),
            (650 + 601, 1, 0),
        ] {
            let next = after_failure(&container("web"), attempt.as_ref(), at(second), at(second), String::new());
            let (longest, waits) = (TimeDelta::seconds(pause), next.next_at - next.last_at);
            assert_eq!(next.failures, failures, "at {second}");
            assert!(waits <= longest && waits >= longest * 3 / 4, "at {second}: {waits}");
            attempt = Some(next);
        }
    }

    #[test]
    fn what_fails_together_is_not_tried_again_together() {
        let next = |name: &str| {
            let once = after_failure(&container(name), None, at(0), at(0), String::new());
            after_failure(&container(name), Some(&once), at(0), at(0), String::new()).next_at
        };
        let moments: BTreeSet<_> = (1..=20).map(|number| next(&format!("web-{number}"))).collect();
        assert!(moments.len() > 15, "{moments:?}");
        assert_eq!(next("web-1"), next("web-1"));
    }

    #[test]
    fn a_clock_that_was_set_back_holds_nothing_up() {
        let once = after_failure(&container("web"), None, at(1000), at(1000), String::new());
        let twice = after_failure(&container("web"), Some(&once), at(1000), at(1000), String::new());
        assert_eq!(held_until(&twice, at(1000)), Some(twice.next_at));
        assert_eq!(held_until(&twice, at(1002)), None);
        assert_eq!(held_until(&twice, at(100)), None);
    }

    #[test]
    fn a_record_is_bounded() {
        let mut attempt = None;
        for _ in 0..500 {
            attempt = Some(after_failure(&container("web"), attempt.as_ref(), at(0), at(0), String::new()));
        }
        assert!(attempt.is_some_and(|attempt| attempt.times.len() == MOST && attempt.failures as usize == MOST));
    }
}
