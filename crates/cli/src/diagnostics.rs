//! What is wrong with a definition or with the world around it, as lines for people.

use crate::output::{DIM, ERROR, HINT, Output, WARN};
use anstyle::Style;
use evenkeel_wire::{Diagnostic, Finding, Severity};

/// Longer files and lines are not shown again.
const LONGEST_FILE: u64 = 1 << 20;
const LONGEST_LINE: usize = 160;

/// Says what is wrong with a definition, by file, line and column. Warnings are kept back with `--quiet`.
pub fn report(diagnostics: &[Diagnostic], output: &Output) {
    for one in diagnostics {
        let place = place(one);
        let text = if place.is_empty() { one.message.clone() } else { format!("{place}: {}", one.message) };
        say(one.severity, &one.code, &text, excerpt(one).as_deref(), one.help.as_deref(), output);
    }
}

/// Says what preflight found, by object. Advice is told by [`report_advice`], where it is asked for.
pub fn report_findings(findings: &[Finding], output: &Output) {
    for one in findings.iter().filter(|one| one.severity > Severity::Advice) {
        say(one.severity, "", &format!("{}: {}", one.object, one.message), None, one.help.as_deref(), output);
    }
}

/// Says what could be better: in the files by line, on the machine by object.
pub fn report_advice(findings: &[Finding], output: &Output) {
    for one in findings.iter().filter(|one| one.severity == Severity::Advice) {
        if one.file.is_none() {
            let text = format!("{}: {}", one.object, one.message);
            say(one.severity, &one.code, &text, None, one.help.as_deref(), output);
            continue;
        }
        let (file, line, column) = (one.file.clone(), one.line, one.column);
        // What the files themselves say is about the line that is shown.
        let message = match one.object.as_str() {
            "definition" => one.message.clone(),
            object => format!("{object}: {}", one.message),
        };
        let (code, help) = (one.code.clone(), one.help.clone());
        report(&[Diagnostic { file, line, column, severity: one.severity, code, message, help }], output);
    }
}

/// Says in one line how much advice there is.
pub fn count_advice(count: usize, output: &Output) {
    let pieces = match count {
        0 => return,
        1 => "1 piece".to_owned(),
        many => format!("{many} pieces"),
    };
    output.note(&output.on_err(DIM, &format!("{pieces} of advice; `evenkeel plan --advice` shows them")));
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

/// The line that is meant, with the place marked. Not of env files: their lines may be secrets.
fn excerpt(diagnostic: &Diagnostic) -> Option<String> {
    let (file, number) = (diagnostic.file.as_deref()?, diagnostic.line?);
    let about = std::fs::metadata(file).ok()?;
    if !evenkeel_compose::may_be_shown(file) || !about.is_file() || about.len() > LONGEST_FILE {
        return None;
    }
    let text = std::fs::read_to_string(file).ok()?;
    let line = text.lines().nth(usize::try_from(number).ok()?.checked_sub(1)?)?;
    let column = usize::try_from(diagnostic.column.unwrap_or(1)).ok()?.max(1);
    if line.chars().count() > LONGEST_LINE || column > line.chars().count() + 1 {
        return None;
    }
    let blank: String = line.chars().take(column - 1).map(|c| if c == '\t' { '\t' } else { ' ' }).collect();
    let marked = line[evenkeel_compose::marked(line, Some(u32::try_from(column).ok()?))].chars().count();
    let gutter = " ".repeat(number.to_string().len());
    Some(format!("  {number} | {line}\n  {gutter} | {blank}{}", "^".repeat(marked.max(1))))
}

fn say(severity: Severity, code: &str, text: &str, excerpt: Option<&str>, help: Option<&str>, output: &Output) {
    let (style, word): (Style, &str) = match severity {
        Severity::Error => (ERROR, "error"),
        Severity::Warning => (WARN, "warning"),
        Severity::Advice => (HINT, "advice"),
    };
    if severity < Severity::Error && output.quiet {
        return;
    }
    let word = if code.is_empty() { format!("{word}:") } else { format!("{word}[{code}]:") };
    output.say(&format!("{} {text}", output.on_err(style, &word)));
    if let Some(excerpt) = excerpt {
        output.say(&output.on_err(DIM, excerpt));
    }
    if let Some(help) = help {
        help.lines().for_each(|line| output.help(line));
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
                "error[unknown-key]: compose.yaml:3:5: unknown key `imgae`\n  help: did you mean `image`?\n",
            ),
            (
                diagnostic(Some("compose.yaml"), Some(3), None, Severity::Warning),
                false,
                "warning[unknown-key]: compose.yaml:3: unknown key `imgae`\n  help: did you mean `image`?\n",
            ),
            (
                diagnostic(None, None, None, Severity::Error),
                true,
                "error[unknown-key]: unknown key `imgae`\n  help: did you mean `image`?\n",
            ),
            (diagnostic(Some("compose.yaml"), None, None, Severity::Warning), true, ""),
        ] {
            let (output, _, err) = Output::captured(false, quiet);
            report(&[one], &output);
            assert_eq!(String::from_utf8_lossy(&err.lock().unwrap()), text);
        }
    }

    #[test]
    fn the_line_is_shown_where_it_can_be_read_and_is_no_secret() {
        let directory = tempfile::tempdir().unwrap();
        for (name, line, shown) in
            [("compose.yaml", 2, "  2 |   web:\n    |   ^^^\n"), ("compose.yaml", 9, ""), (".env", 2, "")]
        {
            let path = directory.path().join(name);
            std::fs::write(&path, "services:\n  web:\n").unwrap();
            let one = Diagnostic { help: None, ..diagnostic(path.to_str(), Some(line), Some(3), Severity::Error) };
            let (output, _, err) = Output::captured(false, false);
            report(&[one], &output);
            let text = String::from_utf8_lossy(&err.lock().unwrap()).into_owned();
            assert_eq!(text.split_once('\n').unwrap().1, shown, "{name}:{line}");
        }
    }
}
