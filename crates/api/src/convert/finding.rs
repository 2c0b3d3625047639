//! Findings: preflight's, and the loader's advice.

use evenkeel_compose::{Diagnostic, Location};
use evenkeel_model::ServiceName;
use evenkeel_plan::{Finding, Severity};
use std::collections::BTreeMap;

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
        service: finding.service.as_ref().map(ToString::to_string),
        message: finding.message.clone(),
        help: Some(finding.help.clone()).filter(|help| !help.is_empty()),
        file: None,
        line: None,
        column: None,
    }
}

/// A finding, with the place of its service in the files.
pub fn located(finding: &Finding, places: &BTreeMap<ServiceName, Location>) -> evenkeel_wire::Finding {
    let place = finding.service.as_ref().and_then(|service| places.get(service));
    evenkeel_wire::Finding {
        file: place.map(|place| place.file.clone()),
        line: place.map(|place| place.line),
        column: place.map(|place| place.column),
        ..to_wire(finding)
    }
}

/// A piece of advice about a definition, as a finding.
pub fn of_advice(advice: &Diagnostic) -> evenkeel_wire::Finding {
    evenkeel_wire::Finding {
        severity: evenkeel_wire::Severity::Advice,
        code: advice.code.to_owned(),
        object: "definition".to_owned(),
        service: None,
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
