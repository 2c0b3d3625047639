//! `stats`: what runs uses, once or again and again.

use super::Context;
use crate::args::Selection;
use crate::failure::{DONE, Outcome};
use crate::format::{self, Format, Row, binary_size, decimal_size};
use evenkeel_wire::{EngineUsage, routes};
use serde_json::Value;
use std::time::Duration;

/// The pause between two looks; the engine itself takes a second or two for each.
const PAUSE: Duration = Duration::from_millis(500);

/// Show what a stack's containers use of processor, memory, network and disk
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Only this service
    #[arg(value_name = "SERVICE")]
    service: Option<String>,
    /// Containers that do not run too; they use nothing, and are left out
    #[arg(short, long)]
    all: bool,
    /// table, json, or a template such as '{{.Name}} {{.CPUPerc}}'
    #[arg(long, default_value = "table", hide_default_value = true, value_parser = format::parse)]
    format: Format,
    /// Once, not again and again until Ctrl-C
    #[arg(long)]
    no_stream: bool,
    /// Accepted for Compose's sake: nothing is cut short
    #[arg(long)]
    no_trunc: bool,
    /// Which project.
    #[command(flatten)]
    selection: Selection,
}

/// Runs the verb.
pub async fn run(context: &Context<'_>, arguments: Args) -> Outcome {
    let stack = context.stack(arguments.selection.clone())?;
    tokio::select! {
        outcome = show(context, &arguments, &stack) => outcome,
        // Ctrl-C is how one leaves it.
        _ = tokio::signal::ctrl_c() => Ok(DONE),
    }
}

async fn show(context: &Context<'_>, arguments: &Args, stack: &str) -> Outcome {
    let client = context.client()?;
    let path = routes::fill(routes::ENGINE_USAGE, &[stack]);
    loop {
        let mut found: Vec<EngineUsage> = client.get(&path, &()).await?;
        found.retain(|one| arguments.service.as_ref().is_none_or(|service| *service == one.service));
        if context.output.json {
            found.iter().try_for_each(|one| context.output.json_line(one))?;
        } else {
            let rows: Vec<Row> = found.iter().map(row).collect();
            let columns = [
                ("CONTAINER ID", "ID"),
                ("NAME", "Name"),
                ("CPU %", "CPUPerc"),
                ("MEM USAGE / LIMIT", "MemUsage"),
                ("MEM %", "MemPerc"),
                ("NET I/O", "NetIO"),
                ("BLOCK I/O", "BlockIO"),
                ("PIDS", "PIDs"),
            ];
            format::print(context.output, &arguments.format, columns, &rows)?;
        }
        if arguments.no_stream {
            return Ok(DONE);
        }
        tokio::time::sleep(PAUSE).await;
    }
}

#[expect(clippy::cast_precision_loss, reason = "a percentage for people")]
fn row(usage: &EngineUsage) -> Row {
    let share = match usage.memory_limit_bytes {
        0 => 0.0,
        limit => usage.memory_bytes as f64 / limit as f64 * 100.0,
    };
    let pair = |one: u64, other: u64| format!("{} / {}", decimal_size(one), decimal_size(other));
    let fields = [
        ("BlockIO", pair(usage.read_bytes, usage.written_bytes)),
        ("CPUPerc", format!("{:.2}%", usage.cpu_percent)),
        ("Container", usage.id.clone()),
        ("ID", usage.id.chars().take(12).collect()),
        ("MemPerc", format!("{share:.2}%")),
        ("MemUsage", format!("{} / {}", binary_size(usage.memory_bytes), binary_size(usage.memory_limit_bytes))),
        ("Name", usage.container.clone()),
        ("NetIO", pair(usage.received_bytes, usage.sent_bytes)),
        ("PIDs", usage.pids.to_string()),
    ];
    fields.into_iter().map(|(name, value)| (name.to_owned(), Value::String(value))).collect()
}
