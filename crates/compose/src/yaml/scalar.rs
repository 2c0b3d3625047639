//! What an unquoted scalar means. The dialect is that of Compose: YAML 1.2 in what is a boolean, YAML 1.1 in what is an
//! octal number, and underscores within numbers.

use crate::tree::Value;

/// The value of a plain scalar without a tag.
pub(super) fn resolve(text: &str) -> Value {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Value::Null,
        "true" | "True" | "TRUE" => return Value::Bool(true),
        "false" | "False" | "FALSE" => return Value::Bool(false),
        ".nan" | ".NaN" | ".NAN" => return Value::Float(f64::NAN),
        ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" => return Value::Float(f64::INFINITY),
        "-.inf" | "-.Inf" | "-.INF" => return Value::Float(f64::NEG_INFINITY),
        _ => {}
    }
    match text.as_bytes().first() {
        Some(b'.') => decimal(text).map_or_else(|| Value::Text(text.to_owned()), Value::Float),
        Some(b'0'..=b'9' | b'+' | b'-') => number(text),
        _ => Value::Text(text.to_owned()),
    }
}

fn number(text: &str) -> Value {
    if is_time(text) {
        return Value::Time(text.to_owned());
    }
    let digits = text.replace('_', "");
    if let Some(value) = integer(&digits) {
        return Value::Int(value);
    }
    decimal(&digits).map_or_else(|| Value::Text(text.to_owned()), Value::Float)
}

/// An integer with the prefixes `0x`, `0o`, `0b`, or the leading zero of an octal number.
fn integer(text: &str) -> Option<i128> {
    let (negative, digits) = match text.as_bytes().first()? {
        b'-' => (true, &text[1..]),
        b'+' => (false, &text[1..]),
        _ => (false, text),
    };
    let lower = digits.to_ascii_lowercase();
    let (radix, digits) = match lower.as_str() {
        "0" => (10, "0"),
        _ if lower.starts_with("0x") => (16, &lower[2..]),
        _ if lower.starts_with("0o") => (8, &lower[2..]),
        _ if lower.starts_with("0b") => (2, &lower[2..]),
        _ if lower.starts_with('0') => (8, &lower[1..]),
        _ => (10, lower.as_str()),
    };
    if digits.is_empty() || !digits.bytes().all(|digit| digit.is_ascii_alphanumeric()) {
        return None;
    }
    let magnitude = i128::from_str_radix(digits, radix).ok()?;
    let value = if negative { -magnitude } else { magnitude };
    (i128::from(i64::MIN)..=i128::from(u64::MAX)).contains(&value).then_some(value)
}

/// `1.5`, `.5`, `1.`, `1e3`; nothing that has a letter besides the exponent's.
fn decimal(text: &str) -> Option<f64> {
    let body = text.strip_prefix(['-', '+']).unwrap_or(text);
    let (mantissa, exponent) = match body.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (body, None),
    };
    let (whole, part) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let all_digits = |text: &str| text.bytes().all(|c| c.is_ascii_digit());
    let mantissa_ok = all_digits(whole) && all_digits(part) && !(whole.is_empty() && part.is_empty());
    let exponent_ok = exponent.is_none_or(|exponent| {
        let digits = exponent.strip_prefix(['-', '+']).unwrap_or(exponent);
        !digits.is_empty() && all_digits(digits)
    });
    if !(mantissa_ok && exponent_ok) {
        return None;
    }
    // A number that no float can hold stays text.
    text.parse().ok().filter(|number: &f64| number.is_finite())
}

/// `2024-01-02`, `2024-01-02T03:04:05Z`, `2024-1-2 3:4:5.5`.
fn is_time(text: &str) -> bool {
    let bytes = text.as_bytes();
    if bytes.len() < 8 || !bytes[..4].iter().all(u8::is_ascii_digit) || bytes[4] != b'-' || !text.is_ascii() {
        return false;
    }
    let (date, time) = match text.find(['T', 't', ' ']) {
        Some(at) => (&text[5..at], Some(&text[at + 1..])),
        None => (&text[5..], None),
    };
    let Some((month, day)) = date.split_once('-') else { return false };
    if !within(month, 1, 12) || !within(day, 1, 31) {
        return false;
    }
    let Some(time) = time else { return true };
    // A zone is only read after the letter T, as in RFC 3339.
    let separator = bytes[text.len() - time.len() - 1];
    let clock = if separator == b' ' {
        time
    } else if let Some(clock) = time.strip_suffix('Z') {
        clock
    } else if let Some(at) = time.rfind(['+', '-']) {
        let Some((hours, minutes)) = time[at + 1..].split_once(':') else { return false };
        if hours.len() != 2 || minutes.len() != 2 || !within(hours, 0, 24) || !within(minutes, 0, 60) {
            return false;
        }
        &time[..at]
    } else {
        return false;
    };
    let parts: Vec<&str> = clock.split(':').collect();
    let [hours, minutes, seconds] = parts.as_slice() else { return false };
    let (seconds, fraction) = seconds.split_once('.').unwrap_or((seconds, "0"));
    within(hours, 0, 23)
        && within(minutes, 0, 59)
        && within(seconds, 0, 59)
        && !fraction.is_empty()
        && fraction.bytes().all(|c| c.is_ascii_digit())
}

fn within(text: &str, least: u32, most: u32) -> bool {
    (1..=2).contains(&text.len())
        && text.bytes().all(|c| c.is_ascii_digit())
        && text.parse::<u32>().is_ok_and(|value| (least..=most).contains(&value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_scalars_follow_composes_dialect() {
        for (text, kind, shown) in [
            ("yes", "text", Some("yes")),
            ("on", "text", Some("on")),
            ("True", "a boolean", Some("true")),
            ("~", "nothing", None),
            ("", "nothing", None),
            ("0755", "a number", Some("493")),
            ("0o17", "a number", Some("15")),
            ("0x10", "a number", Some("16")),
            ("0b11", "a number", Some("3")),
            ("1_000", "a number", Some("1000")),
            ("-5", "a number", Some("-5")),
            ("18446744073709551615", "a number", Some("18446744073709551615")),
            ("08", "a decimal number", Some("8")),
            ("1.0", "a decimal number", Some("1")),
            ("1e3", "a decimal number", Some("1000")),
            (".5", "a decimal number", Some("0.5")),
            (".inf", "a decimal number", Some("+Inf")),
            ("1:30", "text", Some("1:30")),
            ("22:22", "text", Some("22:22")),
            ("-", "text", Some("-")),
            ("1.2.3", "text", Some("1.2.3")),
            ("0.0.0.0", "text", Some("0.0.0.0")),
            ("0xzz", "text", Some("0xzz")),
            ("1e", "text", Some("1e")),
            ("2024-01-01", "a date", Some("2024-01-01")),
            ("2024-01-01T10:00:00Z", "a date", Some("2024-01-01T10:00:00Z")),
            ("2024-13-01", "text", Some("2024-13-01")),
            ("2024-01-01-alpine", "text", Some("2024-01-01-alpine")),
        ] {
            let value = resolve(text);
            assert_eq!((value.kind(), value.to_text().as_deref()), (kind, shown), "{text:?}");
        }
    }
}
