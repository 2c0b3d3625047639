//! How large a stack may become, whatever its file or a request says: each container costs memory in every pass.

use crate::refused::Refused;
use evenkeel_model::Desired;
use evenkeel_plan::{Finding, FindingCode, Severity};

/// Containers of one stack. A Linux bridge takes about a thousand, so no network of a stack has room for more.
pub(crate) const MOST_CONTAINERS: u64 = 1000;

/// Refuses what asks for more containers than a stack may have, before any of their names is made.
pub(crate) fn within_bounds(desired: &Desired) -> Result<(), Refused> {
    let scales = desired.stack.services.iter().map(|(name, service)| {
        let scale = desired.intent.scale.get(name).copied().unwrap_or(service.scale);
        (name, u64::from(scale))
    });
    let total: u64 = scales.clone().map(|(_, scale)| scale).sum();
    if total <= MOST_CONTAINERS {
        return Ok(());
    }
    let most = scales.max_by_key(|(_, scale)| *scale).map(|(name, scale)| format!(", {scale} of them of `{name}`"));
    let message = format!(
        "it would have {total} containers{}; a stack may have at most {MOST_CONTAINERS}",
        most.unwrap_or_default()
    );
    Err(Refused::Preflight(vec![Finding {
        severity: Severity::Error,
        code: FindingCode::TooManyContainers,
        service: None,
        object: format!("stack {}", desired.stack.name),
        message,
        help: "ask for fewer".to_owned(),
    }]))
}
