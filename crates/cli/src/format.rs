//! Rows in the forms that Docker's commands print them: `--format json`, `table`, or a template.

use crate::failure::Failure;
use crate::output::{Cell, Output};
use serde_json::{Map, Value};

/// A row: names as Docker's templates have them.
pub type Row = Map<String, Value>;

/// How rows are printed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Format {
    /// A table.
    Table,
    /// An object a line.
    Json,
    /// A line for each row, with `{{.Name}}` filled in; `heading` where the template begins with `table`.
    Template {
        /// Its pieces.
        pieces: Vec<Piece>,
        /// The columns' names come first.
        heading: bool,
    },
}

/// A piece of a template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    /// As it stands.
    Text(String),
    /// A field; empty is the whole row.
    Field {
        /// Its name.
        name: String,
        /// As JSON.
        json: bool,
    },
}

/// Reads the value of `--format`.
///
/// # Errors
/// Where a template holds more than fields: loops and conditions are for programs that read JSON.
pub fn parse(text: &str) -> Result<Format, String> {
    match text {
        "" | "table" => Ok(Format::Table),
        "json" => Ok(Format::Json),
        _ => {
            let (heading, template) = match text.strip_prefix("table ") {
                Some(rest) => (true, rest),
                None => (false, text),
            };
            if !template.contains("{{") {
                return Err(format!("`{text}` is not table, json or a template such as '{{{{.Name}}}}'"));
            }
            Ok(Format::Template { pieces: pieces(template)?, heading })
        }
    }
}

/// Prints rows. `columns` are those of the table: the heading and the field.
///
/// # Errors
/// [`Failure::Usage`] for a template that names a field which the rows do not have.
pub fn print<const N: usize>(
    output: &Output,
    format: &Format,
    columns: [(&str, &str); N],
    rows: &[Row],
) -> Result<(), Failure> {
    match format {
        Format::Json => rows.iter().try_for_each(|row| output.json_line(row)),
        Format::Table => {
            let cells = rows.iter().map(|row| columns.map(|(_, field)| Cell::new(text(row.get(field)))));
            output.table(columns.map(|(heading, _)| heading), cells.collect());
            Ok(())
        }
        Format::Template { pieces, heading: false } => {
            for row in rows {
                output.line(&fill(pieces, row)?);
            }
            Ok(())
        }
        Format::Template { pieces, heading: true } => {
            let mut lines = vec![heading(pieces)];
            for row in rows {
                lines.push(fill(pieces, row)?);
            }
            aligned(&lines).iter().for_each(|line| output.line(line));
            Ok(())
        }
    }
}

fn pieces(template: &str) -> Result<Vec<Piece>, String> {
    let mut pieces = Vec::new();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once("{{") {
        if !before.is_empty() {
            pieces.push(Piece::Text(unescape(before)));
        }
        let Some((inner, behind)) = after.split_once("}}") else {
            return Err(format!("`{{{{{after}` is not closed"));
        };
        let inner = inner.trim_matches('-').trim();
        let (json, field) = match inner.strip_prefix("json ") {
            Some(field) => (true, field.trim()),
            None => (false, inner),
        };
        let name = field.strip_prefix('.').filter(|name| name.bytes().all(|byte| byte.is_ascii_alphanumeric()));
        let Some(name) = name else {
            return Err(format!(
                "`{{{{{inner}}}}}` is more than a field; use --format json and a program that reads it"
            ));
        };
        pieces.push(Piece::Field { name: name.to_owned(), json });
        rest = behind;
    }
    if !rest.is_empty() {
        pieces.push(Piece::Text(unescape(rest)));
    }
    Ok(pieces)
}

fn unescape(text: &str) -> String {
    text.replace("\\t", "\t").replace("\\n", "\n")
}

fn fill(pieces: &[Piece], row: &Row) -> Result<String, Failure> {
    let mut line = String::new();
    for piece in pieces {
        match piece {
            Piece::Text(text) => line.push_str(text),
            Piece::Field { name, json } => {
                let value = if name.is_empty() { Some(Value::Object(row.clone())) } else { row.get(name).cloned() };
                let Some(value) = value else {
                    let known: Vec<&str> = row.keys().map(String::as_str).collect();
                    return Err(Failure::usage(
                        format!("`--format` names a field `{name}`, which there is not"),
                        format!("there are {}", known.join(", ")),
                    ));
                };
                line.push_str(&if *json { value.to_string() } else { text(Some(&value)) });
            }
        }
    }
    Ok(line)
}

fn heading(pieces: &[Piece]) -> String {
    let words = pieces.iter().map(|piece| match piece {
        Piece::Text(text) => text.clone(),
        Piece::Field { name, .. } => name.to_uppercase(),
    });
    words.collect()
}

/// Columns that tabs separate, each as wide as its widest cell.
fn aligned(lines: &[String]) -> Vec<String> {
    let rows: Vec<Vec<&str>> = lines.iter().map(|line| line.split('\t').collect()).collect();
    let columns = rows.iter().map(Vec::len).max().unwrap_or_default();
    let width = |column: usize| rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max();
    let widths: Vec<usize> = (0..columns).map(|column| width(column).unwrap_or_default()).collect();
    let line = |row: &Vec<&str>| {
        let padded = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}"));
        padded.collect::<Vec<_>>().join("   ").trim_end().to_owned()
    };
    rows.iter().map(line).collect()
}

fn text(value: Option<&Value>) -> String {
    match value {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    }
}

/// Bytes in steps of a thousand with three digits, as Docker writes sizes: `1.99MB`.
#[expect(clippy::cast_precision_loss, reason = "for people")]
pub fn decimal_size(bytes: u64) -> String {
    scaled(bytes as f64, 1000.0, &["B", "kB", "MB", "GB", "TB", "PB"], 3)
}

/// Bytes in steps of 1024 with four digits, as Docker writes memory: `23.54GiB`.
#[expect(clippy::cast_precision_loss, reason = "for people")]
pub fn binary_size(bytes: u64) -> String {
    scaled(bytes as f64, 1024.0, &["B", "KiB", "MiB", "GiB", "TiB", "PiB"], 4)
}

fn scaled(mut size: f64, step: f64, units: &[&str], digits: usize) -> String {
    let mut unit = 0;
    while size >= step && unit + 1 < units.len() {
        size /= step;
        unit += 1;
    }
    let whole = if size >= 1.0 { format!("{size:.0}").len() } else { 1 };
    let number = format!("{size:.*}", digits.saturating_sub(whole));
    let number = if number.contains('.') { number.trim_end_matches('0').trim_end_matches('.') } else { &number };
    format!("{number}{}", units[unit])
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn rows() -> Vec<Row> {
        let row = |name: &str, code: i64| {
            json!({"Name": name, "ExitCode": code, "Ports": [], "Note": null}).as_object().cloned().expect("an object")
        };
        vec![row("shop-web-1", 0), row("db", 137)]
    }

    #[test]
    fn rows_are_printed_as_asked() {
        for (format, expected) in [
            (
                "json",
                "{\"Name\":\"shop-web-1\",\"ExitCode\":0,\"Ports\":[],\"Note\":null}\n{\"Name\":\"db\",\"ExitCode\":137,\"Ports\":[],\"Note\":null}\n",
            ),
            ("{{.Name}} {{ .ExitCode }}", "shop-web-1 0\ndb 137\n"),
            ("{{.Name}}\\t{{json .Name}}|{{.Note}}|{{.Ports}}", "shop-web-1\t\"shop-web-1\"||[]\ndb\t\"db\"||[]\n"),
            ("table {{.Name}}\\t{{.ExitCode}}", "NAME         EXITCODE\nshop-web-1   0\ndb           137\n"),
        ] {
            let (output, out, _) = Output::captured(false, false);
            let format = parse(format).expect("a format");
            print(&output, &format, [("NAME", "Name")], &rows()).expect("printed");
            assert_eq!(String::from_utf8(out.lock().expect("the text").clone()).expect("text"), expected, "{format:?}");
        }
    }

    #[test]
    fn what_is_no_format_is_refused() {
        for format in ["yaml", "{{.Name", "{{range .}}", "{{if .Name}}", "{{index .Labels \"x\"}}"] {
            assert!(parse(format).is_err(), "{format}");
        }
        let (output, ..) = Output::captured(false, false);
        let wrong = print(&output, &parse("{{.Nme}}").expect("a format"), [], &rows());
        assert!(matches!(wrong, Err(Failure::Usage { .. })), "{wrong:?}");
    }

    #[test]
    fn sizes() {
        for (bytes, decimal, binary) in [
            (0, "0B", "0B"),
            (736, "736B", "736B"),
            (1110, "1.11kB", "1.084KiB"),
            (475_136, "475kB", "464KiB"),
            (1_985_512, "1.99MB", "1.894MiB"),
            (25_276_000_000, "25.3GB", "23.54GiB"),
        ] {
            assert_eq!((decimal_size(bytes).as_str(), binary_size(bytes).as_str()), (decimal, binary));
        }
    }
}
