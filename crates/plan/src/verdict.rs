//! Whether a stack has reached what an operation asked, or cannot.

use crate::attempt::LOOP;
use crate::{Plan, ServiceState, ServiceStatus, StackState, StackStatus, Step, Wait, render};
use evenkeel_model::{Action, ServiceName, Target, Timestamp, Verb};

/// How an operation stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// On its way.
    Pending,
    /// It has what it asked for.
    Met,
    /// It cannot have it, for this reason.
    Failed(String),
}

/// Judges an operation by its stack's status and plan. `services` limits it; empty means all.
pub fn verdict(verb: Verb, services: &[ServiceName], status: &StackStatus, plan: &Plan, now: Timestamp) -> Verdict {
    let concerns = |service: &&ServiceStatus| services.is_empty() || services.contains(&service.service);
    match verb {
        Verb::Down => match status.state {
            StackState::Down => Verdict::Met,
            _ if plan.steps.iter().any(is_in_loop) => {
                Verdict::Failed(status.reason.clone().unwrap_or_else(|| "something cannot be removed".to_owned()))
            }
            _ => Verdict::Pending,
        },
        Verb::Stop | Verb::Pause => {
            let resting = |service: &ServiceStatus| matches!(service.wanted, Some(Target::Stopped | Target::Paused));
            let mut concerned = status.services.values().filter(concerns);
            let stopped = concerned.all(|service| !resting(service) || service.state == ServiceState::Stopped);
            if stopped { Verdict::Met } else { Verdict::Pending }
        }
        Verb::Up | Verb::Restart | Verb::Start | Verb::Unpause | Verb::Scale | Verb::Reset | Verb::Rollback => {
            let wanted: Vec<_> =
                status.services.values().filter(concerns).filter(|one| one.wanted == Some(Target::Up)).collect();
            if let Some(failed) = wanted.iter().find(|one| matches!(one.state, ServiceState::Failed { .. })) {
                let reason = render::reason(&failed.state, now).unwrap_or_default();
                return Verdict::Failed(format!("{} {reason}", failed.service));
            }
            if let Some((waiting, reason)) = wanted.iter().find_map(|one| never(one, now)) {
                return Verdict::Failed(format!("{} {reason}", waiting.service));
            }
            // Every ready service is not enough: what must be removed or attached anew belongs to it.
            let settled = plan.steps.iter().all(|step| matches!(step.action, Action::ProbeContainer(_)));
            let all = if services.is_empty() { settled } else { true };
            if all && wanted.iter().all(|one| one.is_ready()) { Verdict::Met } else { Verdict::Pending }
        }
    }
}

/// It failed so often that trying on is no news: the loop does, but nobody should wait for it.
fn is_in_loop(step: &Step) -> bool {
    step.waits_for.iter().any(|wait| matches!(wait, Wait::Until { failures, .. } if *failures >= LOOP))
}

/// A service that waits for what can never be.
fn never<'a>(service: &&'a ServiceStatus, now: Timestamp) -> Option<(&'a ServiceStatus, String)> {
    let ServiceState::Pending { waits_for } = &service.state else { return None };
    let hopeless = waits_for.iter().any(|wait| matches!(wait, Wait::Never { .. }));
    hopeless.then(|| render::reason(&service.state, now).map(|reason| (*service, reason)))?
}
