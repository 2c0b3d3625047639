//! Durations as people type them, on the command line and in queries.

use std::fmt::Write as _;
use std::time::Duration;

/// A text that is no duration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidDuration(String);

impl std::fmt::Display for InvalidDuration {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "`{}` is not a duration: use seconds such as 10, or 1m30s, 2h, 500ms", self.0)
    }
}

impl std::error::Error for InvalidDuration {}

/// Reads whole or fractional seconds (`10`, `0.5`), or numbers with units from `h` down to `ms` (`1h`, `1m30s`, `500ms`).
///
/// # Errors
/// [`InvalidDuration`] for anything else, negative numbers among it.
pub fn parse_duration(text: &str) -> Result<Duration, InvalidDuration> {
    let invalid = || InvalidDuration(text.to_owned());
    let trimmed = text.trim();
    if trimmed.is_empty() {
        return Err(invalid());
    }
    let mut rest = trimmed;
    let mut total = 0.0_f64;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
        let number: f64 = rest[..digits].parse().map_err(|_| invalid())?;
        rest = &rest[digits..];
        let letters = rest.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(rest.len());
        let seconds = match &rest[..letters] {
            "h" => 3600.0,
            "m" => 60.0,
            "s" => 1.0,
            "ms" => 0.001,
            // A number without a unit is seconds, and then it stands alone.
            "" if digits == trimmed.len() => 1.0,
            _ => return Err(invalid()),
        };
        rest = &rest[letters..];
        total += number * seconds;
    }
    Duration::try_from_secs_f64(total).map_err(|_| invalid())
}

/// A duration for people: `0.4s`, `12s`, `1m30s`, `2h5m`.
pub fn render_duration(duration: Duration) -> String {
    let whole = duration.as_secs();
    if whole < 10 {
        return format!("{:.1}s", duration.as_secs_f64());
    }
    let (hours, minutes, seconds) = (whole / 3600, whole / 60 % 60, whole % 60);
    let mut text = String::new();
    if hours >= 48 {
        let _ = write!(text, "{}d", hours / 24);
        return text;
    }
    if hours > 0 {
        let _ = write!(text, "{hours}h");
    }
    if minutes > 0 {
        let _ = write!(text, "{minutes}m");
    }
    if seconds > 0 && hours == 0 {
        let _ = write!(text, "{seconds}s");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_as_people_type_them() {
        for (text, millis) in [
            ("10", Some(10_000)),
            ("0", Some(0)),
            ("0.5", Some(500)),
            ("1m30s", Some(90_000)),
            ("2h", Some(7_200_000)),
            ("500ms", Some(500)),
            (" 3s ", Some(3_000)),
            ("", None),
            ("-1", None),
            ("1x", None),
            ("m", None),
            ("1m30", None),
            ("1..2s", None),
            ("99999999999999999999999999", None),
        ] {
            assert_eq!(parse_duration(text).ok().map(|d| d.as_millis()), millis, "{text:?}");
        }
    }

    #[test]
    fn durations_are_written_for_people() {
        for (millis, text) in [
            (0, "0.0s"),
            (432, "0.4s"),
            (12_900, "12s"),
            (90_000, "1m30s"),
            (120_000, "2m"),
            (7_500_000, "2h5m"),
            (200 * 3_600_000, "8d"),
        ] {
            assert_eq!(render_duration(Duration::from_millis(millis)), text);
        }
    }
}
