//! What a simulated process writes: the newest lines, numbered so that a reader can go on where it was.

use crate::LogLine;
use evenkeel_model::Timestamp;
use std::collections::VecDeque;

const KEPT: usize = 1000;

/// A container's output.
#[derive(Debug, Clone, Default)]
pub(super) struct Lines {
    lines: VecDeque<LogLine>,
    /// How many there were in all.
    written: usize,
}

impl Lines {
    pub(super) fn write(&mut self, at: Timestamp, stderr: bool, text: impl Into<String>) {
        self.lines.push_back(LogLine { at, stderr, text: text.into().into() });
        self.written += 1;
        if self.lines.len() > KEPT {
            self.lines.pop_front();
        }
    }

    /// The line of this number or the first that is still there, with the number of the next.
    pub(super) fn from(&self, number: usize) -> Option<(LogLine, usize)> {
        let first = self.written - self.lines.len();
        let number = number.max(first);
        self.lines.get(number - first).map(|line| (line.clone(), number + 1))
    }

    /// The number of the first line to show.
    pub(super) fn start(&self, tail: Option<u32>, since: Option<Timestamp>) -> usize {
        let first = self.written - self.lines.len();
        let before = self.lines.iter().take_while(|line| since.is_some_and(|since| line.at < since)).count();
        let tail = tail.map_or(0, |tail| self.lines.len().saturating_sub(tail as usize));
        first + before.max(tail)
    }
}
