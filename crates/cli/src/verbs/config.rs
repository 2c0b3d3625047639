//! `config`: the resolved model. It asks no daemon and no engine.

use super::Context;
use crate::args::Selection;
use crate::diagnostics;
use crate::failure::{DONE, Failure, Outcome};
use crate::project::{Resolved, resolve};
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::PathBuf;

/// Show the files merged, with variables filled in and names and paths resolved
///
/// The JSON is the document of `docker compose config --format json`. Values are shown as they are, secrets too.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  evenkeel config -q                   only check
  evenkeel config --format json | jq '.services | keys'
  evenkeel config --services")]
pub struct Args {
    /// yaml or json
    #[arg(long, value_enum)]
    format: Option<Format>,
    /// Only the services' names
    #[arg(long, group = "names")]
    services: bool,
    /// Only the volumes' names
    #[arg(long, group = "names")]
    volumes: bool,
    /// Only the networks' names
    #[arg(long, group = "names")]
    networks: bool,
    /// Only the profiles that the files name
    #[arg(long, id = "profile-names", group = "names")]
    profiles: bool,
    /// Only the images
    #[arg(long, group = "names")]
    images: bool,
    /// Leave variables as they stand
    #[arg(long)]
    no_interpolate: bool,
    /// Write to this file instead of stdout
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Which project.
    #[command(flatten)]
    selection: Selection,
}

/// How to show the model.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    Yaml,
    Json,
}

/// Runs the verb.
pub fn run(context: &Context<'_>, arguments: Args) -> Outcome {
    let mut selection = context.selection(arguments.selection.clone());
    if arguments.profiles {
        // Services whose profile is off are not in the model, and theirs are the profiles that are asked for.
        selection.profiles = vec!["*".to_owned()];
    }
    let resolved = resolve(&selection, !arguments.no_interpolate)?;
    diagnostics::report(&resolved.warnings, context.output);
    if context.output.quiet {
        return Ok(DONE);
    }
    let text = match names(&arguments, &resolved) {
        Some(names) if context.output.json => pretty(&Value::from(names))?,
        Some(names) => names.join("\n"),
        None if context.output.json || arguments.format == Some(Format::Json) => pretty(&resolved.document)?,
        None => yaml(&resolved.document)?,
    };
    match &arguments.output {
        Some(path) => std::fs::write(path, format!("{}\n", text.trim_end()))
            .map_err(|error| Failure::failed(format!("{}: {error}", path.display())))?,
        None if text.is_empty() => {}
        None => context.output.line(text.trim_end()),
    }
    Ok(DONE)
}

fn names(arguments: &Args, resolved: &Resolved) -> Option<Vec<String>> {
    if arguments.services {
        return Some(resolved.services());
    }
    if arguments.volumes {
        return Some(resolved.keys("volumes"));
    }
    if arguments.networks {
        return Some(resolved.keys("networks"));
    }
    if arguments.profiles {
        return Some(of_services(resolved, |service| texts(service.get("profiles"))));
    }
    arguments.images.then(|| of_services(resolved, |service| texts(service.get("image"))))
}

/// What the services have, sorted, each once.
fn of_services(resolved: &Resolved, of: impl Fn(&Value) -> Vec<String>) -> Vec<String> {
    let services = resolved.document.get("services").and_then(Value::as_object);
    let found: BTreeSet<String> = services.into_iter().flat_map(|services| services.values()).flat_map(of).collect();
    found.into_iter().collect()
}

fn texts(value: Option<&Value>) -> Vec<String> {
    match value {
        Some(Value::String(text)) => vec![text.clone()],
        Some(Value::Array(items)) => items.iter().filter_map(|item| item.as_str().map(str::to_owned)).collect(),
        _ => Vec::new(),
    }
}

fn pretty(value: &Value) -> Result<String, Failure> {
    serde_json::to_string_pretty(value).map_err(|error| Failure::failed(error.to_string()))
}

fn yaml(value: &Value) -> Result<String, Failure> {
    serde_saphyr::to_string(value).map_err(|error| Failure::failed(error.to_string()))
}
