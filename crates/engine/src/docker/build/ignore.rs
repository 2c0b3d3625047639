//! `.dockerignore`: which files of a build's context are left out. The pattern language is that of the engine's own client:
//! `*`, `?`, `[…]`, `**`, `!`, later lines win.

/// The patterns of one file, in their order.
#[derive(Debug, Clone, Default)]
pub(super) struct Ignore {
    patterns: Vec<Pattern>,
}

#[derive(Debug, Clone)]
struct Pattern {
    text: Vec<char>,
    /// `!`: what matches is sent after all.
    exception: bool,
}

impl Ignore {
    /// Reads a file.
    pub(super) fn parse(text: &str) -> Self {
        let lines = text.trim_start_matches('\u{feff}').lines();
        let patterns = lines.filter(|line| !line.starts_with('#')).filter_map(|line| {
            let line = line.trim();
            let (line, exception) = match line.strip_prefix('!') {
                Some(rest) => (rest.trim(), true),
                None => (line, false),
            };
            let text: Vec<char> = clean(line).chars().collect();
            (!text.is_empty()).then_some(Pattern { text, exception })
        });
        Self { patterns: patterns.collect() }
    }

    /// Whether a path, relative to the context and with `/`, is left out: by itself, or because a directory above it is.
    pub(super) fn leaves_out(&self, path: &str) -> bool {
        let mut left_out = false;
        for pattern in &self.patterns {
            // A pattern that would not change the verdict need not be looked at.
            if pattern.exception == left_out && pattern.matches_path_or_parent(path) {
                left_out = !pattern.exception;
            }
        }
        left_out
    }

    /// Whether a directory that is left out may be passed over with all that is in it: no exception lies below it.
    pub(super) fn may_pass_over(&self, directory: &str) -> bool {
        let inside = format!("{directory}/");
        !self.patterns.iter().filter(|pattern| pattern.exception).any(|pattern| {
            let text: String = pattern.text.iter().collect();
            format!("{text}/").starts_with(&inside)
        })
    }
}

impl Pattern {
    fn matches_path_or_parent(&self, path: &str) -> bool {
        let mut end = Some(path.len());
        while let Some(length) = end {
            let part: Vec<char> = path[..length].chars().collect();
            if matches(&self.text, &part) {
                return true;
            }
            end = path[..length].rfind('/');
        }
        false
    }
}

/// The path in its shortest form, without `/` at its ends.
fn clean(path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => _ = parts.pop(),
            part => parts.push(part),
        }
    }
    parts.join("/")
}

fn matches(pattern: &[char], path: &[char]) -> bool {
    match pattern.split_first() {
        None => path.is_empty(),
        Some(('*', rest)) if rest.first() == Some(&'*') => {
            let rest = &rest[1..];
            if rest.is_empty() {
                return true;
            }
            // `**` stands for any number of directories, none among them, with the `/` that follows.
            let rest = rest.strip_prefix(&['/']).unwrap_or(rest);
            let starts =
                std::iter::once(0).chain(path.iter().enumerate().filter(|(_, c)| **c == '/').map(|(i, _)| i + 1));
            starts.into_iter().any(|start| matches(rest, &path[start..]))
        }
        Some(('*', rest)) => {
            let name = path.iter().position(|c| *c == '/').unwrap_or(path.len());
            (0..=name).any(|length| matches(rest, &path[length..]))
        }
        Some(('?', rest)) => path.split_first().is_some_and(|(c, path)| *c != '/' && matches(rest, path)),
        Some(('[', rest)) => match class(rest) {
            Some((set, rest)) => {
                path.split_first().is_some_and(|(c, path)| *c != '/' && set.holds(*c) && matches(rest, path))
            }
            // Not closed: the bracket itself.
            None => path.split_first().is_some_and(|(c, path)| *c == '[' && matches(rest, path)),
        },
        Some(('\\', rest)) => match (rest.split_first(), path.split_first()) {
            (Some((wanted, rest)), Some((c, path))) => wanted == c && matches(rest, path),
            _ => false,
        },
        Some((wanted, rest)) => path.split_first().is_some_and(|(c, path)| wanted == c && matches(rest, path)),
    }
}

/// A set of characters: `[a-z_]`, `[^0-9]`.
struct Class {
    negated: bool,
    ranges: Vec<(char, char)>,
}

impl Class {
    fn holds(&self, c: char) -> bool {
        self.ranges.iter().any(|(low, high)| (*low..=*high).contains(&c)) != self.negated
    }
}

/// Reads a set up to its `]`, and what follows it.
fn class(text: &[char]) -> Option<(Class, &[char])> {
    let (negated, mut text) = match text.split_first() {
        Some(('^' | '!', rest)) => (true, rest),
        _ => (false, text),
    };
    let mut ranges = Vec::new();
    loop {
        let (low, rest) = member(text)?;
        text = rest;
        let mut high = low;
        if text.first() == Some(&'-') && text.get(1).is_some_and(|c| *c != ']') {
            let (end, rest) = member(&text[1..])?;
            (high, text) = (end, rest);
        }
        ranges.push((low, high));
        if let Some((']', rest)) = text.split_first() {
            return Some((Class { negated, ranges }, rest));
        }
    }
}

fn member(text: &[char]) -> Option<(char, &[char])> {
    match text.split_first()? {
        ('\\', rest) => rest.split_first().map(|(c, rest)| (*c, rest)),
        (c, rest) => Some((*c, rest)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_out() {
        for (file, path, left_out) in [
            ("", "a", false),
            ("# a\n\n", "# a", false),
            ("a", "a", true),
            ("a", "a/b", true),
            ("a", "b/a", false),
            ("a", "ab", false),
            ("/a/", "a/b", true),
            ("./a/../b", "b", true),
            ("*", "a", true),
            ("*", "a/b/c", true),
            ("*/b", "a/b", true),
            ("*/b", "b", false),
            ("*/b", "a/c/b", false),
            ("*.md", "README.md", true),
            ("*.md", "docs/README.md", false),
            ("**/*.md", "docs/deep/README.md", true),
            ("**/*.md", "README.md", true),
            ("**", "a/b", true),
            ("a/**", "a/b/c", true),
            ("a/**", "a", false),
            ("a/**/z", "a/z", true),
            ("a/**/z", "a/b/c/z", true),
            ("a/**/z", "az", false),
            ("a?c", "abc", true),
            ("a?c", "a/c", false),
            ("file[0-9]", "file7", true),
            ("file[^0-9]", "file7", false),
            ("file[a-c_]", "file_", true),
            ("file[]", "file[]", true),
            (r"\*", "*", true),
            (r"\*", "a", false),
            ("*.md\n!README.md", "README.md", false),
            ("*.md\n!README.md", "OTHER.md", true),
            ("*.md\n!README*.md\nREADME-secret.md", "README-secret.md", true),
            ("*\n!src", "src/main.rs", false),
            ("*\n!src", "other", true),
            ("src\n!src/main.rs", "src/main.rs", false),
            ("src\n!src/main.rs", "src/lib.rs", true),
            ("! src", "src", false),
            ("node_modules", "node_modules/a/b.js", true),
            ("**/node_modules", "app/node_modules/a/b.js", true),
            ("ä*", "äh", true),
        ] {
            assert_eq!(Ignore::parse(file).leaves_out(path), left_out, "{file:?} {path}");
        }
    }

    #[test]
    fn what_may_be_passed_over() {
        for (file, directory, may) in [
            ("a", "a", true),
            ("a\n!a/b/c", "a", false),
            ("a\n!a/b/c", "a/b", false),
            ("a\n!a/b/c", "a/x", true),
            ("a\n!a", "a", false),
            ("a\n!ab", "a", true),
        ] {
            assert_eq!(Ignore::parse(file).may_pass_over(directory), may, "{file:?} {directory}");
        }
    }
}
