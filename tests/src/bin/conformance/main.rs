//! Compares `evenkeel config --format json` with Docker Compose's: generated files, and folders of real ones. Prints every
//! difference made small, and a table of equal and different by feature.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a comparison that cannot go on ends")]

mod draft;
mod folders;
mod generate;
mod grammar;
mod run;
mod table;
mod tree;

use evenkeel_tests::conformance::Oracle;
use run::Limits;
use std::process::ExitCode;
use std::time::Duration;

const USAGE: &str =
    "usage: conformance [--cases N] [--seconds S] [--seed N] [--from N] [--each | --record | --folders FOLDER…]";

fn main() -> ExitCode {
    let mut limits = Limits { cases: 2_000, time: Duration::from_secs(24 * 3600), seed: 1, from: 0 };
    let mut folders = Vec::new();
    let mut mode = String::new();
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        if word == "--folders" {
            folders.extend(words.by_ref());
            break;
        }
        if matches!(word.as_str(), "--each" | "--record") {
            mode = word;
            continue;
        }
        let number = words.next().and_then(|text| text.parse::<u64>().ok());
        match (word.as_str(), number) {
            ("--cases", Some(number)) => limits.cases = number,
            ("--seconds", Some(number)) => {
                limits.time = Duration::from_secs(number);
                limits.cases = u64::MAX;
            }
            ("--seed", Some(number)) => limits.seed = number,
            ("--from", Some(number)) => limits.from = number,
            _ => {
                eprintln!("{USAGE}");
                return ExitCode::from(2);
            }
        }
    }
    let oracle = match Oracle::find() {
        Ok(oracle) => oracle,
        Err(words) => {
            eprintln!("conformance: {words}");
            return ExitCode::FAILURE;
        }
    };
    println!("Docker Compose {}", oracle.version());
    let different = match mode.as_str() {
        "--each" => run::each(&oracle, &Limits { cases: u64::MAX, ..limits }),
        "--record" => run::record(&oracle),
        _ if folders.is_empty() => run::generated(&oracle, &limits),
        _ => run::folders(&oracle, &folders),
    };
    if different == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
