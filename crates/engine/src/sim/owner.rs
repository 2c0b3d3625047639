//! Whose a simulated object is, and the rule that follows: what neither carries our label nor was taken over is never touched.

use crate::Error;
use evenkeel_model::{Object, Owner, StackName, labels};
use std::collections::BTreeMap;

/// Whose an object with these labels is.
pub(super) fn of(labels: &BTreeMap<String, String>) -> Owner {
    match (labels.get(labels::STACK), labels.get(labels::PROJECT)) {
        (Some(stack), _) => Owner::Evenkeel(StackName::from(stack.as_str())),
        (None, Some(project)) => Owner::Compose(project.clone()),
        (None, None) => Owner::Nobody,
    }
}

/// Refuses to touch what is not ours, by its label or because its stack has taken it over.
pub(super) fn ours(object: Object, labels: &BTreeMap<String, String>, is_claimed: bool) -> Result<(), Error> {
    match of(labels) {
        Owner::Evenkeel(_) => Ok(()),
        Owner::Compose(_) if is_claimed => Ok(()),
        other => {
            Err(Error::Conflict { object, message: format!("Evenkeel will not touch it, because {}", whose(&other)) })
        }
    }
}

/// Whether an object that exists is the one that was asked for; otherwise it stands in the way.
pub(super) fn as_asked(
    object: Object,
    existing: &BTreeMap<String, String>,
    wanted: &BTreeMap<String, String>,
) -> Result<(), Error> {
    let differs = |label: &str| existing.get(label) != wanted.get(label);
    let owner = of(existing);
    let message = if differs(labels::STACK) || !matches!(owner, Owner::Evenkeel(_)) {
        format!("one of this name exists already: {}. Remove or rename it", whose(&owner))
    } else if differs(labels::SPEC_HASH) {
        "it exists already, made from another specification".to_owned()
    } else if differs(labels::EPOCH) {
        "it exists already, from before the last reset".to_owned()
    } else {
        return Ok(());
    };
    Err(Error::Conflict { object, message })
}

fn whose(owner: &Owner) -> String {
    match owner {
        Owner::Evenkeel(stack) => format!("it belongs to the stack {stack}"),
        Owner::Compose(project) => {
            format!("it belongs to the Compose project {project}, which Evenkeel does not manage")
        }
        Owner::Nobody => "it was not made by Evenkeel".to_owned(),
    }
}
