//! Findings: preflight's, and the loader's advice.

use evenkeel_compose::Diagnostic;
use evenkeel_plan::{Finding, Severity};

/// A finding.
pub fn to_wire(finding: &Finding) -> evenkeel_wire::Finding {
    evenkeel_wire::Finding {
        severity: match finding.severity {
            Severity::Error => evenkeel_wire::Severity::Error,
            Severity::Warning => evenkeel_wire::Severity::Warning,
            Severity::Advice => evenkeel_wire::Severity::Advice,
        },
        code: code(finding),
        object: finding.object.clone(),
        message: finding.message.clone(),
        help: Some(finding.help.clone()).filter(|help| !help.is_empty()),
        file: None,
        line: None,
        column: None,
    }
}

/// A piece of advice about a definition, as a finding.
pub fn of_advice(advice: &Diagnostic) -> evenkeel_wire::Finding {
    evenkeel_wire::Finding {
        severity: evenkeel_wire::Severity::Advice,
        code: advice.code.to_owned(),
        object: "definition".to_owned(),
        message: advice.message.clone(),
        help: advice.help.clone(),
        file: advice.file.clone(),
        line: advice.line,
        column: advice.column,
    }
}

/// The code's word, as its serde name has it.
fn code(finding: &Finding) -> String {
    match serde_json::to_value(finding.code) {
        Ok(serde_json::Value::String(word)) => word,
        _ => format!("{:?}", finding.code),
    }
}
