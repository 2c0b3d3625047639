//! The hash by which Compose knows whether a service has changed: of the service's part of the document, written as Go writes
//! JSON.

use serde_json::{Map, Value};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// Keys that make no other container, and so are no part of it.
const LEFT_OUT: [&str; 5] = ["build", "pull_policy", "scale", "depends_on", "profiles"];

/// The hash of each service of a document.
pub(crate) fn hashes(document: &Value) -> BTreeMap<String, String> {
    let services = document.get("services").and_then(Value::as_object);
    let services = services.into_iter().flatten();
    services.map(|(name, service)| (name.clone(), hash(service))).collect()
}

fn hash(service: &Value) -> String {
    let mut text = String::new();
    match service {
        Value::Object(fields) => {
            object(fields.iter().filter(|(key, _)| !LEFT_OUT.contains(&key.as_str())), 0, &mut text)
        }
        other => write(other, 0, &mut text),
    }
    Sha256::digest(text.as_bytes()).iter().fold(String::with_capacity(64), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

fn write(value: &Value, depth: usize, text: &mut String) {
    match value {
        Value::String(word) => string(word, text),
        Value::Array(items) => {
            text.push('[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    text.push(',');
                }
                write(item, depth + 1, text);
            }
            text.push(']');
        }
        Value::Object(fields) => object(fields.iter(), depth, text),
        other => text.push_str(&other.to_string()),
    }
}

fn object<'a>(fields: impl Iterator<Item = (&'a String, &'a Value)>, depth: usize, text: &mut String) {
    text.push('{');
    let mut first = true;
    for (key, value) in fields {
        if !std::mem::take(&mut first) {
            text.push(',');
        }
        string(key, text);
        text.push(':');
        match value {
            Value::Object(deploy) if depth == 0 && key == "deploy" => {
                let others: Map<String, Value> =
                    deploy.iter().filter(|(key, _)| *key != "replicas").map(|(k, v)| (k.clone(), v.clone())).collect();
                object(others.iter(), 1, text);
            }
            value => write(value, depth + 1, text),
        }
    }
    text.push('}');
}

/// A string as Go's encoder writes it, HTML's characters escaped. A dollar, which the document doubles, is one again.
fn string(word: &str, text: &mut String) {
    text.push('"');
    let mut characters = word.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '$' => {
                characters.next_if_eq(&'$');
                text.push('$');
            }
            '"' => text.push_str("\\\""),
            '\\' => text.push_str("\\\\"),
            '\n' => text.push_str("\\n"),
            '\r' => text.push_str("\\r"),
            '\t' => text.push_str("\\t"),
            '\u{8}' => text.push_str("\\b"),
            '\u{c}' => text.push_str("\\f"),
            '<' | '>' | '&' | '\u{2028}' | '\u{2029}' | '\0'..='\u{1f}' => {
                let _ = write!(text, "\\u{:04x}", u32::from(character));
            }
            other => text.push(other),
        }
    }
    text.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What Compose 2.40.3 prints for the same services.
    #[test]
    fn hashes_are_those_of_compose() {
        let document = serde_json::json!({"services": {
            "plain": {"command": null, "entrypoint": null, "image": "nginx", "networks": {"default": null},
                "platform": "linux/amd64"},
            "left_out": {"profiles": ["x"], "build": {"context": "."}, "command": null, "depends_on": {}, "entrypoint": null,
                "image": "nginx", "networks": {"default": null}, "platform": "linux/amd64", "pull_policy": "always",
                "scale": 3},
            "escaped": {"command": ["a<b>&c", "$$x\n\"q\" \u{2028}é"], "entrypoint": null, "image": "nginx",
                "networks": {"default": null}},
        }});
        let hashes = hashes(&document);
        assert_eq!(hashes["plain"], hashes["left_out"]);
        assert_eq!(hashes["plain"], "b63ae65644ffb69165dc1eb32abf3d6d752db8f60cefbb70fb0eea9127219c7f");
        assert_eq!(hashes["escaped"], "60ccdd87dcb0eca80cce7f5b86d26ab1b07db9134f381bb182abde852f6be80b");
    }
}
