//! What a person did wrong where a text is not YAML. The parser says which rule of its grammar broke, often behind the
//! place that has to be mended; this looks at the lines around it. It only ever chooses words, never what is accepted.

use super::events::At;

/// A mistake in words: where it is, what it is, what to do.
pub(super) struct Mistake {
    pub(super) at: At,
    pub(super) message: String,
    pub(super) help: Option<String>,
}

/// Looks at the lines around an error for one kind of mistake; the last argument is what the parser said.
type Look = fn(&Lines<'_>, At, &str) -> Option<Mistake>;

/// Explains an error of the parser.
pub(super) fn explain(text: &str, at: At, raw: &str) -> Mistake {
    let lines = Lines { all: text.lines().collect() };
    let looks: [Look; 10] = [
        |lines, at, _| tab(lines, at),
        control_character,
        escape,
        |lines, at, _| not_closed(lines, at),
        no_colon,
        second_colon,
        deeper,
        among,
        indentation,
        reserved,
    ];
    looks.iter().find_map(|look| look(&lines, at, raw)).unwrap_or_else(|| Mistake {
        at,
        message: format!("this is not YAML: {raw}"),
        help: None,
    })
}

struct Lines<'a> {
    all: Vec<&'a str>,
}

impl<'a> Lines<'a> {
    fn get(&self, number: u32) -> Option<&'a str> {
        self.all.get(usize::try_from(number).ok()?.checked_sub(1)?).copied()
    }

    /// The nearest line above that says something, with its number.
    fn above(&self, number: u32) -> Option<(u32, &'a str)> {
        (1..number).rev().map(|n| (n, self.get(n).unwrap_or_default())).find(|(_, line)| says_something(line))
    }
}

fn says_something(line: &str) -> bool {
    let line = line.trim();
    !line.is_empty() && !line.starts_with('#') && line != "---"
}

fn indent(line: &str) -> usize {
    line.len() - line.trim_start_matches(' ').len()
}

fn at(line: u32, column: usize) -> At {
    At { line, column: u32::try_from(column).unwrap_or(u32::MAX) }
}

fn mistake(at: At, message: impl Into<String>, help: impl Into<String>) -> Option<Mistake> {
    Some(Mistake { at, message: message.into(), help: Some(help.into()) })
}

/// A tab where a line is indented, on the line that broke or beside it.
fn tab(lines: &Lines<'_>, error: At) -> Option<Mistake> {
    let near = [error.line, error.line + 1, error.line.saturating_sub(1)];
    let (number, column) = near.into_iter().find_map(|number| {
        let line = lines.get(number)?;
        let blank = &line[..line.len() - line.trim_start_matches([' ', '\t']).len()];
        Some((number, blank.find('\t')?))
    })?;
    let message = "this line is indented with a tab, and YAML takes spaces only";
    mistake(at(number, column + 1), message, "replace each tab by two spaces; most editors can do so when they save")
}

/// A character that no text holds: the file is another kind of file, or damaged.
fn control_character(lines: &Lines<'_>, _: At, _: &str) -> Option<Mistake> {
    let bad = |c: char| c.is_control() && !matches!(c, '\t' | '\r' | '\u{85}');
    let (number, line) = (1..).zip(&lines.all).find(|(_, line)| line.contains(bad))?;
    let (column, character) = (1..).zip(line.chars()).find(|(_, c)| bad(*c))?;
    let message = format!("the character U+{:04X} cannot stand in YAML", u32::from(character));
    mistake(
        at(number, column),
        message,
        "is this a text file? Remove the character, or write it as an escape in double quotes",
    )
}

/// A quote or bracket that opened before the error and has not closed.
fn not_closed(lines: &Lines<'_>, error: At) -> Option<Mistake> {
    let open = open_at(lines, error)?;
    let close = match open.sign {
        '[' => ']',
        '{' => '}',
        quote => quote,
    };
    let what = if close == open.sign { "quote" } else { "bracket" };
    // Within one line the parser knows better, unless the text ends there.
    let last = u32::try_from(lines.all.len()).unwrap_or(u32::MAX);
    if what == "bracket" && open.at.line == error.line && error.line < last {
        return None;
    }
    mistake(
        open.at,
        format!("the {what} `{}` that opens here is not closed", open.sign),
        format!("close it with `{close}`"),
    )
}

struct Open {
    sign: char,
    at: At,
}

/// The innermost quote or bracket that is open where the error stands. A quote or bracket only opens where a value or key
/// can begin.
fn open_at(lines: &Lines<'_>, error: At) -> Option<Open> {
    let mut open: Vec<Open> = Vec::new();
    for (number, line) in (1..=error.line).zip(&lines.all) {
        let mut before = ' ';
        let mut begins = true;
        let mut characters = (1_usize..).zip(line.chars()).peekable();
        while let Some((column, c)) = characters.next() {
            let is_last = number == error.line && column >= error.column as usize;
            let quote = open.last().map(|open| open.sign).filter(|sign| matches!(sign, '"' | '\''));
            match (quote, c) {
                (Some('"'), '\\') => {
                    characters.next();
                }
                (Some('\''), '\'') if characters.peek().is_some_and(|(_, next)| *next == '\'') => {
                    characters.next();
                }
                (Some(quote), c) if c == quote => {
                    open.pop();
                }
                (Some(_), _) => {}
                (None, '#') if before.is_whitespace() => break,
                (None, '[' | '{' | '"' | '\'') if begins => open.push(Open { sign: c, at: at(number, column) }),
                (None, ']' | '}') => {
                    open.pop();
                }
                _ => {}
            }
            let in_flow = open.iter().any(|open| matches!(open.sign, '[' | '{'));
            let separates = matches!(c, '[' | '{') || (c == ',' && in_flow);
            begins = separates || (c.is_whitespace() && (begins || matches!(before, ':' | '-' | '?')));
            if !c.is_whitespace() || matches!(before, ':' | '-' | '?') {
                before = c;
            }
            if is_last && quote.is_none() {
                break;
            }
        }
    }
    open.pop()
}

/// `image nginx` above `ports:`.
fn no_colon(lines: &Lines<'_>, error: At, raw: &str) -> Option<Mistake> {
    if !raw.contains("mapping values are not allowed") && !raw.contains("simple key") && !raw.contains("expected ':'") {
        return None;
    }
    let line = lines.get(error.line)?;
    let (number, above) = lines.above(error.line)?;
    let key = above.split_whitespace().next()?;
    let has_colon = above.contains(": ") || above.trim_end().ends_with(':');
    if has_colon || above.trim_start().starts_with("- ") || indent(above) != indent(line) {
        return None;
    }
    let rest = above.trim()[key.len()..].trim_start();
    let (word, value) = key.split_once(':').unwrap_or((key, rest));
    let message =
        if key.contains(':') { "there is no space behind the colon" } else { "there is no colon behind this key" };
    mistake(at(number, indent(above) + 1), message, format!("write `{word}: {value}`"))
}

/// `command: echo note: this`.
fn second_colon(lines: &Lines<'_>, error: At, raw: &str) -> Option<Mistake> {
    if !raw.contains("mapping values are not allowed") {
        return None;
    }
    let line = lines.get(error.line)?;
    let content = line.trim_start().trim_start_matches("- ");
    let (key, value) = content.split_once(": ")?;
    if !(value.contains(": ") || value.trim_end().ends_with(':')) || key.contains(['"', '\'']) {
        return None;
    }
    let column = line.chars().count() - value.chars().count() + 1;
    let help = format!("put the value in quotes: {key}: '{}'", value.trim_end().replace('\'', "''"));
    mistake(at(error.line, column), "a value without quotes cannot hold a colon and a space", help)
}

/// A key that is indented below another one that has a value already.
fn deeper(lines: &Lines<'_>, error: At, raw: &str) -> Option<Mistake> {
    if !raw.contains("mapping values are not allowed") {
        return None;
    }
    let line = lines.get(error.line)?;
    let (number, above) = lines.above(error.line)?;
    if indent(line) <= indent(above) {
        return None;
    }
    let key = above.trim().trim_start_matches("- ").split(':').next()?.to_owned();
    let message = format!("this line is indented deeper than `{key}` on line {number}, which has a value already");
    let help = format!("indent both with {} spaces, or give `{key}` no value of its own", indent(above));
    mistake(at(error.line, indent(line) + 1), message, help)
}

/// `- item` among keys, or a key among items.
fn among(lines: &Lines<'_>, error: At, raw: &str) -> Option<Mistake> {
    let line = lines.get(error.line)?;
    let content = line.trim_start();
    let is_item = content.starts_with("- ") || content == "-";
    let help = "write all of them as `KEY: value`, or all of them as `- …`";
    let place = at(error.line, indent(line) + 1);
    let same = (1..error.line)
        .rev()
        .filter_map(|n| lines.get(n))
        .find(|above| says_something(above) && indent(above) <= indent(line))?;
    let above_is_item = same.trim_start().starts_with("- ");
    if raw.contains("expected key") && is_item && !above_is_item && indent(same) == indent(line) {
        return mistake(place, "an item of a list stands among the keys of a mapping", help);
    }
    let is_dash_missing = !is_item && above_is_item && indent(same) == indent(line) && !content.contains(':');
    if raw.contains("expected ':'") && is_dash_missing {
        return mistake(
            place,
            "a text stands among the items of a list",
            format!("begin it with a dash: `- {content}`"),
        );
    }
    if raw.contains("expected '-'") && !is_item && above_is_item && indent(same) == indent(line) {
        return mistake(place, "a key of a mapping stands among the items of a list", help);
    }
    None
}

/// An indentation that no line above has.
fn indentation(lines: &Lines<'_>, error: At, raw: &str) -> Option<Mistake> {
    if !raw.contains("expected key")
        && !raw.contains("expected '-'")
        && !raw.contains("indentation")
        && !raw.contains("document start")
    {
        return None;
    }
    let line = lines.get(error.line)?;
    if let Some(quoted) = behind_quote(line) {
        let help = "put the whole value in one pair of quotes, or in none";
        return mistake(at(error.line, quoted), "the text goes on behind the closing quote", help);
    }
    let mut known: Vec<usize> = Vec::new();
    let mut least = usize::MAX;
    for above in (1..error.line).rev().filter_map(|n| lines.get(n)).filter(|above| says_something(above)) {
        if indent(above) < least {
            least = indent(above);
            known.push(least);
        }
    }
    known.reverse();
    if known.is_empty() || known.contains(&indent(line)) {
        return None;
    }
    let shown: Vec<String> = known.iter().map(usize::to_string).collect();
    let message = format!("the indentation of {} spaces fits no line above", indent(line));
    mistake(at(error.line, indent(line) + 1), message, format!("the lines above are indented by {}", shown.join(", ")))
}

/// The column behind a quoted value that goes on.
fn behind_quote(line: &str) -> Option<usize> {
    let start = line.find(": ").map_or(indent(line), |at| at + 2);
    let value = line[start..].trim_start().trim_start_matches("- ");
    let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    let rest = &value[1..];
    let behind = &rest[rest.find(quote)? + 1..];
    let goes_on = !behind.trim().is_empty() && !behind.trim_start().starts_with(['#', ':', ','])
        || behind.starts_with(':') && behind.len() > 1;
    goes_on.then(|| line.chars().count() - behind.chars().count() + 1)
}

/// An escape that YAML does not have.
fn escape(lines: &Lines<'_>, error: At, raw: &str) -> Option<Mistake> {
    if !raw.contains("escape") && !raw.contains("hex") {
        return None;
    }
    let before = error.column.saturating_sub(1) as usize;
    let rest: String = lines.get(error.line)?.chars().skip(before).collect();
    let (offset, escaped) = unknown_escape(&rest)?;
    let message = format!("`\\{escaped}` is no escape within double quotes");
    let help = "write `\\\\` for a backslash, or put the value in single quotes";
    mistake(at(error.line, error.column as usize + offset), message, help)
}

/// Characters that cannot begin a value without quotes.
fn reserved(lines: &Lines<'_>, error: At, raw: &str) -> Option<Mistake> {
    let line = lines.get(error.line)?;
    let rest: String = line.chars().skip(error.column.saturating_sub(1) as usize).collect();
    let first = rest.chars().next()?;
    let value = rest.trim_end().replace('\'', "''");
    match first {
        '@' | '`' | '%' => {
            let message = format!("a value without quotes cannot begin with `{first}`");
            mistake(error, message, format!("put it in quotes: '{value}'"))
        }
        '*' | '&' if raw.contains("anchor or alias") => {
            let what = if first == '*' { "an alias" } else { "an anchor" };
            let message = format!("`{first}` begins {what}, and no name follows");
            mistake(error, message, format!("put the value in quotes: '{value}'"))
        }
        _ => None,
    }
}

/// The first escape of a double-quoted text that YAML does not have, with the number of characters before it.
fn unknown_escape(text: &str) -> Option<(usize, char)> {
    const KNOWN: &str = "0abtnvfre \"/\\N_LP\t";
    let mut characters = text.chars().enumerate();
    while let Some((offset, c)) = characters.next() {
        if c == '\\' {
            let (_, escaped) = characters.next()?;
            let digits = match escaped {
                'x' => 2,
                'u' => 4,
                'U' => 8,
                other if KNOWN.contains(other) => 0,
                _ => return Some((offset, escaped)),
            };
            let follow = characters.by_ref().take(digits).filter(|(_, digit)| digit.is_ascii_hexdigit());
            if follow.count() < digits {
                return Some((offset, escaped));
            }
        }
    }
    None
}
