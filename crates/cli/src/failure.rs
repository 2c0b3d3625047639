//! Why a command did not do what was asked. The kind picks the exit code; the text says what happened and how to mend it.

use crate::diagnostics;
use crate::host::Host;
use crate::output::Output;
use evenkeel_wire::{Diagnostic, Problem, ProblemType, Severity};

/// What a verb that did its work returns: the exit code, which only `plan` and `doctor` make other than 0.
pub type Outcome = Result<u8, Failure>;

/// Exit code: done.
pub const DONE: u8 = 0;
/// Exit code: it failed.
pub const FAILED: u8 = 1;
/// Exit code of `plan`: there is something to do.
pub const CHANGES_PENDING: u8 = 2;
/// Exit code: no daemon answers.
pub const NO_DAEMON: u8 = 3;
const USAGE: u8 = 2;
const TIMED_OUT: u8 = 4;
const REFUSED: u8 = 5;
const INTERRUPTED: u8 = 130;

/// A failure.
#[derive(Debug)]
pub enum Failure {
    /// The arguments make no sense together.
    Usage {
        /// What is wrong.
        message: String,
        /// How to mend it.
        help: String,
    },
    /// No daemon answers.
    NoDaemon {
        /// Where it was looked for.
        host: Host,
        /// What the system said.
        cause: String,
        /// The socket is there and this user may not use it.
        forbidden: bool,
    },
    /// The daemon said no.
    Problem(Box<Problem>),
    /// The definition has errors, found before anything was sent.
    Invalid(Vec<Diagnostic>),
    /// The wait's time is over.
    TimedOut(String),
    /// Ctrl-C.
    Interrupted(String),
    /// Anything else.
    Failed {
        /// What happened.
        message: String,
        /// How to mend it.
        help: Option<String>,
    },
}

impl Failure {
    /// A failure in words.
    pub fn failed(message: impl Into<String>) -> Self {
        Self::Failed { message: message.into(), help: None }
    }

    /// A usage error.
    pub fn usage(message: impl Into<String>, help: impl Into<String>) -> Self {
        Self::Usage { message: message.into(), help: help.into() }
    }

    /// The daemon answers, and asks to be asked again: it is ending, or being restarted.
    pub fn is_passing(&self) -> bool {
        matches!(self, Self::Problem(problem) if problem.kind == ProblemType::Unavailable)
    }

    /// The exit code.
    pub fn code(&self) -> u8 {
        match self {
            Self::Usage { .. } => USAGE,
            Self::NoDaemon { .. } => NO_DAEMON,
            Self::Problem(problem) => code_of_problem(problem),
            Self::Invalid(_) => REFUSED,
            Self::TimedOut(_) => TIMED_OUT,
            Self::Interrupted(_) => INTERRUPTED,
            Self::Failed { .. } => FAILED,
        }
    }

    /// Says it on stderr.
    pub fn report(&self, output: &Output) {
        match self {
            Self::Usage { message, help } => {
                output.error(message);
                output.help(help);
            }
            Self::NoDaemon { host, cause, forbidden } => {
                output.error(&format!("no daemon answers at {host}: {cause}"));
                output.help(if *forbidden {
                    "the socket belongs to another user: use its group, root, or --host with --token"
                } else {
                    "start one with `evenkeel serve`, or say where it is with --host or EVENKEEL_HOST; \
                     `evenkeel doctor` looks closer"
                });
            }
            Self::Problem(problem) => report_problem(problem, output),
            Self::Invalid(found) => {
                diagnostics::report(found, output);
                let errors = found.iter().filter(|one| one.severity == Severity::Error).count();
                let s = if errors == 1 { "" } else { "s" };
                output.error(&format!("the definition has {errors} error{s}; nothing was changed"));
            }
            Self::TimedOut(message) | Self::Interrupted(message) => output.error(message),
            Self::Failed { message, help } => {
                output.error(message);
                if let Some(help) = help {
                    output.help(help);
                }
            }
        }
    }
}

fn code_of_problem(problem: &Problem) -> u8 {
    match (problem.kind, problem.status) {
        (ProblemType::InvalidDefinition | ProblemType::PreflightRefused, _) => REFUSED,
        (ProblemType::TimedOut, _) | (_, 408 | 504) => TIMED_OUT,
        (_, 409 | 422) if !problem.findings.is_empty() || !problem.diagnostics.is_empty() => REFUSED,
        _ => FAILED,
    }
}

fn report_problem(problem: &Problem, output: &Output) {
    diagnostics::report(&problem.diagnostics, output);
    diagnostics::report_findings(&problem.findings, output);
    if problem.diagnostics.is_empty() && problem.findings.is_empty() {
        output.error(problem.detail.as_deref().unwrap_or(&problem.title));
    } else {
        output.error("refused; nothing was changed");
    }
    match (&problem.help, problem.kind) {
        (Some(help), _) => output.help(help),
        (None, ProblemType::Unauthorized) => {
            output
                .help("make a token on the daemon's host with `evenkeel token create`, and pass it by EVENKEEL_TOKEN");
        }
        (None, _) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use evenkeel_wire::Finding;

    #[test]
    fn problems_pick_the_exit_code() {
        let finding = Finding {
            severity: Severity::Error,
            code: "port-taken".into(),
            object: "port 80".into(),
            service: None,
            message: "taken".into(),
            help: None,
            file: None,
            line: None,
            column: None,
        };
        for (kind, findings, code) in [
            (ProblemType::InvalidDefinition, vec![], 5),
            (ProblemType::PreflightRefused, vec![finding.clone()], 5),
            (ProblemType::Conflict, vec![finding], 5),
            (ProblemType::Conflict, vec![], 1),
            (ProblemType::TimedOut, vec![], 4),
            (ProblemType::Unauthorized, vec![], 1),
            (ProblemType::NotFound, vec![], 1),
            (ProblemType::Internal, vec![], 1),
        ] {
            let problem = Problem { findings, ..Problem::new(kind, "x") };
            assert_eq!(Failure::Problem(Box::new(problem)).code(), code, "{kind:?}");
        }
    }
}
