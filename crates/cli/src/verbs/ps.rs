//! `ps`: what each service does, since when, and what it waits for.

use super::Context;
use crate::args::Selection;
use crate::failure::{DONE, Outcome};
use crate::output::Cell;
use crate::progress::explain;
use chrono::{DateTime, Utc};
use evenkeel_wire::{Container, Port, Service, ServiceState, render_duration, routes};
use serde::Serialize;

/// List a stack's services: state, since when, what each waits for, address to open
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  evenkeel ps
  evenkeel ps --json | jq -r '.[] | select(.state != \"healthy\") | .service'")]
pub struct Args {
    /// Only these services
    #[arg(value_name = "SERVICE")]
    services: Vec<String>,
    /// List the services' names only
    #[arg(long = "services")]
    names: bool,
    /// Stopped containers too; they are always shown
    #[arg(short, long)]
    all: bool,
    /// table or json
    #[arg(long, value_enum, default_value = "table", hide_default_value = true)]
    format: Format,
    /// Which project.
    #[command(flatten)]
    selection: Selection,
}

/// How to list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// For people
    Table,
    /// For programs; the same as --json
    Json,
}

/// One line of the list: a container, or a service that has none yet.
#[derive(Debug, PartialEq, Eq, Serialize)]
struct Row<'a> {
    service: &'a str,
    container: Option<&'a str>,
    state: ServiceState,
    since: DateTime<Utc>,
    waiting_for: &'a [String],
    ports: &'a [Port],
    reason: Option<&'a str>,
}

/// Runs the verb.
pub async fn run(context: &Context<'_>, arguments: Args) -> Outcome {
    let stack = context.stack(arguments.selection)?;
    let mut services: Vec<Service> = context.client()?.get(&routes::fill(routes::SERVICES, &[&stack]), &()).await?;
    super::logs::check_services(&services, &arguments.services, &stack)?;
    services.retain(|service| arguments.services.is_empty() || arguments.services.contains(&service.service));
    let output = context.output;
    if output.json || arguments.format == Format::Json {
        output.document(&services.iter().flat_map(rows).collect::<Vec<_>>())?;
    } else if arguments.names {
        services.iter().for_each(|service| output.line(&service.service));
    } else if output.quiet {
        services.iter().flat_map(rows).filter_map(|row| row.container).for_each(|name| output.line(name));
    } else {
        table(context, &services, Utc::now());
    }
    Ok(DONE)
}

fn table(context: &Context<'_>, services: &[Service], now: DateTime<Utc>) {
    let lines = services.iter().flat_map(|service| {
        rows(service).into_iter().map(move |row| {
            let why = match row.reason {
                Some(reason) if service.waiting_for.is_empty() => reason.to_owned(),
                _ => explain(service),
            };
            [
                Cell::new(row.service),
                Cell::new(row.container.unwrap_or("-")),
                Cell::service_state(row.state),
                Cell::new(ago(row.since, now)),
                Cell::new(why),
                Cell::new(render_addresses(row.ports)),
            ]
        })
    });
    context.output.table(["SERVICE", "CONTAINER", "STATE", "SINCE", "WHY", "ADDRESS"], lines.collect());
}

/// How long ago, for people.
pub fn ago(at: DateTime<Utc>, now: DateTime<Utc>) -> String {
    render_duration((now - at).to_std().unwrap_or_default())
}

/// The addresses at which a service can be opened, each once.
pub fn addresses(service: &Service) -> String {
    render_addresses(&service.ports)
}

fn render_addresses(ports: &[Port]) -> String {
    let mut addresses: Vec<String> = Vec::new();
    for address in ports.iter().map(Port::address) {
        // A port that is published on IPv4 and IPv6 is one address to open.
        if !addresses.contains(&address) {
            addresses.push(address);
        }
    }
    addresses.join(" ")
}

fn rows(service: &Service) -> Vec<Row<'_>> {
    let of = |container: &'_ Container| (container.since.unwrap_or(service.since), container.state);
    if service.containers.is_empty() {
        return vec![Row {
            service: &service.service,
            container: None,
            state: service.state,
            since: service.since,
            waiting_for: &service.waiting_for,
            ports: &service.ports,
            reason: service.reason.as_deref(),
        }];
    }
    let row = |container| {
        let (since, state) = of(container);
        Row {
            service: &service.service,
            container: Some(container.container.as_str()),
            state,
            since,
            waiting_for: &service.waiting_for,
            ports: &container.ports,
            reason: container.reason.as_deref().or(service.reason.as_deref()),
        }
    };
    service.containers.iter().map(row).collect()
}
