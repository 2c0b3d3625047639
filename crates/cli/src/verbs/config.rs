//! `config`: the resolved model, whole or one aspect of it. It asks no daemon and no engine.

mod names;
mod variables;
mod yaml;

use super::Context;
use crate::args::Selection;
use crate::diagnostics;
use crate::failure::{DONE, Failure, Outcome};
use crate::project::{self, Look};
use evenkeel_compose::{COMPATIBILITY, Skip};
use serde_json::Value;
use std::path::PathBuf;

/// Show the files merged, with variables filled in and names and paths resolved
///
/// The JSON is the document of `docker compose config --format json`. Values are shown as they are, secrets too.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  evenkeel config -q                   only check
  evenkeel config web                  one service, and what it depends on
  evenkeel config --format json | jq '.services | keys'
  evenkeel config --services
  evenkeel config --hash '*'           what Compose takes for a change of a service")]
pub struct Args {
    /// Only these services, and what they depend on
    #[arg(value_name = "SERVICE")]
    asked: Vec<String>,
    /// yaml or json
    #[arg(long, value_enum)]
    format: Option<Format>,
    /// One aspect only.
    #[command(flatten)]
    aspect: Aspect,
    /// Leave variables as they stand
    #[arg(long)]
    no_interpolate: bool,
    /// Without what follows from the files: the default network, names of resources
    #[arg(long)]
    no_normalize: bool,
    /// Leave relative paths as they are written
    #[arg(long)]
    no_path_resolution: bool,
    /// Let pass what is named and is not there
    #[arg(long)]
    no_consistency: bool,
    /// Accepted for Compose's sake, where it makes no difference either: `env_file`s are read
    #[arg(long)]
    no_env_resolution: bool,
    /// Pin images to digests: refused, it would take a registry and this verb asks nobody
    #[arg(long)]
    resolve_image_digests: bool,
    /// The same as an override file: refused likewise
    #[arg(long)]
    lock_image_digests: bool,
    /// Write to this file instead of stdout
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Which project.
    #[command(flatten)]
    selection: Selection,
}

/// One aspect of the model instead of the whole.
#[derive(Debug, Default, clap::Args)]
struct Aspect {
    /// Only the services' names
    #[arg(long, group = "names")]
    services: bool,
    /// Only the volumes' names
    #[arg(long, group = "names")]
    volumes: bool,
    /// Only the networks' names
    #[arg(long, group = "names")]
    networks: bool,
    /// Only the models
    #[arg(long, group = "names")]
    models: bool,
    /// Only the profiles that the files name
    #[arg(long, id = "profile-names", group = "names")]
    profiles: bool,
    /// Only the images, one for each service
    #[arg(long, group = "names")]
    images: bool,
    /// Only the hash of these services, separated by commas, or of all with '*'
    #[arg(long, value_name = "SERVICES", group = "names")]
    hash: Option<String>,
    /// Only the variables that the files refer to
    #[arg(long, group = "names")]
    variables: bool,
    /// Only the variables with which the files are read
    #[arg(long, group = "names")]
    environment: bool,
}

/// How to show the model.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    Yaml,
    Json,
}

/// Runs the verb.
pub fn run(context: &Context<'_>, arguments: Args) -> Outcome {
    if arguments.resolve_image_digests || arguments.lock_image_digests {
        return Err(Failure::Failed {
            message: "digests of images are not resolved: this verb asks no engine and no registry".to_owned(),
            help: Some("write `image: name@sha256:…` into the file".to_owned()),
        });
    }
    let text = text(context, &arguments)?;
    if context.output.quiet {
        return Ok(DONE);
    }
    match &arguments.output {
        Some(path) => std::fs::write(path, format!("{}\n", text.trim_end()))
            .map_err(|error| Failure::failed(format!("{}: {error}", path.display())))?,
        None if text.is_empty() => {}
        None => context.output.line(text.trim_end()),
    }
    Ok(DONE)
}

fn text(context: &Context<'_>, arguments: &Args) -> Result<String, Failure> {
    let selection = context.selection(arguments.selection.clone());
    let json = context.output.json || arguments.format == Some(Format::Json);
    let skip = Skip {
        // Compose leaves it out here together with the names of its first version.
        normalisation: arguments.no_normalize || project::is_set(&selection, COMPATIBILITY),
        paths: arguments.no_path_resolution,
        consistency: arguments.no_consistency,
        env_files: false,
    };
    let aspect = &arguments.aspect;
    if aspect.variables {
        return variables::references(&selection, json, arguments.format == Some(Format::Yaml));
    }
    if aspect.environment {
        return variables::environment(&selection);
    }
    if let Some(asked) = &aspect.hash {
        return names::hashes(&selection, skip, asked);
    }
    if let Some(names) = names::of(context, &selection, arguments, skip)? {
        return if context.output.json { pretty(&Value::from(names)) } else { Ok(names.join("\n")) };
    }
    if arguments.no_interpolate && !arguments.asked.is_empty() {
        context.output.note("the services that are named are not singled out with --no-interpolate");
    }
    let services = if arguments.no_interpolate { Vec::new() } else { arguments.asked.clone() };
    let look = Look { no_interpolate: arguments.no_interpolate, skip, services };
    let resolved = project::look(&selection, &look)?;
    diagnostics::report(&resolved.warnings, context.output);
    if json { pretty(&resolved.document) } else { Ok(yaml::of(&resolved.yaml)) }
}

fn pretty(value: &Value) -> Result<String, Failure> {
    serde_json::to_string_pretty(value).map_err(|error| Failure::failed(error.to_string()))
}
