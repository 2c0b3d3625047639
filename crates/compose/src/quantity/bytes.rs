//! Sizes: `512m`, `1.5g`, `1 GiB`. Every unit is a power of 1024.

/// A size in bytes, or `None` for what is not a size.
pub(crate) fn bytes(text: &str) -> Option<i64> {
    let split = text.rfind(|c: char| c.is_ascii_digit() || c == '.' || c == ' ')?;
    let (number, unit) = text.split_at(split + 1);
    // One space may stand between number and unit.
    let number = number.strip_suffix(' ').unwrap_or(number);
    let number = super::float(number).filter(|number| *number >= 0.0)?;
    let power = match unit.to_ascii_lowercase().as_str() {
        "" | "b" => 0,
        unit => {
            let (prefix, rest) = unit.split_at_checked(1)?;
            if !matches!(rest, "" | "b" | "ib") {
                return None;
            }
            "kmgtp".find(prefix)? + 1
        }
    };
    let factor = 1024_f64.powi(i32::try_from(power).ok()?);
    let bytes = number * factor;
    // What does not fit wraps to the least number there is, as in Compose.
    Some(if bytes >= i64::MAX as f64 { i64::MIN } else { bytes as i64 })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes() {
        for (text, expected) in [
            ("512", Some(512)),
            ("512b", Some(512)),
            ("1k", Some(1024)),
            ("1KB", Some(1024)),
            ("1kib", Some(1024)),
            ("1.5g", Some(1_610_612_736)),
            ("1 GiB", Some(1_073_741_824)),
            ("1  GiB", None),
            ("64M", Some(67_108_864)),
            ("2t", Some(2_199_023_255_552)),
            ("-1", None),
            ("g", None),
            ("", None),
            ("1x", None),
            ("1kk", None),
        ] {
            assert_eq!(bytes(text), expected, "{text:?}");
        }
    }
}
