//! Plays the scenarios of `tests/scenarios` with Docker Compose and with Evenkeel on this machine's engine, prints a table, and writes it
//! into docs/scenarios.md when all were played with both. `make scenarios` builds what this needs and calls it.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a run that cannot go on ends")]

mod report;

use evenkeel_tests::scenario::{self, Outcome, Scenario, Stage, Tool, Tools};
use evenkeel_tests::{Daemon, DockerApi};
use futures::stream::StreamExt;
use report::Row;
use std::process::ExitCode;
use std::sync::Arc;
use tokio::signal::unix::{SignalKind, signal};

/// What the command line asks for.
struct Request {
    tools: Vec<Tool>,
    names: Vec<String>,
    jobs: usize,
}

#[tokio::main]
async fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let asked = read(&arguments).and_then(|request| Ok((request, scenario::all()?)));
    let (request, scenarios) = match asked {
        Ok(asked) => asked,
        Err(words) => {
            eprintln!(
                "scenarios: {words}\nusage: make scenarios, or deploy/scenarios [--list] [--tool compose|evenkeel|both] [--jobs N] [--only NAME] [NAME…]"
            );
            return ExitCode::from(2);
        }
    };
    if arguments.iter().any(|argument| argument == "--list") {
        for one in &scenarios {
            println!("{:<34} {}", one.name, one.intent);
        }
        return ExitCode::SUCCESS;
    }
    let whole = request.names.is_empty();
    let chosen: Vec<Scenario> =
        scenarios.into_iter().filter(|one| whole || request.names.contains(&one.name)).collect();
    if chosen.is_empty() {
        eprintln!("scenarios: none has such a name; --list shows them");
        return ExitCode::from(2);
    }
    let rows = tokio::select! {
        rows = play(&request, chosen) => rows,
        // The daemon ends with the run, whatever ends that.
        code = interrupted() => return code,
    };
    print!("{}", report::summary(&rows));
    if whole && request.tools.len() == 2 {
        report::write(&rows);
    }
    if rows.iter().all(Row::passed) { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Waits for Ctrl-C or SIGTERM. The exit code is a shell's for a command that was interrupted.
async fn interrupted() -> ExitCode {
    let mut terminated = signal(SignalKind::terminate()).unwrap();
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        _ = terminated.recv() => {}
    }
    eprintln!("scenarios: interrupted; containers of scenarios that were under way may be left");
    ExitCode::from(130)
}

/// Plays all, a few at a time, and prints each as it ends.
async fn play(request: &Request, scenarios: Vec<Scenario>) -> Vec<Row> {
    let docker = Arc::new(DockerApi::connect().await);
    let daemon = if request.tools.contains(&Tool::Evenkeel) { Some(Daemon::start("docker").await) } else { None };
    let compose = std::env::var("EVENKEEL_SCENARIOS_COMPOSE").unwrap_or_else(|_| "docker compose".to_owned());
    let tools = Arc::new(Tools { compose: Some(compose), daemon });
    let root = tempfile::tempdir().unwrap();
    let played = scenarios.into_iter().map(|scenario| {
        let (tools, docker, root) = (Arc::clone(&tools), Arc::clone(&docker), root.path().to_path_buf());
        let wanted = request.tools.clone();
        async move {
            // In a task of its own, so that a panic is the failure of one scenario.
            let of_task = scenario.clone();
            let task = tokio::spawn(async move {
                let mut outcomes = Vec::new();
                for tool in wanted {
                    outcomes.push((tool, Stage::new(&tools, tool, &docker, &of_task, &root).play().await));
                }
                outcomes
            });
            let outcomes = task.await.unwrap_or_else(|error| {
                vec![(Tool::Evenkeel, Outcome { failure: Some(format!("the runner broke: {error}")), seconds: 0.0 })]
            });
            let row = Row { scenario, outcomes };
            print!("{}", report::line(&row));
            row
        }
    });
    let mut rows: Vec<Row> = futures::stream::iter(played).buffer_unordered(request.jobs).collect().await;
    rows.sort_by(|one, other| one.scenario.name.cmp(&other.scenario.name));
    if let Ok(file) = std::env::var("EVENKEEL_SCENARIOS_LOG") {
        let _ = std::fs::write(file, tools.daemon.as_ref().map(Daemon::log).unwrap_or_default());
    }
    rows
}

fn read(arguments: &[String]) -> Result<Request, String> {
    let jobs = std::thread::available_parallelism().map_or(2, std::num::NonZero::get);
    let mut request = Request { tools: Tool::ALL.to_vec(), names: Vec::new(), jobs };
    let mut words = arguments.iter();
    while let Some(word) = words.next() {
        let mut value = || words.next().ok_or_else(|| format!("{word} needs a value"));
        match word.as_str() {
            "--list" => {}
            "--only" => request.names.push(value()?.clone()),
            "--jobs" => request.jobs = value()?.parse().map_err(|_| "--jobs takes a number".to_owned())?,
            "--tool" => {
                request.tools = match value()?.as_str() {
                    "both" => Tool::ALL.to_vec(),
                    "compose" => vec![Tool::Compose],
                    "evenkeel" => vec![Tool::Evenkeel],
                    other => return Err(format!("there is no tool {other}")),
                }
            }
            flag if flag.starts_with('-') => return Err(format!("there is no {flag}")),
            name => request.names.push(name.to_owned()),
        }
    }
    Ok(request)
}
