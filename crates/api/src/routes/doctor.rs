//! What is wrong with the daemon's surroundings, and how to mend it.

use crate::checks::{self, check};
use crate::state::ApiState;
use axum::Json;
use axum::extract::State;
use evenkeel_plan::Severity;
use evenkeel_wire::{Check, CheckState, Doctor, routes};

/// Looks at the engine, the store, the machine (disk, memory, subnets, ports), and at what stands in the way of each stack.
#[utoipa::path(get, path = routes::DOCTOR, tag = "health", responses((status = 200, body = Doctor)))]
pub async fn doctor(State(state): State<ApiState>) -> Json<Doctor> {
    let (engine, capabilities) = checks::engine(&state).await;
    let mut found = vec![engine];
    found.extend(capabilities.as_ref().map(checks::engine_api));
    found.push(checks::store(&state).await);
    found.push(checks::disk(&state));
    if let Some(capabilities) = capabilities {
        found.extend(checks::machine::look(&state, &capabilities).await);
        found.extend(stacks(&state).await);
    }
    Json(Doctor { ok: found.iter().all(|check| check.state == CheckState::Ok), checks: found })
}

/// Ports, subnets, images and paths, by the same look that precedes every `up`.
async fn stacks(state: &ApiState) -> Vec<Check> {
    let mut found = Vec::new();
    for stack in state.control().names() {
        let name = format!("stack {stack}");
        match state.control().plan(&stack, None, None).await {
            Ok((_, findings)) => {
                let clear = findings.iter().all(|finding| finding.severity == Severity::Advice);
                if clear {
                    found.push(check(&name, CheckState::Ok, "nothing stands in its way".to_owned(), None));
                }
                found.extend(findings.iter().map(|finding| {
                    let state = match finding.severity {
                        Severity::Error => CheckState::Failed,
                        Severity::Warning => CheckState::Warning,
                        Severity::Advice => CheckState::Ok,
                    };
                    check(&name, state, format!("{}: {}", finding.object, finding.message), Some(&finding.help))
                }));
            }
            Err(refused) => found.push(check(&name, CheckState::Failed, refused.to_string(), None)),
        }
    }
    found
}
