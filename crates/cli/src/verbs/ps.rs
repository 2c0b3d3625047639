//! `ps`: what each service does, since when, and what it waits for.

mod listing;
mod unmanaged;

use super::Context;
use crate::args::Selection;
use crate::failure::{DONE, Failure, Outcome};
use crate::format::{self, Format};
use crate::output::{Cell, Output};
use crate::progress::explain;
use chrono::{DateTime, Utc};
use evenkeel_wire::{Container, EngineContainer, Port, Service, ServiceState, render_duration, routes};
use serde::Serialize;
use std::collections::BTreeSet;

/// List a stack's services: state, since when, what each waits for, address to open
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  evenkeel ps
  evenkeel ps -q web                   its containers' ids
  evenkeel ps --format '{{.Name}} {{.State}}'
  evenkeel ps --json | jq -r '.[] | select(.state != \"healthy\") | .service'")]
pub struct Args {
    /// Only these services
    #[arg(value_name = "SERVICE")]
    services: Vec<String>,
    /// List the services' names only
    #[arg(long = "services")]
    names: bool,
    /// What is stopped as it should be too
    #[arg(short, long)]
    all: bool,
    /// json (an object a line), table, or a template such as '{{.Name}}', all as docker compose ps has them; --json is another document
    #[arg(long, value_parser = format::parse)]
    format: Option<Format>,
    /// Only containers in this state: running, exited, created, paused, restarting; repeatable
    #[arg(long, value_name = "STATE")]
    status: Vec<String>,
    /// The same, as status=STATE
    #[arg(long, value_name = "KEY=VALUE")]
    filter: Vec<String>,
    /// Containers of services that the stack does not have any more too; =false leaves them out
    #[arg(long, value_name = "BOOL", default_value = "true", default_missing_value = "true", num_args = 0..=1, require_equals = true, hide_default_value = true, action = clap::ArgAction::Set)]
    orphans: bool,
    /// Ids, commands and mounts at full length
    #[arg(long)]
    no_trunc: bool,
    /// Which project.
    #[command(flatten)]
    selection: Selection,
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
    let stack = context.stack(arguments.selection.clone())?;
    let output = context.output;
    let by_container = !arguments.status.is_empty() || !arguments.filter.is_empty() || arguments.format.is_some();
    let listing = !output.json && (output.quiet || arguments.names || by_container);
    let mut services: Vec<Service> = match context.client()?.get(&routes::fill(routes::SERVICES, &[&stack]), &()).await
    {
        Err(Failure::Problem(problem)) if problem.status == 404 => {
            let containers = containers(context, &stack).await?;
            return match containers.is_empty() {
                // To scripts a project of which nothing is there yet is an empty list.
                true if listing => Ok(DONE),
                true => Err(Failure::Problem(problem)),
                false => unmanaged::show(context, &arguments, &stack, containers),
            };
        }
        answer => answer?,
    };
    super::logs::check_services(&services, &arguments.services, &stack)?;
    if listing {
        let containers = containers(context, &stack).await?;
        let known = services.iter().map(|service| service.service.clone()).collect();
        return list(context.output, &arguments, &stack, containers, known);
    }
    services.retain(|service| arguments.services.is_empty() || arguments.services.contains(&service.service));
    if output.json {
        output.document(&services.iter().flat_map(rows).collect::<Vec<_>>())?;
        return Ok(DONE);
    }
    let is_shown = |service: &Service| {
        arguments.all || service.state != ServiceState::Stopped || arguments.services.contains(&service.service)
    };
    let (shown, stopped): (Vec<Service>, Vec<Service>) = services.into_iter().partition(is_shown);
    table(context, &shown, Utc::now());
    if !stopped.is_empty() {
        let names: Vec<&str> = stopped.iter().map(|service| service.service.as_str()).collect();
        output.note(&format!("stopped, as it should be: {} (-a shows them)", names.join(", ")));
    }
    Ok(DONE)
}

/// The containers as the engine has them.
async fn containers(context: &Context<'_>, stack: &str) -> Result<Vec<EngineContainer>, Failure> {
    context.client()?.get(&routes::fill(routes::ENGINE_CONTAINERS, &[stack]), &()).await
}

/// In the forms of `docker compose ps`; `known` are the services that the stack has.
fn list(
    output: &Output,
    arguments: &Args,
    stack: &str,
    containers: Vec<EngineContainer>,
    known: Vec<String>,
) -> Outcome {
    let wanted = listing::Wanted {
        services: arguments.services.clone(),
        all: arguments.all,
        states: listing::states(&arguments.status, &arguments.filter)?,
        known: (!arguments.orphans).then_some(known),
    };
    let containers = wanted.of(containers);
    if output.quiet {
        containers.iter().for_each(|container| output.line(&container.id));
    } else if arguments.names {
        let names: BTreeSet<&str> = containers.iter().map(|container| container.service.as_str()).collect();
        names.into_iter().for_each(|name| output.line(name));
    } else {
        let row = |container| listing::row(container, stack, arguments.no_trunc, Utc::now());
        let rows: Vec<_> = containers.iter().map(row).collect();
        let columns = [
            ("NAME", "Name"),
            ("IMAGE", "Image"),
            ("COMMAND", "Command"),
            ("SERVICE", "Service"),
            ("CREATED", "RunningFor"),
            ("STATUS", "Status"),
            ("PORTS", "Ports"),
        ];
        format::print(output, arguments.format.as_ref().unwrap_or(&Format::Table), columns, &rows)?;
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
