//! The way down: when each service and network was gone, and what it waited for.

use super::{Row, seconds, table};
use crate::output::Output;
use evenkeel_wire::{Ending, Operation};

/// The lines of an operation that ended things.
pub(super) fn lines(output: &Output, operation: &Operation, endings: &[Ending]) -> Vec<String> {
    let rows = endings.iter().map(|one| Row {
        what: &one.what,
        times: [one.stopping_at, one.stopped_at, one.removed_at].map(|at| Some(seconds(at? - operation.created_at))),
        waited_for: &one.waited_for,
        critical: one.critical,
    });
    let took = operation.ended_at.map(|at| format!(": over after {}", seconds(at - operation.created_at)));
    let mut lines = vec![format!("{} of {}{}", operation.verb, operation.stack, took.unwrap_or_default())];
    table(output, ["OBJECT", "STOPPING", "STOPPED", "REMOVED"], &rows.collect::<Vec<_>>(), &mut lines);
    lines
}
