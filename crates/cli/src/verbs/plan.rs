//! `plan`: what `up` would do, and why.

use super::Context;
use crate::args::Selection;
use crate::client::Client;
use crate::diagnostics;
use crate::failure::{CHANGES_PENDING, DONE, Failure, Outcome};
use crate::output::{Cell, DIM};
use crate::project::{self, Found};
use evenkeel_wire::{Plan, PlanRequest, Problem, ProblemType, Severity, UpRequest, routes};
use reqwest::Method;

/// Show what `up` would do and why, without doing it
///
/// Exit code 0: nothing to do. 2: there is something to do. 5: preflight refuses it.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  evenkeel plan
  evenkeel plan --advice
  evenkeel plan --json | jq '.steps[] | {action, object, cause}'")]
pub struct Args {
    /// Only these services and what they depend on
    #[arg(value_name = "SERVICE")]
    services: Vec<String>,
    /// Also show what works and could be better
    #[arg(long)]
    advice: bool,
    /// Which project.
    #[command(flatten)]
    selection: Selection,
}

/// Runs the verb.
pub async fn run(context: &Context<'_>, arguments: Args) -> Outcome {
    let found = project::find(&context.selection(arguments.selection), &arguments.services, context.output)?;
    let request = UpRequest { services: arguments.services, ..UpRequest::default() };
    show(context, &context.client()?, found, request, arguments.advice).await
}

/// Asks for the plan of what was found and prints it, with the advice or its count; shared with `up --dry-run`.
pub async fn show(context: &Context<'_>, client: &Client, found: Found, up: UpRequest, advice: bool) -> Outcome {
    let path = routes::fill(routes::PLAN, &[found.name()]);
    let definition = match found {
        Found::Files(project) => Some(project.into_definition()),
        Found::Kept(_) => None,
    };
    let request = PlanRequest { definition, up };
    let plan: Plan = client.write(Method::POST, &path, &(), &request).await?;
    if context.output.json {
        context.output.document(&plan)?;
    } else {
        print(context, &plan);
    }
    let refused = plan.findings.iter().any(|finding| finding.severity == Severity::Error);
    if refused {
        let problem = Problem::new(ProblemType::PreflightRefused, "`up` would be refused; nothing was changed");
        return Err(Failure::Problem(Box::new(Problem {
            // With --json the findings stand in the document already.
            findings: if context.output.json { Vec::new() } else { plan.findings },
            ..problem
        })));
    }
    diagnostics::report_findings(&plan.findings, context.output);
    if advice {
        diagnostics::report_advice(&plan.findings, context.output);
    } else {
        let pieces = plan.findings.iter().filter(|finding| finding.severity == Severity::Advice);
        diagnostics::count_advice(pieces.count(), context.output);
    }
    Ok(if plan.steps.is_empty() { DONE } else { CHANGES_PENDING })
}

fn print(context: &Context<'_>, plan: &Plan) {
    let output = context.output;
    if plan.steps.is_empty() {
        output.line("nothing to do");
        return;
    }
    let rows = plan.steps.iter().enumerate().map(|(number, step)| {
        let waits = match &step.waits_for[..] {
            [] => String::new(),
            waits => format!("waits for {}", waits.join(", ")),
        };
        [
            Cell::new((number + 1).to_string()),
            Cell::new(step.action.clone()),
            Cell::new(step.object.clone()),
            Cell::new(step.cause.clone()),
            Cell::new(waits),
        ]
    });
    output.table(["", "ACTION", "OBJECT", "BECAUSE", ""], rows.collect());
    let s = if plan.steps.len() == 1 { "" } else { "s" };
    output.note(&output.on_err(DIM, &format!("{} step{s}; `evenkeel up` does them", plan.steps.len())));
}
