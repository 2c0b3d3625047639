//! The document as YAML, laid out as Compose lays it out, so that a script which compares texts finds them equal.

use serde_json::{Map, Value};

/// Writes a document; the keys of its mappings stay in their order.
pub fn of(document: &Value) -> String {
    let mut out = String::new();
    match document.as_object() {
        Some(map) => mapping(map, 0, &mut out),
        None => value(document, 0, &mut out),
    }
    out
}

fn mapping(map: &Map<String, Value>, indent: usize, out: &mut String) {
    for (key, child) in map {
        out.push_str(&" ".repeat(indent));
        scalar(key, indent, true, out);
        out.push(':');
        match child {
            Value::Object(map) if !map.is_empty() => {
                out.push('\n');
                mapping(map, indent + 2, out);
            }
            Value::Array(items) if !items.is_empty() => {
                out.push('\n');
                sequence(items, indent + 2, out);
            }
            other => {
                out.push(' ');
                value(other, indent, out);
            }
        }
    }
}

fn sequence(items: &[Value], indent: usize, out: &mut String) {
    for item in items {
        out.push_str(&" ".repeat(indent));
        out.push_str("- ");
        match item {
            Value::Object(map) if !map.is_empty() => {
                let mut inner = String::new();
                mapping(map, indent + 2, &mut inner);
                // The first entry stands beside the dash.
                out.push_str(inner.get(indent + 2..).unwrap_or_default());
            }
            Value::Array(items) if !items.is_empty() => {
                let mut inner = String::new();
                sequence(items, indent + 2, &mut inner);
                out.push_str(inner.get(indent + 2..).unwrap_or_default());
            }
            other => value(other, indent, out),
        }
    }
}

/// A value that needs no lines of its own, with the line's end.
fn value(value: &Value, indent: usize, out: &mut String) {
    match value {
        Value::Null => out.push_str("null"),
        Value::Bool(value) => out.push_str(if *value { "true" } else { "false" }),
        Value::Number(number) => out.push_str(&number.to_string()),
        Value::String(text) => scalar(text, indent, false, out),
        Value::Array(_) => out.push_str("[]"),
        Value::Object(_) => out.push_str("{}"),
    }
    out.push('\n');
}

/// A text in the plainest form in which it is read as the same text again.
fn scalar(text: &str, indent: usize, key: bool, out: &mut String) {
    let printable = text.chars().all(|c| c == '\n' || (!c.is_control() && c != '\u{feff}'));
    if text.contains('\n') && !key && printable && !text.contains(" \n") && !text.ends_with(' ') {
        return block(text, indent, out);
    }
    if !printable || text.contains('\n') || is_read_otherwise(text) {
        return double_quoted(text, out);
    }
    if is_plain(text) {
        out.push_str(text);
    } else {
        out.push('\'');
        out.push_str(&text.replace('\'', "''"));
        out.push('\'');
    }
}

/// Several lines, as they are. The end says how many line ends there are.
fn block(text: &str, indent: usize, out: &mut String) {
    out.push('|');
    if text.starts_with([' ', '\n']) {
        out.push('2');
    }
    let body = match text.strip_suffix('\n') {
        None => {
            out.push('-');
            text
        }
        Some(body) if body.ends_with('\n') || body.is_empty() => {
            out.push('+');
            body
        }
        Some(body) => body,
    };
    for line in body.split('\n') {
        out.push('\n');
        if !line.is_empty() {
            out.push_str(&" ".repeat(indent + 2));
            out.push_str(line);
        }
    }
}

fn double_quoted(text: &str, out: &mut String) {
    out.push('"');
    for character in text.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '\r' => out.push_str("\\r"),
            '\0' => out.push_str("\\0"),
            '\u{7}' => out.push_str("\\a"),
            '\u{8}' => out.push_str("\\b"),
            '\u{1b}' => out.push_str("\\e"),
            '\u{feff}' => out.push_str("\\uFEFF"),
            control if control.is_control() => out.push_str(&format!("\\x{:02X}", u32::from(control))),
            other => out.push(other),
        }
    }
    out.push('"');
}

/// Without quotes it would be a number, a truth, a date or nothing.
fn is_read_otherwise(text: &str) -> bool {
    const WORDS: [&str; 16] =
        ["", "~", "null", "true", "false", "y", "n", "yes", "no", "on", "off", "<<", ".inf", "-.inf", "+.inf", ".nan"];
    let lower = text.to_ascii_lowercase();
    let is_word = WORDS.contains(&lower.as_str()) && {
        // Words count in lower case, in capitals, and with a first capital.
        let capital = lower.split_at(usize::from(!lower.is_empty()));
        text == lower || text == lower.to_ascii_uppercase() || text == capital.0.to_ascii_uppercase() + capital.1
    };
    is_word || is_number(text) || is_date(text) || is_sexagesimal(text)
}

fn is_number(text: &str) -> bool {
    let bare = text.strip_prefix(['-', '+']).unwrap_or(text);
    if !bare.starts_with(|c: char| c.is_ascii_digit() || c == '.') {
        return false;
    }
    let digits = bare.replace('_', "");
    let of_base = |prefix: &str, base: u32| {
        digits.strip_prefix(prefix).is_some_and(|rest| !rest.is_empty() && rest.chars().all(|c| c.is_digit(base)))
    };
    if of_base("0x", 16)
        || of_base("0X", 16)
        || of_base("0o", 8)
        || of_base("0O", 8)
        || of_base("0b", 2)
        || of_base("0B", 2)
    {
        return true;
    }
    let (number, exponent) = match digits.find(['e', 'E']) {
        Some(at) => (&digits[..at], Some(&digits[at + 1..])),
        None => (digits.as_str(), None),
    };
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let all_digits = |text: &str| text.chars().all(|c| c.is_ascii_digit());
    let has_exponent = exponent.is_none_or(|exponent| {
        let exponent = exponent.strip_prefix(['-', '+']).unwrap_or(exponent);
        !exponent.is_empty() && all_digits(exponent)
    });
    all_digits(whole) && all_digits(fraction) && !(whole.is_empty() && fraction.is_empty()) && has_exponent
}

/// `2024-01-01`, with or without a time.
fn is_date(text: &str) -> bool {
    let (date, rest) = text.split_at_checked(10).or_else(|| text.split_at_checked(text.len())).unwrap_or((text, ""));
    let parts: Vec<&str> = date.trim_end_matches(['T', 't', ' ']).split('-').collect();
    let digits =
        |text: &str, most: usize| !text.is_empty() && text.len() <= most && text.bytes().all(|b| b.is_ascii_digit());
    let is_day = matches!(parts.as_slice(), [year, month, day] if year.len() == 4 && digits(year, 4) && digits(month, 2) && digits(day, 2));
    is_day && (rest.is_empty() || rest.starts_with(['T', 't', ' ']) && rest.contains(':'))
}

/// `22:22`, which an older YAML reads as a number.
fn is_sexagesimal(text: &str) -> bool {
    let bare = text.strip_prefix(['-', '+']).unwrap_or(text);
    let mut parts = bare.split(':');
    let first = parts.next().unwrap_or_default();
    let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit() || b == b'_');
    let rest: Vec<&str> = parts.collect();
    let last = rest.len().checked_sub(1);
    first.starts_with(|c: char| c.is_ascii_digit())
        && digits(first)
        && last.is_some()
        && rest.iter().enumerate().all(|(index, part)| {
            let part = if Some(index) == last { part.split('.').next().unwrap_or_default() } else { part };
            !part.is_empty()
                && part.len() <= 2
                && part.bytes().all(|b| b.is_ascii_digit())
                && part.parse::<u8>().is_ok_and(|n| n < 60)
        })
}

/// It can stand without quotes.
fn is_plain(text: &str) -> bool {
    let Some(first) = text.chars().next() else { return false };
    if text.starts_with(' ') || text.ends_with(' ') || text.starts_with("---") || text.starts_with("...") {
        return false;
    }
    if "#,[]{}&*!|>'\"%@`".contains(first) || text.contains('\t') {
        return false;
    }
    let second = text[first.len_utf8()..].chars().next();
    if "?:-".contains(first) && second.is_none_or(|second| second == ' ') {
        return false;
    }
    !text.contains(": ") && !text.ends_with(':') && !text.contains(" #")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn texts_are_quoted_where_they_would_be_read_otherwise() {
        for (text, expected) in [
            ("nginx", "nginx"),
            ("8080", "\"8080\""),
            ("1.5", "\"1.5\""),
            ("0x1f", "\"0x1f\""),
            ("1e3", "\"1e3\""),
            ("1.2.3", "1.2.3"),
            ("true", "\"true\""),
            ("TrUe", "TrUe"),
            ("y", "\"y\""),
            ("N", "\"N\""),
            ("", "\"\""),
            ("22:22", "\"22:22\""),
            ("80:80", "80:80"),
            ("2024-01-01", "\"2024-01-01\""),
            ("a: b", "'a: b'"),
            ("it's #1", "'it''s #1'"),
            ("it's", "it's"),
            ("*x", "'*x'"),
            ("-", "'-'"),
            ("-x", "-x"),
            ("a:", "'a:'"),
            ("$$x ", "'$$x '"),
            ("tab\tx", "\"tab\\tx\""),
            ("~", "\"~\""),
            ("/a/b:c", "/a/b:c"),
        ] {
            let mut out = String::new();
            scalar(text, 0, false, &mut out);
            assert_eq!(out, expected, "{text:?}");
        }
    }

    #[test]
    fn a_model_is_laid_out_as_compose_does() {
        let document = json!({
            "name": "shop",
            "services": {
                "web9": {"deploy": {"replicas": 2}, "environment": {"A": "x\ny\n", "B": "1"},
                    "ports": [{"mode": "ingress", "target": 80}], "volumes": [{"type": "volume", "volume": {}}]},
                "web10": {"entrypoint": ["a", "b"], "image": "y", "networks": {"default": null}},
            },
            "x-a": {"a": null, "b": []},
        });
        let expected = "\
name: shop
services:
  web9:
    deploy:
      replicas: 2
    environment:
      A: |
        x
        y
      B: \"1\"
    ports:
      - mode: ingress
        target: 80
    volumes:
      - type: volume
        volume: {}
  web10:
    entrypoint:
      - a
      - b
    image: \"y\"
    networks:
      default: null
x-a:
  a: null
  b: []
";
        assert_eq!(of(&document), expected);
    }
}
