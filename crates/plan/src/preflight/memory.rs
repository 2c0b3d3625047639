//! Memory that the machine does not have: what a stack reserves must be there; a limit above it limits nothing.

use super::{error, wanted};
use crate::finding::FindingCode as Code;
use crate::view::{ServiceView, View};
use crate::{Finding, Severity};
use evenkeel_model::Survey;

/// Whether a service says anything that the machine's memory decides about.
pub(super) fn matters(service: &ServiceView<'_>) -> bool {
    service.service.container.memory_bytes.is_some() || reserved(service) > 0
}

/// Adds what is wrong with the memory that the services ask for.
pub(super) fn check(view: &View<'_>, survey: &Survey, findings: &mut Vec<Finding>) {
    let Some(machine) = survey.memory_bytes else { return };
    let reserving: Vec<_> = wanted(view).filter(|service| reserved(service) > 0).collect();
    let total: u64 = reserving.iter().map(|service| reserved(service)).fold(0, u64::saturating_add);
    if total > machine {
        let each: Vec<String> =
            reserving.iter().map(|service| format!("{} {}", service.name, gibibytes(reserved(service)))).collect();
        let message = format!(
            "the stack reserves {} in all ({}), and the machine has {}",
            gibibytes(total),
            each.join(", "),
            gibibytes(machine)
        );
        let help = "lower the reservations, bring up fewer services, or use a larger machine";
        let first = reserving.first().map(|service| service.name);
        findings.push(error(Code::MemoryShort, first, "memory".to_owned(), message, help));
    }
    for service in wanted(view) {
        let limit = service.service.container.memory_bytes.and_then(|bytes| u64::try_from(bytes).ok());
        if let Some(limit) = limit.filter(|limit| *limit > machine) {
            let message = format!(
                "service {} is limited to {}, which is more than the machine has ({}): nothing holds it back",
                service.name,
                gibibytes(limit),
                gibibytes(machine)
            );
            findings.push(Finding {
                severity: Severity::Advice,
                code: Code::LimitAboveMachine,
                service: Some(service.name.clone()),
                object: format!("service {}", service.name),
                message,
                help: "set `mem_limit` to what it may have".to_owned(),
            });
        }
    }
}

/// What all containers of a service reserve together.
fn reserved(service: &ServiceView<'_>) -> u64 {
    let each = service.service.container.memory_reservation_bytes.and_then(|bytes| u64::try_from(bytes).ok());
    each.unwrap_or(0).saturating_mul(service.slots.len() as u64)
}

/// `1.5 GiB`.
fn gibibytes(bytes: u64) -> String {
    const MIB: u64 = 1 << 20;
    let tenths = bytes / MIB * 10 / 1024;
    if tenths == 0 { format!("{} MiB", bytes / MIB) } else { format!("{}.{} GiB", tenths / 10, tenths % 10) }
}
