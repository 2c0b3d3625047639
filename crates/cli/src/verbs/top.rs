//! `top`: the processes of what runs.

use super::Context;
use crate::args::Selection;
use crate::failure::{DONE, Outcome};
use evenkeel_wire::{EngineProcesses, routes};

/// Show the processes of a stack's containers
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Only of these services
    #[arg(value_name = "SERVICE")]
    services: Vec<String>,
    /// Which project.
    #[command(flatten)]
    selection: Selection,
}

/// Runs the verb.
pub async fn run(context: &Context<'_>, arguments: Args) -> Outcome {
    let stack = context.stack(arguments.selection)?;
    let path = routes::fill(routes::ENGINE_PROCESSES, &[&stack]);
    let mut found: Vec<EngineProcesses> = context.client()?.get(&path, &()).await?;
    found.retain(|one| arguments.services.is_empty() || arguments.services.contains(&one.service));
    if context.output.json {
        context.output.document(&found)?;
        return Ok(DONE);
    }
    lines(&found).iter().for_each(|line| context.output.line(line));
    Ok(DONE)
}

/// Aligned, the last column, which is the command, as long as it is.
fn lines(found: &[EngineProcesses]) -> Vec<String> {
    let mut rows: Vec<Vec<String>> = Vec::new();
    for one in found {
        let head = ["SERVICE", "#"].into_iter().map(str::to_owned);
        if rows.is_empty() {
            rows.push(head.chain(one.titles.iter().cloned()).collect());
        }
        let lead = || [one.service.clone(), one.number.to_string()].into_iter();
        rows.extend(one.rows.iter().map(|row| lead().chain(row.iter().cloned()).collect()));
    }
    let columns = rows.iter().map(Vec::len).max().unwrap_or_default();
    let width = |column: usize| rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max();
    let widths: Vec<usize> = (0..columns).map(|column| width(column).unwrap_or_default()).collect();
    let line = |row: &Vec<String>| {
        let cells = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}"));
        cells.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    rows.iter().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn processes_stand_beside_their_service() {
        let of = |service: &str, command: &str| EngineProcesses {
            service: service.to_owned(),
            number: 1,
            titles: vec!["PID".to_owned(), "CMD".to_owned()],
            rows: vec![vec!["12".to_owned(), command.to_owned()]],
            ..EngineProcesses::default()
        };
        let found = [of("a", "sleep 100"), of("words", "x")];
        assert_eq!(lines(&found), ["SERVICE  #  PID  CMD", "a        1  12   sleep 100", "words    1  12   x"]);
        assert_eq!(lines(&[]), Vec::<String>::new());
    }
}
