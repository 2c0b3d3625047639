//! A definition's errors, every one, as a problem.

use super::Problem;
use crate::convert::diagnostic;
use evenkeel_compose::Diagnostic;
use evenkeel_wire::ProblemType;

impl From<Vec<Diagnostic>> for Problem {
    fn from(errors: Vec<Diagnostic>) -> Self {
        let detail = match errors.as_slice() {
            [] => "the definition was refused. Nothing was changed.".to_owned(),
            [only] => format!("{only}. Nothing was changed."),
            [first, rest @ ..] => format!("{first}; and {} more. Nothing was changed.", rest.len()),
        };
        let mut problem = Self::new(ProblemType::InvalidDefinition, detail);
        problem.0.diagnostics = errors.iter().map(diagnostic::to_wire).collect();
        problem
    }
}
