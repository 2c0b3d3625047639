//! `wait`: until a service ends.

use super::Context;
use crate::args::Selection;
use crate::client::Client;
use crate::failure::{FAILED, Failure, Outcome};
use evenkeel_wire::{Service, ServiceState, StreamQuery, routes};
use std::time::Duration;

/// Look again after this long, even where no event says so.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

/// Wait until the first of these services ends, and end with its exit code
///
/// One that was stopped as asked has no exit code of its own, and counts as 0.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  evenkeel wait migrate && echo migrated")]
pub struct Args {
    /// The services
    #[arg(value_name = "SERVICE", required = true)]
    services: Vec<String>,
    /// Which project.
    #[command(flatten)]
    selection: Selection,
}

/// Runs the verb.
pub async fn run(context: &Context<'_>, arguments: Args) -> Outcome {
    let stack = context.stack(arguments.selection)?;
    let client = context.client()?;
    let waited = async {
        let ended = until_ended(&client, &stack, &arguments.services).await?;
        let code = ended.exit_code.unwrap_or_default();
        if context.output.json {
            context.output.document(&ended)?;
        } else {
            context.output.line(&format!("{} ended with exit code {code}", ended.service));
        }
        Ok(u8::try_from(code).unwrap_or(FAILED))
    };
    tokio::select! {
        outcome = waited => outcome,
        _ = tokio::signal::ctrl_c() => Err(Failure::Interrupted("interrupted: nothing was changed".to_owned())),
    }
}

/// The first of the services that has ended.
async fn until_ended(client: &Client, stack: &str, wanted: &[String]) -> Result<Service, Failure> {
    // Opened before the first look, so that nothing happens in between.
    let mut events =
        client.events(&routes::fill(routes::STACK_EVENTS, &[stack]), &StreamQuery::default(), None).await?;
    loop {
        let services: Vec<Service> = client.get(&routes::fill(routes::SERVICES, &[stack]), &()).await?;
        super::logs::check_services(&services, wanted, stack)?;
        let ended = services.into_iter().find(|service| wanted.contains(&service.service) && has_ended(service));
        if let Some(service) = ended {
            return Ok(service);
        }
        // A stream that has ended says no more: then the time does.
        if let Ok(None) = tokio::time::timeout(LOOK_AGAIN, events.next()).await {
            tokio::time::sleep(LOOK_AGAIN).await;
        }
    }
}

fn has_ended(service: &Service) -> bool {
    service.state == ServiceState::Stopped || service.exit_code.is_some()
}
