//! That docs/compose.md says of every key what becomes of it, and that it is so: each key is put into a definition, and what
//! the loader makes of it is held against the table.
#![allow(clippy::disallowed_methods, clippy::panic)] // The table and the samples are files of this repository.

use evenkeel_compose::{Diagnostic, Loaded, keys, load_definition};
use evenkeel_model::{Definition, DefinitionFile};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// The definition that every sample is put into.
fn base() -> Value {
    json!({
        "services": {
            "a": {"image": "x"},
            "b": {
                "image": "y", "build": {"context": "."}, "networks": ["n"], "volumes": ["vol:/data"],
                "secrets": ["s", "e"], "configs": ["c", "k", "o"],
            },
        },
        "networks": {"n": {}},
        "volumes": {"vol": {}},
        "secrets": {"s": {"file": "./s"}, "e": {"environment": "VALUE"}},
        "configs": {"c": {"file": "./c"}, "k": {"content": "text"}, "o": {"environment": "VALUE"}},
        "models": {"m": {"model": "ai/x"}},
    })
}

/// A project to include: what it becomes depends on its variables and its directory.
const MORE: &str = "services: {z: {image: 'z:${INNER:-none}', env_file: [{path: near.env, required: false}]}}\n";

/// One line of the samples.
struct Sample {
    path: String,
    value: Value,
    beside: Value,
    above: Value,
    besides: Vec<(String, Value)>,
}

fn samples() -> Vec<Sample> {
    let text = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/keys/samples.txt"));
    let text = text.unwrap_or_default();
    let lines = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines.map(sample).collect()
}

fn sample(line: &str) -> Sample {
    let mut parts = line.split(" ; ");
    let (first, others) = (parts.next().unwrap_or_default(), parts);
    let (first, above) = first.split_once(" &^ ").unwrap_or((first, ""));
    let (first, beside) = first.split_once(" & ").unwrap_or((first, ""));
    let (path, value) = assignment(first);
    let object =
        |text: &str| serde_json::from_str(&format!("{{{text}}}")).unwrap_or_else(|error| panic!("{line}: {error}"));
    Sample { path, value, beside: object(beside), above: object(above), besides: others.map(assignment).collect() }
}

fn assignment(text: &str) -> (String, Value) {
    let (path, value) = text.split_once(" = ").unwrap_or_else(|| panic!("{text}: there is no ` = `"));
    let value = serde_json::from_str(value).unwrap_or_else(|error| panic!("{text}: {error}"));
    (path.to_owned(), value)
}

impl Sample {
    /// The path without the marks of lists, as `keys` has it.
    fn key(&self, known: &BTreeSet<String>) -> Option<String> {
        let path = self.path.replace("[]", "");
        let parts: Vec<&str> = path.split('.').collect();
        let fits = |key: &&String| {
            let of_key: Vec<&str> = key.split('.').collect();
            of_key.len() == parts.len() && of_key.iter().zip(&parts).all(|(key, part)| *key == "*" || key == part)
        };
        known.iter().find(fits).cloned()
    }

    fn definition(&self, with: bool) -> Value {
        let mut tree = base();
        for (path, value) in &self.besides {
            put(&mut tree, path, value.clone());
        }
        let parent = self.path.trim_end_matches("[]").rsplit_once('.').map_or("", |(parent, _)| parent);
        if let Some((grandparent, _)) = parent.rsplit_once('.') {
            for (key, value) in self.above.as_object().into_iter().flatten() {
                put(&mut tree, &format!("{grandparent}.{key}"), value.clone());
            }
        }
        // The parent is there in both, or the difference would be the parent's.
        let join = |key: &str| if parent.is_empty() { key.to_owned() } else { format!("{parent}.{key}") };
        for (key, value) in self.beside.as_object().into_iter().flatten() {
            put(&mut tree, &join(key), value.clone());
        }
        if with {
            put(&mut tree, &self.path, self.value.clone());
        } else if !parent.is_empty() && !parent.ends_with("[]") {
            at(&mut tree, parent);
        }
        tree
    }
}

/// Sets what stands at a path; a list there gets it as its only item.
fn put(tree: &mut Value, path: &str, value: Value) {
    let item = path.ends_with("[]");
    let place = at(tree, path.trim_end_matches("[]"));
    *place = if item { json!([value]) } else { value };
}

/// What stands at a path, made where it is missing.
fn at<'t>(tree: &'t mut Value, path: &str) -> &'t mut Value {
    let mut place = tree;
    for part in path.split('.') {
        let (key, is_list) = part.strip_suffix("[]").map_or((part, false), |key| (key, true));
        if !place.is_object() {
            *place = json!({});
        }
        place = &mut place[key];
        if is_list {
            if !place.is_array() {
                *place = json!([{}]);
            }
            place = &mut place[0];
        }
    }
    if place.is_null() {
        *place = json!({});
    }
    place
}

fn load(tree: &Value) -> Result<Loaded, Vec<Diagnostic>> {
    let file = |path: &str, content: &str| DefinitionFile { path: path.to_owned(), content: content.to_owned() };
    let definition = Definition {
        files: vec![
            file("compose.yaml", &tree.to_string()),
            file("sub/compose.yaml", "services: {b: {image: z}}\n"),
            file("sub/more.yaml", MORE),
            file("sub/other.env", "INNER=1\n"),
            file("sub/near.env", "NEAR=1\n"),
            file("sub/quoted.env", "QUOTED='1'\n"),
        ],
        compose_files: vec!["compose.yaml".to_owned()],
        environment: BTreeMap::from([
            ("VALUE".to_owned(), "value".to_owned()),
            ("OTHER".to_owned(), "other".to_owned()),
        ]),
        profiles: Vec::new(),
        working_dir: "/srv/shop".to_owned(),
        env_files: Vec::new(),
        project_name: None,
    };
    load_definition(&definition, None)
}

/// What goes to the engine. The hash is a hash of the document, and changes with what is only kept.
fn stack(loaded: &Loaded) -> Value {
    let mut stack = serde_json::to_value(&loaded.stack).unwrap_or_default();
    for service in stack["services"].as_object_mut().into_iter().flat_map(|services| services.values_mut()) {
        service["config_hash"] = Value::Null;
    }
    stack
}

/// Whether a build asks for what the engine's own builder cannot do, for which it is refused when it comes to be built.
fn beyond_the_builder(loaded: &Loaded) -> bool {
    let stack = stack(loaded);
    let beyond = stack["services"]["a"]["build"]["beyond_classic"].as_array();
    beyond.is_some_and(|beyond| !beyond.is_empty())
}

fn said(found: &[Diagnostic]) -> String {
    found.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}

/// Whether a diagnostic is about a key or about what it is a part of.
fn is_about(diagnostic: &Diagnostic, path: &str) -> bool {
    let path = path.replace("[]", "");
    let last = path.rsplit('.').next().unwrap_or_default();
    if diagnostic.message.contains(&format!(".{last} ")) {
        return true;
    }
    let mut part = path.as_str();
    while !part.is_empty() {
        let whole =
            |end: usize| diagnostic.message[end..].starts_with([' ', ':', '`', ',']) || diagnostic.message.len() == end;
        if diagnostic.message.match_indices(part).any(|(at, _)| whole(at + part.len())) {
            return true;
        }
        part =
            part.rsplit_once('.').map_or("", |(parent, _)| parent).trim_end_matches("services.a").trim_end_matches('.');
    }
    false
}

/// What becomes of a key, found out.
fn verdict(sample: &Sample) -> Result<&'static str, String> {
    let with = match load(&sample.definition(true)) {
        Ok(with) => with,
        Err(found) if found.iter().any(|one| one.code == "unsupported" && is_about(one, &sample.path)) => {
            return Ok("refused");
        }
        Err(found) => return Err(said(&found)),
    };
    let plain = load(&base()).map_err(|found| said(&found))?;
    // Where the key is what makes the definition whole, the plain one is what to compare with.
    let without = load(&sample.definition(false)).ok();
    let only_with = without.is_none();
    let without = without.as_ref().unwrap_or(&plain);
    let known = |one: &Diagnostic, loaded: &Loaded| loaded.warnings.iter().any(|old| old.message == one.message);
    let new: Vec<Diagnostic> = with.warnings.iter().filter(|one| !known(one, &plain)).cloned().collect();
    if new.iter().any(|one| ["ignored-here", "deprecated"].contains(&one.code) && is_about(one, &sample.path)) {
        Ok("warning")
    } else if let Some(other) = new.iter().find(|one| !known(one, without)) {
        Err(format!("an unexpected warning: {other}"))
    } else if beyond_the_builder(&with) && !beyond_the_builder(without) {
        Ok("refused")
    } else if stack(&with) != stack(without) {
        Ok("honoured")
    } else if with.canonical != without.canonical {
        Ok("kept")
    } else if only_with {
        // Without it the definition is refused.
        Ok("honoured")
    } else {
        Err("accepted without a word, and nothing comes of it".to_owned())
    }
}

/// The rows of docs/compose.md: key and first word of what becomes of it.
fn documented() -> BTreeMap<String, String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/compose.md");
    let text = std::fs::read_to_string(path).unwrap_or_default();
    let rows = text.lines().filter_map(|line| line.strip_prefix("| `")?.split_once("` | "));
    let word = |rest: &str| rest.split(|c: char| !c.is_ascii_alphabetic()).next().unwrap_or_default().to_owned();
    rows.map(|(key, rest)| (key.to_owned(), word(rest))).collect()
}

fn all(wrong: Vec<String>) {
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_table_has_every_key_and_no_other() {
    let documented: BTreeSet<String> = documented().into_keys().collect();
    let known = keys();
    let missing = known.difference(&documented).map(|key| format!("docs/compose.md says nothing of `{key}`"));
    let gone = documented.difference(&known).map(|key| format!("docs/compose.md has `{key}`, which there is not"));
    all(missing.chain(gone).collect());
}

#[test]
fn every_key_has_a_sample() {
    let known = keys();
    let tried: BTreeSet<String> = samples().iter().filter_map(|sample| sample.key(&known)).collect();
    let is_parent = |key: &String| known.iter().any(|other| other.starts_with(&format!("{key}.")));
    let missing = known.iter().filter(|key| !tried.contains(*key) && !is_parent(key));
    let missing = missing.map(|key| format!("tests/keys/samples.txt has no line for `{key}`"));
    let unknown = samples().into_iter().filter(|sample| sample.key(&known).is_none());
    all(missing.chain(unknown.map(|sample| format!("`{}` is no key", sample.path))).collect());
}

#[test]
fn what_the_table_says_is_so() {
    let (known, documented) = (keys(), documented());
    let mut wrong = Vec::new();
    for sample in samples() {
        let key = sample.key(&known).unwrap_or_default();
        let says = documented.get(&key).map(String::as_str).unwrap_or_default();
        match verdict(&sample) {
            Ok(is) if is == says => {}
            Ok(is) => wrong.push(format!("`{key}` is said to be {says}, and is {is}")),
            Err(problem) => wrong.push(format!("`{key}` is said to be {says}: {problem}")),
        }
    }
    all(wrong);
}

/// A key with parts is honoured where one of its parts is, and else what its parts are.
#[test]
fn keys_with_parts_are_what_their_parts_are() {
    let documented = documented();
    let mut wrong = Vec::new();
    for (key, says) in &documented {
        let parts: BTreeSet<&String> =
            documented.iter().filter(|(part, _)| part.starts_with(&format!("{key}."))).map(|(_, says)| says).collect();
        if !parts.is_empty() && !parts.contains(says) && says != "honoured" {
            wrong.push(format!("`{key}` is said to be {says}, and its parts are {parts:?}"));
        }
        if parts.iter().any(|part| *part == "honoured") && says != "honoured" {
            wrong.push(format!("`{key}` is said to be {says}, and a part of it is honoured"));
        }
    }
    all(wrong);
}
