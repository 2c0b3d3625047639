//! Takes the secrets of a stack out of text that its containers or the engine wrote.

use evenkeel_model::{MASK, MountSource, Stack, is_secret_name, mask_value};
use std::collections::BTreeSet;

/// Values shorter than this are left: they are words that stand everywhere, and masking them hides more than it protects.
const SHORTEST: usize = 6;

/// Knows a stack's secret values.
#[derive(Clone, Default)]
pub struct Masker {
    /// Longest first, so that a secret within another one does not leave the rest of it standing.
    secrets: Vec<String>,
}

impl Masker {
    /// The values of variables whose names say secret, passwords within URLs, and the contents of `secrets`.
    ///
    /// A value that the same file also shows openly (a password `airflow` beside a user `airflow`) is no secret to keep.
    pub fn of(stack: &Stack) -> Self {
        let mut secrets = BTreeSet::new();
        let mut open = vec![stack.name.as_str().to_owned()];
        for (name, service) in &stack.services {
            open.push(name.as_str().to_owned());
            let spec = &service.container;
            open.extend(spec.image.iter().map(|image| image.as_str().to_owned()));
            open.extend(spec.mounts.iter().filter_map(|mount| match &mount.source {
                MountSource::Volume { name, .. } => Some(name.as_str().to_owned()),
                _ => None,
            }));
            secrets.extend(spec.files.iter().map(|file| file.content.reveal().trim().to_owned()));
            for (name, value) in &spec.environment {
                let Some(value) = value else { continue };
                let shown = mask_value(name, value);
                if is_secret_name(name) {
                    secrets.insert(value.clone());
                } else if shown != *value {
                    secrets.extend(url_password(value, &shown));
                } else {
                    open.push(shown);
                }
            }
        }
        let mut secrets: Vec<String> = secrets
            .into_iter()
            .filter(|secret| secret.len() >= SHORTEST && !open.iter().any(|text| text.contains(secret.as_str())))
            .collect();
        secrets.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
        Self { secrets }
    }

    /// The text with each secret masked.
    pub fn mask(&self, text: &str) -> String {
        self.secrets.iter().fold(text.to_owned(), |text, secret| {
            if text.contains(secret.as_str()) { text.replace(secret.as_str(), MASK) } else { text }
        })
    }
}

/// What the mask stands for in `shown`, which is `value` with one part masked.
fn url_password(value: &str, shown: &str) -> Option<String> {
    let (head, tail) = shown.split_once(MASK)?;
    value.strip_prefix(head)?.strip_suffix(tail).map(str::to_owned)
}
