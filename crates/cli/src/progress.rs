//! How far an operation is, on stderr: bars on a terminal, lines elsewhere, nothing with `--quiet`.

mod bars;
mod board;

pub use board::{Board, explain};

use crate::output::Output;
use bars::Bars;
use chrono::{DateTime, Utc};
use evenkeel_wire::{Event, Operation, Service};

/// Shows a board in the way that suits the output.
pub struct Progress {
    board: Board,
    output: Output,
    bars: Option<Bars>,
}

impl Progress {
    /// Progress of what begins now.
    pub fn new(output: &Output, begun: DateTime<Utc>) -> Self {
        Self { board: Board::new(begun), output: output.clone(), bars: output.bars.then(Bars::new) }
    }

    /// Takes the services as they are now.
    pub fn see(&mut self, services: &[Service], operation: &Operation, now: DateTime<Utc>) {
        let lines = self.board.see(services, operation, now);
        self.show(lines, now);
    }

    /// Takes an event; only long actions and failures show.
    pub fn hear(&mut self, event: &Event, now: DateTime<Utc>) {
        let lines = self.board.hear(event, now);
        self.show(lines, now);
    }

    /// Says something beside the services.
    pub fn note(&self, text: &str) {
        match &self.bars {
            Some(bars) => bars.note(text),
            None => self.output.note(text),
        }
    }

    /// Leaves the last picture standing.
    pub fn end(&mut self) {
        if let Some(bars) = self.bars.take() {
            bars.end();
            // The cursor stands behind the last bar.
            self.output.say("");
        }
    }

    fn show(&mut self, lines: Vec<String>, now: DateTime<Utc>) {
        match &mut self.bars {
            Some(bars) => bars.draw(&self.board, &self.output, now),
            None => lines.iter().for_each(|line| self.output.note(line)),
        }
    }
}
