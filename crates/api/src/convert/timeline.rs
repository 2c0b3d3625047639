//! Where the time of an operation went.

use evenkeel_plan::{Ending, ServiceTimeline, Timeline, Waited};
use evenkeel_wire as wire;

/// A timeline; `None` where nothing was started or ended.
pub fn to_wire(timeline: Timeline) -> Option<wire::Timeline> {
    let services: Vec<_> = timeline.services.into_iter().map(service).collect();
    let endings: Vec<_> = timeline.endings.into_iter().map(ending).collect();
    (!services.is_empty() || !endings.is_empty()).then_some(wire::Timeline { services, endings })
}

fn ending(one: Ending) -> wire::Ending {
    wire::Ending {
        what: one.what,
        service: one.service.map(|service| service.to_string()),
        stopping_at: one.stopping_at,
        stopped_at: one.stopped_at,
        removed_at: one.removed_at,
        waited_for: one.waited_for.into_iter().map(waited).collect(),
        critical: one.is_critical,
    }
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
