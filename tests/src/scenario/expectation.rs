//! What is to be seen after a step: one line each, and how it reads.

use super::text::split;
use super::tool::Tool;
use serde_json::Value;

/// One line below a step.
#[derive(Debug, Clone)]
pub struct Expectation {
    /// The line in the scenario's file.
    pub line: usize,
    /// For which of the two; for both where this is `None`.
    pub tool: Option<Tool>,
    /// Whether it may take a while.
    pub soon: bool,
    /// As it was written.
    pub text: String,
    /// What is looked at.
    pub sight: Sight,
}

/// What can be looked at. Containers are named `SERVICE-NUMBER`, `SERVICE-run` for a one-off, or `=NAME`.
#[derive(Debug, Clone, PartialEq)]
pub enum Sight {
    /// The exit code of the command.
    Exit(i32),
    /// Whatever the exit code is.
    Ends,
    /// Any exit code but 0.
    Fails,
    /// What the command said.
    Words { stream: Stream, says: bool, pattern: String },
    /// All of its standard output, without space around it.
    Exactly(String),
    /// The number of lines on standard output.
    Lines(usize),
    /// A container's status, and its exit code.
    State(String, String, Option<i64>),
    /// A container's health.
    Health(String, String),
    /// No such container.
    Gone(String),
    /// The numbers of a service's containers.
    Replicas(String, Vec<u64>),
    /// How many one-off containers a service has.
    OneOffs(String, usize),
    /// Containers before and after the command.
    Kept(Kept, Vec<String>),
    /// An anonymous volume before and after the command.
    VolumeKept(bool, String, String),
    /// A value in what the engine says of an object.
    Value(Object, String, Comparison, Value),
    /// A variable of a container; `None`: it has none of this name.
    Variable(String, String, Option<String>),
    /// A mount: target, type, source, whether it can be written.
    Mount { container: String, target: String, kind: String, source: String, writable: bool },
    /// The networks of a container, all of them.
    Networks(String, Vec<String>),
    /// Names of a container on a network, some of them.
    Aliases(String, String, Vec<String>),
    /// A file inside a container, running or not.
    File(String, String, String),
    /// The mode, owner and group of a file inside a container.
    Mode(String, String, String, u64, u64),
    /// What a container has written.
    Logs(String, bool, String),
    /// Whether a volume, a network or an image is there.
    There(bool, Object),
    /// A file of the project's directory; `None`: there is none.
    OnHost(String, Option<String>),
}

/// What the engine can be asked about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Object {
    Container(String),
    Volume(String),
    Network(String),
    Image(String),
}

/// Where a command says something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stream {
    Output,
    Errors,
    Either,
}

/// How a container after a command is to one before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kept {
    /// The same one.
    Same,
    /// Another one in its place.
    New,
    /// The same one, in another run.
    Again,
    /// The same one, in the same run.
    Untouched,
}

/// How a value is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comparison {
    Equal,
    Different,
    /// A text contains it, a list has it, an object has all of its keys.
    Has,
}

/// Reads one line.
pub fn parse(line: usize, text: &str) -> Result<Expectation, String> {
    let (tool, rest) = Tool::prefix(text);
    let (soon, rest) = match rest.strip_prefix("soon ") {
        Some(rest) => (true, rest.trim()),
        None => (false, rest),
    };
    Ok(Expectation { line, tool, soon, text: text.to_owned(), sight: sight(rest)? })
}

fn sight(text: &str) -> Result<Sight, String> {
    let (first, rest) = text.split_once(' ').unwrap_or((text, ""));
    let rest = rest.trim();
    let unknown = || format!("no expectation begins so: {text}");
    if let Some(sight) = of_the_command(first, rest)? {
        return Ok(sight);
    }
    if let Some(service) = first.strip_suffix(':') {
        let numbers = if rest == "none" { "" } else { rest };
        let numbers: Result<_, _> = numbers.split_whitespace().map(str::parse).collect();
        return Ok(Sight::Replicas(service.to_owned(), numbers.map_err(|_| unknown())?));
    }
    let words = split(rest)?;
    let all = || words.iter().map(|word| (*word).clone()).collect::<Vec<String>>();
    Ok(match (first, words.first().map(String::as_str)) {
        ("same", Some(_)) => Sight::Kept(Kept::Same, all()),
        ("new", Some(_)) => Sight::Kept(Kept::New, all()),
        ("again", Some(_)) => Sight::Kept(Kept::Again, all()),
        ("untouched", Some(_)) => Sight::Kept(Kept::Untouched, all()),
        ("same-volume", Some(container)) => Sight::VolumeKept(true, container.to_owned(), words[1].clone()),
        ("new-volume", Some(container)) => Sight::VolumeKept(false, container.to_owned(), words[1].clone()),
        ("oneoffs", Some(service)) => Sight::OneOffs(service.to_owned(), words[1].parse().map_err(|_| unknown())?),
        ("no", Some("host")) => Sight::OnHost(words[1].clone(), None),
        ("no", Some(kind)) => Sight::There(false, object(kind, &words[1]).ok_or_else(unknown)?),
        ("host", Some(file)) => Sight::OnHost(file.to_owned(), Some(after(rest, "=")?)),
        ("volume" | "network" | "image", Some(name)) => {
            let object = object(first, name).ok_or_else(unknown)?;
            match rest.split_once(' ') {
                None => Sight::There(true, object),
                Some((_, comparison)) => value(object, comparison.trim())?,
            }
        }
        (container, Some(_)) => of_a_container(container, rest, &words).ok_or_else(unknown)??,
        _ => return Err(unknown()),
    })
}

fn of_the_command(first: &str, rest: &str) -> Result<Option<Sight>, String> {
    let stream = match first.trim_end_matches(['!', '=']) {
        "out" => Stream::Output,
        "err" => Stream::Errors,
        "says" => Stream::Either,
        "exit" if rest == "any" => return Ok(Some(Sight::Ends)),
        "exit" => return Ok(Some(Sight::Exit(rest.parse().map_err(|_| format!("an exit code is a number: {rest}"))?))),
        "fails" => return Ok(Some(Sight::Fails)),
        "lines" => return Ok(Some(Sight::Lines(rest.parse().map_err(|_| format!("not a number: {rest}"))?))),
        _ => return Ok(None),
    };
    Ok(Some(match first {
        "out=" => Sight::Exactly(rest.replace("\\n", "\n")),
        _ => Sight::Words { stream, says: !first.ends_with('!'), pattern: rest.to_owned() },
    }))
}

fn of_a_container(container: &str, rest: &str, words: &[String]) -> Option<Result<Sight, String>> {
    let name = container.to_owned();
    let word = |at: usize| words.get(at).cloned();
    if rest.starts_with('/') {
        return Some(value(Object::Container(name), rest));
    }
    Some(Ok(match (words.first()?.as_str(), words.len()) {
        ("running" | "exited" | "created" | "paused" | "restarting" | "dead", 1..=2) => {
            let code = word(1).map(|code| code.parse().map_err(|_| format!("not an exit code: {code}")));
            match code.transpose() {
                Ok(code) => Sight::State(name, word(0)?, code),
                Err(error) => return Some(Err(error)),
            }
        }
        ("healthy" | "unhealthy" | "starting", 1) => Sight::Health(name, word(0)?),
        ("gone", 1) => Sight::Gone(name),
        ("env", _) => {
            let (key, value) = rest.strip_prefix("env ")?.trim().split_once('=')?;
            Sight::Variable(name, key.to_owned(), Some(value.to_owned()))
        }
        ("env!", 2) => Sight::Variable(name, word(1)?, None),
        ("mount", 4..=5) => Sight::Mount {
            container: name,
            target: word(1)?,
            kind: word(2)?,
            source: word(3)?,
            writable: word(4).is_none_or(|mode| mode != "ro"),
        },
        ("networks", _) => Sight::Networks(name, words[1..].to_vec()),
        ("aliases", 3..) => Sight::Aliases(name, word(1)?, words[2..].to_vec()),
        ("file", 2..) => match after(rest, "=") {
            Ok(content) => Sight::File(name, word(1)?, content),
            Err(error) => return Some(Err(error)),
        },
        ("mode", 5) => Sight::Mode(name, word(1)?, word(2)?, word(3)?.parse().ok()?, word(4)?.parse().ok()?),
        ("logs", 2..) => Sight::Logs(name, true, rest.strip_prefix("logs ")?.to_owned()),
        ("logs!", 2..) => Sight::Logs(name, false, rest.strip_prefix("logs! ")?.to_owned()),
        _ => return None,
    }))
}

fn object(kind: &str, name: &str) -> Option<Object> {
    let name = name.to_owned();
    Some(match kind {
        "container" => Object::Container(name),
        "volume" => Object::Volume(name),
        "network" => Object::Network(name),
        "image" => Object::Image(name),
        _ => return None,
    })
}

/// `/Pointer = JSON`, with `!=` and `~` (has) beside `=`. What is no JSON is a text.
fn value(object: Object, text: &str) -> Result<Sight, String> {
    let (pointer, rest) = text.split_once(' ').ok_or_else(|| format!("`/Path = VALUE`: {text}"))?;
    let (sign, value) = rest.trim().split_once(' ').unwrap_or((rest.trim(), ""));
    let comparison = match sign {
        "=" => Comparison::Equal,
        "!=" => Comparison::Different,
        "~" => Comparison::Has,
        _ => return Err(format!("values are compared by = != ~: {text}")),
    };
    let value = value.trim();
    let value = serde_json::from_str(value).unwrap_or_else(|_| Value::String(value.to_owned()));
    Ok(Sight::Value(object, pointer.to_owned(), comparison, value))
}

fn after(text: &str, sign: &str) -> Result<String, String> {
    let (_, value) = text.split_once(&format!(" {sign}")).ok_or_else(|| format!("`{sign}` is missing: {text}"))?;
    Ok(value.trim().replace("\\n", "\n"))
}
