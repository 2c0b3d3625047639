//! The dialect of `.env` and `env_file`: quotes, escapes, comments, `export`, inherited names, and variables within values.

use super::Variable;
use crate::interpolation::template::{self, Lookup};
use std::collections::BTreeMap;
use std::rc::Rc;

/// What is wrong with a line.
pub(crate) struct LineError {
    pub(crate) line: u32,
    pub(crate) message: String,
}

/// After so many wrong lines a file is no env file at all.
const MOST_WRONG: usize = 20;

/// Reads a file in the usual format into `into`, over what is there, and tells which lines are wrong. `outer` is asked first
/// for variables within values, then what has been read before.
pub(crate) fn parse(
    text: &str,
    path: &str,
    outer: &dyn Fn(&str) -> Option<Variable>,
    into: &mut BTreeMap<String, Variable>,
    unset: &mut Vec<(u32, String)>,
) -> Vec<LineError> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut parser = Parser { text, position: 0, line: 1 };
    let mut wrong = Vec::new();
    while parser.skip_to_statement() && wrong.len() < MOST_WRONG {
        let (position, line) = (parser.position, parser.line);
        if let Err(error) = parser.statement(path, outer, into, unset) {
            wrong.push(error);
            parser.position = position;
            parser.line = line;
            parser.skip_line();
        }
    }
    wrong
}

/// Reads a file in the `raw` format: `NAME=value`, the value as it stands up to the line's end.
pub(crate) fn parse_raw(
    text: &str,
    path: &str,
    outer: &dyn Fn(&str) -> Option<Variable>,
    into: &mut BTreeMap<String, Variable>,
) -> Vec<LineError> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut wrong = Vec::new();
    for (line, statement) in (1..).zip(text.lines()) {
        if let Err(message) = raw_statement(statement.trim_start(), line, path, outer, into) {
            wrong.push(LineError { line, message });
            if wrong.len() >= MOST_WRONG {
                break;
            }
        }
    }
    wrong
}

fn raw_statement(
    text: &str,
    line: u32,
    path: &str,
    outer: &dyn Fn(&str) -> Option<Variable>,
    into: &mut BTreeMap<String, Variable>,
) -> Result<(), String> {
    if text.is_empty() || text.starts_with('#') {
        return Ok(());
    }
    let (name, value) = text.split_once('=').map_or((text, None), |(name, value)| (name, Some(value)));
    if name.is_empty() {
        return Err("there is no name before the `=`".to_owned());
    }
    if name.contains(char::is_whitespace) {
        return Err(format!("the variable name `{name}` contains a space"));
    }
    let variable = match value {
        Some(value) => {
            let origin = Rc::from(format!("set in {path}:{line}"));
            Some(Variable { value: value.to_owned(), origin })
        }
        None => outer(name),
    };
    if let Some(variable) = variable {
        into.insert(name.to_owned(), variable);
    }
    Ok(())
}

struct Parser<'a> {
    text: &'a str,
    position: usize,
    line: u32,
}

impl<'a> Parser<'a> {
    fn rest(&self) -> &'a str {
        &self.text[self.position..]
    }

    fn statement(
        &mut self,
        path: &str,
        outer: &dyn Fn(&str) -> Option<Variable>,
        into: &mut BTreeMap<String, Variable>,
        unset: &mut Vec<(u32, String)>,
    ) -> Result<(), LineError> {
        let (name, inherited) = self.name()?;
        let line = self.line;
        if inherited {
            if let Some(variable) = outer(&name) {
                into.insert(name, variable);
            }
            return Ok(());
        }
        let value = self.value(outer, into, unset)?;
        into.insert(name, Variable { value, origin: Rc::from(format!("set in {path}:{line}")) });
        Ok(())
    }

    /// Goes to the end of the line.
    fn skip_line(&mut self) {
        self.position += self.rest().find('\n').unwrap_or(self.rest().len());
    }

    /// Goes to the next statement, over blank lines and comments.
    fn skip_to_statement(&mut self) -> bool {
        while let Some(next) = self.rest().chars().next() {
            if next == '#' {
                match self.rest().find('\n') {
                    Some(end) => self.position += end,
                    None => return false,
                }
            } else if next.is_whitespace() {
                self.line += u32::from(next == '\n');
                self.position += next.len_utf8();
            } else {
                return true;
            }
        }
        false
    }

    /// The name, and whether it stands alone and so takes its value from outside.
    fn name(&mut self) -> Result<(String, bool), LineError> {
        if let Some(after) = self.rest().strip_prefix("export") {
            let trimmed = after.trim_start_matches(is_blank);
            if trimmed.len() < after.len() {
                self.position += self.rest().len() - trimmed.len();
            }
        }
        let rest = self.rest();
        let mut end = None;
        for (at, c) in rest.char_indices() {
            match c {
                '=' | ':' | '\n' => {
                    end = Some((at, c));
                    break;
                }
                '_' | '.' | '-' | '[' | ']' => {}
                c if is_blank(c) || c.is_alphanumeric() => {}
                c => {
                    // Only what stands before the sign: what follows may be a password.
                    let name = rest.split(['=', ':', '\n']).next().unwrap_or_default().trim_end();
                    let message = format!("unexpected character `{c}` in the variable name `{name}`");
                    return Err(LineError { line: self.line, message });
                }
            }
        }
        let (at, separator) = end.unwrap_or((rest.len(), '\n'));
        let name = rest[..at].trim_end().to_owned();
        if name.contains(' ') {
            let message = format!("the variable name `{name}` contains a space");
            return Err(LineError { line: self.line, message });
        }
        let inherited = separator == '\n';
        self.position += if inherited { at } else { at + 1 };
        if !inherited {
            let value = self.rest().trim_start_matches(is_blank);
            self.position = self.text.len() - value.len();
        }
        Ok((name, inherited))
    }

    fn value(
        &mut self,
        outer: &dyn Fn(&str) -> Option<Variable>,
        known: &BTreeMap<String, Variable>,
        unset: &mut Vec<(u32, String)>,
    ) -> Result<String, LineError> {
        let line = self.line;
        let rest = self.rest();
        match rest.bytes().next() {
            Some(b'"') => {
                let raw = self.quoted(b'"')?;
                self.expand(&unescape(&raw), line, outer, known, unset)
            }
            Some(b'\'') => self.quoted(b'\''),
            _ => {
                let end = rest.find('\n').unwrap_or(rest.len());
                self.position += end;
                let value = &rest[..end];
                let value = value.split_once(" #").map_or(value, |(value, _)| value).trim_end();
                self.expand(value, line, outer, known, unset)
            }
        }
    }

    /// The text up to the closing quote. A backslash before that quote keeps it as a character.
    fn quoted(&mut self, quote: u8) -> Result<String, LineError> {
        let start = self.line;
        let rest = self.rest();
        let bytes = rest.as_bytes();
        let mut value = Vec::new();
        let mut at = 1;
        while let Some(&byte) = bytes.get(at) {
            self.line += u32::from(byte == b'\n');
            match (byte, bytes.get(at + 1)) {
                (b'\\', Some(&next)) if next == quote => {
                    value.push(next);
                    at += 2;
                }
                (b'\\', Some(&next)) => {
                    value.extend([byte, next]);
                    self.line += u32::from(next == b'\n');
                    at += 2;
                }
                (byte, _) if byte == quote => {
                    self.position += at + 1;
                    return Ok(String::from_utf8_lossy(&value).into_owned());
                }
                (byte, _) => {
                    value.push(byte);
                    at += 1;
                }
            }
        }
        // The value is not shown: it may be a password.
        Err(LineError { line: start, message: "the quoted value has no closing quote".to_owned() })
    }

    fn expand(
        &self,
        value: &str,
        line: u32,
        outer: &dyn Fn(&str) -> Option<Variable>,
        known: &BTreeMap<String, Variable>,
        unset: &mut Vec<(u32, String)>,
    ) -> Result<String, LineError> {
        let lookup: &Lookup<'_> = &|name| outer(name).or_else(|| known.get(name).cloned());
        match template::substitute(value, lookup) {
            Ok(done) => {
                unset.extend(done.unset.into_iter().map(|name| (line, name)));
                Ok(done.text)
            }
            Err(error) => Err(LineError { line, message: error.message() }),
        }
    }
}

/// The escapes of a double-quoted value. `\$` becomes `$$`, which the template engine then takes as a plain `$`.
fn unescape(raw: &str) -> String {
    let mut out = String::with_capacity(raw.len());
    let mut rest = raw;
    while let Some(at) = rest.find('\\') {
        out.push_str(&rest[..at]);
        let after = &rest[at + 1..];
        let (text, used) = match after.chars().next() {
            Some('$') => ("$$".to_owned(), 1),
            Some('a') => ("\u{7}".to_owned(), 1),
            Some('b') => ("\u{8}".to_owned(), 1),
            Some('f') => ("\u{c}".to_owned(), 1),
            Some('n') => ("\n".to_owned(), 1),
            Some('r') => ("\r".to_owned(), 1),
            Some('t') => ("\t".to_owned(), 1),
            Some('v') => ("\u{b}".to_owned(), 1),
            Some('"') => ("\"".to_owned(), 1),
            Some('\\') => ("\\".to_owned(), 1),
            Some('0') => octal(&after[1..]),
            _ => ("\\".to_owned(), 0),
        };
        out.push_str(&text);
        rest = &after[used..];
    }
    out.push_str(rest);
    out
}

/// `\0NNN`: three octal digits of at most 0377 are a character. Anything else loses its zero, as in Compose.
fn octal(after: &str) -> (String, usize) {
    let count = after.bytes().take(3).take_while(u8::is_ascii_digit).count();
    let digits = &after[..count];
    match u8::from_str_radix(digits, 8) {
        Ok(code) if count == 3 => (char::from(code).to_string(), 4),
        _ => (format!("\\{digits}"), 1 + count),
    }
}

fn is_blank(c: char) -> bool {
    matches!(c, '\t' | '\u{b}' | '\u{c}' | '\r' | ' ' | '\u{85}' | '\u{a0}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &[(&str, &str)]) {
        let outer = |name: &str| {
            (name == "SHELL_VAR").then(|| Variable { value: "outer".to_owned(), origin: Rc::from("test") })
        };
        let mut found = BTreeMap::new();
        let mut unset = Vec::new();
        let wrong = parse(text, "/p/.env", &outer, &mut found, &mut unset);
        let wrong: Vec<String> = wrong.into_iter().map(|error| error.message).collect();
        assert!(wrong.is_empty(), "{text:?}: {wrong:?}");
        let found: Vec<(&str, &str)> = found.iter().map(|(k, v)| (k.as_str(), v.value.as_str())).collect();
        assert_eq!(found, expected, "{text:?}");
    }

    #[test]
    fn values() {
        check("A=1\nB=two words\n", &[("A", "1"), ("B", "two words")]);
        check("\u{feff}A=1", &[("A", "1")]);
        check("export A=1\r\nB=2\r\n", &[("A", "1"), ("B", "2")]);
        check("A: 1", &[("A", "1")]);
        check("SHELL_VAR\nMISSING\nB=1", &[("B", "1"), ("SHELL_VAR", "outer")]);
        check("A=x # note\nB=x#y\nC= # note\n", &[("A", "x"), ("B", "x#y"), ("C", "# note")]);
        check("A='single $B \\n'\n", &[("A", "single $B \\n")]);
        check("A=\"line\\nbreak \\$X $$Y\"", &[("A", "line\nbreak $X $Y")]);
        check("A=1\nB=${A}-$A\nC=${NO:-d}", &[("A", "1"), ("B", "1-1"), ("C", "d")]);
        check("SHELL_VAR=inner\nB=$SHELL_VAR", &[("B", "outer"), ("SHELL_VAR", "inner")]);
        check("A=\"two\nlines\"\nB='a\nb'", &[("A", "two\nlines"), ("B", "a\nb")]);
        check("A='it\\'s'", &[("A", "it's")]);
        check("# c\n\n  A=1\n#B=2", &[("A", "1")]);
        check("A=\nB=1", &[("A", ""), ("B", "1")]);
    }

    #[test]
    fn every_broken_line_is_named() {
        for (text, lines) in [
            ("A=1\nB C=2", &[2][..]),
            ("A=1\n\n%=2", &[3]),
            ("A=\"open\nB=1", &[1]),
            ("A=${1x}", &[1]),
            ("A B=1\nC=2\nD='open\n%=3\nE=4", &[1, 3, 4]),
        ] {
            let mut found = BTreeMap::new();
            let wrong = parse(text, "f", &|_| None, &mut found, &mut Vec::new());
            assert_eq!(wrong.iter().map(|error| error.line).collect::<Vec<_>>(), lines, "{text:?}");
        }
        let mut found = BTreeMap::new();
        let wrong = parse_raw("A=1\n=2\nB C=3\nD='4", "f", &|_| None, &mut found);
        assert_eq!(wrong.iter().map(|error| error.line).collect::<Vec<_>>(), [2, 3]);
        assert_eq!(found.len(), 2);
    }
}
