//! `volumes`: the volumes of a stack.

use super::Context;
use crate::args::Selection;
use crate::failure::{DONE, Outcome};
use crate::format::{self, Format, Row};
use evenkeel_wire::{EngineContainer, EngineVolume, routes};
use serde_json::Value;

/// List the volumes of a stack
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Only those that these services use
    #[arg(value_name = "SERVICE")]
    services: Vec<String>,
    /// table, json, or a template such as '{{.Name}}'
    #[arg(long, default_value = "table", hide_default_value = true, value_parser = format::parse)]
    format: Format,
    /// Which project.
    #[command(flatten)]
    selection: Selection,
}

/// Runs the verb.
pub async fn run(context: &Context<'_>, arguments: Args) -> Outcome {
    let stack = context.stack(arguments.selection)?;
    let client = context.client()?;
    let mut volumes: Vec<EngineVolume> = client.get(&routes::fill(routes::ENGINE_VOLUMES, &[&stack]), &()).await?;
    if !arguments.services.is_empty() {
        let path = routes::fill(routes::ENGINE_CONTAINERS, &[&stack]);
        let mut containers: Vec<EngineContainer> = client.get(&path, &()).await?;
        containers.retain(|container| arguments.services.contains(&container.service));
        volumes.retain(|volume| containers.iter().any(|container| container.mounts.contains(&volume.name)));
    }
    let output = context.output;
    if output.json {
        output.document(&volumes)?;
    } else if output.quiet {
        volumes.iter().for_each(|volume| output.line(&volume.name));
    } else {
        let rows: Vec<Row> = volumes.iter().map(row).collect();
        format::print(output, &arguments.format, [("DRIVER", "Driver"), ("VOLUME NAME", "Name")], &rows)?;
    }
    Ok(DONE)
}

fn row(volume: &EngineVolume) -> Row {
    let labels: Vec<String> = volume.labels.iter().map(|(key, value)| format!("{key}={value}")).collect();
    let none = || "N/A".to_owned();
    let fields = [
        ("Availability", none()),
        ("Driver", volume.driver.clone()),
        ("Group", none()),
        ("Labels", labels.join(",")),
        ("Links", none()),
        ("Mountpoint", volume.mountpoint.clone()),
        ("Name", volume.name.clone()),
        ("Scope", volume.scope.clone()),
        ("Size", none()),
        ("Status", none()),
    ];
    fields.into_iter().map(|(name, value)| (name.to_owned(), Value::String(value))).collect()
}
