//! The short form of a service's `volumes`: `[source:]target[:options]`.

use crate::codes;
use crate::diagnostic::Report;
use crate::paths;
use crate::tree::{Map, Node, Value};

/// Brings one entry into the long form.
pub(super) fn expand(item: &mut Node, path: &str, report: &Report) {
    let Some(text) = item.as_text() else { return };
    match parse(text) {
        Ok(volume) => {
            for option in &volume.unknown {
                let message = format!("{path}: `{option}` is not an option of a volume, and has no effect");
                let help = "the options are ro, rw, nocopy, z, Z and the propagation modes";
                report.warning(item.place, codes::IGNORED_HERE, message, Some(help));
            }
            item.value = Value::Map(volume.map(item));
        }
        Err(problem) => {
            let message = format!("{path}: `{text}` is not a volume: {problem}");
            report.value_error(item, codes::INVALID_VALUE, message, Some("write [source:]target[:options]"));
            item.break_it();
        }
    }
}

/// The path within the container that a short form mounts at.
pub(crate) fn target(spec: &str) -> Option<String> {
    parse(spec).ok().map(|volume| volume.target.to_owned())
}

#[derive(Debug, Default)]
struct Short<'a> {
    source: &'a str,
    target: &'a str,
    read_only: bool,
    no_copy: bool,
    bare: bool,
    propagation: Option<&'a str>,
    selinux: Option<&'a str>,
    unknown: Vec<&'a str>,
}

impl Short<'_> {
    fn map(&self, item: &Node) -> Map {
        let text = |text: &str| item.with(Value::Text(text.to_owned()));
        let truth = || item.with(Value::Bool(true));
        let mut map = Map::default();
        let is_bind = is_path(self.source);
        map.set("type", text(if is_bind { "bind" } else { "volume" }));
        if !self.source.is_empty() {
            map.set("source", text(self.source));
        }
        map.set("target", text(&if self.target.is_empty() { String::new() } else { paths::clean(self.target) }));
        if self.read_only {
            map.set("read_only", truth());
        }
        let mut bind = Map::default();
        if let Some(propagation) = self.propagation {
            bind.set("propagation", text(propagation));
        }
        if let Some(selinux) = self.selinux {
            bind.set("selinux", text(selinux));
        }
        if is_bind {
            bind.set("create_host_path", truth());
        }
        if !bind.is_empty() {
            map.set("bind", item.with(Value::Map(bind)));
        }
        if self.no_copy || !(is_bind || self.bare) {
            let mut volume = Map::default();
            if self.no_copy {
                volume.set("nocopy", truth());
            }
            map.set("volume", item.with(Value::Map(volume)));
        }
        map
    }
}

fn parse(spec: &str) -> Result<Short<'_>, &'static str> {
    let mut volume = Short::default();
    match spec.len() {
        0 => return Err("it is empty"),
        1 | 2 => {
            // Too short for a path of the host: Compose takes it as it is, and prints no `volume` section.
            volume.target = spec;
            volume.bare = true;
            return Ok(volume);
        }
        _ => {}
    }
    let parts = split(spec);
    if parts.iter().any(|part| part.is_empty()) {
        return Err("nothing stands between two colons");
    }
    match parts.as_slice() {
        [target] => volume.target = target,
        [source, target] => (volume.source, volume.target) = (source, target),
        [source, target, options] => {
            (volume.source, volume.target) = (source, target);
            for option in options.split(',') {
                match option {
                    "ro" => volume.read_only = true,
                    "rw" => volume.read_only = false,
                    "nocopy" => volume.no_copy = true,
                    "z" | "Z" => volume.selinux = Some(option),
                    "rprivate" | "private" | "rshared" | "shared" | "rslave" | "slave" => {
                        volume.propagation = Some(option);
                    }
                    _ => volume.unknown.push(option),
                }
            }
        }
        _ => return Err("there are too many colons"),
    }
    Ok(volume)
}

/// The parts between colons. The colon after a single letter belongs to a Windows drive, and colons within `${…}`
/// belong to the variable, which is there where variables are left as they stand.
fn split(spec: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let (mut start, mut depth) = (0, 0_usize);
    let bytes = spec.as_bytes();
    for (at, byte) in bytes.iter().enumerate() {
        match byte {
            b'$' if bytes.get(at + 1) == Some(&b'{') => depth += 1,
            b'}' if depth > 0 => depth -= 1,
            b':' if depth == 0 => {
                let mut part = spec[start..at].chars();
                let drive = part.next().is_some_and(char::is_alphabetic) && part.next().is_none();
                if !drive {
                    parts.push(&spec[start..at]);
                    start = at + 1;
                }
            }
            _ => {}
        }
    }
    parts.push(&spec[start..]);
    parts
}

/// Whether a source is a path of the host rather than a volume's name.
fn is_path(source: &str) -> bool {
    if source.starts_with(['.', '/', '~']) || source.starts_with(r"\\") {
        return true;
    }
    let mut characters = source.chars();
    characters.next().is_some_and(char::is_alphabetic) && characters.next() == Some(':')
}
