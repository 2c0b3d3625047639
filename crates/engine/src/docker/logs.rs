//! The engine's log stream → lines with their times.

use super::Docker;
use super::convert_error::Failure;
use crate::{Error, LogLine, LogQuery};
use bollard::container::LogOutput;
use bollard::query_parameters::LogsOptions;
use bytes::{Bytes, BytesMut};
use chrono::DateTime;
use evenkeel_model::{Object, Timestamp};
use futures::future::ready;
use futures::stream::{self, BoxStream, StreamExt, TryStreamExt};
use std::sync::{Arc, Mutex, PoisonError};

/// Longer lines are told in pieces.
const LONGEST_LINE: usize = 256 * 1024;

impl Docker {
    pub(super) async fn read_logs(
        &self,
        query: &LogQuery,
    ) -> Result<BoxStream<'static, Result<LogLine, Error>>, Error> {
        let object = Object::Container(query.container.clone());
        let found = self.inspect(query.container.as_str(), &object).await?;
        let found = found.ok_or_else(|| Error::NotFound { object: object.clone() })?;
        let docker = self.client.docker().map_err(|failure| failure.about(&object))?;
        let lines = read(&docker, found.id(), query, &object);
        if !query.follow {
            return Ok(lines);
        }
        // As a run ends, 20.10 may end the stream before its last line: what came after the newest is read once more.
        let newest = Arc::new(Mutex::new(query.since));
        let (id, query, seen) = (found.id().to_owned(), query.clone(), Arc::clone(&newest));
        let lines =
            lines.inspect_ok(move |line| *newest.lock().unwrap_or_else(PoisonError::into_inner) = Some(line.at));
        let missed = stream::once(async move {
            let newest = *seen.lock().unwrap_or_else(PoisonError::into_inner);
            let query = LogQuery { follow: false, tail: newest.map_or(query.tail, |_| None), since: newest, ..query };
            let missed = read(&docker, &id, &query, &object);
            // The newest is among those since its time. A container that is gone by now tells nothing more.
            missed.filter(move |line| ready(line.as_ref().is_ok_and(|line| Some(line.at) != newest)))
        });
        Ok(lines.chain(missed.flatten()).boxed())
    }
}

/// The lines that one request to the engine gives.
fn read(
    docker: &bollard::Docker,
    id: &str,
    query: &LogQuery,
    object: &Object,
) -> BoxStream<'static, Result<LogLine, Error>> {
    let options = LogsOptions {
        follow: query.follow,
        stdout: true,
        stderr: true,
        since: query.since.and_then(|since| i32::try_from(since.timestamp()).ok()).unwrap_or(0),
        until: 0,
        timestamps: true,
        tail: query.tail.map_or_else(|| "all".to_owned(), |tail| tail.to_string()),
    };
    let object = object.clone();
    let pieces = docker.logs(id, Some(options)).map(Some).chain(stream::iter([None]));
    let lines = pieces.scan(Lines::new(query.since), move |lines, piece| {
        let told: Vec<Result<LogLine, Error>> = match piece {
            Some(Ok(piece)) => lines.take(piece).map(Ok).into_iter().collect(),
            Some(Err(error)) => vec![Err(Failure::of(&error).about(&object))],
            None => lines.rest().into_iter().map(Ok).collect(),
        };
        ready(Some(stream::iter(told)))
    });
    lines.flatten().boxed()
}

/// Puts lines together: the engine cuts what a process writes into pieces of at most 16 KiB, each with the time before it.
#[derive(Debug, Default)]
pub(super) struct Lines {
    /// What has begun on standard output, and on standard error.
    begun: [Option<(Timestamp, BytesMut)>; 2],
    /// Only lines since then.
    since: Option<Timestamp>,
}

impl Lines {
    pub(super) fn new(since: Option<Timestamp>) -> Self {
        Self { begun: [None, None], since }
    }

    /// Takes a piece, and gives the line that it ends.
    pub(super) fn take(&mut self, piece: LogOutput) -> Option<LogLine> {
        let stderr = matches!(piece, LogOutput::StdErr { .. });
        let (at, text) = timed(piece.into_bytes());
        let begun = &mut self.begun[usize::from(stderr)];
        let (_, line) = begun.get_or_insert_with(|| (at.unwrap_or_default(), BytesMut::new()));
        line.extend_from_slice(&text);
        if line.last() == Some(&b'\n') || line.len() >= LONGEST_LINE {
            return self.end(stderr);
        }
        None
    }

    /// What is left when the stream has ended.
    pub(super) fn rest(&mut self) -> Vec<LogLine> {
        [false, true].into_iter().filter_map(|stderr| self.end(stderr)).collect()
    }

    fn end(&mut self, stderr: bool) -> Option<LogLine> {
        let (at, mut line) = self.begun[usize::from(stderr)].take()?;
        // A terminal ends its lines with both.
        for end in [b'\n', b'\r'] {
            if line.last() == Some(&end) {
                line.truncate(line.len() - 1);
            }
        }
        // The engine takes whole seconds.
        self.since.is_none_or(|since| at >= since).then(|| LogLine { at, stderr, text: line.freeze() })
    }
}

/// Cuts the time off. A piece without one is text as it is.
fn timed(piece: Bytes) -> (Option<Timestamp>, Bytes) {
    let end = piece.iter().take(40).position(|byte| *byte == b' ' || *byte == b'\n').unwrap_or(0);
    let at = std::str::from_utf8(&piece[..end]).ok().and_then(|text| DateTime::parse_from_rfc3339(text).ok());
    match at {
        Some(at) => {
            let skip = if piece[end] == b' ' { end + 1 } else { end };
            (Some(at.with_timezone(&chrono::Utc)), piece.slice(skip..))
        }
        None => (None, piece),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(pieces: &[(u8, &str)], since: Option<&str>) -> Vec<(i64, bool, String)> {
        let since = since.map(|text| DateTime::parse_from_rfc3339(text).expect("a time").with_timezone(&chrono::Utc));
        let mut lines = Lines::new(since);
        let mut read = Vec::new();
        for (stream, text) in pieces {
            let message = Bytes::copy_from_slice(text.as_bytes());
            read.extend(lines.take(match stream {
                1 => LogOutput::StdOut { message },
                2 => LogOutput::StdErr { message },
                _ => LogOutput::Console { message },
            }));
        }
        read.extend(lines.rest());
        let text = |line: &LogLine| String::from_utf8_lossy(&line.text).into_owned();
        read.iter().map(|line| (line.at.timestamp_subsec_millis().into(), line.stderr, text(line))).collect()
    }

    #[test]
    fn pieces_become_lines() {
        let t = |ms: u32, text: &str| format!("2026-01-02T03:04:05.{ms:03}000000Z {text}");
        let line = |ms: i64, stderr: bool, text: &str| (ms, stderr, text.to_owned());
        for (name, pieces, expected) in [
            ("one line", vec![(1, t(1, "hello\n"))], vec![line(1, false, "hello")]),
            ("a terminal's", vec![(0, t(1, "hello\r\n"))], vec![line(1, false, "hello")]),
            ("an empty line", vec![(1, t(1, "\n"))], vec![line(1, false, "")]),
            ("no end", vec![(1, t(1, "hello"))], vec![line(1, false, "hello")]),
            ("in pieces", vec![(1, t(1, "a")), (1, t(2, "b")), (1, t(3, "c\n"))], vec![line(1, false, "abc")]),
            (
                "two streams",
                vec![(1, t(1, "a")), (2, t(2, "e\n")), (1, t(3, "b\n"))],
                vec![line(2, true, "e"), line(1, false, "ab")],
            ),
            ("no time", vec![(1, "plain text\n".to_owned())], vec![line(0, false, "plain text")]),
        ] {
            let pieces: Vec<(u8, &str)> = pieces.iter().map(|(stream, text)| (*stream, text.as_str())).collect();
            assert_eq!(read(&pieces, None), expected, "{name}");
        }
        let (early, late) = (t(1, "early\n"), t(9, "late\n"));
        let since = Some("2026-01-02T03:04:05.005Z");
        assert_eq!(read(&[(1, &early), (1, &late)], since), [line(9, false, "late")]);
    }

    #[test]
    fn a_line_without_end_is_told_in_pieces() {
        let piece = format!("2026-01-02T03:04:05.001Z {}", "x".repeat(16 * 1024));
        let pieces: Vec<(u8, &str)> = (0..17).map(|_| (1, piece.as_str())).collect();
        let lengths: Vec<usize> = read(&pieces, None).into_iter().map(|(_, _, text)| text.len()).collect();
        assert_eq!(lengths, [LONGEST_LINE, 16 * 1024]);
    }
}
