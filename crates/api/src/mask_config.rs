//! Takes the secrets out of a resolved Compose document.

use crate::mask::Masker;
use evenkeel_model::{MASK, Stack, mask_value};
use serde_json::Value;

/// The document with values masked where their names say secret, with the contents of secrets masked, and with known secrets
/// masked wherever else they stand, such as in a command.
pub fn mask_config(mut document: Value, stack: &Stack) -> Value {
    let masker = Masker::of(stack);
    for kind in ["secrets", "configs"] {
        let entries = document.get_mut(kind).and_then(Value::as_object_mut);
        for entry in entries.into_iter().flat_map(|entries| entries.values_mut()) {
            if let Some(content) = entry.get_mut("content") {
                *content = Value::from(MASK);
            }
        }
    }
    mask(&mut document, "", &masker);
    document
}

fn mask(value: &mut Value, name: &str, masker: &Masker) {
    match value {
        Value::String(text) => *text = masker.mask(&mask_value(name, text)),
        Value::Array(items) => items.iter_mut().for_each(|item| mask(item, "", masker)),
        Value::Object(fields) => fields.iter_mut().for_each(|(name, value)| mask(value, name, masker)),
        Value::Number(_) | Value::Bool(_) | Value::Null => {}
    }
}
