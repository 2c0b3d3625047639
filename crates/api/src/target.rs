//! Which container of a service is meant: the one of a number or name, or the first; one-off ones only where there is no other.

use crate::problem::{Answer, Problem, not_found};
use crate::state::ApiState;
use evenkeel_model::{Container, StackName};
use evenkeel_wire::ProblemType;

/// What a client says of the container that it means.
#[derive(Debug, Clone, Copy, Default)]
pub struct Which<'a> {
    /// Its number within the service.
    pub index: Option<u32>,
    /// Its name.
    pub name: Option<&'a str>,
    /// It must run.
    pub running: bool,
}

/// The container that is meant, as it is now.
///
/// # Errors
/// 404 where there is no such stack or service, 409 where there is no such container.
pub async fn container(state: &ApiState, stack: &StackName, service: &str, which: Which<'_>) -> Answer<Container> {
    let view = state.view(stack)?;
    let mut containers = state.control().containers(stack).await?;
    containers.retain(|container| container.service.as_ref().is_some_and(|name| name.as_str() == service));
    if containers.is_empty() && !view.status.services.contains_key(service) {
        let known = view.status.services.keys().map(|name| name.as_str());
        return Err(not_found(&format!("service of stack `{stack}` by the name"), service, known));
    }
    // The newest of the one-off ones first.
    containers.sort_by_key(|one| (one.one_off, one.number, std::cmp::Reverse(one.created_at)));
    let found = containers.into_iter().find(|one| {
        let numbered = which.index.is_none_or(|index| !one.one_off && one.number == index);
        let named = which.name.is_none_or(|name| one.name.as_str() == name);
        numbered && named && (!which.running || one.is_running())
    });
    found.ok_or_else(|| missing(service, which))
}

/// 409 for a container that is not there, or does not run.
pub fn missing(service: &str, which: Which<'_>) -> Problem {
    let one = match (which.index, which.name) {
        (Some(index), _) => format!(" container #{index}"),
        (None, Some(name)) => format!(" container {name}"),
        (None, None) => String::new(),
    };
    if which.running {
        Problem::new(ProblemType::Conflict, format!("service \"{service}\" is not running{one}"))
            .with_help(format!("`evenkeel ps` says what it does; `evenkeel start {service}` starts it"))
    } else {
        let what = if one.is_empty() { " container".to_owned() } else { one };
        Problem::new(ProblemType::Conflict, format!("service \"{service}\" has no{what}"))
            .with_help("`evenkeel ps -a` lists the containers that there are")
    }
}
