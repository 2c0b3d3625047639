//! Figures in absolute units, of the daemon as it is shipped: how fast it answers, how soon it reacts, what it costs. Prints a table
//! with what is to be reached, and writes it into docs/benchmarks.md when every part was run. Fails where a bound
//! is missed. `make bench-absolute` builds what this needs and calls it.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a measurement that cannot go on ends")]

mod answers;
mod many;
mod micro;
mod process;
mod reaction;
mod resident;

use evenkeel_tests::{DockerApi, figures};
use std::process::ExitCode;
use std::time::Duration;

/// One measured thing.
struct Figure {
    what: &'static str,
    measured: String,
    target: &'static str,
    /// It is worse than that, and then the whole fails.
    missed: bool,
}

/// The parts, by their names on the command line.
const PARTS: [&str; 5] = ["micro", "answers", "many", "reaction", "resident"];
/// A part that is not through by then is left where it is, so that the whole ends by itself.
const LONGEST: Duration = Duration::from_secs(200);

#[tokio::main]
async fn main() -> ExitCode {
    let names: Vec<String> = std::env::args().skip(1).collect();
    if let Some(unknown) = names.iter().find(|name| !PARTS.contains(&name.as_str())) {
        eprintln!("absolute: {unknown} is no part; there are {}", PARTS.join(", "));
        return ExitCode::from(2);
    }
    let mut table = String::from("| what | measured | to be reached | load |\n|---|---|---|---|\n");
    let (mut whole, mut reached) = (true, true);
    for part in PARTS.into_iter().filter(|part| names.is_empty() || names.iter().any(|name| name == part)) {
        let load = figures::load();
        eprintln!("absolute: {part}, load {load:.1}");
        match measure(part).await {
            Ok(measured) => {
                for Figure { what, measured, target, missed } in measured {
                    let target = if missed { format!("{target}, missed") } else { target.to_owned() };
                    let row = format!("| {what} | {measured} | {target} | {load:.1} |\n");
                    reached &= !missed;
                    eprint!("{row}");
                    table.push_str(&row);
                }
            }
            Err(words) => {
                eprintln!("absolute: {part}: {words}");
                whole = false;
            }
        }
    }
    println!("\n{table}");
    let written = if names.is_empty() && whole { write(&table).await } else { Ok(()) };
    if let Err(words) = &written {
        eprintln!("absolute: {words}");
    }
    if whole && reached && written.is_ok() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// One part, in a task of its own: where it cannot go on, the others do.
async fn measure(part: &str) -> Result<Vec<Figure>, String> {
    let mut task = match part {
        "micro" => tokio::spawn(micro::measure()),
        "answers" => tokio::spawn(answers::measure()),
        "many" => tokio::spawn(many::measure()),
        "reaction" => tokio::spawn(reaction::measure()),
        _ => tokio::spawn(resident::measure()),
    };
    match tokio::time::timeout(LONGEST, &mut task).await {
        Ok(measured) => measured.map_err(|broken| broken.to_string()),
        Err(_) => {
            // Its daemon ends with it, and only then is there nobody who makes new containers.
            task.abort();
            let _ = task.await;
            let docker = DockerApi::connect().await;
            reaction::sweep(&docker).await;
            resident::sweep(&docker).await;
            Err(format!("not through after {LONGEST:?}"))
        }
    }
}

/// Puts the table into docs/benchmarks.md.
async fn write(table: &str) -> Result<(), String> {
    let version = DockerApi::connect().await.get("/version").await;
    let text = |key: &str| version[key].as_str().unwrap_or_default().to_owned();
    let (date, engine, api, load) = (figures::date(), text("Version"), text("ApiVersion"), figures::load());
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let moment = format!("{date} UTC, engine {engine} (API {api}), {cores} cores, load at the end {load:.1}.");
    figures::write("absolute", &format!("### In absolute units\n\n{moment}\n\n{table}"))
}

/// The least of the sorted numbers that this part of them does not exceed.
fn quantile(sorted: &[f64], part: f64) -> f64 {
    let rank = (sorted.len() as f64 * part).ceil() as usize;
    sorted.get(rank.saturating_sub(1)).copied().unwrap_or(f64::NAN)
}

#[cfg(test)]
mod tests {
    use super::quantile;

    #[test]
    fn quantiles() {
        let twenty: Vec<f64> = (1..=20).map(f64::from).collect();
        for (part, expected) in [(0.0, 1.0), (0.5, 10.0), (0.95, 19.0), (0.99, 20.0), (1.0, 20.0)] {
            assert!((quantile(&twenty, part) - expected).abs() < 1e-9, "{part}");
        }
        assert!(quantile(&[], 0.5).is_nan());
    }
}
