//! Plans.

use super::finding;
use crate::mask::Masker;
use evenkeel_compose::{Diagnostic, Location};
use evenkeel_model::{ServiceName, Timestamp};
use evenkeel_plan::{Finding, Plan, Step, render};
use evenkeel_wire as wire;
use std::collections::BTreeMap;

/// What the loader tells of a definition beside its meaning.
#[derive(Default)]
pub struct Told {
    /// What could be better in it.
    pub advice: Vec<Diagnostic>,
    /// Where each service stands.
    pub places: BTreeMap<ServiceName, Location>,
}

/// A plan with what preflight found and what could be better in the definition.
pub fn to_wire(plan: &Plan, findings: &[Finding], told: &Told, masker: &Masker, now: Timestamp) -> wire::Plan {
    let advice = told.advice.iter().map(finding::of_advice);
    wire::Plan {
        steps: plan.steps.iter().map(|planned| step(planned, masker, now)).collect(),
        findings: findings.iter().map(|found| finding::located(found, &told.places)).chain(advice).collect(),
    }
}

fn step(step: &Step, masker: &Masker, now: Timestamp) -> wire::PlannedStep {
    wire::PlannedStep {
        action: step.action.verb().to_owned(),
        object: step.action.object().to_string(),
        cause: masker.mask(&render::cause(&step.cause)),
        waits_for: step.waits_for.iter().map(|wait| render::wait(wait, now)).collect(),
    }
}
