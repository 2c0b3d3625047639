//! A diagnostic for the terminal, with the line that it is about and the place marked.

use crate::diagnostic::{Diagnostic, Severity};
use annotate_snippets::{AnnotationKind, Level, Renderer, Snippet, renderer::DecorStyle};
use std::ops::Range;

/// Writes a diagnostic. With the file's text, the line is shown with the place marked in it.
pub fn render(diagnostic: &Diagnostic, source_text: Option<&str>, color: bool) -> String {
    let level = match diagnostic.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
        Severity::Advice => Level::NOTE,
    };
    let title = level.primary_title(&diagnostic.message).id(diagnostic.code);
    let shown = source_text.filter(|_| diagnostic.file.as_deref().is_some_and(may_be_shown));
    let marked = shown.and_then(|text| Some((text, span(text, diagnostic)?)));
    let path = location(diagnostic);
    let group = match (&path, marked) {
        (Some(path), Some((text, span))) => title.element(
            Snippet::source(text)
                .path(diagnostic.file.as_deref().unwrap_or(path))
                .annotation(AnnotationKind::Primary.span(span)),
        ),
        (Some(path), None) => title.element(Level::NOTE.message(format!("in {path}"))),
        (None, _) => title.elements(Vec::<annotate_snippets::Element<'_>>::new()),
    };
    let group = match &diagnostic.help {
        Some(help) => group.element(Level::HELP.message(help)),
        None => group,
    };
    let renderer = if color { Renderer::styled() } else { Renderer::plain() };
    renderer.decor_style(DecorStyle::Unicode).render(&[group])
}

fn location(diagnostic: &Diagnostic) -> Option<String> {
    let file = diagnostic.file.as_deref()?;
    Some(match (diagnostic.line, diagnostic.column) {
        (Some(line), Some(column)) => format!("{file}:{line}:{column}"),
        (Some(line), None) => format!("{file}:{line}"),
        _ => file.to_owned(),
    })
}

/// The bytes of a text that a diagnostic points at.
fn span(text: &str, diagnostic: &Diagnostic) -> Option<Range<usize>> {
    let line_number = usize::try_from(diagnostic.line?).ok()?;
    let mut start = 0;
    for _ in 1..line_number {
        start += text.get(start..)?.find('\n')? + 1;
    }
    let line = text.get(start..)?.lines().next().unwrap_or_default();
    let within = marked(line, diagnostic.column);
    Some(start + within.start..start + within.end)
}

/// The bytes of a line that a diagnostic points at: from its column (from 1, in characters) to the end of the key or value
/// that begins there; without a column the whole line.
pub fn marked(line: &str, column: Option<u32>) -> Range<usize> {
    let indent = line.len() - line.trim_start().len();
    let at = match column {
        Some(column) => {
            let characters = usize::try_from(column).unwrap_or(usize::MAX).saturating_sub(1);
            line.char_indices().nth(characters).map_or(line.len(), |(at, _)| at)
        }
        None => indent,
    };
    let rest = &line[at..];
    let length = match rest.chars().next() {
        Some(quote @ ('"' | '\'')) => rest[1..].find(quote).map_or(rest.len(), |end| end + 2),
        _ if column.is_none() => rest.trim_end().len(),
        _ => word_length(rest),
    };
    at..at + length
}

/// Whether a line of this file may be shown. Those of env files may hold passwords.
pub fn may_be_shown(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    !(name == "env" || name.starts_with(".env") || name.ends_with(".env") || name.contains(".env."))
}

/// A key up to its colon, a value up to what ends it.
fn word_length(rest: &str) -> usize {
    let end = [": ", " #", ", ", "]", "}"].iter().filter_map(|stop| rest.find(stop)).min();
    let word = rest[..end.unwrap_or(rest.len())].trim_end();
    word.strip_suffix(':').unwrap_or(word).len().max(usize::from(!rest.is_empty()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_marked_whole() {
        for (line, column, expected) in [
            ("    prots: [80]", Some(5), "prots"),
            ("  a: {image: x, ports: 80}", Some(17), "ports"),
            ("    image: \"a: b\" # c", Some(12), "\"a: b\""),
            ("    image: \"open", Some(12), "\"open"),
            ("  é: [ä, ö]", Some(10), "ö"),
            ("  BAD NAME=1  ", None, "BAD NAME=1"),
            ("x", Some(9), ""),
            ("", None, ""),
        ] {
            assert_eq!(&line[marked(line, column)], expected, "{line}");
        }
    }

    #[test]
    fn lines_of_env_files_stay_hidden() {
        for (path, shown) in [
            ("/p/compose.yaml", true),
            ("/dev/stdin", true),
            ("/p/.env", false),
            ("/p/.env.local", false),
            ("/p/web.env", false),
            ("/p/prod.env.secret", false),
        ] {
            assert_eq!(may_be_shown(path), shown, "{path}");
        }
    }
}
