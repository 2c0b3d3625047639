//! The table: on the terminal line by line, and in docs/scenarios.md.

use evenkeel_tests::scenario::{Outcome, Scenario, Tool};
use std::fmt::Write as _;
use std::path::Path;

/// A scenario, and how it went with each tool.
pub struct Row {
    pub scenario: Scenario,
    pub outcomes: Vec<(Tool, Outcome)>,
}

impl Row {
    /// Whether every tool passed.
    pub fn passed(&self) -> bool {
        self.outcomes.iter().all(|(_, outcome)| outcome.failure.is_none())
    }

    fn cell(&self, tool: Tool) -> String {
        let outcome = self.outcomes.iter().find(|(one, _)| *one == tool);
        outcome.map_or_else(
            || "-".to_owned(),
            |(_, outcome)| {
                format!("{} {:5.1} s", if outcome.failure.is_none() { "pass" } else { "FAIL" }, outcome.seconds)
            },
        )
    }
}

/// One line for the terminal, and below it what went wrong.
pub fn line(row: &Row) -> String {
    let mut text =
        format!("{:<34} {:<13} {:<13}\n", row.scenario.name, row.cell(Tool::Compose), row.cell(Tool::Evenkeel));
    for (tool, outcome) in &row.outcomes {
        if let Some(failure) = &outcome.failure {
            let _ = writeln!(text, "  {}: {}", tool.name(), failure.trim_end().replace('\n', "\n    "));
        }
    }
    text
}

/// How many passed, and which did not.
pub fn summary(rows: &[Row]) -> String {
    let mut text = String::from("\n");
    for tool in Tool::ALL {
        let of_tool =
            || rows.iter().filter_map(|row| Some((row, &row.outcomes.iter().find(|(one, _)| *one == tool)?.1)));
        let failed: Vec<&str> = of_tool()
            .filter(|(_, outcome)| outcome.failure.is_some())
            .map(|(row, _)| row.scenario.name.as_str())
            .collect();
        let seconds: f64 = of_tool().map(|(_, outcome)| outcome.seconds).sum();
        let count = of_tool().count();
        if count > 0 {
            let _ = writeln!(
                text,
                "{:<9} {} of {count} pass, {seconds:.0} s of commands. {}",
                tool.name(),
                count - failed.len(),
                failed.join(" ")
            );
        }
    }
    text
}

/// Writes docs/scenarios.md.
pub fn write(rows: &[Row]) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/scenarios.md");
    let passed = |tool: Tool| {
        let of_tool = rows.iter().filter_map(|row| row.outcomes.iter().find(|(one, _)| *one == tool));
        of_tool.filter(|(_, outcome)| outcome.failure.is_none()).count()
    };
    let mut text = format!(
        "# Scenarios\n\nWhat people do with a project, played with Docker Compose and with Evenkeel on the same engine, and held against the same \
         expectations: exit\ncodes, what the engine says of containers, networks, volumes and images, and files inside containers. \
         `make scenarios` plays them and writes this page.\nHow they are written: [tests/scenarios](../tests/scenarios/README.md).\n\n\
         {} scenarios; Compose passes {}, Evenkeel {}. Seconds are those of the commands together.\n\n\
         | scenario | what holds | Compose | Evenkeel |\n|---|---|---|---|\n",
        rows.len(),
        passed(Tool::Compose),
        passed(Tool::Evenkeel),
    );
    for row in rows {
        let name = &row.scenario.name;
        let cells = Tool::ALL.map(|tool| row.cell(tool).split_whitespace().collect::<Vec<_>>().join(" "));
        let intent = row.scenario.intent.replace('|', "\\|");
        let _ =
            writeln!(text, "| [{name}](../tests/scenarios/{name}.scenario) | {intent} | {} | {} |", cells[0], cells[1]);
    }
    let _ =
        writeln!(text, "\n## Different on purpose\n\nIn these scenarios a step has another expectation for each.\n");
    for row in rows {
        if let Some(reason) = &row.scenario.differs {
            let _ = writeln!(text, "- **{}**: {reason}", row.scenario.name);
        }
    }
    if let Err(error) = std::fs::write(&path, text) {
        eprintln!("{}: {error}", path.display());
    }
}
