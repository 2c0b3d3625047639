//! `wait`: until services end.

use super::Context;
use crate::args::Selection;
use crate::client::Client;
use crate::failure::{FAILED, Failure, Outcome};
use crate::operate::{Operate, Until};
use evenkeel_wire::{DownRequest, Service, ServiceState, StreamQuery, routes};
use std::time::Duration;

/// Look again after this long, even where no event says so.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

/// Wait until each of these services has ended, and end with the exit code of the last
///
/// One that has ended before counts with the code that it had; one that was stopped as asked has no exit code of its own, and counts as 0.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  evenkeel wait migrate && echo migrated
  evenkeel wait --down-project tests")]
pub struct Args {
    /// The services
    #[arg(value_name = "SERVICE", required = true)]
    services: Vec<String>,
    /// Take the whole stack down afterwards
    #[arg(long)]
    down_project: bool,
    /// Which project.
    #[command(flatten)]
    selection: Selection,
}

/// Runs the verb.
pub async fn run(context: &Context<'_>, arguments: Args) -> Outcome {
    let stack = context.stack(arguments.selection)?;
    let client = context.client()?;
    let waited = tokio::select! {
        waited = until_ended(context, &client, &stack, &arguments.services) => waited,
        _ = tokio::signal::ctrl_c() => Err(Failure::Interrupted("interrupted: nothing was changed".to_owned())),
    };
    let code = waited?;
    if arguments.down_project {
        let operate =
            Operate { client: &client, output: context.output, stack: &stack, until: Until::Ended, timeout: None };
        let request = DownRequest { remove_orphans: true, ..DownRequest::default() };
        operate.run(routes::DOWN, &request).await?;
    }
    Ok(u8::try_from(code).unwrap_or(FAILED))
}

/// The exit code of the last of the services that has ended.
async fn until_ended(context: &Context<'_>, client: &Client, stack: &str, wanted: &[String]) -> Result<i64, Failure> {
    // Opened before the first look, so that nothing happens in between.
    let mut events =
        client.events(&routes::fill(routes::STACK_EVENTS, &[stack]), &StreamQuery::default(), None).await?;
    let mut open: Vec<&String> = wanted.iter().collect();
    let mut last = 0;
    loop {
        let mut services: Vec<Service> = client.get(&routes::fill(routes::SERVICES, &[stack]), &()).await?;
        super::logs::check_services(&services, wanted, stack)?;
        services.sort_by_key(|service| service.since);
        for ended in services.iter().filter(|service| has_ended(service)) {
            // What is started again by itself has ended all the same.
            let Some(at) = open.iter().position(|name| **name == ended.service) else { continue };
            open.swap_remove(at);
            last = ended.exit_code.unwrap_or_default();
            if context.output.json {
                context.output.json_line(ended)?;
            } else {
                context.output.line(&format!("{} ended with exit code {last}", ended.service));
            }
        }
        if open.is_empty() {
            return Ok(last);
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
