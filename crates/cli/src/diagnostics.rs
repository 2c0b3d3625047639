//! What is wrong with a definition or with the world around it, as lines for people.

use crate::output::{ERROR, HINT, Output, WARN};
use anstyle::Style;
use evenkeel_wire::{Diagnostic, Finding, Severity};

/// Says what is wrong with a definition, by file, line and column. Warnings are kept back with `--quiet`.
pub fn report(diagnostics: &[Diagnostic], output: &Output) {
    for one in diagnostics {
        let place = place(one);
        let text = if place.is_empty() { one.message.clone() } else { format!("{place}: {}", one.message) };
        say(one.severity, &text, one.help.as_deref(), output);
    }
}

/// Says what preflight found, by object.
pub fn report_findings(findings: &[Finding], output: &Output) {
    for one in findings {
        say(one.severity, &format!("{}: {}", one.object, one.message), one.help.as_deref(), output);
    }
}

/// `file:line:column`, as far as it is known.
pub fn place(diagnostic: &Diagnostic) -> String {
    let mut place = diagnostic.file.clone().unwrap_or_default();
    if let (false, Some(line)) = (place.is_empty(), diagnostic.line) {
        place.push_str(&format!(":{line}"));
        if let Some(column) = diagnostic.column {
            place.push_str(&format!(":{column}"));
        }
    }
    place
}

fn say(severity: Severity, text: &str, help: Option<&str>, output: &Output) {
    let (style, word): (Style, &str) = match severity {
        Severity::Error => (ERROR, "error:"),
        Severity::Warning => (WARN, "warning:"),
        Severity::Note => (HINT, "note:"),
    };
    if severity < Severity::Error && output.quiet {
        return;
    }
    output.say(&format!("{} {text}", output.on_err(style, word)));
    if let Some(help) = help {
        output.help(help);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn diagnostic(file: Option<&str>, line: Option<u32>, column: Option<u32>, severity: Severity) -> Diagnostic {
        Diagnostic {
            file: file.map(str::to_owned),
            line,
            column,
            severity,
            code: "unknown-key".into(),
            message: "unknown key `imgae`".into(),
            help: Some("did you mean `image`?".into()),
        }
    }

    #[test]
    fn diagnostics_name_their_place() {
        for (one, quiet, text) in [
            (
                diagnostic(Some("compose.yaml"), Some(3), Some(5), Severity::Error),
                false,
                "error: compose.yaml:3:5: unknown key `imgae`\n  help: did you mean `image`?\n",
            ),
            (
                diagnostic(Some("compose.yaml"), Some(3), None, Severity::Warning),
                false,
                "warning: compose.yaml:3: unknown key `imgae`\n  help: did you mean `image`?\n",
            ),
            (
                diagnostic(None, None, None, Severity::Error),
                true,
                "error: unknown key `imgae`\n  help: did you mean `image`?\n",
            ),
            (diagnostic(Some("compose.yaml"), None, None, Severity::Warning), true, ""),
        ] {
            let (output, _, err) = Output::captured(false, quiet);
            report(&[one], &output);
            assert_eq!(String::from_utf8_lossy(&err.lock().unwrap()), text);
        }
    }
}
