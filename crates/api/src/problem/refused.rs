//! Refusals of the loop, as problems.

use super::Problem;
use crate::convert::finding;
use evenkeel_control::Refused;
use evenkeel_wire::ProblemType;

impl From<Refused> for Problem {
    fn from(refused: Refused) -> Self {
        let kind = match &refused {
            Refused::NoSuchStack(_) | Refused::NoSuchService { .. } | Refused::NoSuchRevision { .. } => {
                ProblemType::NotFound
            }
            Refused::Stale { .. } => ProblemType::GenerationMismatch,
            Refused::KeyReused => ProblemType::IdempotencyKeyReused,
            Refused::Preflight(_) => ProblemType::PreflightRefused,
            Refused::Held(_) | Refused::NotDown(_) => ProblemType::Conflict,
            Refused::Invalid(_) => ProblemType::BadRequest,
            Refused::EngineUnavailable(_) => ProblemType::EngineUnavailable,
            Refused::Store(_) => ProblemType::Internal,
        };
        let mut problem = Problem::new(kind, format!("{refused}. Nothing was changed."));
        match refused {
            Refused::Preflight(findings) => problem.0.findings = findings.iter().map(finding::to_wire).collect(),
            Refused::Stale { actual } => {
                problem = problem.with_help(format!("the generation in force is \"{actual}\""));
            }
            Refused::EngineUnavailable(_) => {
                problem = problem.with_help("`evenkeel doctor` says what is wrong with the engine")
            }
            Refused::NotDown(stack) => {
                problem = problem.with_help(format!("POST /v1/stacks/{stack}/down?wait=true, then repeat the request"));
            }
            _ => {}
        }
        problem
    }
}
