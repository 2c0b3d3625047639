//! The secret values of a stack, to be cut out of texts that others wrote: an engine's errors, a healthcheck's output.

use crate::{MASK, Stack, is_secret_name};
use std::collections::BTreeSet;

/// Shorter values are too likely to be ordinary words.
const SHORTEST: usize = 4;

/// Values that must not be shown.
#[derive(Clone, Default)]
pub struct Secrets {
    /// The longest first, so that no secret is cut out of a longer one.
    values: Vec<String>,
}

impl Secrets {
    /// The values of variables whose names say secret, and the contents of injected files. A value that is a part of a
    /// name which everybody sees anyway (user `minio` of service `minio`) is none.
    pub fn of(stack: &Stack) -> Self {
        let mut values = BTreeSet::new();
        for spec in stack.services.values().map(|service| &service.container) {
            let variables = spec.environment.iter().filter(|(name, _)| is_secret_name(name));
            values.extend(variables.filter_map(|(_, value)| value.as_deref()));
            values.extend(spec.files.iter().map(|file| file.content.reveal().trim()));
        }
        let public = |value: &str| {
            stack.name.as_str().contains(value) || stack.services.keys().any(|name| name.as_str().contains(value))
        };
        let secret = values.into_iter().filter(|value| value.len() >= SHORTEST && !public(value));
        let mut values: Vec<String> = secret.map(str::to_owned).collect();
        values.sort_by_key(|value| std::cmp::Reverse(value.len()));
        Self { values }
    }

    /// The text with every secret value masked.
    pub fn redact(&self, text: &str) -> String {
        self.values.iter().fold(text.to_owned(), |text, secret| text.replace(secret.as_str(), MASK))
    }
}

impl std::fmt::Debug for Secrets {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Secrets({})", self.values.len())
    }
}
