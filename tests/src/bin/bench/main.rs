//! Measures Evenkeel beside Docker Compose: the same files, the same engine, lives in turn. Prints a table, and writes it into
//! docs/benchmarks.md when every case was run. `make bench` builds what this needs and calls it.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a measurement that cannot go on ends")]

mod cases;
mod floor;
mod graph;
mod life;
mod machine;
mod report;
mod side;
mod sweep;

use cases::{Stack, Work};
use evenkeel_tests::{DockerApi, figures};
use life::Broken;
use report::Row;
use side::Side;
use std::collections::BTreeMap;
use std::process::ExitCode;
use sweep::sweep;
use tokio::signal::unix::{SignalKind, signal};

/// What the command line asks for.
struct Request {
    pairs: Option<usize>,
    names: Vec<String>,
}

#[tokio::main]
async fn main() -> ExitCode {
    tokio::task::LocalSet::new().run_until(run()).await
}

async fn run() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if arguments.iter().any(|argument| argument == "--list") {
        for (stack, case) in cases::all().iter().flat_map(|stack| stack.cases.iter().map(move |case| (stack, case))) {
            println!("{:<22} {} ({} pairs)", case.name, case.title, stack.pairs);
        }
        return ExitCode::SUCCESS;
    }
    let request = match read(&arguments) {
        Ok(request) => request,
        Err(words) => {
            eprintln!("bench: {words}\nusage: make bench, or deploy/bench [--on RELEASE] [--list] [--pairs N] [CASE…]");
            return ExitCode::from(2);
        }
    };
    let mut measuring = tokio::task::spawn_local(measure(request));
    let (mut asked, mut told) = (signal(SignalKind::interrupt()).unwrap(), signal(SignalKind::terminate()).unwrap());
    let result = tokio::select! {
        result = &mut measuring => result,
        _ = asked.recv() => Ok(Err("interrupted".to_owned())),
        _ = told.recv() => Ok(Err("told to end".to_owned())),
    };
    if !measuring.is_finished() {
        // Dropping it ends the daemon and the command that runs; only then is there nobody who makes new containers.
        measuring.abort();
        let _ = measuring.await;
    }
    let swept = sweep(&DockerApi::connect().await).await;
    match result.map(|result| result.and(swept.map(drop))) {
        Ok(Ok(())) => ExitCode::SUCCESS,
        Ok(Err(words)) => {
            eprintln!("bench: {words}");
            ExitCode::FAILURE
        }
        Err(broken) => {
            eprintln!("bench: {broken}");
            ExitCode::FAILURE
        }
    }
}

fn read(arguments: &[String]) -> Result<Request, String> {
    let mut request = Request { pairs: None, names: Vec::new() };
    let mut words = arguments.iter();
    while let Some(word) = words.next() {
        if word == "--pairs" {
            let number = words.next().and_then(|text| text.parse().ok()).filter(|number| *number > 0);
            request.pairs = Some(number.ok_or("--pairs takes a number from 1 on")?);
        } else if cases::all().iter().any(|stack| stack.cases.iter().any(|case| case.name == *word)) {
            request.names.push(word.clone());
        } else {
            return Err(format!("{word} is no case; --list shows them"));
        }
    }
    Ok(request)
}

/// Runs the chosen cases, then prints, and where all were run writes, what came out.
async fn measure(request: Request) -> Result<(), String> {
    let docker = DockerApi::connect().await;
    sweep(&docker).await?;
    let machine = machine::Machine::look(&docker).await?;
    let engine = match floor::EngineCost::measure(&docker).await {
        Ok(engine) => engine,
        Err(_) => {
            sweep(&docker).await?;
            floor::EngineCost::measure(&docker).await?
        }
    };
    sweep(&docker).await?;
    println!("{machine}\n{engine}\n");
    let (mut rows, mut again) = (Vec::new(), Again::new());
    for mut stack in cases::all() {
        if !request.names.is_empty() {
            stack.cases.retain(|case| request.names.contains(&case.name));
        }
        if !stack.cases.is_empty() {
            let pairs = request.pairs.unwrap_or(stack.pairs);
            rows.extend(stack_rows(&docker, &engine, &stack, pairs, &mut again).await?);
        }
    }
    let table = report::table(&rows, &again);
    println!("\n{table}");
    if request.names.is_empty() {
        report::write(&machine, &engine, &table)?;
    }
    Ok(())
}

/// A life whose `down` the engine has spoilt (`sweep.rs`) is begun again, so many times for each of the two in a run, and told of.
const AGAIN: usize = 5;

/// Lives that were begun again.
type Again = BTreeMap<Side, usize>;

/// All pairs of one stack, and a row for each of its cases.
async fn stack_rows(
    docker: &DockerApi,
    engine: &floor::EngineCost,
    stack: &Stack,
    pairs: usize,
    again: &mut Again,
) -> Result<Vec<Row>, String> {
    let graph = graph::Graph::of(&side::resolved(stack)?)?;
    let works: Vec<Work> = stack.cases.iter().map(|case| case.work).collect();
    let mut lives = Vec::new();
    for pair in 0..pairs {
        let load = figures::load();
        let mut sides = [Side::Compose, Side::Evenkeel];
        if pair % 2 == 1 {
            sides.reverse();
        }
        let mut took = BTreeMap::new();
        for side in sides {
            let times = loop {
                sweep(docker).await?;
                let (words, is_down) = match life::live(docker, side, stack, &graph, &works).await {
                    Ok(times) => break times,
                    Err(Broken::Down(words)) => (words, true),
                    Err(Broken::Otherwise(words)) => (words, false),
                };
                let held = sweep(docker).await.map_err(|left| format!("{words}\n{left}"))?;
                let times = again.entry(side).or_default();
                if !is_down || !held || *times == AGAIN {
                    return Err(words);
                }
                *times += 1;
                println!("{:<16} pair {}  {side} is begun again: {words}", stack.name, pair + 1);
            };
            println!("{:<16} pair {}  {:<8}  {}", stack.name, pair + 1, side.to_string(), life::words(&times));
            took.insert(side, times);
        }
        lives.push(report::Pair { load, took });
    }
    sweep(docker).await?;
    let floor_s = |work: Work| match work {
        Work::Up => Some(graph.floor_s(engine, stack.copies)),
        Work::Down => Some(graph.end_floor_s(engine, stack.copies)),
        _ => None,
    };
    Ok(stack.cases.iter().map(|case| Row::of(case, &lives, floor_s(case.work))).collect())
}
