//! What came of a trial: each step with its seconds, and the reason where it failed; of all trials, a table for the documents.

use serde_json::Value;
use std::collections::BTreeSet;
use std::future::Future;
use std::time::Instant;

/// The report on one system.
pub struct Report {
    system: &'static str,
    services: Vec<Service>,
    connections: Connections,
    steps: Vec<Step>,
}

/// A service as it was when the system was up.
pub struct Service {
    pub name: String,
    pub state: String,
    pub is_real: bool,
}

/// How many connections the system has, and how it is known of each.
#[derive(Default)]
pub struct Connections {
    declared: usize,
    inferred: usize,
    proven: usize,
    /// Of the proven those whose consumer has ended: from a neighbour on its networks.
    beside: usize,
    /// Those of services that are run by hand, and that nobody has just run.
    by_hand: usize,
}

/// Which part of a system's life a step is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// Up from nothing.
    Cold,
    /// What the system is for.
    Job,
    /// Up again on its volumes.
    Warm,
    /// Down, reset, and that nothing is left.
    Rest,
}

struct Step {
    part: Part,
    seconds: f64,
    passed: bool,
}

impl Connections {
    /// Of what `connections --check --json` prints, and what is not proven among it though its service is up.
    pub fn read(listed: &Value, up: &BTreeSet<String>) -> (Self, Vec<String>) {
        let mut counted = Self::default();
        let mut unproven = Vec::new();
        for one in listed.as_array().into_iter().flatten() {
            *(if one["source"] == "declared" { &mut counted.declared } else { &mut counted.inferred }) += 1;
            counted.beside += usize::from(one["beside"].is_string());
            if one["state"] == "proven" {
                counted.proven += 1;
            } else if !one["from"].as_str().is_some_and(|from| up.contains(from)) {
                counted.by_hand += 1;
            } else {
                let (from, to, port) = (&one["from"], &one["to"], &one["port"]);
                unproven.push(format!("{from} to {to}:{port} ({}): {}", one["source"], one["error"]));
            }
        }
        (counted, unproven)
    }
}

impl Report {
    pub fn of(system: &'static str) -> Self {
        println!("== {system}");
        Self { system, services: Vec::new(), connections: Connections::default(), steps: Vec::new() }
    }

    /// Notes which services there are.
    pub fn services(&mut self, services: Vec<Service>) {
        self.services = services;
    }

    /// Notes who talks to whom.
    pub fn connections(&mut self, connections: Connections) {
        self.connections = connections;
    }

    /// Does a step of the system's job.
    pub async fn step<T>(&mut self, name: &str, step: impl Future<Output = Result<T, String>>) -> Option<T> {
        self.part(Part::Job, name, step).await
    }

    /// Does a step and notes how it went. Returns what came of it, if anything did.
    pub async fn part<T>(
        &mut self,
        part: Part,
        name: &str,
        step: impl Future<Output = Result<T, String>>,
    ) -> Option<T> {
        let began = Instant::now();
        let outcome = step.await;
        let seconds = began.elapsed().as_secs_f64();
        println!("{} {seconds:7.1} s  {name}", if outcome.is_ok() { "ok    " } else { "FAILED" });
        if let Err(reason) = &outcome {
            println!("    {}", reason.replace('\n', "\n    "));
        }
        self.steps.push(Step { part, seconds, passed: outcome.is_ok() });
        outcome.ok()
    }

    /// Prints the sum; whether everything passed.
    pub fn print(&self) -> bool {
        let real = self.real();
        let (total, passed) = (self.services.len(), self.steps.iter().filter(|step| step.passed).count());
        let failed = self.steps.len() - passed;
        println!(
            "{}: {real} real services, {} stand-ins, {total} in all; {passed} steps passed, {failed} failed",
            self.system,
            total - real
        );
        failed == 0
    }

    /// Prints what the trials showed as a table in Markdown, a system a row.
    pub fn table(reports: &[Self]) {
        println!();
        println!(
            "| system | services (real + stand-in) | ready cold | warm | tests of its job | connections | proven | run by hand |"
        );
        println!("|---|---|---|---|---|---|---|---|");
        for report in reports {
            let seconds = |part| match report.steps.iter().find(|step| step.part == part && step.passed) {
                Some(step) => format!("{:.0} s", step.seconds),
                None => "failed".to_owned(),
            };
            let job = || report.steps.iter().filter(|step| step.part == Part::Job);
            let Connections { declared, inferred, proven, beside, by_hand } = report.connections;
            println!(
                "| `{}` | {} ({} + {}) | {} | {} | {} of {} | {} ({declared} declared, {inferred} inferred) | {proven} ({beside} from a neighbour) | {by_hand} |",
                report.system,
                report.services.len(),
                report.real(),
                report.services.len() - report.real(),
                seconds(Part::Cold),
                seconds(Part::Warm),
                job().filter(|step| step.passed).count(),
                job().count(),
                declared + inferred,
            );
        }
    }

    fn real(&self) -> usize {
        self.services.iter().filter(|service| service.is_real).count()
    }
}
