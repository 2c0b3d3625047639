//! Everything's health.

use super::status;
use evenkeel_control::View;
use evenkeel_plan::StackState;
use evenkeel_wire::{Health, ServiceHealth, StackHealth};
use std::sync::Arc;

/// The health of all stacks.
pub fn to_wire(views: &[Arc<View>]) -> Health {
    Health {
        ok: views.iter().all(|view| matches!(view.status.state, StackState::Up | StackState::Down)),
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
                (name.to_string(), ServiceHealth { state, since: service.since })
            })
            .collect(),
    }
}
