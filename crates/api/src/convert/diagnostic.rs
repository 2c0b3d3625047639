//! The loader's diagnostics.

use evenkeel_compose::{Diagnostic, Severity};
use evenkeel_wire as wire;

/// A diagnostic.
pub fn to_wire(diagnostic: &Diagnostic) -> wire::Diagnostic {
    wire::Diagnostic {
        file: diagnostic.file.clone(),
        line: diagnostic.line,
        column: diagnostic.column,
        severity: match diagnostic.severity {
            Severity::Error => wire::Severity::Error,
            Severity::Warning => wire::Severity::Warning,
            Severity::Advice => wire::Severity::Advice,
        },
        code: diagnostic.code.to_owned(),
        message: diagnostic.message.clone(),
        help: diagnostic.help.clone(),
    }
}
