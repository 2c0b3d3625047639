//! `x-evenkeel`: what the owner of a stack wants from Evenkeel in particular.

use super::read::Read;
use crate::codes;
use crate::diagnostic::Report;
use crate::suggestion;
use crate::tree::{Map, Node, Value};
use evenkeel_model::Wishes;

const KEY: &str = "x-evenkeel";
const OF_SERVICE: [&str; 1] = ["stand_in"];

pub(super) fn of_service(service: &Read<'_>) -> Wishes {
    let Some(node) = service.map.get(KEY) else { return Wishes::default() };
    let path = format!("{}.{KEY}", service.path);
    let Some(map) = mapping(node, &path, service.report) else { return Wishes::default() };
    known(map, &path, &OF_SERVICE, service.report);
    let stand_in = map.get("stand_in").and_then(|node| {
        if node.as_text().is_none() {
            let message = format!("{path}.stand_in must be text: what the container is, and is not");
            service.report.value_error(node, codes::WRONG_TYPE, message, None);
        }
        node.as_text().map(str::to_owned)
    });
    Wishes { stand_in, ..Wishes::default() }
}

/// The top level has no wishes yet.
pub(super) fn check_project(tree: &Map, report: &Report) {
    if let Some(map) = tree.get(KEY).and_then(|node| mapping(node, KEY, report)) {
        known(map, KEY, &[], report);
    }
}

fn mapping<'a>(node: &'a Node, path: &str, report: &Report) -> Option<&'a Map> {
    match &node.value {
        Value::Map(map) => Some(map),
        Value::Null => None,
        other => {
            report.value_error(
                node,
                codes::WRONG_TYPE,
                format!("{path} must be a mapping, and is {}", other.kind()),
                None,
            );
            None
        }
    }
}

fn known(map: &Map, path: &str, keys: &[&str], report: &Report) {
    for (key, entry) in map.iter().filter(|(key, _)| !keys.contains(&key.as_str())) {
        let help = suggestion::did_you_mean(key, keys.iter().copied()).unwrap_or_else(|| match keys {
            [] => "there are no wishes at this place".to_owned(),
            keys => format!("the keys are {}", keys.join(", ")),
        });
        report.error_help(entry.key_place, codes::UNKNOWN_KEY, format!("{path} has no key `{key}`"), help);
    }
}
