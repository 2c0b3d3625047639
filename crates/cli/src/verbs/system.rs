//! `system`: the shipped systems.

use super::up::{Options, bring_up};
use super::{Context, ps};
use crate::failure::{DONE, Failure, Outcome};
use crate::output::{Cell, Output};
use crate::project::{self, Found, Project};
use crate::systems::{Places, System};
use chrono::{DateTime, Utc};
use clap::Subcommand;
use evenkeel_wire::{Port, Service, ServiceState, StackState, StackSummary, routes};
use serde::Serialize;

/// The systems that come with Evenkeel
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  evenkeel system ls
  evenkeel system up accidents --local --wait
  evenkeel system up factures --with bigdata --wait
  evenkeel system show accidents")]
pub struct Args {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// List the shipped systems, and which of them are up
    Ls,
    /// Show a system's services: state, address to open, since, real or stand-in
    Show {
        /// The system
        name: String,
    },
    /// Bring a system up: `up` with its files
    Up {
        /// The system
        name: String,
        /// Use locally built images, where no registry can be reached
        #[arg(long)]
        local: bool,
        /// Lay this over the system's file: `bigdata` for its `compose.bigdata.yaml`; more than one in this order
        #[arg(long = "with", value_name = "OVERLAY")]
        overlays: Vec<String>,
        /// As of `up`.
        #[command(flatten)]
        options: Box<Options>,
    },
}

#[derive(Debug, Serialize)]
struct Listed {
    name: String,
    folder: String,
    local: bool,
    overlays: Vec<String>,
    state: Option<StackState>,
}

#[derive(Debug, Serialize)]
struct Shown {
    name: String,
    services: Vec<ShownService>,
}

/// A service of a system; without a daemon, or before its first `up`, only its name.
#[derive(Debug, Serialize)]
struct ShownService {
    service: String,
    state: Option<ServiceState>,
    since: Option<DateTime<Utc>>,
    waiting_for: Vec<String>,
    reason: Option<String>,
    address: Option<String>,
    ports: Vec<Port>,
    image: Option<String>,
    real: Option<bool>,
    stand_in: Option<String>,
}

/// Runs the verb.
pub async fn run(context: &Context<'_>, arguments: Args) -> Outcome {
    let places = Places::here();
    match arguments.verb {
        Verb::Ls => list(context, places.all()?).await,
        Verb::Show { name } => show(context, &places.find(&name)?).await,
        Verb::Up { name, local, overlays, options } => {
            let system = places.find(&name)?;
            let selection = system.selection(&overlays, local)?;
            if let Some(file) = system.make_settings()? {
                context.output.note(&format!("made {} with new passwords", file.display()));
            }
            let project = Project::load(&selection, &[], context.output)?;
            bring_up(context, Found::Files(project), Vec::new(), *options).await
        }
    }
}

async fn list(context: &Context<'_>, systems: Vec<System>) -> Outcome {
    let stacks = context.client()?.get::<Vec<StackSummary>>(routes::STACKS, &()).await;
    let stacks = unless_away(stacks, context.output)?.unwrap_or_default();
    let listed = systems.into_iter().map(|system| Listed {
        state: stacks.iter().find(|stack| stack.stack == system.name).map(|stack| stack.state),
        local: system.has_local_images(),
        overlays: system.overlays(),
        folder: system.folder.display().to_string(),
        name: system.name,
    });
    let listed: Vec<Listed> = listed.collect();
    let output = context.output;
    if output.json {
        output.document(&listed)?;
    } else if output.quiet {
        listed.iter().for_each(|system| output.line(&system.name));
    } else {
        let rows = listed.into_iter().map(|system| {
            let state = system.state.map_or_else(|| Cell::new("-"), |state| Cell::stack_state(state, false));
            [Cell::new(system.name), state, Cell::new(system.folder)]
        });
        output.table(["SYSTEM", "STATE", "FOLDER"], rows.collect());
    }
    Ok(DONE)
}

async fn show(context: &Context<'_>, system: &System) -> Outcome {
    let services = context.client()?.get::<Vec<Service>>(&routes::fill(routes::SERVICES, &[&system.name]), &()).await;
    let services = match unless_away(services, context.output)? {
        Some(services) => services.into_iter().map(ShownService::from).collect(),
        None => project::services(&system.selection(&[], false)?, context.output)?
            .into_iter()
            .map(ShownService::named)
            .collect(),
    };
    let shown = Shown { name: system.name.clone(), services };
    let output = context.output;
    if output.json {
        output.document(&shown)?;
        return Ok(DONE);
    }
    let now = Utc::now();
    let rows = shown.services.into_iter().map(|service| {
        [
            Cell::new(service.service),
            service.state.map_or_else(|| Cell::new("-"), Cell::service_state),
            Cell::new(service.address.unwrap_or_default()),
            Cell::new(service.since.map(|at| ps::ago(at, now)).unwrap_or_default()),
            Cell::new(match (service.real, service.stand_in) {
                (_, Some(what)) => format!("stand-in: {what}"),
                (Some(_), None) => "real".to_owned(),
                (None, None) => String::new(),
            }),
        ]
    });
    output.table(["SERVICE", "STATE", "ADDRESS", "SINCE", "REAL OR STAND-IN"], rows.collect());
    Ok(DONE)
}

/// `None` where no daemon answers, or where it has never seen the stack.
fn unless_away<T>(answer: Result<T, Failure>, output: &Output) -> Result<Option<T>, Failure> {
    match answer {
        Ok(value) => Ok(Some(value)),
        Err(Failure::NoDaemon { host, .. }) => {
            output.note(&format!("no daemon answers at {host}; states are not known"));
            Ok(None)
        }
        Err(Failure::Problem(problem)) if problem.status == 404 => Ok(None),
        Err(failure) => Err(failure),
    }
}

impl ShownService {
    fn named(service: String) -> Self {
        Self {
            service,
            state: None,
            since: None,
            waiting_for: Vec::new(),
            reason: None,
            address: None,
            ports: Vec::new(),
            image: None,
            real: None,
            stand_in: None,
        }
    }
}

impl From<Service> for ShownService {
    fn from(service: Service) -> Self {
        let address = ps::addresses(&service);
        Self {
            address: (!address.is_empty()).then_some(address),
            state: Some(service.state),
            since: Some(service.since),
            waiting_for: service.waiting_for,
            reason: service.reason,
            ports: service.ports,
            image: service.image,
            real: Some(service.stand_in.is_none()),
            stand_in: service.stand_in,
            service: service.service,
        }
    }
}
