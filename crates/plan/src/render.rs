//! Every decision in words. The one place where the planner's values become text for people.

use crate::{Cause, Never, Plan, ServiceState, StackState, Step, Wait};
use evenkeel_model::{Action, Condition, ContainerState, Exit, HookMoment, Object, Timestamp};

/// `create container shop-web-1`.
pub fn action(action: &Action) -> String {
    match action {
        Action::ConnectNetwork { container, network, .. } => {
            format!("connect container {container} to network {network}")
        }
        Action::KillContainer { container, signal } => format!("send {signal} to container {container}"),
        Action::RenameContainer { container, to } => format!("rename container {container} to {to}"),
        Action::RunHooks(run) => format!("hook {} of container {}", run.moment.as_str(), run.container),
        other => format!("{} {}", other.verb(), other.object()),
    }
}

/// `because the file asks for it`, without the `because`.
pub fn cause(cause: &Cause) -> String {
    match cause {
        Cause::Missing => "the file asks for it".to_owned(),
        Cause::Again { reason } => format!("again, after: {reason}"),
        Cause::NeededBy { service } => format!("service {service} needs it"),
        Cause::AlwaysFresh => "a fresh one was asked for".to_owned(),
        Cause::NotStarted => "it has not run yet".to_owned(),
        Cause::HalfMade => "its making broke off".to_owned(),
        Cause::Ended { exit: e } => format!("it ended: {}", exit(e)),
        Cause::Unhealthy { reason } => format!("it {reason}"),
        Cause::SpecChanged => "its definition changed".to_owned(),
        Cause::ImageChanged => "its image changed".to_owned(),
        Cause::Reset { from, to } => format!("the stack was reset (epoch {from} to {to})"),
        Cause::RecreateAsked => "its replacement was asked for".to_owned(),
        Cause::RestartAsked => "its restart was asked for".to_owned(),
        Cause::DependencyRestarted { dependency } => format!("its dependency {dependency} began a new run"),
        Cause::ParentReplaced { parent } => format!("container {parent}, whose namespace it shares, was replaced"),
        Cause::NetworkLost { network } => format!("it is not attached to network {network}"),
        Cause::AliasLost { network, alias } => format!("it is not known as {alias} on network {network}"),
        Cause::NetworkReplaced { network } => format!("network {network} is made anew"),
        Cause::VolumeReplaced { volume } => format!("volume {volume} is wiped"),
        Cause::ScaledDown { to } => format!("the service is scaled to {to}"),
        Cause::Orphan => "the file has no such service".to_owned(),
        Cause::Hooks { moment: HookMoment::PostStart } => "it has started".to_owned(),
        Cause::Hooks { moment: HookMoment::PreStop } => "it is about to be stopped".to_owned(),
        Cause::StopAsked => "its stop was asked for".to_owned(),
        Cause::RemoveAsked => "its removal was asked for".to_owned(),
        Cause::ImageAsked => "it was asked for".to_owned(),
        Cause::Down => "the stack goes down".to_owned(),
        Cause::PauseAsked => "its pause was asked for".to_owned(),
        Cause::Paused => "it is paused and should run".to_owned(),
        Cause::Dead => "the engine could not remove it before".to_owned(),
        Cause::Starting => "it is starting".to_owned(),
    }
}

/// `db to be healthy`: what completes the words `waits for`.
pub fn wait(wait: &Wait, now: Timestamp) -> String {
    match wait {
        Wait::Exists { object: Object::Image(image) } => format!("image {image}"),
        Wait::Exists { object } => format!("{object} to exist"),
        Wait::Gone { object } => format!("{object} to be gone"),
        Wait::Hooks { container } => format!("the hooks of container {container}"),
        Wait::Stopped { container } => format!("container {container} to stop"),
        Wait::Dependency { service, condition } => match condition {
            Condition::Started => format!("{service} to be started"),
            Condition::Healthy => format!("{service} to be healthy"),
            Condition::Completed => format!("{service} to complete"),
        },
        Wait::Until { at, failures } => {
            format!("its next attempt in {} (after {})", seconds(*at - now), times(*failures))
        }
        Wait::Release => "the stack's release: a person holds it".to_owned(),
        Wait::Never { service, because: Never::Exited { code } } => {
            format!(
                "{service}, which ended with exit code {code} and is not started again; mend it, then bring it up again"
            )
        }
        Wait::Never { service, because: Never::NoHealthcheck } => {
            format!("{service} to be healthy, but {service} has no healthcheck: add one, or wait for service_started")
        }
    }
}

/// `exit 137, out of memory`.
pub fn exit(exit: &Exit) -> String {
    let mut text = match exit.code {
        code @ 129..=159 => format!("exit {code} ({})", signal(code - 128)),
        code => format!("exit {code}"),
    };
    if exit.oom {
        text.push_str(", out of memory");
    }
    match exit.by {
        evenkeel_model::EndedBy::Outside => text.push_str(", stopped from outside"),
        evenkeel_model::EndedBy::Itself | evenkeel_model::EndedBy::Unknown => {}
    }
    if !exit.error.is_empty() {
        text.push_str(": ");
        text.push_str(&exit.error);
    }
    text
}

/// `; it said last: panic: no database`: what follows the reason of a failure. The end of a long text.
pub fn last_words(text: &str) -> String {
    const SHOWN: usize = 300;
    let line = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>().join(" | ");
    let skipped = line.chars().count().saturating_sub(SHOWN);
    let end: String = line.chars().skip(skipped).collect();
    format!("; it said last: {}{end}", if skipped > 0 { "…" } else { "" })
}

fn signal(number: i64) -> String {
    match number {
        1 => "SIGHUP".to_owned(),
        2 => "SIGINT".to_owned(),
        3 => "SIGQUIT".to_owned(),
        6 => "SIGABRT".to_owned(),
        9 => "SIGKILL".to_owned(),
        11 => "SIGSEGV".to_owned(),
        13 => "SIGPIPE".to_owned(),
        15 => "SIGTERM".to_owned(),
        other => format!("signal {other}"),
    }
}

/// A step in one line: `start container shop-web-1: it has not run yet; waits for db to be healthy`.
pub fn step(step: &Step, now: Timestamp) -> String {
    let mut line = format!("{}: {}", action(&step.action), cause(&step.cause));
    if !step.waits_for.is_empty() {
        let waits: Vec<String> = step.waits_for.iter().map(|one| wait(one, now)).collect();
        line.push_str("; waits for ");
        line.push_str(&waits.join(", "));
    }
    line
}

/// A plan, a line for each step.
pub fn plan(plan: &Plan, now: Timestamp) -> String {
    plan.steps.iter().map(|one| step(one, now) + "\n").collect()
}

/// The contract's word for a service's state.
pub fn state(state: &ServiceState) -> &'static str {
    match state {
        ServiceState::Pending { .. } => "pending",
        ServiceState::Creating => "creating",
        ServiceState::Starting => "starting",
        ServiceState::Running => "running",
        ServiceState::Healthy => "healthy",
        ServiceState::Unhealthy { .. } => "unhealthy",
        ServiceState::Completed => "completed",
        ServiceState::Failed { .. } => "failed",
        ServiceState::Restarting { .. } => "restarting",
        ServiceState::Stopping => "stopping",
        ServiceState::Stopped => "stopped",
        ServiceState::Unknown { .. } => "unknown",
    }
}

/// The contract's word for a stack's state.
pub fn stack_state(state: StackState) -> &'static str {
    match state {
        StackState::Up => "up",
        StackState::Converging => "converging",
        StackState::Degraded => "degraded",
        StackState::Failed => "failed",
        StackState::Stopping => "stopping",
        StackState::Down => "down",
    }
}

/// Why a service is not ready, as a clause that follows its name: `waits for db to be healthy`. `None` where it is ready, or as
/// it was asked to be.
pub fn reason(state: &ServiceState, now: Timestamp) -> Option<String> {
    match state {
        ServiceState::Pending { waits_for } => {
            let waits: Vec<String> = waits_for.iter().map(|one| wait(one, now)).collect();
            Some(if waits.is_empty() {
                "is about to start".to_owned()
            } else {
                format!("waits for {}", waits.join(", "))
            })
        }
        ServiceState::Creating => Some("is being created".to_owned()),
        ServiceState::Starting => Some("has not passed its healthcheck yet".to_owned()),
        ServiceState::Unhealthy { streak: 0, output } => Some(output.clone()),
        ServiceState::Unhealthy { streak, output } => {
            let last = output.trim();
            let said = if last.is_empty() { String::new() } else { format!(": {last}") };
            Some(format!("failed its healthcheck {streak} times in a row{said}"))
        }
        ServiceState::Failed { failures, next_attempt_at, reason, .. } => {
            let count = if *failures > 1 { format!(" {failures} times") } else { String::new() };
            let again = match next_attempt_at {
                Some(at) => format!("; next attempt in {}", seconds(*at - now)),
                // What has failed more than once and is not tried again by us is in the engine's hands.
                None if *failures > 1 => "; the engine goes on restarting it, less and less often".to_owned(),
                None => String::new(),
            };
            Some(format!("failed{count}: {reason}{again}"))
        }
        ServiceState::Restarting { next_attempt_at, failures, reason, .. } => {
            Some(format!("restarts in {}, after {}: {reason}", seconds(*next_attempt_at - now), times(*failures)))
        }
        ServiceState::Stopping => Some("is stopping".to_owned()),
        ServiceState::Unknown { reason } => Some(reason.clone()),
        ServiceState::Running | ServiceState::Healthy | ServiceState::Completed | ServiceState::Stopped => None,
    }
}

/// `running since …` is told by others; this is a container's bare state, as Docker names it.
pub fn container_state(state: &ContainerState) -> &'static str {
    match state {
        ContainerState::Created => "created",
        ContainerState::Running { .. } => "running",
        ContainerState::Paused => "paused",
        ContainerState::Restarting(_) => "restarting",
        ContainerState::Exited(_) => "exited",
        ContainerState::Removing => "removing",
        ContainerState::Dead(_) => "dead",
    }
}

fn times(failures: u32) -> String {
    match failures {
        1 => "one failure".to_owned(),
        n => format!("{n} failures"),
    }
}

fn seconds(span: chrono::TimeDelta) -> String {
    let ms = span.num_milliseconds().max(0);
    if ms == 0 { "a moment".to_owned() } else { format!("{} s", (ms + 999) / 1000) }
}
