//! The order of names in Compose's YAML.

use std::cmp::Ordering;

/// Numbers within names by their value, letters after everything else.
pub(super) fn natural(one: &str, other: &str) -> Ordering {
    let (a, b): (Vec<char>, Vec<char>) = (one.chars().collect(), other.chars().collect());
    let Some(at) = (0..a.len().min(b.len())).find(|index| a[*index] != b[*index]) else { return a.len().cmp(&b.len()) };
    let after_digits = at > 0 && a[at - 1].is_ascii_digit();
    match (a[at].is_alphabetic(), b[at].is_alphabetic()) {
        (true, true) => a[at].cmp(&b[at]),
        (true, false) => {
            if after_digits {
                Ordering::Less
            } else {
                Ordering::Greater
            }
        }
        (false, true) => {
            if after_digits {
                Ordering::Greater
            } else {
                Ordering::Less
            }
        }
        (false, false) => {
            // Where they part at a nought within a number, what stands before it counts: 100 comes after 11.
            let before = a[..at].iter().rev().take_while(|c| c.is_ascii_digit());
            let within = (a[at] == '0' || b[at] == '0') && before.copied().any(|c| c != '0');
            let number = |text: &[char]| {
                let digits: String = text[at..].iter().take_while(|c| c.is_ascii_digit()).collect();
                let value = if digits.is_empty() { "0" } else { &digits };
                let value = format!("{}{value}", u8::from(within));
                (value.parse::<u128>().unwrap_or(u128::MAX), digits.len())
            };
            number(&a).cmp(&number(&b)).then(a[at].cmp(&b[at]))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::natural;

    #[test]
    fn names_are_sorted_as_people_sort_them() {
        let mut names =
            ["a100", "a20", "a11", "web10", "web9", "b", "B", "a-1", "a1", "a", "_x", "9", "10", "x-é", "x-z"];
        names.sort_by(|one, other| natural(one, other));
        assert_eq!(
            names,
            ["_x", "9", "10", "B", "a", "a-1", "a1", "a11", "a20", "a100", "b", "web9", "web10", "x-z", "x-é"]
        );
    }
}
