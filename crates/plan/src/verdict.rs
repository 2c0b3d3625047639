//! Whether a stack has reached what an operation asked, or cannot.

use crate::attempt::LOOP;
use crate::{Cause, Plan, ServiceState, ServiceStatus, StackState, StackStatus, Step, Wait, render};
use evenkeel_model::{HookMoment, ImageRef, Order, ServiceName, Target, Timestamp, Verb};
use std::collections::BTreeMap;

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
    let concerned: Vec<&ServiceStatus> = status.services.values().filter(concerns).collect();
    if let Some(reason) = hook_failure(&concerned, HookMoment::PostStart) {
        return Verdict::Failed(reason);
    }
    let verdict = match verb {
        Verb::Down if services.is_empty() => down(status, plan),
        Verb::Down | Verb::Rm => {
            let removed = |service: &&&ServiceStatus| matches!(service.wanted, Some(Target::Removed { .. }));
            let stopped = |service: &&ServiceStatus| service.state == ServiceState::Stopped && !service.leaving;
            met_if(concerned.iter().filter(removed).all(stopped))
        }
        Verb::Stop | Verb::Pause => {
            let resting = |service: &&&ServiceStatus| matches!(service.wanted, Some(Target::Stopped | Target::Paused));
            let stopped = |service: &&ServiceStatus| service.state == ServiceState::Stopped && !service.leaving;
            met_if(concerned.iter().filter(resting).all(stopped))
        }
        Verb::Create => created(&concerned, now),
        // Their images are orders, which `verdict_of_orders` judges.
        Verb::Pull | Verb::Build => Verdict::Pending,
        Verb::Up | Verb::Restart | Verb::Start | Verb::Unpause | Verb::Scale | Verb::Reset | Verb::Rollback => {
            // What is only to be made (`up --no-start`) belongs to it.
            match created(&concerned, now) {
                Verdict::Met => up(&concerned, services.is_empty(), plan, now),
                other => other,
            }
        }
    };
    match (verdict, hook_failure(&concerned, HookMoment::PreStop)) {
        // What was stopped has stopped all the same; that its hook went wrong is told at the end.
        (Verdict::Met, Some(reason)) => Verdict::Failed(reason),
        (verdict, _) => verdict,
    }
}

fn met_if(met: bool) -> Verdict {
    if met { Verdict::Met } else { Verdict::Pending }
}

fn hook_failure(concerned: &[&ServiceStatus], moment: HookMoment) -> Option<String> {
    let of_moment = |service: &&&ServiceStatus| service.hook_failed.as_ref().is_some_and(|(when, _)| *when == moment);
    let service = concerned.iter().find(of_moment)?;
    service.hook_failed.as_ref().map(|(_, reason)| format!("{} {reason}", service.service))
}

fn down(status: &StackStatus, plan: &Plan) -> Verdict {
    match status.state {
        // It stays up for other files of its name; what was only of these ones goes.
        StackState::Up | StackState::Converging | StackState::Degraded | StackState::Failed => {
            met_if(!plan.steps.iter().any(|step| step.cause == Cause::Orphan))
        }
        StackState::Down => Verdict::Met,
        _ if plan.steps.iter().any(is_in_loop) => {
            Verdict::Failed(status.reason.clone().unwrap_or_else(|| "something cannot be removed".to_owned()))
        }
        _ => Verdict::Pending,
    }
}

fn created(concerned: &[&ServiceStatus], now: Timestamp) -> Verdict {
    let made: Vec<_> = concerned.iter().filter(|one| one.wanted == Some(Target::Created)).collect();
    if let Some(failed) = made.iter().find(|one| matches!(one.state, ServiceState::Failed { .. })) {
        let reason = render::reason(&failed.state, now).unwrap_or_default();
        return Verdict::Failed(format!("{} {reason}", failed.service));
    }
    let is_there = |service: &&&&ServiceStatus| {
        !matches!(service.state, ServiceState::Creating | ServiceState::Restarting { .. }) && !service.leaving
    };
    met_if(made.iter().filter(is_there).count() == made.len())
}

fn up(concerned: &[&ServiceStatus], whole: bool, plan: &Plan, now: Timestamp) -> Verdict {
    let wanted: Vec<_> = concerned.iter().filter(|one| one.wanted == Some(Target::Up)).collect();
    let is_failed = |one: &ServiceStatus| matches!(one.state, ServiceState::Failed { .. });
    if let Some(failed) = wanted.iter().find(|one| !one.optional && is_failed(one)) {
        let reason = render::reason(&failed.state, now).unwrap_or_default();
        return Verdict::Failed(format!("{} {reason}", failed.service));
    }
    if let Some((waiting, reason)) = wanted.iter().find_map(|one| never(one, now)) {
        return Verdict::Failed(format!("{} {reason}", waiting.service));
    }
    // Every ready service is not enough: what must be removed or attached anew belongs to it.
    let left = concerned.iter().all(|one| !one.leaving);
    let lasts = |one: &ServiceStatus| one.replicas.iter().all(|replica| replica.lasts);
    let is_up = |one: &&ServiceStatus| (one.is_ready() && lasts(one)) || (one.optional && is_failed(one));
    met_if((plan.is_settled() || !whole) && left && wanted.iter().all(|one| is_up(one)))
}

/// Judges an operation that is about images alone.
pub fn verdict_of_orders(orders: &BTreeMap<ImageRef, Order>) -> Verdict {
    if orders.values().any(|order| order.failed.is_none()) {
        return Verdict::Pending;
    }
    let failed = orders.values().filter(|order| !order.optional).filter_map(|order| order.failed.as_ref());
    let reasons: Vec<&str> = failed.map(String::as_str).collect();
    if reasons.is_empty() { Verdict::Met } else { Verdict::Failed(reasons.join("; ")) }
}

/// It failed so often that trying on is no news: the loop does, but nobody should wait for it.
fn is_in_loop(step: &Step) -> bool {
    step.waits_for.iter().any(|wait| matches!(wait, Wait::Until { failures, .. } if *failures >= LOOP))
}

/// A service that waits for what can never be.
fn never<'a>(service: &&&'a ServiceStatus, now: Timestamp) -> Option<(&'a ServiceStatus, String)> {
    let ServiceState::Pending { waits_for } = &service.state else { return None };
    let hopeless = waits_for.iter().any(|wait| matches!(wait, Wait::Never { .. }));
    hopeless.then(|| render::reason(&service.state, now).map(|reason| (**service, reason)))?
}
