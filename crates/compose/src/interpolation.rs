//! Fills variables into the values of a tree, and reads text as numbers and booleans where the field is one.

mod casts;

pub(crate) use casts::boolean;
pub(crate) mod references;
pub(crate) mod template;

use crate::codes;
use crate::diagnostic::Report;
use crate::tree::{Node, Value};
use crate::variables::Variables;
use template::Error;

/// Interpolates every value; keys stay as they are.
pub(crate) fn interpolate(node: &mut Node, variables: &Variables<'_>, report: &Report) {
    let mut path = Vec::new();
    walk(node, &mut path, variables, report);
}

fn walk<'n>(node: &'n mut Node, path: &mut Vec<&'n str>, variables: &Variables<'_>, report: &Report) {
    if let Some(plain) = node.as_text() {
        // Most values have no variable, and need no copy.
        return if plain.contains('$') { text(node, path, variables, report) } else { casts::cast(node, path, report) };
    }
    match &mut node.value {
        Value::List(items) => {
            path.push("[]");
            for item in items {
                walk(item, path, variables, report);
            }
            path.pop();
        }
        Value::Map(map) => {
            for (key, entry) in map.iter_mut() {
                path.push(key);
                walk(&mut entry.node, path, variables, report);
                path.pop();
            }
        }
        _ => {}
    }
}

fn text(node: &mut Node, path: &[&str], variables: &Variables<'_>, report: &Report) {
    let Some(text) = node.as_text() else { return };
    let done = match template::substitute(text, &|name| variables.get(name)) {
        Ok(done) => done,
        Err(error) => {
            refuse(node, path, &error, report);
            return;
        }
    };
    for name in &done.unset {
        report.unset(
            node.place,
            name,
            &format!("set it in .env or in the environment, or write ${{{name}:-}} if empty is meant"),
        );
    }
    let origin = done.origin();
    if !origin.uses.is_empty() {
        node.set_origin(origin);
    }
    node.value = Value::Text(done.text);
    casts::cast(node, path, report);
}

fn refuse(node: &mut Node, path: &[&str], error: &Error, report: &Report) {
    let path = path.join(".");
    match error {
        Error::Invalid => {
            let text = node.as_text().unwrap_or_default();
            let is_open = text.rfind("${").is_some_and(|at| !text[at..].contains('}'));
            let (message, help) = if is_open {
                ("a `${` is not closed", "write ${NAME} with its closing brace, or $$ where a plain $ is meant")
            } else {
                ("this is not a valid variable reference", "write ${NAME}, or $$ where a plain $ is meant")
            };
            report.error_help(node.place, codes::INVALID_INTERPOLATION, format!("{path}: {message}"), help);
        }
        Error::Missing { name, words } => {
            let words = if words.is_empty() { String::new() } else { format!(": {words}") };
            report.error_help(
                node.place,
                codes::MISSING_VARIABLE,
                format!("{path}: the variable {name} must have a value{words}"),
                format!("set {name} in .env or in the environment"),
            );
        }
        Error::TooLarge => {
            report.error(node.place, codes::TOO_LARGE, format!("{path}: variables make this value too large"));
        }
    }
    node.break_it();
}
