//! Which service answers to which name.

use evenkeel_model::{ServiceName, Stack};
use std::collections::BTreeMap;

/// The names that Docker's resolver knows for the services of a stack, in lower case: services, their containers, aliases.
pub(super) struct Names<'a>(BTreeMap<String, &'a ServiceName>);

impl<'a> Names<'a> {
    pub(super) fn of(stack: &'a Stack) -> Self {
        let mut names = BTreeMap::new();
        for (name, service) in &stack.services {
            for attachment in service.container.networks.values() {
                names.extend(attachment.aliases.iter().map(|alias| (alias.to_ascii_lowercase(), name)));
            }
            names.extend(service.container_name.iter().map(|own| (own.as_str().to_ascii_lowercase(), name)));
            let numbered = (1..=service.scale).map(|number| stack.joined(&[name.as_str(), &number.to_string()]));
            names.extend(numbered.map(|container| (container.to_ascii_lowercase(), name)));
        }
        // A service's own name comes last: it is the one that is meant where another's alias is the same.
        names.extend(stack.services.keys().map(|name| (name.as_str().to_ascii_lowercase(), name)));
        Self(names)
    }

    pub(super) fn who(&self, host: &str) -> Option<&'a ServiceName> {
        self.0.get(&host.to_ascii_lowercase()).copied()
    }
}
