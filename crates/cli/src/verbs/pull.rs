//! `pull`: images are brought from registries, and nothing else happens.

use super::Context;
use crate::args::Selection;
use crate::failure::{DONE, Outcome};
use crate::operate::{Operate, Until};
use crate::project::{self, Found};
use evenkeel_wire::{Pull, PullRequest, routes};

/// Bring the images of services from their registries
///
/// Containers are left as they are: `up` replaces those whose image is another one by then.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Only these services
    #[arg(value_name = "SERVICE")]
    services: Vec<String>,
    /// Leave out images that can be built
    #[arg(long)]
    ignore_buildable: bool,
    /// Go on where an image cannot be had, and end well all the same
    #[arg(long)]
    ignore_pull_failures: bool,
    /// What the services depend on too
    #[arg(long)]
    include_deps: bool,
    /// missing or always, instead of what the file says
    #[arg(long, value_name = "WHEN", value_enum)]
    policy: Option<Policy>,
    /// Which project.
    #[command(flatten)]
    selection: Selection,
}

/// When to ask.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Policy {
    /// Where the engine does not have it
    Missing,
    /// Now
    Always,
}

/// Runs the verb.
pub async fn run(context: &Context<'_>, arguments: Args) -> Outcome {
    let found = project::find(&context.selection(arguments.selection), &arguments.services, context.output)?;
    let client = context.client()?;
    let stack = found.name().to_owned();
    let request = PullRequest {
        definition: match found {
            Found::Files(project) => Some(Box::new(project.into_definition())),
            Found::Kept(_) => None,
        },
        services: arguments.services,
        include_deps: arguments.include_deps,
        policy: arguments.policy.map(|policy| match policy {
            Policy::Missing => Pull::Missing,
            Policy::Always => Pull::Always,
        }),
        ignore_buildable: arguments.ignore_buildable,
        ignore_failures: arguments.ignore_pull_failures,
    };
    let operate =
        Operate { client: &client, output: context.output, stack: &stack, until: Until::Ended, timeout: None };
    let (operation, _) = operate.run(routes::PULL, &request).await?;
    super::build::tell(context, &client, &operation, "pull").await;
    Ok(DONE)
}
