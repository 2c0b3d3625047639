//! Numbers, sizes and durations as Compose writes them.

mod bytes;
mod duration;

pub(crate) use bytes::bytes;
pub(crate) use duration::{duration_ns, duration_text};

/// A whole number in base ten.
pub(crate) fn integer(text: &str) -> Option<i64> {
    text.strip_prefix('+').unwrap_or(text).parse().ok()
}

/// A decimal number: `1`, `.5`, `1e3`, `1_000`, `0x1p4`, `inf`. One that no float can hold is none.
pub(crate) fn float(text: &str) -> Option<f64> {
    if text.starts_with('_') || text.ends_with('_') || text.contains("__") {
        return None;
    }
    let lower = text.replace('_', "").to_ascii_lowercase();
    let (negative, body) = match lower.strip_prefix('-') {
        Some(body) => (true, body),
        None => (false, lower.strip_prefix('+').unwrap_or(&lower)),
    };
    if body.starts_with(['-', '+']) {
        return None;
    }
    let value = match body.strip_prefix("0x") {
        Some(digits) => hexadecimal(digits)?,
        None => body.parse().ok()?,
    };
    let spelt_out = body.starts_with('i');
    (value.is_finite() || value.is_nan() || spelt_out).then_some(if negative { -value } else { value })
}

/// `1.8p4`: hexadecimal digits, and a power of two that may not be missing.
fn hexadecimal(text: &str) -> Option<f64> {
    let (mantissa, exponent) = text.split_once('p')?;
    let (whole, part) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    if whole.is_empty() && part.is_empty() {
        return None;
    }
    let digits = whole.chars().chain(part.chars());
    let value =
        digits.map(|digit| digit.to_digit(16)).try_fold(0.0, |sum, digit| Some(sum * 16.0 + f64::from(digit?)))?;
    let power = exponent.parse::<i32>().ok()?.checked_sub(i32::try_from(part.len()).ok()? * 4)?;
    Some(value * 2_f64.powi(power))
}

/// The number that a text reads as: a decimal, a fraction, or one with a prefix such as `0x`.
pub(crate) fn number(text: &str) -> Option<f64> {
    let lower = text.to_ascii_lowercase();
    let prefixed = [("0x", 16), ("0b", 2), ("0o", 8)].iter().find_map(|(prefix, radix)| {
        let digits = lower.strip_prefix(prefix)?;
        i64::from_str_radix(digits, *radix).ok().map(|value| value as f64)
    });
    let fraction = lower.split_once('/').and_then(|(above, below)| {
        let (above, below) = (integer(above)?, integer(below).filter(|below| *below != 0)?);
        Some(above as f64 / below as f64)
    });
    let starts_well = lower.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '+' | '-' | '.'));
    prefixed.or(fraction).or_else(|| float(&lower).filter(|_| starts_well))
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
