//! Lists of names out of the model, and the services' hashes.

use super::super::Context;
use super::Args;
use crate::args::Selection;
use crate::diagnostics;
use crate::failure::Failure;
use crate::project::{self, Look, Resolved};
use evenkeel_compose::{COMPATIBILITY, Skip};
use serde_json::Value;
use std::collections::BTreeSet;

/// The names that were asked for; `None` where the whole model was.
pub fn of(
    context: &Context<'_>,
    selection: &Selection,
    arguments: &Args,
    skip: Skip,
) -> Result<Option<Vec<String>>, Failure> {
    let aspect = &arguments.aspect;
    if !(aspect.services || aspect.volumes || aspect.networks || aspect.models || aspect.profiles || aspect.images) {
        return Ok(None);
    }
    let mut selection = selection.clone();
    if aspect.profiles {
        // Services whose profile is off are not in the model, and theirs are the profiles that are asked for.
        selection.profiles = vec!["*".to_owned()];
    }
    // Only images are those of the services that are named; the other lists are of the whole project, as Compose has it.
    let services = if aspect.images { arguments.asked.clone() } else { Vec::new() };
    // What services are called does not hang on what their env files say: these need not even be there.
    let skip = Skip { env_files: true, ..skip };
    let look = Look { no_interpolate: arguments.no_interpolate, skip, services };
    let resolved = project::look(&selection, &look)?;
    diagnostics::report(&resolved.warnings, context.output);
    Ok(Some(match () {
        () if aspect.services => resolved.services(),
        () if aspect.volumes => resolved.keys("volumes"),
        () if aspect.networks => resolved.keys("networks"),
        () if aspect.models => models(&resolved),
        () if aspect.profiles => profiles(&resolved),
        () => images(&resolved, project::is_set(&selection, COMPATIBILITY)),
    }))
}

/// `name hash` for each of the services.
pub fn hashes(selection: &Selection, skip: Skip, asked: &str) -> Result<String, Failure> {
    let hashes = project::hashes(selection, skip)?;
    let mut names: Vec<&str> = match asked {
        "*" => hashes.keys().map(String::as_str).collect(),
        names => names.split(',').collect(),
    };
    names.sort_unstable();
    let line = |name: &str| match hashes.get(name) {
        Some(hash) => Ok(format!("{name} {hash}")),
        None => Err(Failure::Failed {
            message: format!("no such service: {name}"),
            help: Some(format!("the files have {}", hashes.keys().cloned().collect::<Vec<_>>().join(", "))),
        }),
    };
    let lines: Vec<String> = names.into_iter().map(line).collect::<Result<_, _>>()?;
    Ok(lines.join("\n"))
}

fn services(resolved: &Resolved) -> impl Iterator<Item = (&String, &Value)> {
    resolved.document.get("services").and_then(Value::as_object).into_iter().flatten()
}

fn profiles(resolved: &Resolved) -> Vec<String> {
    let named = services(resolved).filter_map(|(_, service)| service.get("profiles")).filter_map(Value::as_array);
    let names: BTreeSet<&str> = named.flatten().filter_map(Value::as_str).collect();
    names.into_iter().map(str::to_owned).collect()
}

/// One for each service: what its file says, or the name that its build gets.
fn images(resolved: &Resolved, underscores: bool) -> Vec<String> {
    let project = resolved.document.get("name").and_then(Value::as_str).unwrap_or_default();
    let between = if underscores { "_" } else { "-" };
    let image = |(name, service): (&String, &Value)| match service.get("image").and_then(Value::as_str) {
        Some(image) => image.to_owned(),
        None => format!("{project}{between}{name}"),
    };
    services(resolved).map(image).collect()
}

fn models(resolved: &Resolved) -> Vec<String> {
    let models = resolved.document.get("models").and_then(Value::as_object).into_iter().flatten();
    models.filter_map(|(_, model)| model.get("model").and_then(Value::as_str)).map(str::to_owned).collect()
}
