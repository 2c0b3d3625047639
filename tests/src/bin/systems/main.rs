//! Brings the shipped systems up one after the other on this machine's engine, with local images, and has each do its job; then
//! resets it and takes it away. `make systems` builds what this needs and calls it.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a trial that cannot go on ends")]

mod accidents;
mod bigdata;
mod datalake;
mod factures;
mod pipeline;
mod report;
mod trial;

use report::{Part, Report};
use std::collections::BTreeSet;
use std::process::ExitCode;
use trial::Trial;

/// A system, and what is laid over it.
const ALL: [(&str, &[&str]); 5] =
    [("accidents", &[]), ("bigdata", &[]), ("datalake", &[]), ("factures", &["--with", "bigdata"]), ("pipeline", &[])];

#[tokio::main]
async fn main() -> ExitCode {
    let wanted: Vec<String> = std::env::args().skip(1).collect();
    if let Some(unknown) = wanted.iter().find(|name| ALL.iter().all(|(known, _)| known != name)) {
        eprintln!("there is no trial of {unknown}; there are: {}", ALL.map(|(name, _)| name).join(", "));
        return ExitCode::from(2);
    }
    let mut passed = true;
    let mut reports = Vec::new();
    for (name, overlays) in ALL {
        if wanted.is_empty() || wanted.iter().any(|one| one == name) {
            let mut report = Report::of(name);
            run(name, overlays, &mut report).await;
            passed &= report.print();
            reports.push(report);
        }
    }
    Report::table(&reports);
    if passed { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// One life of a system: up from nothing, its job, down and up again on the same volumes, reset, down with everything.
async fn run(name: &'static str, overlays: &'static [&'static str], report: &mut Report) {
    let trial = Trial::open(name, overlays).await;
    let began = report.part(Part::Cold, "up from nothing", trial.up()).await;
    if let Some(services) = began {
        let names: BTreeSet<String> = services.iter().map(|one| one.name.clone()).collect();
        report.services(services);
        match name {
            "accidents" => accidents::work(&trial, report).await,
            "bigdata" => bigdata::work(&trial, report).await,
            "datalake" => datalake::work(&trial, report).await,
            "factures" => factures::work(&trial, report).await,
            _ => pipeline::work(&trial, report).await,
        }
        if let Some(connections) = report.step("who talks to whom, each proven", trial.connections(&names)).await {
            report.connections(connections);
        }
        report.part(Part::Rest, "down", trial.down(&[])).await;
        report.part(Part::Warm, "up again, on its volumes", trial.up()).await;
        report.part(Part::Rest, "reset", trial.reset()).await;
    }
    report.part(Part::Rest, "down with its volumes", trial.down(&["--volumes"])).await;
    report.part(Part::Rest, "nothing is left", trial.nothing_is_left()).await;
    trial.close().await;
}
