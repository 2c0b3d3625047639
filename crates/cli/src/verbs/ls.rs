//! `ls`: all stacks that the daemon keeps, and beside them the projects that are only Compose's.

use super::Context;
use super::ps::ago;
use crate::client::Client;
use crate::failure::{DONE, Failure, Outcome};
use crate::output::Cell;
use chrono::Utc;
use evenkeel_wire::{EngineContainer, StackState, StackSummary, StacksQuery, routes};
use serde::Serialize;
use std::collections::BTreeMap;

/// List the stacks that the daemon keeps, and as `unmanaged` the projects that Docker Compose has started
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  evenkeel ls
  evenkeel ls --json | jq -r '.[] | select(.state != \"unmanaged\") | .stack'
  evenkeel ls --format json            as docker compose ls prints it")]
pub struct Args {
    /// With -q and --format json, stacks of which nothing runs too
    #[arg(short, long)]
    all: bool,
    /// table, or json as docker compose ls has it; --json is another document
    #[arg(long, value_enum, default_value = "table", hide_default_value = true)]
    format: Format,
    /// Only stacks whose name contains this, as name=TEXT; repeatable
    #[arg(long, value_name = "KEY=VALUE", value_parser = filter)]
    filter: Vec<String>,
}

/// How to list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// For people
    Table,
    /// For programs that know Compose
    Json,
}

/// A stack as Compose lists it.
#[derive(Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Listed {
    name: String,
    status: String,
    config_files: String,
}

/// Runs the verb.
pub async fn run(context: &Context<'_>, arguments: Args) -> Outcome {
    let client = context.client()?;
    let mut stacks: Vec<StackSummary> = client.get(routes::STACKS, &StacksQuery { unmanaged: true }).await?;
    stacks
        .retain(|stack| arguments.filter.is_empty() || arguments.filter.iter().any(|name| stack.stack.contains(name)));
    let output = context.output;
    if output.json {
        output.document(&stacks)?;
    } else if output.quiet || arguments.format == Format::Json {
        let listed = listed(&client, &stacks, arguments.all).await?;
        if output.quiet {
            listed.iter().for_each(|stack| output.line(&stack.name));
        } else {
            output.line(&serde_json::to_string(&listed).map_err(|error| Failure::failed(error.to_string()))?);
        }
    } else {
        let now = Utc::now();
        let rows = stacks.iter().map(|stack| {
            [
                Cell::new(stack.stack.clone()),
                Cell::stack_state(stack.state, stack.held),
                Cell::new(format!("{}/{}", stack.ready, stack.services)),
                Cell::new(ago(stack.since, now)),
                Cell::new(match stack.state {
                    StackState::Unmanaged => "-".to_owned(),
                    _ => stack.generation.to_string(),
                }),
                Cell::new(stack.reason.clone().unwrap_or_default()),
            ]
        });
        output.table(["STACK", "STATE", "READY", "SINCE", "GENERATION", "WHY"], rows.collect());
    }
    Ok(DONE)
}

/// The stacks that have containers, with how many are in which state; without `all`, those of which something runs.
async fn listed(client: &Client, stacks: &[StackSummary], all: bool) -> Result<Vec<Listed>, Failure> {
    let mut listed = Vec::new();
    // A stack that is down has no containers, and the engine need not be asked.
    for stack in stacks.iter().filter(|stack| stack.state != StackState::Down || all) {
        let path = routes::fill(routes::ENGINE_CONTAINERS, &[&stack.stack]);
        let mut containers: Vec<EngineContainer> = client.get(&path, &()).await?;
        containers.retain(|container| !container.one_off && (all || container.state == "running"));
        let Some(first) = containers.first() else { continue };
        let files = first.labels.get("com.docker.compose.project.config_files").cloned().unwrap_or_default();
        listed.push(Listed { name: stack.stack.clone(), status: counted(&containers), config_files: files });
    }
    Ok(listed)
}

/// `exited(1), running(2)`.
fn counted(containers: &[EngineContainer]) -> String {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for container in containers {
        *counts.entry(&container.state).or_default() += 1;
    }
    counts.iter().map(|(state, count)| format!("{state}({count})")).collect::<Vec<_>>().join(", ")
}

fn filter(text: &str) -> Result<String, String> {
    match text.split_once('=') {
        Some(("name", name)) => Ok(name.to_owned()),
        _ => Err(format!("`{text}` is no filter; there is name=TEXT")),
    }
}
