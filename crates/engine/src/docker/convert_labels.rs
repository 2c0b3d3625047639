//! Labels → whose an object is.

use evenkeel_model::{Owner, SpecHash, StackName, labels};
use std::collections::HashMap;

/// Whose an object with these labels is.
pub(super) fn owner(labels: &HashMap<String, String>) -> Owner {
    if let Some(stack) = labels.get(labels::STACK) {
        return Owner::Evenkeel(StackName::new(stack.as_str()));
    }
    match labels.get(labels::PROJECT) {
        Some(project) => Owner::Compose(project.clone()),
        None => Owner::Nobody,
    }
}

/// The number in one of our labels; 0 where it is missing or no number.
pub(super) fn ours(labels: &HashMap<String, String>, label: &str) -> u64 {
    labels.get(label).and_then(|text| text.parse().ok()).unwrap_or(0)
}

/// The spec hash in its label.
pub(super) fn spec_hash(labels: &HashMap<String, String>) -> Option<SpecHash> {
    labels.get(labels::SPEC_HASH).map(|hash| SpecHash::new(hash.as_str()))
}

/// For people: whose an object is.
pub(super) fn whose(owner: &Owner) -> String {
    match owner {
        Owner::Evenkeel(stack) => format!("it belongs to the stack {stack}"),
        Owner::Compose(project) => {
            format!("it belongs to the Compose project {project}, which Evenkeel does not manage")
        }
        Owner::Nobody => "it was not made by Evenkeel".to_owned(),
    }
}
