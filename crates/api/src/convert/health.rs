//! Everything's health.

use super::{connection, status};
use crate::mask::Masker;
use evenkeel_control::View;
use evenkeel_model::ServiceName;
use evenkeel_plan::StackState;
use evenkeel_wire::{FailedConnection, Health, ServiceHealth, StackHealth};
use std::sync::Arc;

/// The health of all stacks.
pub fn to_wire(views: &[Arc<View>]) -> Health {
    Health {
        ok: views
            .iter()
            .all(|view| matches!(view.status.state, StackState::Up | StackState::Down) && view.broken.is_empty()),
        stacks: views.iter().map(|view| (view.status.stack.to_string(), stack(view))).collect(),
    }
}

fn stack(view: &View) -> StackHealth {
    StackHealth {
        state: status::stack_state(view.status.state),
        since: view.status.since,
        services: view
            .status
            .services
            .iter()
            .map(|(name, service)| {
                let state = status::service_state(&service.state);
                let failed_connections = failed_connections(view, name);
                (name.to_string(), ServiceHealth { state, since: service.since, failed_connections })
            })
            .collect(),
    }
}

fn failed_connections(view: &View, service: &ServiceName) -> Vec<FailedConnection> {
    if view.broken.is_empty() {
        return Vec::new();
    }
    let masker = Masker::of(&view.desired.stack);
    let of_service = view.broken.iter().filter(|known| known.connection.from == *service);
    of_service.filter_map(|known| connection::failed(known, &masker)).collect()
}
