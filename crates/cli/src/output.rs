//! Where words go: results to stdout, progress and errors to stderr, in colour only where somebody sees it.

use crate::args::Global;
use crate::failure::{Failure, Outcome};
use crate::reader::Reader;
use anstyle::{AnsiColor, Style};
use comfy_table::{ColumnConstraint, ContentArrangement, Table, presets};
use evenkeel_wire::{ConnectionState, ServiceState, StackState};
use serde::Serialize;
use std::io::{IsTerminal as _, Write};
use std::sync::{Arc, Mutex, PoisonError};

/// Yellow: look at it.
pub const WARN: Style = AnsiColor::Yellow.on_default();
/// Red and bold: it is wrong.
pub const ERROR: Style = AnsiColor::Red.on_default().bold();
/// Green: as it should be.
pub const GOOD: Style = AnsiColor::Green.on_default();
/// Cyan: names, hints.
pub const HINT: Style = AnsiColor::Cyan.on_default();
/// Dimmed: beside the point.
pub const DIM: Style = Style::new().dimmed();

/// Columns of words are wrapped down to this many characters.
const LEAST_WORDS: u16 = 16;

type Sink = Arc<Mutex<dyn Write + Send>>;
#[cfg(test)]
type Kept = Arc<Mutex<Vec<u8>>>;

/// The two streams and how to write to them.
#[derive(Clone)]
pub struct Output {
    /// Results are JSON.
    pub json: bool,
    /// No progress, and lists shrink to names.
    pub quiet: bool,
    /// Progress may move the cursor.
    pub bars: bool,
    color_out: bool,
    color_err: bool,
    width: Option<u16>,
    out: Reader,
    err: Sink,
}

impl Output {
    /// The process's own streams.
    pub fn terminal(global: &Global) -> Self {
        let colour = |choice: anstream::ColorChoice| !global.no_color && choice != anstream::ColorChoice::Never;
        Self {
            json: global.json,
            quiet: global.quiet,
            bars: !global.quiet && std::io::stderr().is_terminal(),
            color_out: colour(anstream::AutoStream::choice(&std::io::stdout())),
            color_err: colour(anstream::AutoStream::choice(&std::io::stderr())),
            width: std::io::stdout().is_terminal().then(|| Table::new().width()).flatten(),
            out: Reader::new(Arc::new(Mutex::new(std::io::stdout()))),
            err: Arc::new(Mutex::new(std::io::stderr())),
        }
    }

    /// Streams that are kept in memory: stdout, stderr.
    #[cfg(test)]
    pub fn captured(json: bool, quiet: bool) -> (Self, Kept, Kept) {
        let (out, err) = (Arc::new(Mutex::new(Vec::new())), Arc::new(Mutex::new(Vec::new())));
        let output = Self {
            json,
            quiet,
            bars: false,
            color_out: false,
            color_err: false,
            width: None,
            out: Reader::new(out.clone()),
            err: err.clone(),
        };
        (output, out, err)
    }

    /// The outcome of the work, which ends early when its results cannot be written any more.
    pub async fn served(&self, work: impl Future<Output = Outcome>) -> Outcome {
        self.out.served(work).await
    }

    /// A line of result.
    pub fn line(&self, text: &str) {
        self.out.write(format!("{text}\n").as_bytes());
    }

    /// Bytes of another process's standard output.
    pub fn out_bytes(&self, bytes: &[u8]) {
        self.out.write(bytes);
    }

    /// Bytes of another process's standard error.
    pub fn err_bytes(&self, bytes: &[u8]) {
        write_bytes(&self.err, bytes);
    }

    /// A result as one JSON document, indented.
    ///
    /// # Errors
    /// [`Failure::Failed`] where the value has no JSON form.
    pub fn document<T: Serialize + ?Sized>(&self, value: &T) -> Result<(), Failure> {
        let text = serde_json::to_string_pretty(value).map_err(|error| Failure::failed(error.to_string()))?;
        self.line(&text);
        Ok(())
    }

    /// One item of a stream as one line of JSON.
    ///
    /// # Errors
    /// [`Failure::Failed`] where the value has no JSON form.
    pub fn json_line<T: Serialize + ?Sized>(&self, value: &T) -> Result<(), Failure> {
        let text = serde_json::to_string(value).map_err(|error| Failure::failed(error.to_string()))?;
        self.line(&text);
        Ok(())
    }

    /// A table without lines, as wide as it needs. Where the terminal is narrower, columns of words are wrapped; names and
    /// addresses never are, so that they can be copied.
    pub fn table<const N: usize>(&self, header: [&str; N], rows: Vec<[Cell; N]>) {
        let mut table = Table::new();
        table.load_style(presets::NOTHING).set_header(header.to_vec());
        if self.color_out {
            table.enforce_styling();
        } else {
            table.force_no_tty();
        }
        for row in rows {
            table.add_row(row.into_iter().map(|cell| cell.0).collect::<Vec<_>>());
        }
        for column in table.column_iter_mut() {
            column.set_padding((0, 2));
        }
        table.set_content_arrangement(ContentArrangement::Disabled);
        if let Some(width) = self.width {
            wrap(&mut table, width);
        }
        for line in table.lines() {
            self.line(line.trim_end());
        }
    }

    /// A line of progress; nothing with `--quiet`.
    pub fn note(&self, text: &str) {
        if !self.quiet {
            write(&self.err, text);
        }
    }

    /// An error.
    pub fn error(&self, text: &str) {
        write(&self.err, &format!("{} {text}", self.on_err(ERROR, "error:")));
    }

    /// How to mend what was said just before.
    pub fn help(&self, text: &str) {
        write(&self.err, &format!("  {} {text}", self.on_err(HINT, "help:")));
    }

    /// A line on stderr that even `--quiet` does not silence.
    pub fn say(&self, text: &str) {
        write(&self.err, text);
    }

    /// The text in a style, for stderr.
    pub fn on_err(&self, style: Style, text: &str) -> String {
        paint(self.color_err, style, text)
    }

    /// The text in a style, for stdout.
    pub fn on_out(&self, style: Style, text: &str) -> String {
        paint(self.color_out, style, text)
    }
}

/// A cell of a table.
pub struct Cell(comfy_table::Cell);

impl Cell {
    /// Plain text.
    pub fn new(text: impl Into<String>) -> Self {
        Self(comfy_table::Cell::new(text.into()))
    }

    /// A service's state in its colour.
    pub fn service_state(state: ServiceState) -> Self {
        let colour = match service_style(state) {
            style if style == GOOD => comfy_table::Color::Green,
            style if style == ERROR => comfy_table::Color::Red,
            _ => comfy_table::Color::Yellow,
        };
        Self(comfy_table::Cell::new(state.as_str()).fg(colour))
    }

    /// What is known of a connection, in its colour.
    pub fn connection_state(state: ConnectionState) -> Self {
        Self(match state {
            ConnectionState::Proven => comfy_table::Cell::new("proven").fg(comfy_table::Color::Green),
            ConnectionState::Failed => comfy_table::Cell::new("failed").fg(comfy_table::Color::Red),
            ConnectionState::Declared => comfy_table::Cell::new("declared"),
            ConnectionState::Inferred => comfy_table::Cell::new("inferred"),
        })
    }

    /// A stack's state in its colour.
    pub fn stack_state(state: StackState, held: bool) -> Self {
        let colour = match state {
            StackState::Up => comfy_table::Color::Green,
            StackState::Failed | StackState::Degraded => comfy_table::Color::Red,
            StackState::Converging | StackState::Stopping => comfy_table::Color::Yellow,
            StackState::Down | StackState::Unmanaged => comfy_table::Color::Reset,
        };
        let text = if held { format!("{state} (held)") } else { state.to_string() };
        Self(comfy_table::Cell::new(text).fg(colour))
    }
}

/// The style that says how good a service's state is.
pub fn service_style(state: ServiceState) -> Style {
    match state {
        ServiceState::Running | ServiceState::Healthy | ServiceState::Completed => GOOD,
        ServiceState::Failed | ServiceState::Unhealthy | ServiceState::Unknown => ERROR,
        ServiceState::Pending
        | ServiceState::Creating
        | ServiceState::Starting
        | ServiceState::Restarting
        | ServiceState::Stopping
        | ServiceState::Stopped => WARN,
    }
}

/// Makes the table fit, unless its columns of words had to become slivers: then the terminal may break lines as it likes.
fn wrap(table: &mut Table, width: u16) {
    let worded: Vec<bool> =
        table.column_iter().map(|column| column_cells(table, column.index).any(|text| text.contains(' '))).collect();
    let wants = table.column_max_content_widths();
    let least = wants.iter().zip(&worded).map(|(want, worded)| if *worded { (*want).min(LEAST_WORDS) } else { *want });
    if least.map(|column| column + 2).sum::<u16>() > width {
        return;
    }
    table.set_content_arrangement(ContentArrangement::Dynamic).set_width(width);
    for (column, worded) in table.column_iter_mut().zip(worded) {
        if !worded {
            column.set_constraint(ColumnConstraint::ContentWidth);
        }
    }
}

fn column_cells(table: &Table, index: usize) -> impl Iterator<Item = String> {
    table.row_iter().filter_map(move |row| row.cell_iter().nth(index)).map(comfy_table::Cell::content)
}

fn paint(colour: bool, style: Style, text: &str) -> String {
    if colour { format!("{style}{text}{style:#}") } else { text.to_owned() }
}

/// Nobody can be told that nothing can be told any more.
fn write(sink: &Sink, text: &str) {
    let mut sink = sink.lock().unwrap_or_else(PoisonError::into_inner);
    let _ = writeln!(sink, "{text}").and_then(|()| sink.flush());
}

fn write_bytes(sink: &Sink, bytes: &[u8]) {
    let mut sink = sink.lock().unwrap_or_else(PoisonError::into_inner);
    let _ = sink.write_all(bytes).and_then(|()| sink.flush());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_narrow_terminal_wraps_words_and_neither_names_nor_addresses() {
        let wide = "NAME      WHY                                ADDRESS\nshop-web  waits for the db to become healthy  http://localhost:8099\n";
        for (width, expected) in [
            (None, wide),
            (Some(0), wide),
            (Some(30), wide),
            (Some(200), wide),
            (
                Some(60),
                "NAME      WHY                        ADDRESS\n\
                 shop-web  waits for the db to  http://localhost:8099\n\
                 become healthy\n",
            ),
        ] {
            let (mut output, out, _) = Output::captured(false, false);
            output.width = width;
            let cells = ["shop-web", "waits for the db to become healthy", "http://localhost:8099"];
            output.table(["NAME", "WHY", "ADDRESS"], vec![cells.map(Cell::new)]);
            let words = |text: &str| -> Vec<Vec<String>> {
                text.lines().map(|line| line.split_whitespace().map(str::to_owned).collect()).collect()
            };
            let text = String::from_utf8(out.lock().unwrap().clone()).unwrap();
            assert_eq!(words(&text), words(expected), "{width:?}:\n{text}");
        }
    }
}
