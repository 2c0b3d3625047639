//! A command line as words: quotes and backslashes, and nothing else of a shell.

/// A split command line.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Words {
    pub(crate) words: Vec<String>,
    /// What follows the first unquoted `;`, `&`, `|`, `<` or `>`, which Compose drops.
    pub(crate) dropped: Option<String>,
}

/// The words of a command line, as Compose splits one; `None` where a quote or bracket is not closed.
pub fn words(line: &str) -> Option<Vec<String>> {
    split(line).map(|split| split.words)
}

/// Splits a command line as Compose does, or `None` where a quote or bracket is not closed.
pub(crate) fn split(line: &str) -> Option<Words> {
    let mut state = State::default();
    let mut characters = line.char_indices();
    let mut dropped = None;
    for (at, c) in characters.by_ref() {
        match state.take(c)? {
            Step::Next => {}
            Step::Stop => {
                dropped = Some(line[at..].to_owned());
                break;
            }
        }
    }
    state.end_word();
    let open = state.escaped || state.single || state.double || state.backtick || state.bracket;
    (!open).then_some(Words { words: state.words, dropped })
}

#[derive(Default)]
struct State {
    words: Vec<String>,
    word: String,
    started: bool,
    escaped: bool,
    single: bool,
    double: bool,
    backtick: bool,
    bracket: bool,
}

enum Step {
    Next,
    Stop,
}

impl State {
    fn take(&mut self, c: char) -> Option<Step> {
        if self.escaped {
            self.escaped = false;
            self.add(c);
            return Some(Step::Next);
        }
        let quoted = self.single || self.double || self.backtick || self.bracket;
        match c {
            '\\' if !self.single => self.escaped = true,
            '\\' => self.word.push(c),
            ' ' | '\t' | '\r' | '\n' if quoted => self.word.push(c),
            ' ' | '\t' | '\r' | '\n' => self.end_word(),
            '"' if !self.single && !self.bracket => {
                self.started |= self.double;
                self.double = !self.double;
            }
            '\'' if !self.double && !self.bracket => {
                self.started |= self.single;
                self.single = !self.single;
            }
            ';' | '&' | '|' | '<' | '>' if !quoted => {
                // The number of a file descriptor belongs to what is dropped.
                if c == '>' && self.word.starts_with(|first: char| first.is_ascii_digit()) {
                    self.started = false;
                }
                return Some(Step::Stop);
            }
            '(' if !self.single && !self.double && !self.backtick => {
                if self.bracket || !self.word.ends_with('$') {
                    return None;
                }
                self.bracket = true;
                self.word.push(c);
            }
            ')' if !self.single && !self.double && !self.backtick => {
                self.bracket = !self.bracket;
                self.add(c);
            }
            '`' if !self.single && !self.double && !self.bracket => {
                self.backtick = !self.backtick;
                self.add(c);
            }
            c => self.add(c),
        }
        Some(Step::Next)
    }

    fn add(&mut self, c: char) {
        self.word.push(c);
        self.started = true;
    }

    fn end_word(&mut self) {
        if self.started {
            self.words.push(std::mem::take(&mut self.word));
            self.started = false;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn command_lines() {
        for (line, words, dropped) in [
            ("a b", &["a", "b"][..], None),
            ("  a\n  b ", &["a", "b"], None),
            ("sh -c \"a && b 'c'\"", &["sh", "-c", "a && b 'c'"], None),
            ("a 'x \\y' \"\"", &["a", "x \\y", ""], None),
            ("a\\ b", &["a b"], None),
            ("echo a && echo b", &["echo", "a"], Some("&& echo b")),
            ("run 2>&1", &["run"], Some(">&1")),
            ("echo $(date -u)", &["echo", "$(date -u)"], None),
            ("", &[], None),
            ("--x=\"a b\"", &["--x=a b"], None),
        ] {
            let expected = Words {
                words: words.iter().map(|word| (*word).to_owned()).collect(),
                dropped: dropped.map(str::to_owned),
            };
            assert_eq!(split(line), Some(expected), "{line:?}");
        }
        for line in ["'a", "\"a", "a\\", "f(x)", "a)"] {
            assert_eq!(split(line), None, "{line:?}");
        }
    }
}
