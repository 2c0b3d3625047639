//! `build`: images are built, and nothing else happens.

use super::Context;
use crate::args::Selection;
use crate::client::Client;
use crate::failure::{DONE, Failure, Outcome};
use crate::operate::{Operate, Until};
use crate::project::{self, Found};
use evenkeel_wire::{BuildRequest, Operation, StepState, routes};
use std::collections::BTreeMap;

/// Build the images of services
///
/// The engine's classic builder does it; what only BuildKit can do (ssh, secrets, several platforms) is refused. Containers are left as
/// they are: `up` replaces those whose image is another one by then.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  evenkeel build
  evenkeel build --no-cache --build-arg VERSION=3 web")]
pub struct Args {
    /// Only these services
    #[arg(value_name = "SERVICE")]
    services: Vec<String>,
    /// Without the cache
    #[arg(long)]
    no_cache: bool,
    /// Ask registries for newer base images
    #[arg(long)]
    pull: bool,
    /// A build argument; without =VALUE this command's variable of that name; repeatable
    #[arg(long = "build-arg", value_name = "NAME[=VALUE]")]
    build_args: Vec<String>,
    /// What the services depend on too
    #[arg(long)]
    with_dependencies: bool,
    /// Memory for the build's containers: bytes, or 512m
    #[arg(short, long, value_name = "BYTES", value_parser = bytes)]
    memory: Option<i64>,
    /// Push afterwards: refused, Evenkeel does not push
    #[arg(long)]
    push: bool,
    /// Only show what would be built
    #[arg(long)]
    print: bool,
    /// For BuildKit alone: refused
    #[arg(long, value_name = "KEY")]
    ssh: Vec<String>,
    /// For BuildKit alone: refused
    #[arg(long, value_name = "NAME")]
    builder: Option<String>,
    /// For BuildKit alone: refused
    #[arg(long)]
    check: bool,
    /// Without effect: the engine's own builder makes none
    #[arg(long, hide = true, value_name = "WHICH")]
    provenance: Option<String>,
    /// Without effect: the engine's own builder makes none
    #[arg(long, hide = true, value_name = "WHICH")]
    sbom: Option<String>,
    /// Which project.
    #[command(flatten)]
    selection: Selection,
}

/// Runs the verb.
pub async fn run(context: &Context<'_>, arguments: Args) -> Outcome {
    let refused = [
        (arguments.push, "--push", "push it with `docker push` once it is built"),
        (
            !arguments.ssh.is_empty(),
            "--ssh",
            "only BuildKit can do that; build with `docker buildx`, and name the image",
        ),
        (arguments.check, "--check", "only BuildKit can do that; `docker buildx build --check` does"),
        (arguments.builder.is_some(), "--builder", "the engine's own builder is the one that is used"),
    ];
    if let Some((_, flag, help)) = refused.into_iter().find(|(given, ..)| *given) {
        return Err(Failure::Failed {
            message: format!("{flag} is not supported; nothing was built"),
            help: Some(help.to_owned()),
        });
    }
    let args = arguments.build_args.iter().map(|text| argument(text)).collect();
    let selection = context.selection(arguments.selection);
    if arguments.print {
        return print(context, &selection, &arguments.services, &args);
    }
    let found = project::find(&selection, &arguments.services, context.output)?;
    let client = context.client()?;
    let stack = found.name().to_owned();
    let request = BuildRequest {
        definition: match found {
            Found::Files(project) => Some(Box::new(project.into_definition())),
            Found::Kept(_) => None,
        },
        services: arguments.services,
        with_dependencies: arguments.with_dependencies,
        no_cache: arguments.no_cache,
        pull: arguments.pull,
        args,
        memory_bytes: arguments.memory,
    };
    let operate =
        Operate { client: &client, output: context.output, stack: &stack, until: Until::Ended, timeout: None };
    let (operation, _) = operate.run(routes::BUILD, &request).await?;
    tell(context, &client, &operation, "build").await;
    Ok(DONE)
}

/// Says what became of each image: done in results, failed and let pass in notes.
pub async fn tell(context: &Context<'_>, client: &Client, operation: &Operation, verb: &str) {
    if context.output.json {
        return;
    }
    let path = routes::fill(routes::OPERATION, &[&operation.id]);
    let Ok(operation) = client.get::<Operation>(&path, &()).await else { return };
    for step in operation.steps.iter().filter(|step| step.action == verb) {
        let image = step.object.strip_prefix("image ").unwrap_or(&step.object);
        match step.state {
            StepState::Failed => context.output.say(&format!("{image}: {}", step.error.as_deref().unwrap_or("failed"))),
            _ if context.output.quiet => {}
            _ if verb == "build" => context.output.note(&format!("{image} is built")),
            _ => context.output.note(&format!("{image} is pulled")),
        }
    }
}

/// What would be built, as JSON: the services' `build`, with what the command line adds.
fn print(
    context: &Context<'_>,
    selection: &Selection,
    services: &[String],
    args: &BTreeMap<String, Option<String>>,
) -> Outcome {
    let resolved = project::resolve(selection, true)?;
    let known = resolved.services();
    if let Some(unknown) = services.iter().find(|name| !known.contains(name)) {
        return Err(Failure::Failed {
            message: format!("no such service: {unknown}"),
            help: Some(format!("the files have {}", known.join(", "))),
        });
    }
    let mut builds = serde_json::Map::new();
    for name in known.iter().filter(|name| services.is_empty() || services.contains(name)) {
        let mut build = resolved.document["services"][name]["build"].clone();
        let Some(fields) = build.as_object_mut() else { continue };
        for (argument, value) in args {
            fields.entry("args").or_insert_with(|| serde_json::json!({}))[argument] = value.clone().into();
        }
        builds.insert(name.clone(), build);
    }
    context.output.document(&builds)?;
    Ok(DONE)
}

fn argument(text: &str) -> (String, Option<String>) {
    match text.split_once('=') {
        Some((name, value)) => (name.to_owned(), Some(value.to_owned())),
        None => (text.to_owned(), std::env::var(text).ok()),
    }
}

/// `512m`, `1g`, `1073741824`.
fn bytes(text: &str) -> Result<i64, String> {
    let lower = text.trim().to_lowercase();
    let lower = lower.strip_suffix('b').unwrap_or(&lower);
    let (number, factor) = match lower.chars().last() {
        Some('k') => (&lower[..lower.len() - 1], 1_i64 << 10),
        Some('m') => (&lower[..lower.len() - 1], 1 << 20),
        Some('g') => (&lower[..lower.len() - 1], 1 << 30),
        _ => (lower, 1),
    };
    let number: Option<i64> = number.parse().ok().filter(|number| *number >= 0);
    number.and_then(|number| number.checked_mul(factor)).ok_or_else(|| format!("`{text}` is not a size such as 512m"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_and_arguments() {
        for (text, expected) in [
            ("1024", Some(1024)),
            ("64k", Some(65_536)),
            ("512m", Some(536_870_912)),
            ("1GB", Some(1 << 30)),
            ("-1", None),
            ("much", None),
            ("9999999999g", None),
        ] {
            assert_eq!(bytes(text).ok(), expected, "{text}");
        }
        assert_eq!(argument("A=b=c"), ("A".to_owned(), Some("b=c".to_owned())));
        assert_eq!(argument("NO_SUCH_VARIABLE_HERE"), ("NO_SUCH_VARIABLE_HERE".to_owned(), None));
    }
}
