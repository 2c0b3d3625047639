//! The YAML parser behind our own four events. The only file that knows which parser it is.

use super::dialect::COLON;
use granit_parser::{Event as Raw, Parser, ScalarStyle};

/// What the tree is built from.
pub(super) enum Event {
    DocumentStart,
    DocumentEnd,
    Scalar { text: String, plain: bool, anchor: usize, tag: Tag, at: At },
    ListStart { anchor: usize, tag: Tag, at: At },
    MapStart { anchor: usize, tag: Tag, at: At },
    End,
    Alias { anchor: usize, at: At },
    UndefinedAlias { name: String, at: At },
}

/// A line and column, from 1.
#[derive(Clone, Copy)]
pub(super) struct At {
    pub(super) line: u32,
    pub(super) column: u32,
}

/// A tag, as far as it matters.
#[derive(Clone, PartialEq, Eq)]
pub(super) enum Tag {
    None,
    /// `!!str`, `!!int`, …: the part after `!!`.
    Core(String),
    /// `!reset`, `!override`, and others: the part after `!`.
    Local(String),
}

/// A text that is not YAML.
pub(super) struct SyntaxError {
    pub(super) message: String,
    pub(super) at: At,
}

/// The events of a text.
pub(super) fn events(text: &str) -> impl Iterator<Item = Result<Event, SyntaxError>> {
    let mut options = granit_parser::options! { emit_unresolved_aliases: true };
    options.set_emit_comments(false);
    Parser::new_from_str_with_options(text, options).filter_map(|next| match next {
        Ok((event, span)) => {
            let at = At { line: number(span.start.line()), column: number(span.start.col()) + 1 };
            convert(event, at).map(Ok)
        }
        Err(error) => {
            let marker = error.marker();
            let at = At { line: number(marker.line()), column: number(marker.col()) + 1 };
            Some(Err(SyntaxError { message: error.info(), at }))
        }
    })
}

fn convert(event: Raw<'_>, at: At) -> Option<Event> {
    Some(match event {
        Raw::DocumentStart(..) => Event::DocumentStart,
        Raw::DocumentEnd => Event::DocumentEnd,
        Raw::Scalar(text, style, anchor, tag) => Event::Scalar {
            text: if text.contains(COLON) { text.replace(COLON, ":") } else { text.into_owned() },
            plain: style == ScalarStyle::Plain,
            anchor,
            tag: convert_tag(tag.as_deref()),
            at,
        },
        Raw::SequenceStart(_, anchor, tag) => Event::ListStart { anchor, tag: convert_tag(tag.as_deref()), at },
        Raw::MappingStart(_, anchor, tag) => Event::MapStart { anchor, tag: convert_tag(tag.as_deref()), at },
        Raw::SequenceEnd | Raw::MappingEnd => Event::End,
        Raw::Alias(anchor) => Event::Alias { anchor, at },
        Raw::UnresolvedAlias(name) => Event::UndefinedAlias { name: name.into_owned(), at },
        _ => return None,
    })
}

fn convert_tag(tag: Option<&granit_parser::Tag>) -> Tag {
    match tag {
        None => Tag::None,
        Some(tag) => match tag.suffix_in_namespace("tag:yaml.org,2002:") {
            Some(suffix) => Tag::Core(suffix.into_owned()),
            None => Tag::Local(tag.suffix().to_owned()),
        },
    }
}

fn number(value: usize) -> u32 {
    u32::try_from(value).unwrap_or(u32::MAX)
}
