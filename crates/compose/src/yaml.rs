//! Text to trees. What a document means is not known here.

mod build;
mod dialect;
mod events;
mod mistake;
mod scalar;

pub(crate) use build::Budget;

use crate::codes;
use crate::diagnostic::Report;
use crate::limits;
use crate::tree::{Node, Place};
use std::borrow::Cow;

/// The documents of a text, in order. Problems go to the report; what cannot be read at all is `None`.
pub(crate) fn parse(text: &str, file: u32, report: &Report, budget: &mut Budget) -> Option<Vec<Node>> {
    if text.len() > limits::FILE_BYTES {
        let message = format!("the file has {} bytes, and the limit is {}", text.len(), limits::FILE_BYTES);
        report.error(Place { file, line: 0, column: 0 }, codes::TOO_LARGE, message);
        return None;
    }
    let text = match dialect::read(text) {
        Ok(text) => text,
        Err(refusal) => {
            let place = Place { file, line: refusal.line, column: refusal.column };
            report.error_help(place, codes::INVALID_YAML, refusal.message.to_owned(), refusal.help);
            return None;
        }
    };
    let is_readable = |text: &str| events::events(text).all(|event| event.is_ok());
    let widened = dialect::widened(&text).filter(|widened| !is_readable(&text) && is_readable(widened));
    let text = widened.map_or(text, Cow::Owned);
    build::Builder::new(report, file, &text, budget).documents(events::events(&text)).ok()
}
