//! History entries as events.

use evenkeel_model::{HistoryEntry, HistoryKind};
use evenkeel_wire::{Event, EventKind};

/// An event. `mask` takes the secrets of its stack out of its text, some of which the engine wrote.
pub fn to_wire(entry: &HistoryEntry, mut mask: impl FnMut(&str) -> String) -> Event {
    Event {
        id: entry.id,
        at: entry.at,
        stack: entry.stack.as_ref().map(ToString::to_string),
        service: entry.service.as_ref().map(ToString::to_string),
        operation: entry.operation.as_ref().map(ToString::to_string),
        kind: kind(entry.kind),
        object: entry.object.clone(),
        message: mask(&entry.message),
        cause: entry.cause.as_deref().map(mask),
        took_ms: entry.took_ms,
    }
}

fn kind(kind: HistoryKind) -> EventKind {
    match kind {
        HistoryKind::OperationAccepted => EventKind::OperationAccepted,
        HistoryKind::OperationEnded => EventKind::OperationEnded,
        HistoryKind::StepStarted => EventKind::StepStarted,
        HistoryKind::StepDone => EventKind::StepDone,
        HistoryKind::StepFailed => EventKind::StepFailed,
        HistoryKind::Progress => EventKind::Progress,
        HistoryKind::ServiceState => EventKind::ServiceState,
        HistoryKind::StackState => EventKind::StackState,
        HistoryKind::ContainerEnded => EventKind::ContainerEnded,
        HistoryKind::Engine => EventKind::Engine,
        HistoryKind::Hold => EventKind::Hold,
        HistoryKind::ConnectionFailed => EventKind::ConnectionFailed,
        HistoryKind::ConnectionRestored => EventKind::ConnectionRestored,
        HistoryKind::Warning => EventKind::Warning,
    }
}
