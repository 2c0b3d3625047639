//! `connections`: who talks to whom, and with `--check` whether it works.

use super::Context;
use crate::args::Selection;
use crate::client::Client;
use crate::failure::{DONE, Failure, Outcome};
use crate::output::Cell;
use evenkeel_wire::{Connection, ConnectionState, ConnectionsQuery, routes};
use std::collections::BTreeMap;
use std::fmt::Write;

/// Show who talks to whom, on which address
///
/// Read from variables, commands, healthchecks and mounted configuration, and from `connections` under x-evenkeel. With --check
/// each is tried from inside its consumer's network, with nothing needed in the image; exit code 1: one does not work.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  evenkeel connections
  evenkeel connections --check
  evenkeel connections --format markdown > CONNECTIONS.md
  evenkeel --json connections --check | jq '.[] | select(.state == \"failed\")'")]
pub struct Args {
    /// Try each of them
    #[arg(long)]
    check: bool,
    /// How to print them
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    /// Which project.
    #[command(flatten)]
    selection: Selection,
}

/// What is printed.
#[derive(Debug, Clone, Copy, Default, clap::ValueEnum)]
enum Format {
    /// A table
    #[default]
    Table,
    /// A JSON list, as with --json
    Json,
    /// A page of Markdown: for every service its addresses and who uses it
    Markdown,
}

/// Runs the verb.
pub async fn run(context: &Context<'_>, arguments: Args) -> Outcome {
    let stack = context.stack(arguments.selection)?;
    let all = fetch(&context.client()?, &stack, arguments.check).await?;
    match arguments.format {
        _ if context.output.json => context.output.document(&all)?,
        Format::Json => context.output.document(&all)?,
        Format::Markdown => context.output.line(&markdown(&stack, &all)),
        Format::Table => table(context, &all),
    }
    verdict(&all)
}

/// Asks for a stack's connections.
async fn fetch(client: &Client, stack: &str, check: bool) -> Result<Vec<Connection>, Failure> {
    client.get(&routes::fill(routes::CONNECTIONS, &[stack]), &ConnectionsQuery { check }).await
}

/// Proves all connections of a stack that is up, for `up --verify`.
pub async fn verify(context: &Context<'_>, client: &Client, stack: &str) -> Outcome {
    let all = fetch(client, stack, true).await?;
    let proven = all.iter().filter(|it| it.state == ConnectionState::Proven).count();
    let beside = all.iter().filter(|it| it.beside.is_some()).count();
    let how = if beside > 0 { format!(", {beside} of jobs that are done from a neighbour") } else { String::new() };
    context.output.note(&format!("{proven} of {} connections proven{how}", all.len()));
    verdict(&all)
}

/// A failure that names every connection that does not work.
fn verdict(all: &[Connection]) -> Outcome {
    let failed: Vec<String> = all
        .iter()
        .filter(|it| it.state == ConnectionState::Failed)
        .map(|it| format!("{} does not reach {}: {}", it.from, address(it), it.error.as_deref().unwrap_or("it failed")))
        .collect();
    if failed.is_empty() { Ok(DONE) } else { Err(Failure::failed(failed.join("\n"))) }
}

fn address(connection: &Connection) -> String {
    match connection.port {
        Some(port) => format!("{}:{port}", connection.host),
        None => connection.host.clone(),
    }
}

fn table(context: &Context<'_>, all: &[Connection]) {
    let output = context.output;
    if all.is_empty() {
        output.line("no service names another one");
        return;
    }
    let rows = all.iter().map(|it| {
        let latency = it.latency_ms.map(|ms| format!("{ms} ms")).unwrap_or_default();
        let beside = it.beside.as_ref().map(|container| format!("from {container}: {} is done", it.from));
        let said = it.error.clone().or(beside).or_else(|| it.said.clone()).unwrap_or_default();
        [
            Cell::new(it.from.clone()),
            Cell::new(address(it)),
            Cell::new(it.protocol.clone()),
            Cell::new(it.published.join(", ")),
            Cell::connection_state(it.state),
            Cell::new(latency),
            Cell::new(if said.is_empty() { it.source.clone() } else { said }),
        ]
    });
    output.table(["FROM", "TO", "PROTOCOL", "PUBLISHED", "STATE", "TOOK", ""], rows.collect());
}

/// A guide: every service that is addressed, with its addresses, what its users sign in with, and who they are.
fn markdown(stack: &str, all: &[Connection]) -> String {
    let mut services: BTreeMap<&str, Vec<&Connection>> = BTreeMap::new();
    for connection in all {
        services.entry(&connection.to).or_default().push(connection);
    }
    let mut page = format!("# Connections of {stack}\n");
    for (service, connections) in services {
        // Writing to a String cannot fail.
        let _ = write!(
            page,
            "\n## {service}\n\n| address | protocol | on the host | used by | variables | state |\n|---|---|---|---|---|---|\n"
        );
        for it in connections {
            let mut variables: Vec<&str> =
                it.source.split(", ").filter_map(|source| source.strip_prefix("variable ")).collect();
            variables.extend(it.credentials.iter().map(String::as_str));
            variables.sort_unstable();
            variables.dedup();
            let variables: Vec<String> = variables.iter().map(|name| format!("`{name}`")).collect();
            let state = match (it.state, it.latency_ms, &it.error) {
                (ConnectionState::Proven, Some(ms), _) => match &it.beside {
                    Some(container) => format!("proven from {container}, {ms} ms"),
                    None => format!("proven, {ms} ms"),
                },
                (ConnectionState::Failed, _, Some(error)) => format!("**failed**: {error}"),
                (ConnectionState::Declared, ..) => "declared".to_owned(),
                _ => "inferred".to_owned(),
            };
            let published = if it.published.is_empty() { "-".to_owned() } else { it.published.join(", ") };
            let cells = [
                format!("`{}`", address(it)),
                it.protocol.clone(),
                published,
                it.from.clone(),
                variables.join(" "),
                state,
            ];
            let _ = writeln!(page, "| {} |", cells.map(|cell| cell.replace('|', "\\|")).join(" | "));
        }
    }
    page.trim_end().to_owned()
}
