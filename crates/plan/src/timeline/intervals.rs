//! What an operation would have taken had nobody looked before the engine's own probes: the first comes one whole `interval` after the
//! start, and each condition is only known to hold when one has passed. The probes' own time is left out.

use super::ServiceTimeline;
use chrono::TimeDelta;
use evenkeel_model::{Condition, HealthTest, Healthcheck, Service, ServiceName, Stack, Timestamp};
use std::collections::BTreeMap;

/// The engine's defaults.
const INTERVAL_NS: i64 = 30_000_000_000;
const START_INTERVAL_NS: i64 = 5_000_000_000;
/// The first API version whose engines probe at other intervals within `start_period`.
const START_INTERVALS: (u32, u32) = (1, 44);
/// A readiness that was told so soon after a probe was due was told by that probe, which itself takes time.
const OF_THE_PROBE: TimeDelta = TimeDelta::milliseconds(500);

/// When a service was, and would have been, what its dependants wait for.
#[derive(Clone, Copy)]
struct Moments {
    started: Timestamp,
    ready: Timestamp,
    would_start: Timestamp,
    would_be_ready: Timestamp,
}

/// Adds when each service would have been ready. Those that never were say nothing, and hold up nobody.
pub(super) fn add(stack: &Stack, engine_api: (u32, u32), began_at: Timestamp, services: &mut [ServiceTimeline]) {
    let Ok(order) = crate::order(stack) else { return };
    let jobs = crate::view::jobs(stack);
    let mut known: BTreeMap<&ServiceName, Moments> = BTreeMap::new();
    for name in order {
        let Some(one) = services.iter_mut().find(|one| one.service == *name) else { continue };
        let (Some(service), Some(ready)) = (stack.services.get(name), one.ready_at) else { continue };
        let made = one.created_at.unwrap_or(began_at);
        let conditions = service.depends_on.iter().filter_map(|(name, how)| Some((known.get(name)?, how.condition)));
        let (mut free, mut would_be_free) = (made, made);
        for (moments, condition) in conditions {
            let (met, would_be_met) = match condition {
                Condition::Started => (moments.started, moments.would_start),
                Condition::Healthy | Condition::Completed => (moments.ready, moments.would_be_ready),
            };
            (free, would_be_free) = (free.max(met), would_be_free.max(would_be_met));
        }
        // What it took from being free to having started is the engine's, whoever looks when.
        let would_start = would_be_free + (one.started_at - free).max(TimeDelta::zero());
        let own = ready - one.started_at;
        // No probe tells that a job is done.
        let would_be_ready = would_start + if jobs.contains(name) { own } else { told_after(service, engine_api, own) };
        one.ready_by_intervals_at = Some(would_be_ready);
        known.insert(name, Moments { started: one.started_at, ready, would_start, would_be_ready });
    }
}

/// When the engine would have told of a readiness that came so long after the start.
fn told_after(service: &Service, engine_api: (u32, u32), own: TimeDelta) -> TimeDelta {
    match &service.container.healthcheck {
        Some(check) if check.test != Some(HealthTest::Disabled) => next_probe(check, engine_api, own),
        _ => own,
    }
}

fn next_probe(check: &Healthcheck, engine_api: (u32, u32), own: TimeDelta) -> TimeDelta {
    let given = |ns: Option<i64>| ns.filter(|ns| *ns > 0);
    let starts = own <= TimeDelta::nanoseconds(check.start_period_ns.unwrap_or(0));
    let interval = if starts && engine_api >= START_INTERVALS {
        given(check.start_interval_ns).unwrap_or(START_INTERVAL_NS)
    } else {
        given(check.interval_ns).unwrap_or(INTERVAL_NS)
    };
    let ready_ns = (own - OF_THE_PROBE).num_nanoseconds().unwrap_or(0).max(1);
    TimeDelta::nanoseconds((ready_ns + interval - 1) / interval * interval).max(own)
}
