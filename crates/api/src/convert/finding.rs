//! Preflight's findings.

use evenkeel_plan::{Finding, Severity};

/// A finding.
pub fn to_wire(finding: &Finding) -> evenkeel_wire::Finding {
    evenkeel_wire::Finding {
        severity: match finding.severity {
            Severity::Error => evenkeel_wire::Severity::Error,
            Severity::Warning => evenkeel_wire::Severity::Warning,
        },
        code: code(finding),
        object: finding.object.clone(),
        message: finding.message.clone(),
        help: Some(finding.help.clone()).filter(|help| !help.is_empty()),
    }
}

/// The code's word, as its serde name has it.
fn code(finding: &Finding) -> String {
    match serde_json::to_value(finding.code) {
        Ok(serde_json::Value::String(word)) => word,
        _ => format!("{:?}", finding.code),
    }
}
