//! How large a stack may become, whatever its file or a request says: each container costs memory in every pass.

use crate::refused::Refused;
use evenkeel_model::Desired;

/// Containers of one stack. A Linux bridge takes about a thousand, so no network of a stack has room for more.
const MOST_CONTAINERS: u64 = 1000;

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
    Err(Refused::Invalid(format!(
        "stack `{}` would have {total} containers{}; it may have at most {MOST_CONTAINERS}, so ask for fewer",
        desired.stack.name,
        most.unwrap_or_default()
    )))
}
