//! Plans.

use super::finding;
use crate::mask::Masker;
use evenkeel_compose::Diagnostic;
use evenkeel_model::Timestamp;
use evenkeel_plan::{Finding, Plan, Step, render};
use evenkeel_wire as wire;

/// A plan with what preflight found and what could be better in the definition.
pub fn to_wire(
    plan: &Plan,
    findings: &[Finding],
    advice: &[Diagnostic],
    masker: &Masker,
    now: Timestamp,
) -> wire::Plan {
    let advice = advice.iter().map(finding::of_advice);
    wire::Plan {
        steps: plan.steps.iter().map(|planned| step(planned, masker, now)).collect(),
        findings: findings.iter().map(finding::to_wire).chain(advice).collect(),
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
