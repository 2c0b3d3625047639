//! Durations: `1m30s`, `500ms`, `1.5h`, `2d`, `1w`. The unit is not optional.

const SECOND: i64 = 1_000_000_000;

/// A duration in nanoseconds, or `None` for what is not one.
pub(crate) fn duration_ns(text: &str) -> Option<i64> {
    let (negative, mut rest) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    if rest == "0" {
        return Some(0);
    }
    if rest.is_empty() {
        return None;
    }
    let mut total = 0_f64;
    let mut exact = 0_i64;
    while !rest.is_empty() {
        let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let (number, after) = rest.split_at(end);
        let unit_end = after.find(|c: char| c.is_ascii_digit() || c == '.').unwrap_or(after.len());
        let (unit, left) = after.split_at(unit_end);
        let unit = unit_ns(unit)?;
        match number.parse::<i64>() {
            Ok(number) => exact = exact.checked_add(number.checked_mul(unit)?)?,
            Err(_) => total += number.parse::<f64>().ok()? * unit as f64,
        }
        rest = left;
    }
    let sum = exact.checked_add(total as i64)?;
    Some(if negative { -sum } else { sum })
}

fn unit_ns(unit: &str) -> Option<i64> {
    Some(match unit {
        "ns" => 1,
        "us" | "µs" | "μs" => 1_000,
        "ms" => 1_000_000,
        "s" => SECOND,
        "m" => 60 * SECOND,
        "h" => 3_600 * SECOND,
        "d" => 24 * 3_600 * SECOND,
        "w" => 7 * 24 * 3_600 * SECOND,
        _ => return None,
    })
}

/// A duration as Compose prints it: `1m30s`, `1.5s`, `100ms`, `0s`.
pub(crate) fn duration_text(ns: i64) -> String {
    if ns == 0 {
        return "0s".to_owned();
    }
    let sign = if ns < 0 { "-" } else { "" };
    let ns = ns.unsigned_abs();
    let second = SECOND.unsigned_abs();
    if ns < second {
        let (unit, name) = match ns {
            0..1_000 => (1, "ns"),
            1_000..1_000_000 => (1_000, "µs"),
            _ => (1_000_000, "ms"),
        };
        return format!("{sign}{}{name}", decimal(ns, unit));
    }
    let (hours, minutes, rest) = (ns / (3_600 * second), ns / (60 * second) % 60, ns % (60 * second));
    let mut text = sign.to_owned();
    if hours > 0 {
        text.push_str(&format!("{hours}h"));
    }
    if hours > 0 || minutes > 0 {
        text.push_str(&format!("{minutes}m"));
    }
    text.push_str(&format!("{}s", decimal(rest, second)));
    text
}

/// A quotient with as many decimals as it needs.
fn decimal(value: u64, unit: u64) -> String {
    let (whole, part) = (value / unit, value % unit);
    if part == 0 {
        return whole.to_string();
    }
    let width = unit.ilog10() as usize;
    format!("{whole}.{}", format!("{part:0width$}").trim_end_matches('0'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations() {
        for (text, shown) in [
            ("90s", Some("1m30s")),
            ("1h", Some("1h0m0s")),
            ("1.5s", Some("1.5s")),
            ("100ms", Some("100ms")),
            ("1d", Some("24h0m0s")),
            ("1w", Some("168h0m0s")),
            ("0", Some("0s")),
            ("0s", Some("0s")),
            ("1m30s", Some("1m30s")),
            ("1500us", Some("1.5ms")),
            ("10", None),
            ("s", None),
            ("", None),
            ("1 s", None),
            ("1x", None),
        ] {
            assert_eq!(duration_ns(text).map(duration_text).as_deref(), shown, "{text:?}");
        }
    }
}
