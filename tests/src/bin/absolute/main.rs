//! Figures in absolute units, of the daemon as it is shipped: how fast it answers, how soon it reacts, what it costs. Prints a table
//! with what is to be reached; judges nothing. `make bench-absolute` builds what this needs and calls it.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a measurement that cannot go on ends")]

mod answers;
mod many;
mod process;
mod reaction;
mod resident;

use std::process::ExitCode;

/// One measured thing.
struct Figure {
    what: &'static str,
    measured: String,
    target: &'static str,
}

/// The parts, by their names on the command line.
const PARTS: [&str; 4] = ["answers", "many", "reaction", "resident"];

#[tokio::main]
async fn main() -> ExitCode {
    let names: Vec<String> = std::env::args().skip(1).collect();
    if let Some(unknown) = names.iter().find(|name| !PARTS.contains(&name.as_str())) {
        eprintln!("absolute: {unknown} is no part; there are {}", PARTS.join(", "));
        return ExitCode::from(2);
    }
    for part in PARTS.into_iter().filter(|part| names.is_empty() || names.iter().any(|name| name == part)) {
        let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
        println!("{part}, load {}", load.split(' ').next().unwrap_or_default());
        println!("| what | measured | to be reached |\n|---|---|---|");
        let figures = match part {
            "answers" => answers::measure().await,
            "many" => many::measure().await,
            "reaction" => reaction::measure().await,
            _ => resident::measure().await,
        };
        for Figure { what, measured, target } in figures {
            println!("| {what} | {measured} | {target} |");
        }
        println!();
    }
    ExitCode::SUCCESS
}

/// The value below which this part of the sorted numbers lies.
fn quantile(sorted: &[f64], part: f64) -> f64 {
    let at = (sorted.len() as f64 * part) as usize;
    sorted.get(at.min(sorted.len().saturating_sub(1))).copied().unwrap_or(f64::NAN)
}

#[cfg(test)]
mod tests {
    use super::quantile;

    #[test]
    fn quantiles() {
        for (part, expected) in [(0.5, 3.0), (0.95, 4.0), (0.0, 1.0)] {
            assert!((quantile(&[1.0, 2.0, 3.0, 4.0], part) - expected).abs() < 1e-9, "{part}");
        }
        assert!(quantile(&[], 0.5).is_nan());
    }
}
