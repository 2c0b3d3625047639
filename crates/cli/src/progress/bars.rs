//! The board on a terminal: one line a service that is redrawn in place. What the lines say is the board's affair.

use super::Board;
use super::board::Row;
use crate::output::{DIM, GOOD, Output, service_style};
use chrono::{DateTime, Utc};
use evenkeel_wire::render_duration;
use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::collections::BTreeMap;
use std::time::Duration;

/// Lines at the bottom of a terminal.
pub struct Bars {
    all: MultiProgress,
    head: ProgressBar,
    services: BTreeMap<String, ProgressBar>,
    activities: BTreeMap<String, ProgressBar>,
}

impl Bars {
    /// Nothing yet, at the bottom of stderr.
    pub fn new() -> Self {
        let all = MultiProgress::with_draw_target(ProgressDrawTarget::stderr());
        let head = all.add(ProgressBar::new_spinner().with_style(style("{msg}")));
        Self { all, head, services: BTreeMap::new(), activities: BTreeMap::new() }
    }

    /// Shows the board as it is now.
    pub fn draw(&mut self, board: &Board, output: &Output, now: DateTime<Utc>) {
        let (done, count) = board.count();
        self.head.set_message(format!("[{done}/{count}] {}", render_duration(board.elapsed(now))));
        let width = board.rows().map(|row| row.service.chars().count()).max().unwrap_or_default();
        for row in board.rows() {
            let bar = self.services.entry(row.service.clone()).or_insert_with(|| spinner(&self.all));
            bar.set_message(text(row, width, output, now));
            if row.done && !bar.is_finished() {
                bar.set_style(style(&format!(" {} {{wide_msg}}", output.on_err(GOOD, "✔"))));
                bar.finish();
            } else if !row.done && bar.is_finished() {
                // It was ready once and is not any more: a replacement, or a crash.
                self.all.remove(bar);
                *bar = spinner(&self.all);
                bar.set_message(text(row, width, output, now));
            }
        }
        self.draw_activities(board, output);
    }

    fn draw_activities(&mut self, board: &Board, output: &Output) {
        let now: BTreeMap<&str, &str> = board.activities().collect();
        self.activities.retain(|object, bar| {
            let stays = now.contains_key(object.as_str());
            if !stays {
                bar.finish_and_clear();
                self.all.remove(bar);
            }
            stays
        });
        for (object, message) in now {
            let bar = self.activities.entry(object.to_owned()).or_insert_with(|| spinner(&self.all));
            bar.set_message(format!("{object}  {}", output.on_err(DIM, message)));
        }
    }

    /// A line above the bars.
    pub fn note(&self, text: &str) {
        // A terminal that cannot be written to has nobody who would read it.
        let _ = self.all.println(text);
    }

    /// Leaves the services' last lines, and takes the rest away.
    pub fn end(self) {
        self.head.finish();
        self.activities.values().for_each(ProgressBar::finish_and_clear);
        self.services.values().filter(|bar| !bar.is_finished()).for_each(|bar| {
            bar.set_style(style("   {wide_msg}"));
            bar.abandon();
        });
    }
}

fn text(row: &Row, width: usize, output: &Output, now: DateTime<Utc>) -> String {
    let state = output.on_err(service_style(row.state), &format!("{:<10}", row.state));
    let seconds = (now - row.since).num_seconds();
    let seconds = if row.done || seconds < 1 { String::new() } else { output.on_err(DIM, &format!("{seconds} s  ")) };
    format!("{:width$}  {state}  {seconds}{}", row.service, row.detail)
}

fn spinner(all: &MultiProgress) -> ProgressBar {
    let bar = all.add(ProgressBar::new_spinner().with_style(style(" {spinner} {wide_msg}")));
    bar.enable_steady_tick(Duration::from_millis(120));
    bar
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_spinner())
}
