//! `create`: containers are made, and none is started.

use super::Context;
use super::up::PullWhen;
use crate::args::Selection;
use crate::failure::{DONE, Outcome};
use crate::operate::{Operate, Until};
use crate::project::{self, Found};
use evenkeel_wire::{Pull, UpRequest, routes};

/// Make containers that are missing or do not fit, and start none
///
/// What runs stays up. `start` or `up` starts the rest.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Only these services and what they depend on
    #[arg(value_name = "SERVICE")]
    services: Vec<String>,
    /// Build images though they are there
    #[arg(long)]
    build: bool,
    /// Build nothing, though an image is missing
    #[arg(long, conflicts_with = "build")]
    no_build: bool,
    /// When to ask a registry for images
    #[arg(long, value_name = "WHEN", value_enum)]
    pull: Option<PullWhen>,
    /// Containers of a service; repeatable
    #[arg(long = "scale", value_name = "SERVICE=N", value_parser = super::scale::pair)]
    scale: Vec<(String, u32)>,
    /// Replace containers though they fit
    #[arg(long, conflicts_with = "no_recreate")]
    force_recreate: bool,
    /// Leave containers though they do not fit
    #[arg(long)]
    no_recreate: bool,
    /// Remove containers of services that the files no longer have
    #[arg(long)]
    remove_orphans: bool,
    /// Without effect: pulling is never loud
    #[arg(long, hide = true)]
    quiet_pull: bool,
    /// Accepted for Compose's sake: nothing is ever asked
    #[arg(short = 'y', long = "yes")]
    yes: bool,
    /// Which project.
    #[command(flatten)]
    selection: Selection,
}

/// Runs the verb.
pub async fn run(context: &Context<'_>, arguments: Args) -> Outcome {
    let found = project::find(&context.selection(arguments.selection), &arguments.services, context.output)?;
    let request = UpRequest {
        services: arguments.services,
        build: arguments.build,
        no_build: arguments.no_build,
        pull: arguments.pull.map(Pull::from),
        scale: arguments.scale.into_iter().collect(),
        force_recreate: arguments.force_recreate,
        no_recreate: arguments.no_recreate,
        remove_orphans: arguments.remove_orphans,
        ..UpRequest::default()
    };
    have_created(context, found, request).await
}

/// Has what was found created; shared with `up --no-start`.
pub async fn have_created(context: &Context<'_>, found: Found, mut request: UpRequest) -> Outcome {
    let client = context.client()?;
    let stack = found.name().to_owned();
    if let Found::Files(project) = found {
        request.definition = Some(Box::new(project.into_definition()));
    }
    let operate =
        Operate { client: &client, output: context.output, stack: &stack, until: Until::Ended, timeout: None };
    operate.run(routes::CREATE, &request).await?;
    Ok(DONE)
}
