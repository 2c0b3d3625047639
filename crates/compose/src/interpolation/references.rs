//! The variables that texts refer to, without filling them in.

use super::template::{braces, is_head, name_end};
use std::collections::BTreeMap;

/// A variable as a file refers to it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reference {
    /// What stands in its place where it has no value; empty where nothing does.
    pub default: String,
    /// What stands in its place where it has one (`${NAME:+words}`).
    pub alternate: String,
    /// It must have a value.
    pub required: bool,
}

/// Adds the variables of a text, and those within the words of its references.
pub(crate) fn add(text: &str, found: &mut BTreeMap<String, Reference>) {
    let mut rest = text;
    while let Some(at) = rest.find('$') {
        let after = &rest[at + 1..];
        rest = match after.bytes().next() {
            Some(b'$') => &after[1..],
            Some(b'{') => match braces(after) {
                Some((braced, left)) => {
                    reference(braced, found);
                    left
                }
                None => &after[1..],
            },
            Some(byte) if is_head(byte) => {
                let end = name_end(after);
                found.entry(after[..end].to_owned()).or_default();
                &after[end..]
            }
            _ => after,
        };
    }
}

fn reference(braced: &str, found: &mut BTreeMap<String, Reference>) {
    let (name, operator) = braced.split_at(name_end(braced));
    let operator = operator.strip_prefix(':').unwrap_or(operator);
    let entry = found.entry(name.to_owned()).or_default();
    let Some(kind) = operator.chars().next() else { return };
    let word = &operator[kind.len_utf8()..];
    match kind {
        '-' => word.clone_into(&mut entry.default),
        '+' => word.clone_into(&mut entry.alternate),
        _ => entry.required = true,
    }
    if kind != '?' {
        add(word, found);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_found_with_their_words() {
        let mut found = BTreeMap::new();
        add("$A ${B} ${C:-x} ${D+y} ${E?words $$ here} ${F-${G:-z}} $$H ${1} a$", &mut found);
        let one = |default: &str, alternate: &str, required| Reference {
            default: default.to_owned(),
            alternate: alternate.to_owned(),
            required,
        };
        let expected = [
            ("A", one("", "", false)),
            ("B", one("", "", false)),
            ("C", one("x", "", false)),
            ("D", one("", "y", false)),
            ("E", one("", "", true)),
            ("F", one("${G:-z}", "", false)),
            ("G", one("z", "", false)),
        ];
        assert_eq!(found, expected.into_iter().map(|(name, one)| (name.to_owned(), one)).collect());
    }
}
