//! When a container whose healthcheck fails is ended and started again, and when it is left to recover.

use crate::containers::dependency_waits;
use crate::view::{ServiceView, View};
use chrono::TimeDelta;
use evenkeel_model::{Container, ContainerState, Health, RestartPolicy, Timestamp, Unhealthy};

/// How long after its start period a run that has never been healthy may go on failing its check: it may be starting still.
const STARTING: TimeDelta = TimeDelta::minutes(5);

/// A run whose healthcheck fails, and that the policy of its service ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Sick {
    /// When its time is over, by the engine's clock.
    pub due: Timestamp,
    /// What counts against it, as a clause that follows `it`.
    pub reason: String,
}

/// Whether a container's present run is to be ended for want of health, and when. The engine's own word is what counts: it comes
/// after all retries, and never within the start period. A run that was healthy has used up its patience by then.
pub(crate) fn sick(view: &View<'_>, service: &ServiceView<'_>, container: &Container) -> Option<Sick> {
    let ContainerState::Running { health: Health::Unhealthy { since, streak, output } } = &container.state else {
        return None;
    };
    let spec = &service.service.container;
    let left_alone = service.service.wishes.unhealthy == Unhealthy::Ignore
        || spec.restart == Some(RestartPolicy::No)
        // What it has done of its work would be done twice.
        || service.is_job;
    if left_alone {
        return None;
    }
    let was_healthy = container.was_healthy || container.early_probe.as_ref().is_some_and(|probe| probe.passed);
    let due = if was_healthy {
        // It is over already, whatever the engine's clock was set to since.
        (*since).min(view.engine_now())
    } else {
        let start_period = spec.healthcheck.as_ref().and_then(|check| check.start_period_ns).unwrap_or(0);
        container.started_at? + TimeDelta::nanoseconds(start_period) + STARTING
    };
    // Its next run would wait for these, and nobody is helped by one that does not run at all.
    if !dependency_waits(view, service).is_empty() {
        return None;
    }
    let said = if output.trim().is_empty() { String::new() } else { format!(": {}", output.trim()) };
    Some(Sick { due, reason: format!("failed its healthcheck {streak} times in a row{said}") })
}

/// Whether what went wrong in a container's newest run has been counted: one run fails once, though its end follows.
pub(crate) fn is_counted(view: &View<'_>, container: &Container) -> bool {
    let (Some(attempt), Some(run)) = (view.container_attempt(&container.name), container.started_at) else {
        return false;
    };
    // What is dated later than now and than its end was counted before the engine's clock was set back, for another run.
    let newest = container.exit().map_or(view.engine_now(), |exit| exit.at.max(view.engine_now())).max(run);
    attempt.times.iter().any(|time| (run..=newest).contains(time))
}
