//! `up` with somebody at it: the lines of the stack's containers as they come, Ctrl-C that stops it, and an end with an exit code.

use super::Options;
use crate::client::Client;
use crate::failure::{DONE, FAILED, Failure, Outcome};
use crate::output::Output;
use crate::verbs::logs::{Format, Printer};
use evenkeel_wire::{
    AbortOn, Aborted, EngineContainer, KillRequest, Killed, LogLine, LogsQuery, Operation, OperationState, Service,
    ServiceState, StackDetail, StopRequest, StreamQuery, UpRequest, Wait, routes,
};
use reqwest::Method;
use std::time::Duration;
use tokio::signal::unix::{Signal, SignalKind, signal};

/// Look again after this long, even where no event says so.
const LOOK_AGAIN: Duration = Duration::from_secs(1);
/// Lines that were written before the end have come when nothing has come for this long.
const QUIET: Duration = Duration::from_millis(300);

impl Options {
    /// Whether any of them means to stay.
    pub fn attached(&self) -> bool {
        self.abort_on().is_some()
            || !self.attach.is_empty()
            || !self.no_attach.is_empty()
            || self.attach_dependencies
            || self.no_log_prefix
            || self.timestamps
    }

    /// Which end of a container ends it all.
    pub fn abort_on(&self) -> Option<AbortOn> {
        match (self.abort_on_container_failure, self.abort_on_container_exit || self.exit_code_from.is_some()) {
            (true, _) => Some(AbortOn::Failure),
            (false, true) => Some(AbortOn::Exit),
            (false, false) => None,
        }
    }

    /// Refuses what makes no sense together.
    pub fn check(&self) -> Result<(), Failure> {
        let abort = self.abort_on().is_some();
        let clash = [
            (
                self.abort_on_container_failure && self.abort_on_container_exit,
                "--abort-on-container-failure",
                "--abort-on-container-exit",
            ),
            (self.detach && self.attached(), "--detach", "the flags that attach"),
            (
                self.wait && abort,
                "--wait",
                "--abort-on-container-exit, --abort-on-container-failure and --exit-code-from",
            ),
            (!self.attach.is_empty() && self.attach_dependencies, "--attach", "--attach-dependencies"),
        ];
        match clash.into_iter().find(|(clash, _, _)| *clash) {
            Some((_, one, other)) => {
                Err(Failure::usage(format!("{one} cannot be combined with {other}"), "leave one out"))
            }
            None => Ok(()),
        }
    }
}

/// A stack and who is at it.
pub struct Attached<'a> {
    /// The daemon.
    pub client: &'a Client,
    /// Where lines go.
    pub output: &'a Output,
    /// The stack.
    pub stack: &'a str,
    /// What was asked.
    pub options: &'a Options,
}

impl Attached<'_> {
    /// Brings it up and stays until it has ended, or somebody has stopped it.
    pub async fn run(&self, request: &UpRequest) -> Outcome {
        let named = &request.services;
        // Before the stack is asked for: nothing that is sent meanwhile is lost.
        let mut interrupts = [SignalKind::interrupt(), SignalKind::terminate()].map(signal);
        let path = routes::fill(routes::UP, &[self.stack]);
        let operation: Operation = self.client.write(Method::POST, &path, &Wait::default(), request).await?;
        let query = LogsQuery {
            services: self.services(named),
            follow: true,
            since: Some(operation.created_at),
            ..LogsQuery::default()
        };
        let mut lines = self.client.events(&routes::fill(routes::LOGS, &[self.stack]), &query, None).await?;
        let events = routes::fill(routes::STACK_EVENTS, &[self.stack]);
        let mut events = self.client.events(&events, &StreamQuery::default(), None).await?;
        let format = Format { prefix: !self.options.no_log_prefix, timestamps: self.options.timestamps };
        let mut printer = Printer::new(self.output, format, true);
        let mut interrupted = 0_u32;
        let mut lines_open = true;
        let outcome = loop {
            if let Some(outcome) = self.ended(&operation, named, interrupted > 0).await? {
                break outcome;
            }
            let [one, other] = &mut interrupts;
            loop {
                tokio::select! {
                    line = lines.next(), if lines_open => match line {
                        Some(line) => self.print(&mut printer, &line.data)?,
                        None => lines_open = false,
                    },
                    _ = events.next() => break,
                    () = tokio::time::sleep(LOOK_AGAIN) => break,
                    () = any(one, other) => {
                        interrupted += 1;
                        self.interrupt(interrupted, named).await?;
                        break;
                    }
                }
            }
        };
        while let Ok(Some(line)) = tokio::time::timeout(QUIET, lines.next()).await {
            self.print(&mut printer, &line.data)?;
        }
        outcome
    }

    fn print(&self, printer: &mut Printer<'_>, data: &str) -> Result<(), Failure> {
        let Ok(line) = serde_json::from_str::<LogLine>(data) else { return Ok(()) };
        if self.options.no_attach.contains(&line.service) {
            return Ok(());
        }
        printer.print(&line)
    }

    /// The services whose lines are shown; nothing for all.
    fn services(&self, named: &[String]) -> Option<String> {
        let asked: Vec<&str> = self.options.attach.iter().map(String::as_str).filter(|name| !name.is_empty()).collect();
        let named: Vec<&str> = named.iter().map(String::as_str).collect();
        let shown = match (asked.is_empty(), self.options.attach_dependencies) {
            (false, _) => asked,
            (true, true) => Vec::new(),
            (true, false) => named,
        };
        (!shown.is_empty()).then(|| shown.join(","))
    }

    /// The first time it is stopped, and then killed.
    async fn interrupt(&self, times: u32, named: &[String]) -> Result<(), Failure> {
        if times == 1 {
            self.output.note("Gracefully stopping; once more kills it");
            let path = routes::fill(routes::STOP, &[self.stack]);
            let request = StopRequest { services: named.to_vec(), timeout_s: super::grace_s(self.options.timeout) };
            return self.client.write::<Operation>(Method::POST, &path, &Wait::default(), &request).await.map(drop);
        }
        let request = KillRequest { services: named.to_vec(), signal: None };
        let path = routes::fill(routes::KILL, &[self.stack]);
        self.client.once::<Killed>(&path, &request).await.map(drop)
    }

    /// How it ended, where it has.
    async fn ended(&self, begun: &Operation, named: &[String], interrupted: bool) -> Result<Option<Outcome>, Failure> {
        let detail: StackDetail = self.client.get(&routes::fill(routes::STACK, &[self.stack]), &()).await?;
        let concerned: Vec<&Service> =
            detail.services.iter().filter(|one| named.is_empty() || named.contains(&one.service)).collect();
        let rests = concerned.iter().all(|service| is_at_rest(service));
        if let Some(aborted) = &detail.aborted {
            return Ok(if rests { Some(self.code(aborted).await) } else { None });
        }
        if interrupted {
            let told = || Failure::Interrupted(format!("{} was stopped", self.stack));
            return Ok(rests.then(|| Err(told())));
        }
        let path = routes::fill(routes::OPERATION, &[&begun.id]);
        let operation: Operation = self.client.get(&path, &()).await?;
        // What never ran is a failure; what ran and ended is told by its lines.
        if operation.state == OperationState::Failed && detail.services.iter().any(never_ran) {
            let reason = operation.reason.unwrap_or_else(|| "the daemon gave no reason".to_owned());
            return Err(Failure::failed(format!("up of {} failed: {reason}", self.stack)));
        }
        let over = operation.state != OperationState::Running && rests;
        Ok(over.then_some(Ok(DONE)))
    }

    /// The exit code of what ended it, or of the service that was asked for.
    async fn code(&self, aborted: &Aborted) -> Outcome {
        self.output.note(&format!("{} exited with code {}", aborted.container, aborted.exit_code));
        let mut code = aborted.exit_code;
        if let Some(service) = &self.options.exit_code_from {
            let path = routes::fill(routes::ENGINE_CONTAINERS, &[self.stack]);
            let all: Vec<EngineContainer> = self.client.get(&path, &()).await?;
            let of_service = all.iter().filter(|one| one.service == *service && !one.one_off);
            code = of_service.min_by_key(|one| one.number).map_or(code, |one| one.exit_code);
        }
        Ok(u8::try_from(code).unwrap_or(FAILED))
    }
}

/// It does not run, and nobody will start it by himself.
fn is_at_rest(service: &Service) -> bool {
    matches!(service.state, ServiceState::Stopped | ServiceState::Completed | ServiceState::Failed)
}

/// It does not run, did not, and has not ended just now.
fn never_ran(service: &Service) -> bool {
    !service.ready && service.exit_code.is_none() && service.state != ServiceState::Stopping
}

/// The next signal of either kind.
async fn any(one: &mut std::io::Result<Signal>, other: &mut std::io::Result<Signal>) {
    let (Ok(one), Ok(other)) = (one, other) else { return std::future::pending().await };
    tokio::select! {
        _ = one.recv() => {}
        _ = other.recv() => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_ran_and_has_just_ended_is_no_failure_to_run() {
        for (state, ready, exit_code, expected) in [
            ("pending", false, None, true),
            ("running", true, None, false),
            ("stopping", false, None, false),
            ("failed", false, Some(1), false),
        ] {
            let service = json!({
                "service": "web", "state": state, "since": "2026-01-02T03:04:05Z", "desired": "running", "ready": ready,
                "exit_code": exit_code,
            });
            let service = serde_json::from_value(service).expect("a service");
            assert_eq!(never_ran(&service), expected, "{state}");
        }
    }
}
