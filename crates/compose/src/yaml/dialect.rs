//! Where the YAML of Compose is stricter than YAML's own rules, or more lenient, than the parser: tabs, one escape, the
//! version. Looked for only in a text that has such a thing, by a scan that knows quotes, flow and block scalars, no more.

use std::borrow::Cow;

/// A place that Compose refuses, from 1, and why.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) line: u32,
    pub(super) column: u32,
    pub(super) message: &'static str,
    pub(super) help: &'static str,
}

const TAB: (&str, &str) = (
    "this line is indented with a tab, and YAML takes spaces only",
    "replace each tab by two spaces; most editors can do so when they save",
);
const LONE_TAB: (&str, &str) = ("this line holds a tab and no text, which Compose does not read", "empty the line");
const ESCAPE: (&str, &str) = ("`\\/` is not an escape that Compose knows", "write `/` as it is");
const VERSION: (&str, &str) = ("Compose reads YAML 1.1 alone by name", "remove the line");

/// Stands for a colon that belongs to its text. Unicode keeps it from ever being a character of one.
pub(super) const COLON: char = '\u{FDD0}';

/// What follows a colon that ends a text within brackets: YAML takes it for that of a key, and Compose for a part of the text, so that
/// `[a:]` is a list of texts and `{a:}` has the key `a:`.
const AFTER_COLON: [char; 5] = [',', ']', '}', '[', '{'];

/// The text as the parser should see it: tabs that indent within brackets and quotes are spaces, and colons that belong to their
/// texts are [`COLON`].
pub(super) fn read(text: &str) -> Result<Cow<'_, str>, Refusal> {
    let is_plain = !text.contains('\t')
        && !text.contains("\\/")
        && !text.starts_with('%')
        && !text.contains("\n%YAML")
        && !text.as_bytes().windows(2).any(|pair| pair[0] == b':' && AFTER_COLON.contains(&char::from(pair[1])));
    if is_plain {
        return Ok(Cow::Borrowed(text));
    }
    let mut scan = Scan::default();
    let mut out = String::with_capacity(text.len());
    for (number, line) in (1..).zip(text.split_inclusive('\n')) {
        let refused = |(column, (message, help)): (usize, (&'static str, &'static str))| Refusal {
            line: number,
            column: u32::try_from(column + 1).unwrap_or(u32::MAX),
            message,
            help,
        };
        scan.line(line, &mut out).map_err(refused)?;
    }
    Ok(Cow::Owned(out))
}

/// The text with every line that continues a text in quotes indented as far as the parser wants it, where one is not: Compose does not
/// look at how far. The scan may take an apostrophe for a quote, so that this is for a text that cannot be read as it stands.
pub(super) fn widened(text: &str) -> Option<String> {
    let mut scan = Scan { widens: true, ..Scan::default() };
    let mut out = String::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        scan.line(line, &mut out).ok()?;
    }
    (out.len() > text.len()).then_some(out)
}

#[derive(Default)]
struct Scan {
    quote: Option<char>,
    /// Where the quote stands that is open.
    quoted_from: usize,
    /// Lines within quotes begin no further left than the quote.
    widens: bool,
    flow: usize,
    /// Within a block scalar: the indentation of the line that began it.
    block: Option<usize>,
    /// The indentation of the block scalar's own lines, once there is one.
    block_lines: Option<usize>,
    /// A document has begun.
    begun: bool,
    /// Where colons stand that belong to their texts, in the text of the line that was read last.
    colons: Vec<usize>,
}

type Refused = (usize, (&'static str, &'static str));

impl Scan {
    fn line(&mut self, line: &str, out: &mut String) -> Result<(), Refused> {
        let body = line.trim_start_matches([' ', '\t']);
        let margin = &line[..line.len() - body.len()];
        let spaces = margin.bytes().take_while(|byte| *byte == b' ').count();
        let is_blank = body.trim_end().is_empty();
        if let Some(indent) = self.block {
            if is_blank && margin.contains('\t') && self.block_lines.is_none_or(|lines| spaces < lines) {
                return Err((spaces, LONE_TAB));
            }
            if is_blank || spaces > indent {
                if !is_blank {
                    self.block_lines.get_or_insert(spaces);
                }
                out.push_str(line);
                return Ok(());
            }
            (self.block, self.block_lines) = (None, None);
        }
        if !self.begun && line.starts_with("%YAML") && line["%YAML".len()..].trim() != "1.1" {
            return Err((0, VERSION));
        }
        if self.quote.is_some() || self.flow > 0 {
            out.extend(margin.chars().map(|_| ' '));
            if self.widens && self.quote.is_some() && !is_blank {
                out.extend(std::iter::repeat_n(' ', self.quoted_from.saturating_sub(margin.len())));
            }
        } else if margin.contains('\t') || body.starts_with("-\t") {
            let has_text = !is_blank && !body.starts_with('#');
            return Err((line.find('\t').unwrap_or(0), if has_text { TAB } else { LONE_TAB }));
        } else {
            out.push_str(margin);
        }
        self.begun |= !is_blank && !line.starts_with(['%', '#']);
        let from = out.len();
        out.push_str(body);
        self.body(body, margin.len(), spaces)?;
        for colon in self.colons.drain(..).rev() {
            out.replace_range(from + colon..=from + colon, COLON.encode_utf8(&mut [0; 4]));
        }
        Ok(())
    }

    /// The text of a line, which begins a value at its start and after an indicator.
    fn body(&mut self, body: &str, offset: usize, indent: usize) -> Result<(), Refused> {
        let (mut starts, mut before) = (true, ' ');
        let mut characters = body.char_indices().peekable();
        while let Some((at, c)) = characters.next() {
            if let Some(quote) = self.quote {
                let next = characters.peek().map(|(_, next)| *next);
                match (quote, c) {
                    ('"', '\\') => {
                        if next == Some('/') {
                            return Err((offset + at, ESCAPE));
                        }
                        characters.next();
                    }
                    ('\'', '\'') if next == Some('\'') => {
                        characters.next();
                    }
                    (quote, c) if quote == c => self.quote = None,
                    _ => {}
                }
                (starts, before) = (false, c);
                continue;
            }
            match c {
                '#' if before.is_whitespace() => return Ok(()),
                '"' | '\'' if starts => (self.quote, self.quoted_from) = (Some(c), offset + at),
                '[' | '{' if starts || self.flow > 0 => self.flow += 1,
                ']' | '}' if self.flow > 0 => self.flow -= 1,
                ':' if self.flow > 0
                    && !before.is_whitespace()
                    && !matches!(before, '"' | '\'' | '[' | ']' | '{' | '}' | ',')
                    && characters.peek().is_some_and(|(_, next)| AFTER_COLON.contains(next)) =>
                {
                    self.colons.push(at);
                }
                '|' | '>' if starts && self.flow == 0 && is_header(&body[at..]) => {
                    self.block = Some(indent);
                    return Ok(());
                }
                _ => {}
            }
            let opens = matches!(c, '[' | '{') && (starts || self.flow > 0) || c == ',' && self.flow > 0;
            starts = if c.is_whitespace() {
                starts || matches!(before, ':' | '-' | '?')
            } else {
                // An anchor or a tag stands before the value.
                opens || starts && matches!(c, '&' | '!')
            };
            if starts && matches!(c, '&' | '!') {
                while characters.next_if(|(_, next)| !next.is_whitespace()).is_some() {}
            }
            before = c;
        }
        Ok(())
    }
}

/// `|`, `>-`, `|2+` and their kin, with nothing but a comment behind.
fn is_header(text: &str) -> bool {
    let rest = text[1..].trim_start_matches(['+', '-', '1', '2', '3', '4', '5', '6', '7', '8', '9']);
    rest.trim().is_empty() || rest.starts_with(char::is_whitespace) && rest.trim_start().starts_with('#')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tabs_escapes_and_versions() {
        for (text, expected) in [
            ("a:\n  b: 1\n\t\n", Err((3, 1))),
            ("a:\n  b: 1\n  \t# c\n", Err((3, 3))),
            ("a:\n-\tb\n", Err((2, 2))),
            ("a: 1\t# c\n", Ok("a: 1\t# c\n")),
            ("a: [\n\tb,\n\tc\n]\n", Ok("a: [\n b,\n c\n]\n")),
            ("a: \"b\n\tc\"\n", Ok("a: \"b\n c\"\n")),
            ("a: |\n  b\n\n  \tc\nd: 1\n", Ok("a: |\n  b\n\n  \tc\nd: 1\n")),
            ("a: |\n  b\n\t\nc: 1\n", Err((3, 1))),
            ("a: |\n  b\n  \t\nc: 1\n", Ok("a: |\n  b\n  \t\nc: 1\n")),
            ("a: it's [x\n\tb: 1\n", Err((2, 1))),
            ("a: \"x\\/y\"\n", Err((1, 6))),
            ("a: x\\/y\n", Ok("a: x\\/y\n")),
            ("a: '\\/'\n", Ok("a: '\\/'\n")),
            ("%YAML 1.2\n---\na: 1\n", Err((1, 1))),
            ("%YAML 1.1\n---\na: 1\n", Ok("%YAML 1.1\n---\na: 1\n")),
            ("a: [b:, c: d, e:]\n", Ok("a: [b\u{FDD0}, c: d, e\u{FDD0}]\n")),
            ("a: {\"b\":[c], d:{}}\n", Ok("a: {\"b\":[c], d\u{FDD0}{}}\n")),
            ("a: 'x:]'\nb: c [d:]\n", Ok("a: 'x:]'\nb: c [d:]\n")),
            ("a: &x \"b\n\tc\"\n", Ok("a: &x \"b\n c\"\n")),
        ] {
            let found = read(text);
            let found = found.as_deref().map_err(|refusal| (refusal.line, refusal.column));
            assert_eq!(found, expected, "{text:?}");
        }
    }

    #[test]
    fn lines_within_quotes_are_widened() {
        for (text, expected) in [
            ("  a: \"b\nc\"\n", Some("  a: \"b\n     c\"\n")),
            ("  a: 'b\n\n c'\n  d: 1\n", Some("  a: 'b\n\n     c'\n  d: 1\n")),
            ("  a: b\n  c: 'd'\n", None),
        ] {
            assert_eq!(widened(text).as_deref(), expected, "{text:?}");
        }
    }
}
