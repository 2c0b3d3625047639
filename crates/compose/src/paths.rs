//! Paths as text. Nothing here looks at a file system.

use crate::tree::{Node, Value};
use crate::variables::Variables;

/// Joins and cleans: `.` and `..` are resolved, an absolute path stays as it is.
pub(crate) fn join(base: &str, path: &str) -> String {
    if path.starts_with('/') { path.to_owned() } else { clean(&format!("{base}/{path}")) }
}

/// The shortest equivalent path.
pub(crate) fn clean(path: &str) -> String {
    let absolute = path.starts_with('/');
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => match parts.last() {
                Some(&last) if last != ".." => {
                    parts.pop();
                }
                _ if absolute => {}
                _ => parts.push(".."),
            },
            part => parts.push(part),
        }
    }
    let joined = parts.join("/");
    match (absolute, joined.is_empty()) {
        (true, _) => format!("/{joined}"),
        (false, true) => ".".to_owned(),
        (false, false) => joined,
    }
}

/// The way from one absolute directory to another.
pub(crate) fn relative(from: &str, to: &str) -> String {
    let parts =
        |path: &str| clean(path).split('/').filter(|part| !part.is_empty()).map(str::to_owned).collect::<Vec<_>>();
    let (from, to) = (parts(from), parts(to));
    let shared = from.iter().zip(&to).take_while(|(from, to)| from == to).count();
    let up = vec![".."; from.len() - shared];
    let down = to[shared..].iter().map(String::as_str);
    clean(&up.into_iter().chain(down).collect::<Vec<_>>().join("/"))
}

/// The directory that a path stands in.
pub(crate) fn parent(path: &str) -> &str {
    match path.rfind('/') {
        Some(0) => "/",
        Some(at) => &path[..at],
        None => ".",
    }
}

/// The last part of a path.
pub(crate) fn base(path: &str) -> &str {
    let trimmed = path.trim_end_matches('/');
    trimmed.rsplit('/').next().unwrap_or(trimmed)
}

/// What relative paths of a file start at, and the variables that know the home directory behind `~`.
pub(crate) struct Base<'a> {
    pub(crate) dir: &'a str,
    pub(crate) variables: &'a Variables<'a>,
}

impl Base<'_> {
    /// A path that is relative to the base unless it is absolute, as a POSIX or as a Windows path.
    pub(crate) fn absolute(&self, path: &str) -> String {
        let path = self.expand(path);
        if path.starts_with('/') || is_windows(&path) { path } else { join(self.dir, &path) }
    }

    /// A build context: a URL, another service, or an empty text stays as it is.
    pub(crate) fn context(&self, path: &str) -> String {
        if path.is_empty() || is_remote(path) || path.contains("://") || path.starts_with("service:") {
            path.to_owned()
        } else {
            self.absolute(path)
        }
    }

    /// Makes a path absolute; an empty one stays empty.
    pub(crate) fn resolve(&self, node: &mut Node) {
        if node.as_text() != Some("") {
            self.resolve_any(node);
        }
    }

    /// Makes a path absolute; an empty one is the directory itself.
    pub(crate) fn resolve_any(&self, node: &mut Node) {
        if let Some(path) = node.as_text() {
            let path = self.absolute(path);
            node.value = Value::Text(path);
        }
    }

    fn expand(&self, path: &str) -> String {
        // The variable is asked for only where it matters: a definition carries every variable that was asked for.
        let home = || self.variables.home();
        match path.strip_prefix('~').and_then(|rest| Some((rest, home()?))) {
            Some((rest, home)) => clean(&format!("{home}/{rest}")),
            None => path.to_owned(),
        }
    }
}

/// Whether a build context is a Git repository or an address.
pub(crate) fn is_remote(path: &str) -> bool {
    ["https://", "http://", "git://", "ssh://", "github.com/", "git@"].iter().any(|prefix| path.starts_with(prefix))
}

/// `c:\dir`, `c:/dir`, `\\host\share`.
pub(crate) fn is_windows(path: &str) -> bool {
    let bytes = path.as_bytes();
    let drive = matches!(bytes, [letter, b':', b'\\' | b'/', ..] if letter.is_ascii_alphabetic());
    drive || path.starts_with(r"\\")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_way_between_directories() {
        for (from, to, way) in [
            ("/p", "/p", "."),
            ("/p", "/p/a/b", "a/b"),
            ("/p/a", "/p/b/../c/", "../c"),
            ("/p/a", "/", "../.."),
            ("/", "/q", "q"),
        ] {
            assert_eq!(relative(from, to), way, "{from} to {to}");
        }
    }

    #[test]
    fn paths_are_cleaned() {
        for (base, path, joined) in [
            ("/p", "./a", "/p/a"),
            ("/p", "../a/./b//c/", "/a/b/c"),
            ("/p", ".", "/p"),
            ("/p", "/abs/../x", "/abs/../x"),
            ("/", "../..", "/"),
        ] {
            assert_eq!(join(base, path), joined);
        }
        assert_eq!(base("/a/b/"), "b");
        assert_eq!(parent("/a/b"), "/a");
        assert_eq!(parent("/a"), "/");
    }
}
