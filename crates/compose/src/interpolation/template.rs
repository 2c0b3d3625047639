//! `$NAME`, `${NAME}` and its six operators within one text.

use crate::limits;
use crate::origin::{Origin, Use};
use crate::variables::Variable;

/// Finds a variable.
pub(crate) type Lookup<'a> = dyn Fn(&str) -> Option<Variable> + 'a;

/// A text with its variables filled in.
#[derive(Debug, Default)]
pub(crate) struct Done {
    pub(crate) text: String,
    /// Variables that were looked up and found.
    pub(crate) used: Vec<(String, Variable)>,
    /// Variables that are not set, where nothing says what then.
    pub(crate) unset: Vec<String>,
    /// Variables without a value, and the word that stands in the place of each.
    pub(crate) defaults: Vec<(String, String)>,
}

impl Done {
    /// The variables that made the text what it is.
    pub(crate) fn origin(&self) -> Origin {
        let set = self.used.iter().map(|(name, variable)| Use::Set(name.clone(), variable.clone()));
        let defaults = self.defaults.iter().map(|(name, word)| Use::Default(name.clone(), word.clone()));
        let unset = self.unset.iter().cloned().map(Use::Unset);
        Origin { uses: set.chain(defaults).chain(unset).collect() }
    }
}

/// Why a text could not be filled in.
#[derive(Debug)]
pub(crate) enum Error {
    /// A `${` that is not a variable.
    Invalid,
    /// `${NAME:?words}` without a value.
    Missing { name: String, words: String },
    /// The text grew over its limit.
    TooLarge,
}

impl Error {
    /// In one line. The text itself is not shown: it may be a password with a `$` in it.
    pub(crate) fn message(&self) -> String {
        match self {
            Self::Invalid => {
                "a `${` in this value is not a valid variable reference; write $$ for a plain $".to_owned()
            }
            Self::Missing { name, words } if words.is_empty() => format!("the variable {name} must have a value"),
            Self::Missing { name, words } => format!("the variable {name} must have a value: {words}"),
            Self::TooLarge => format!("a value grows to more than {} bytes", limits::VALUE_BYTES),
        }
    }
}

/// Fills in the variables of a text. Values that are put in are not read again.
pub(crate) fn substitute(text: &str, lookup: &Lookup<'_>) -> Result<Done, Error> {
    let mut done = Done::default();
    expand(text, lookup, &mut done, 0)?;
    Ok(done)
}

fn expand(text: &str, lookup: &Lookup<'_>, done: &mut Done, depth: usize) -> Result<(), Error> {
    if depth > limits::VARIABLE_DEPTH {
        return Err(Error::TooLarge);
    }
    let mut rest = text;
    while let Some(at) = rest.find('$') {
        push(done, &rest[..at])?;
        let after = &rest[at + 1..];
        rest = match after.bytes().next() {
            Some(b'$') => {
                push(done, "$")?;
                &after[1..]
            }
            Some(b'{') => {
                let (braced, left) = braces(after).ok_or(Error::Invalid)?;
                reference(braced, lookup, done, depth)?;
                left
            }
            Some(c) if is_head(c) => {
                let end = name_end(after);
                plain(&after[..end], lookup, done)?;
                &after[end..]
            }
            _ => {
                push(done, "$")?;
                after
            }
        };
    }
    push(done, rest)
}

/// What stands within the braces at the start, and what follows them.
///
/// Braces are balanced within the line; where they are not, the last closing brace of the line ends the reference.
pub(super) fn braces(text: &str) -> Option<(&str, &str)> {
    let line = &text[..text.find('\n').unwrap_or(text.len())];
    let name = name_end(&line[1..]) + 1;
    if name == 1 || !line.as_bytes().get(1).copied().is_some_and(is_head) {
        return None;
    }
    match line.as_bytes().get(name)? {
        b'}' => return Some((&text[1..name], &text[name + 1..])),
        b':' if !matches!(line.as_bytes().get(name + 1), Some(b'-' | b'+' | b'?')) => return None,
        b':' | b'-' | b'+' | b'?' => {}
        _ => return None,
    }
    let last = line.rfind('}')?;
    let bytes = line.as_bytes();
    let (mut open, mut at) = (0_usize, 0);
    while at <= last {
        match bytes[at] {
            b'}' => {
                open = open.saturating_sub(1);
                if open == 0 {
                    return Some((&text[1..at], &text[at + 1..]));
                }
            }
            // What follows an opening brace is never a closing one, so that a literal `{}` counts as open.
            b'{' => {
                open += 1;
                at += 1;
            }
            _ => {}
        }
        at += 1;
    }
    Some((&text[1..last], &text[last + 1..]))
}

fn reference(braced: &str, lookup: &Lookup<'_>, done: &mut Done, depth: usize) -> Result<(), Error> {
    let end = name_end(braced);
    let (name, operator) = braced.split_at(end);
    if operator.is_empty() {
        return plain(name, lookup, done);
    }
    let (or_empty, operator) = match operator.strip_prefix(':') {
        Some(operator) => (true, operator),
        None => (false, operator),
    };
    let Some(kind) = operator.chars().next() else { return Err(Error::Invalid) };
    // The word is filled in whether it is needed or not, so that a broken one is found at once.
    let mut word = Done::default();
    expand(&operator[kind.len_utf8()..], lookup, &mut word, depth + 1)?;
    done.used.append(&mut word.used);
    done.unset.append(&mut word.unset);
    done.defaults.append(&mut word.defaults);
    let variable = lookup(name);
    let has_value = variable.as_ref().is_some_and(|variable| !or_empty || !variable.value.is_empty());
    if let Some(variable) = &variable {
        done.used.push((name.to_owned(), variable.clone()));
    }
    let value = variable.map(|variable| variable.value).unwrap_or_default();
    match (kind, has_value) {
        ('-', true) | ('?', true) | ('+', false) => push(done, &value),
        ('-', false) => {
            push(done, &word.text)?;
            done.defaults.push((name.to_owned(), word.text));
            Ok(())
        }
        ('+', true) => push(done, &word.text),
        ('?', false) => Err(Error::Missing { name: name.to_owned(), words: word.text }),
        _ => Err(Error::Invalid),
    }
}

fn plain(name: &str, lookup: &Lookup<'_>, done: &mut Done) -> Result<(), Error> {
    match lookup(name) {
        Some(variable) => {
            push(done, &variable.value)?;
            done.used.push((name.to_owned(), variable));
        }
        None => done.unset.push(name.to_owned()),
    }
    Ok(())
}

fn push(done: &mut Done, text: &str) -> Result<(), Error> {
    if done.text.len() + text.len() > limits::VALUE_BYTES {
        return Err(Error::TooLarge);
    }
    done.text.push_str(text);
    Ok(())
}

pub(super) fn name_end(text: &str) -> usize {
    text.bytes().position(|c| !(is_head(c) || c.is_ascii_digit())).unwrap_or(text.len())
}

pub(super) fn is_head(c: u8) -> bool {
    c == b'_' || c.is_ascii_alphabetic()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::rc::Rc;

    fn lookup(name: &str) -> Option<Variable> {
        let value = match name {
            "A" => "a",
            "EMPTY" => "",
            "TRICKY" => "$A",
            _ => return None,
        };
        Some(Variable { value: value.to_owned(), origin: Rc::from("test") })
    }

    #[test]
    fn operators() {
        for (text, expected) in [
            ("$A-${A}", "a-a"),
            ("$$A $${A}", "$A ${A}"),
            ("a$", "a$"),
            ("$ 5", "$ 5"),
            ("${U:-x}", "x"),
            ("${EMPTY:-x}", "x"),
            ("${EMPTY-x}", ""),
            ("${A:+x}", "x"),
            ("${EMPTY:+x}", ""),
            ("${EMPTY+x}", "x"),
            ("${U+x}", ""),
            ("${A:?no}", "a"),
            ("${U:-${EMPTY:-x}}", "x"),
            ("${U:-{\"a\": {}}}", "{\"a\": {}}"),
            ("${U:-a}b${U:-c}", "abc"),
            ("${U:-http://h:80}", "http://h:80"),
            ("${U-x:?y}", "x:?y"),
            ("$TRICKY", "$A"),
            ("${U}", ""),
            ("$A_B$A.c", "a.c"),
        ] {
            let done = substitute(text, &lookup);
            assert_eq!(done.ok().map(|done| done.text).as_deref(), Some(expected), "{text}");
        }
    }

    #[test]
    fn what_is_wrong() {
        for text in ["${1x}", "${}", "${A", "${A!}", "${U:-${1}}", "${A:x}"] {
            assert!(matches!(substitute(text, &lookup), Err(Error::Invalid)), "{text}");
        }
        for (text, words) in [("${U:?tell me}", "tell me"), ("${EMPTY:?}", ""), ("${U?$A}", "a")] {
            let found = match substitute(text, &lookup) {
                Err(Error::Missing { words, .. }) => Some(words),
                _ => None,
            };
            assert_eq!(found.as_deref(), Some(words), "{text}");
        }
    }

    #[test]
    fn unset_variables_are_named() {
        let done = substitute("${U}${V:-x}$W", &lookup).map(|done| done.unset);
        assert_eq!(done.ok(), Some(vec!["U".to_owned(), "W".to_owned()]));
    }

    #[test]
    fn nesting_ends() {
        let deep = format!("{}x{}", "${U:-".repeat(5000), "}".repeat(5000));
        assert!(matches!(substitute(&deep, &lookup), Err(Error::TooLarge)));
    }
}
