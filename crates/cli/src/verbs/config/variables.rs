//! The variables of a project: those that its files refer to, and those with which they are read.

use crate::args::Selection;
use crate::failure::Failure;
use crate::project;
use evenkeel_compose::Reference;
use serde::Serialize;
use serde_json::{Map, Value, json};
use std::fmt::Write as _;

/// The variables that the files refer to, with what stands in for each.
pub fn references(selection: &Selection, as_json: bool, as_yaml: bool) -> Result<String, Failure> {
    let found = project::references(selection)?;
    if as_json {
        let object: Map<String, Value> = found.iter().map(|(name, one)| (name.clone(), document(name, one))).collect();
        return indented(&object);
    }
    if as_yaml {
        let lower = |(name, one): (&String, &Reference)| {
            let fields = document(name, one);
            let fields = fields.as_object().into_iter().flatten();
            let fields: Map<String, Value> = fields.map(|(key, value)| (key.to_lowercase(), value.clone())).collect();
            (name.clone(), Value::Object(fields))
        };
        let object: Map<String, Value> = found.iter().map(lower).collect();
        return serde_saphyr::to_string(&object).map_err(|error| Failure::failed(error.to_string()));
    }
    let mut text = line("NAME", "REQUIRED", "DEFAULT VALUE", "ALTERNATE VALUE");
    for (name, one) in &found {
        text.push_str(&line(name, &one.required.to_string(), &one.default, &one.alternate));
    }
    Ok(text)
}

/// `NAME=value` for each variable with which the files are read.
pub fn environment(selection: &Selection) -> Result<String, Failure> {
    let variables = project::environment(selection)?;
    Ok(variables.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("\n"))
}

fn document(name: &str, one: &Reference) -> Value {
    json!({"Name": name, "DefaultValue": one.default, "PresenceValue": one.alternate, "Required": one.required})
}

fn line(name: &str, required: &str, default: &str, alternate: &str) -> String {
    let mut text = String::new();
    let _ = writeln!(text, "{}", format!("{name:<19} {required:<19} {default:<19} {alternate}").trim_end());
    text
}

/// Four spaces a level, as Compose writes this document.
fn indented(value: &impl Serialize) -> Result<String, Failure> {
    let mut bytes = Vec::new();
    let formatter = serde_json::ser::PrettyFormatter::with_indent(b"    ");
    let mut serializer = serde_json::Serializer::with_formatter(&mut bytes, formatter);
    value.serialize(&mut serializer).map_err(|error| Failure::failed(error.to_string()))?;
    String::from_utf8(bytes).map_err(|error| Failure::failed(error.to_string()))
}
