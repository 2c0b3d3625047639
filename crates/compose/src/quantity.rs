//! Numbers, sizes and durations as Compose writes them.

mod bytes;
mod duration;

pub(crate) use bytes::bytes;
pub(crate) use duration::{duration_ns, duration_text};

/// A whole number in base ten.
pub(crate) fn integer(text: &str) -> Option<i64> {
    text.strip_prefix('+').unwrap_or(text).parse().ok()
}

/// A decimal number.
pub(crate) fn float(text: &str) -> Option<f64> {
    if text.is_empty() || text.contains(char::is_whitespace) { None } else { text.parse().ok() }
}

/// The shortest text for a number, with an exponent from a million on and below 1e-4.
pub(crate) fn float_text(value: f64) -> String {
    if value.is_nan() {
        return "NaN".to_owned();
    }
    if value.is_infinite() {
        return if value > 0.0 { "+Inf".to_owned() } else { "-Inf".to_owned() };
    }
    let exponential = format!("{value:e}");
    let Some((mantissa, exponent)) = exponential.split_once('e') else { return exponential };
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if (-4..6).contains(&exponent) || value == 0.0 {
        return format!("{value}");
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{mantissa}e{sign}{:02}", exponent.abs())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn floats_are_short() {
        for (value, text) in [
            (1.0, "1"),
            (0.5, "0.5"),
            (1e3, "1000"),
            (999_999.5, "999999.5"),
            (1e6, "1e+06"),
            (123_456_789.5, "1.234567895e+08"),
            (1e21, "1e+21"),
            (0.0001, "0.0001"),
            (0.00001, "1e-05"),
            (0.0, "0"),
        ] {
            assert_eq!(float_text(value), text);
        }
    }
}
