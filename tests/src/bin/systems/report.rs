//! What came of a trial: each step with its seconds, and the reason where it failed.

use std::future::Future;
use std::time::Instant;

/// The report on one system.
pub struct Report {
    system: &'static str,
    services: Vec<Service>,
    lines: Vec<(String, f64, Option<String>)>,
}

/// A service as it was when the system was up.
pub struct Service {
    pub name: String,
    pub state: String,
    pub is_real: bool,
}

impl Report {
    pub fn of(system: &'static str) -> Self {
        println!("== {system}");
        Self { system, services: Vec::new(), lines: Vec::new() }
    }

    /// Notes which services there are.
    pub fn services(&mut self, services: Vec<Service>) {
        self.services = services;
    }

    /// Does a step and notes how it went. Returns what came of it, if anything did.
    pub async fn step<T>(&mut self, name: &str, step: impl Future<Output = Result<T, String>>) -> Option<T> {
        let began = Instant::now();
        let outcome = step.await;
        let seconds = began.elapsed().as_secs_f64();
        let failure = outcome.as_ref().err().cloned();
        println!("{} {seconds:7.1} s  {name}", if failure.is_none() { "ok    " } else { "FAILED" });
        if let Some(reason) = &failure {
            println!("    {}", reason.replace('\n', "\n    "));
        }
        self.lines.push((name.to_owned(), seconds, failure));
        outcome.ok()
    }

    /// Prints the whole; whether everything passed.
    pub fn print(&self) -> bool {
        let real = self.services.iter().filter(|service| service.is_real).count();
        let (total, stand_ins) = (self.services.len(), self.services.len() - real);
        let failed = self.lines.iter().filter(|(_, _, failure)| failure.is_some()).count();
        println!(
            "{}: {real} real services, {stand_ins} stand-ins, {total} in all; {} steps passed, {failed} failed",
            self.system,
            self.lines.len() - failed
        );
        failed == 0
    }
}
