//! The dependency graph: an order to start in, and what a choice of services brings along.

use evenkeel_model::{ServiceName, Stack};
use std::collections::{BTreeMap, BTreeSet};

/// Services that wait for each other in a circle.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CycleError {
    /// The circle: each waits for the next, and the last is the first again.
    pub path: Vec<ServiceName>,
}

/// The services in an order in which each comes after all that it depends on, otherwise by name.
///
/// # Errors
/// [`CycleError`] where there is none.
pub fn order(stack: &Stack) -> Result<Vec<&ServiceName>, CycleError> {
    let mut walk = Walk { stack, done: BTreeSet::new(), path: Vec::new(), order: Vec::new() };
    for name in stack.services.keys() {
        walk.visit(name)?;
    }
    Ok(walk.order)
}

struct Walk<'a> {
    stack: &'a Stack,
    done: BTreeSet<&'a ServiceName>,
    path: Vec<&'a ServiceName>,
    order: Vec<&'a ServiceName>,
}

impl<'a> Walk<'a> {
    fn visit(&mut self, name: &'a ServiceName) -> Result<(), CycleError> {
        if self.done.contains(name) {
            return Ok(());
        }
        if let Some(start) = self.path.iter().position(|other| *other == name) {
            let mut path: Vec<ServiceName> = self.path[start..].iter().map(|name| (*name).clone()).collect();
            path.push(name.clone());
            return Err(CycleError { path });
        }
        self.path.push(name);
        if let Some(service) = self.stack.services.get(name) {
            for dependency in service.depends_on.keys().filter(|name| self.stack.services.contains_key(*name)) {
                self.visit(dependency)?;
            }
        }
        self.path.pop();
        self.done.insert(name);
        self.order.push(name);
        Ok(())
    }
}

/// The chosen services and all that they depend on.
pub fn with_dependencies(stack: &Stack, chosen: impl IntoIterator<Item = ServiceName>) -> BTreeSet<ServiceName> {
    let mut open: Vec<ServiceName> = chosen.into_iter().collect();
    let mut all = BTreeSet::new();
    while let Some(name) = open.pop() {
        if let Some(service) = stack.services.get(&name)
            && all.insert(name)
        {
            open.extend(service.depends_on.keys().cloned());
        }
    }
    all
}

/// For each service, those that depend on it directly.
pub(crate) fn dependants(stack: &Stack) -> BTreeMap<&ServiceName, BTreeSet<&ServiceName>> {
    let mut dependants: BTreeMap<&ServiceName, BTreeSet<&ServiceName>> = BTreeMap::new();
    for (name, service) in &stack.services {
        for dependency in service.depends_on.keys() {
            dependants.entry(dependency).or_default().insert(name);
        }
    }
    dependants
}
