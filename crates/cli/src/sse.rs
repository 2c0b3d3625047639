//! Server-Sent Events: bytes in, whole events out. It opens no connection and knows no event's meaning.

/// One event of a stream.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Message {
    /// `event:`; empty where there was none.
    pub event: String,
    /// `data:`, lines joined.
    pub data: String,
    /// `id:`.
    pub id: Option<String>,
}

/// An event longer than this is no event of ours, and the rest of it is dropped.
const LONGEST: usize = 4 << 20;

/// Collects bytes until an event is whole.
#[derive(Debug, Default)]
pub struct Parser {
    line: Vec<u8>,
    message: Message,
    has_data: bool,
}

impl Parser {
    /// Takes the next bytes, wherever they were cut, and gives the events that they complete.
    pub fn push(&mut self, bytes: &[u8]) -> Vec<Message> {
        let mut complete = Vec::new();
        for &byte in bytes {
            if byte != b'\n' {
                if self.line.len() < LONGEST {
                    self.line.push(byte);
                }
                continue;
            }
            let line = std::mem::take(&mut self.line);
            let line = String::from_utf8_lossy(&line);
            if let Some(message) = self.take(line.trim_end_matches('\r')) {
                complete.push(message);
            }
        }
        complete
    }

    fn take(&mut self, line: &str) -> Option<Message> {
        if line.is_empty() {
            let message = std::mem::take(&mut self.message);
            return std::mem::take(&mut self.has_data).then_some(message);
        }
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "event" => self.message.event = value.to_owned(),
            "id" => self.message.id = Some(value.to_owned()),
            "data" => {
                if self.has_data {
                    self.message.data.push('\n');
                }
                self.has_data = true;
                if self.message.data.len() < LONGEST {
                    self.message.data.push_str(value);
                }
            }
            // Comments (an empty field) keep the connection alive; `retry` and unknown fields are ignored.
            _ => {}
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_are_whole_however_the_bytes_are_cut() {
        let text =
            b": hello\n\nevent: log\nid: 7\ndata: {\"a\":\ndata:1}\n\nretry: 5\n\ndata: \xc3\xa9\r\n\r\ndata: cut";
        let expected = vec![
            Message { event: "log".into(), data: "{\"a\":\n1}".into(), id: Some("7".into()) },
            Message { event: String::new(), data: "é".into(), id: None },
        ];
        for size in [1, 2, 3, 7, text.len()] {
            let mut parser = Parser::default();
            let found: Vec<_> = text.chunks(size).flat_map(|chunk| parser.push(chunk)).collect();
            assert_eq!(found, expected, "chunks of {size}");
        }
    }
}
