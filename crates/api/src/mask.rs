//! Takes the secrets of a stack out of text that its containers or the engine wrote.

use evenkeel_control::Control;
use evenkeel_model::{MASK, MountSource, Stack, StackName, is_secret_name, url_passwords};
use std::collections::{BTreeMap, BTreeSet};

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
            let arguments = service.build.iter().flat_map(|build| &build.args);
            for (name, value) in spec.environment.iter().chain(arguments) {
                let Some(value) = value else { continue };
                let passwords = url_passwords(value);
                if is_secret_name(name) {
                    secrets.insert(value.clone());
                } else if passwords.is_empty() {
                    open.push(value.clone());
                } else {
                    secrets.extend(passwords.into_iter().map(|password| value[password].to_owned()));
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

/// The maskers of stacks, made once for each definition.
#[derive(Default)]
pub struct Maskers(BTreeMap<StackName, (u64, Masker)>);

impl Maskers {
    /// The text of a stack with its secrets masked. Of a stack that is forgotten, no secret is known any more.
    pub fn mask(&mut self, control: &Control, stack: Option<&StackName>, text: &str) -> String {
        let Some(view) = stack.and_then(|stack| control.view(stack)) else { return text.to_owned() };
        let generation = view.desired.generation;
        let known = self.0.entry(view.desired.stack.name.clone());
        let known = known.or_insert_with(|| (generation, Masker::of(&view.desired.stack)));
        if known.0 != generation {
            *known = (generation, Masker::of(&view.desired.stack));
        }
        known.1.mask(text)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::expect_used)]

    use super::*;
    use evenkeel_model::{Definition, DefinitionFile};

    #[test]
    fn secrets_are_masked_and_words_are_not() {
        let content = "services: {db: {image: postgres, environment: {POSTGRES_USER: airflow, POSTGRES_PASSWORD: airflow, \
                       API_KEY: abc, ROOT_PASSWORD: correct-horse, LONG_TOKEN: correct-horse-battery, \
                       BROKER: 'redis://:staple-9@redis/0', NODES: 'amqp://u:battery-1@a,amqp://u:battery-2@b'}, secrets: [file]}}\nsecrets: {file: {environment: HELD}}";
        let definition = Definition {
            files: vec![DefinitionFile { path: "compose.yaml".to_owned(), content: content.to_owned() }],
            compose_files: vec!["compose.yaml".to_owned()],
            environment: [("HELD".to_owned(), "kept in a file\n".to_owned())].into(),
            profiles: Vec::new(),
            working_dir: "/srv/shop".to_owned(),
            env_files: Vec::new(),
            project_name: None,
        };
        let stack = evenkeel_compose::load_definition(&definition, None).expect("a good definition").stack;
        let masker = Masker::of(&stack);
        for (text, shown) in [
            ("FATAL: password correct-horse is wrong", "FATAL: password ******** is wrong"),
            ("correct-horse-battery and correct-horse", "******** and ********"),
            ("connected to redis://:staple-9@redis/0", "connected to redis://:********@redis/0"),
            ("battery-1, battery-2", "********, ********"),
            ("cat: kept in a file", "cat: ********"),
            // A password that is also the user's name, and one that is too short to be told from a word.
            ("airflow scheduler, abc", "airflow scheduler, abc"),
        ] {
            assert_eq!(masker.mask(text), shown);
        }
    }
}
