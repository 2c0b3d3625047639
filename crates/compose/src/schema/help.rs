//! How to mend what has the wrong shape: what is told beside the place. It only ever chooses words.

use super::shape::Object;
use super::{Checker, deploy, project, service};
use crate::suggestion;
use crate::tree::{Node, Value};

impl Checker<'_> {
    /// A similar key, or where a key of this name does belong, or which keys there are.
    pub(super) fn help_for_unknown(&self, key: &str, node: &Node, object: &Object) -> String {
        let names = object.keys.iter().map(|(name, _)| *name);
        let meant = OTHER_WORDS.iter().find(|(word, meant)| *word == key && names.clone().any(|name| name == *meant));
        if let Some((_, meant)) = meant {
            return format!("did you mean `{meant}`?");
        }
        // `limits` is no misspelt `ulimits` where it has a place of its own.
        let is_elsewhere = is_key(&deploy::RESOURCES, key);
        if let Some(help) = suggestion::did_you_mean(key, names.clone()).filter(|_| !is_elsewhere) {
            return help;
        }
        let depth = self.path.len();
        if depth == 0 && node.as_map().is_some_and(|map| map.contains("image") || map.contains("build")) {
            return format!("services stand under the key `services`: write `{key}:` there, indented");
        }
        let belongs = [
            ("services.*", &service::KEYS),
            ("services.*.build", &service::BUILD),
            ("services.*.healthcheck", &service::HEALTHCHECK),
            ("services.*.deploy", &deploy::KEYS),
            ("services.*.deploy.resources", &deploy::RESOURCES),
            ("the file", &project::PROJECT),
        ];
        let elsewhere = belongs.iter().find(|(_, other)| !std::ptr::eq(*other, object) && is_key(other, key));
        if let Some((place, _)) = elsewhere {
            return format!("`{key}` is a key of {place}: look at its indentation");
        }
        if object.keys.len() <= MOST_LISTED {
            return format!("the keys are {}", names.collect::<Vec<_>>().join(", "));
        }
        "correct it, or let it begin with `x-`, which every program passes over".to_owned()
    }

    pub(super) fn help_for_type(&self, value: &Value, wanted: &str) -> Option<String> {
        let key = self.path.last().map(String::as_str).unwrap_or_default();
        if matches!(self.path.as_slice(), [top, _] if top == "services") && is_key(&service::KEYS, key) {
            return Some(format!(
                "`{key}` is a key of a service: write the service's name above it, and indent it below"
            ));
        }
        Some(match value {
            Value::Int(seconds) if DURATIONS.contains(&key) => format!("write it with its unit: {seconds}s"),
            Value::Time(text) => format!("YAML takes this for a date: write \"{text}\""),
            Value::Int(_) | Value::Float(_) | Value::Bool(_) if wanted.contains("text") => {
                format!("write it in quotes: \"{}\"", value.to_text()?)
            }
            Value::Text(text) if text.starts_with('-') && wanted.contains("a list") => {
                format!("put a space behind the dash: `- {}`", first_line(text.trim_start_matches('-')))
            }
            Value::Text(text) if wanted.contains("a mapping") && is_pair_without_space(text) => {
                let (name, rest) = text.split_once(':')?;
                format!(
                    "put a space behind the colon: `{name}: {}`",
                    rest.split_whitespace().next().unwrap_or_default()
                )
            }
            Value::Text(text) if wanted.contains("a list") && LISTS_OF_PATHS.contains(&key) && text.contains(' ') => {
                format!("begin each item with a dash: `- {}`", text.split(' ').next().unwrap_or_default())
            }
            Value::Text(_) | Value::Int(_) | Value::Float(_) | Value::Bool(_) if wanted.contains("a list") => {
                format!("write it as a list: [{}]", quoted(&value.to_text()?))
            }
            Value::Text(text) if key == "healthcheck" => format!("write `test: {}` under it", first_line(text)),
            Value::Text(text) if self.path.len() == 2 && self.path[0] == "services" => {
                format!("write `image: {}` under it", first_line(text))
            }
            Value::Map(map) if wanted.contains("text") && map.len() == 1 => {
                let (name, entry) = map.iter().next()?;
                if entry.node.as_map().is_some() {
                    return Some(format!("the long form has no dashes: write `{name}:`, and its keys below it"));
                }
                let value = entry.node.value.to_text().unwrap_or_default();
                format!("YAML takes this for a mapping: write `{name}={value}`, or put the whole in quotes")
            }
            Value::Map(map) if wanted.contains("a list") => {
                let (name, entry) = map.iter().next()?;
                let value = entry.node.value.to_text()?;
                format!("write each as an item of a list: `- {name}:{value}`")
            }
            Value::List(items) if wanted.contains("a mapping") && items.iter().all(|item| item.as_text().is_some()) => {
                format!("write each without a dash and with a colon: `{}:`", items.first()?.as_text()?)
            }
            Value::List(items) if items.len() == 1 && !wanted.contains("a list") => {
                format!("write {} without brackets or dash", items[0].value.to_text()?)
            }
            Value::Null => "give it a value, or remove the key".to_owned(),
            _ => return None,
        })
    }
}

/// Longer lists of keys help nobody.
const MOST_LISTED: usize = 12;

/// What people write for a key whose letters are others.
const OTHER_WORDS: [(&str, &str); 8] = [
    ("cmd", "command"),
    ("cpu", "cpus"),
    ("dir", "working_dir"),
    ("env", "environment"),
    ("memory", "mem_limit"),
    ("name", "container_name"),
    ("vars", "environment"),
    ("workdir", "working_dir"),
];

/// Lists whose items hold no space, so that text with one is several items.
const LISTS_OF_PATHS: [&str; 5] = ["volumes", "ports", "networks", "depends_on", "links"];

/// Keys that take a duration, which is text because of its unit.
const DURATIONS: [&str; 8] =
    ["interval", "timeout", "start_period", "start_interval", "stop_grace_period", "delay", "monitor", "window"];

fn is_key(object: &Object, key: &str) -> bool {
    object.keys.iter().any(|(name, _)| *name == key)
}

fn first_line(text: &str) -> &str {
    text.lines().next().unwrap_or(text)
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", first_line(text).replace('"', "\\\""))
}

/// `image:nginx`, where a name and a space were meant.
fn is_pair_without_space(text: &str) -> bool {
    let name = text.split(':').next().unwrap_or_default();
    text.contains(':') && !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}
