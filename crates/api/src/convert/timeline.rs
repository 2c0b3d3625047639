//! Where the time of an operation went.

use evenkeel_plan::{ServiceTimeline, Timeline, Waited};
use evenkeel_wire as wire;

/// A timeline; `None` where nothing was started.
pub fn to_wire(timeline: Timeline) -> Option<wire::Timeline> {
    let services: Vec<_> = timeline.services.into_iter().map(service).collect();
    (!services.is_empty()).then_some(wire::Timeline { services })
}

fn service(one: ServiceTimeline) -> wire::ServiceTimeline {
    wire::ServiceTimeline {
        service: one.service.to_string(),
        created_at: one.created_at,
        started_at: one.started_at,
        ready_at: one.ready_at,
        waited_for: one.waited_for.into_iter().map(waited).collect(),
        critical: one.is_critical,
        ready_by_intervals_at: one.ready_by_intervals_at,
    }
}

fn waited(wait: Waited) -> wire::Waited {
    let service = wait.service.map(|service| service.to_string());
    wire::Waited { what: wait.what, service, until: wait.until, took_ms: wait.took_ms }
}
