//! That the documents are true where a machine can tell: links lead somewhere, files and make targets exist, decisions are
//! numbered, the shipped configuration is one that the daemon's own reader would see whole.

use crate::repository::{files, none, read, root};
use std::collections::BTreeSet;
use std::path::PathBuf;

/// Every Markdown file of the repository.
fn documents() -> Vec<PathBuf> {
    files(&["."], |name| name.ends_with(".md"))
}

#[test]
fn the_readme_names_the_two_commands() {
    let readme = read("README.md");
    let breaches = ["make run", "make test"].into_iter().filter(|command| !readme.contains(command));
    none("a newcomer looks for these in README.md:", breaches.map(str::to_owned).collect());
}

#[test]
fn relative_links_lead_somewhere() {
    let mut breaches = Vec::new();
    for document in documents() {
        let text = read(&document);
        for link in links(&text).filter(|link| !link.contains("://") && !link.starts_with("mailto:")) {
            let (file, anchor) = link.split_once('#').unwrap_or((link, ""));
            let target = if file.is_empty() { document.clone() } else { document.parent().unwrap().join(file) };
            if !root().join(&target).exists() {
                breaches.push(format!("{}: {link}: there is no such file", document.display()));
            } else if !anchor.is_empty() && !anchors(&read(&target)).contains(anchor) {
                breaches.push(format!("{}: {link}: there is no such heading", document.display()));
            }
        }
    }
    none("these links lead nowhere:", breaches);
}

/// The targets of `[text](target)`.
fn links(text: &str) -> impl Iterator<Item = &str> {
    text.split("](").skip(1).filter_map(|rest| rest.split_once(')')).map(|(target, _)| target)
}

/// The headings as a forge names them in addresses.
fn anchors(text: &str) -> BTreeSet<String> {
    let headings = text.lines().filter(|line| line.starts_with('#'));
    headings
        .map(|line| {
            let title = line.trim_start_matches('#').trim().to_lowercase();
            let kept = title.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
            kept.map(|c| if c == ' ' { '-' } else { c }).collect()
        })
        .collect()
}

#[test]
fn paths_that_are_named_exist() {
    const PLACES: &[&str] = &["crates/", "config/", "deploy/", "docs/", "migrations/", "tests/", ".ci/"];
    let mut breaches = Vec::new();
    for document in documents() {
        for named in code_spans(&read(&document)) {
            // A span with a placeholder or a choice in it names no one file.
            let is_path =
                PLACES.iter().any(|place| named.starts_with(place)) && !named.contains(['<', '*', '{', '…', 'N']);
            let path = named.split([' ', ':', ',']).next().unwrap_or_default();
            if is_path && !root().join(path).exists() {
                breaches.push(format!("{}: `{named}`", document.display()));
            }
        }
    }
    none("the documents name files that are not there:", breaches);
}

/// What stands between single backticks.
fn code_spans(text: &str) -> Vec<String> {
    let without_blocks = text.split("```").step_by(2);
    without_blocks.flat_map(|part| part.split('`').skip(1).step_by(2)).map(str::to_owned).collect()
}

#[test]
fn make_targets_that_are_named_exist() {
    let makefile = read("Makefile");
    let mut breaches = Vec::new();
    for document in documents() {
        let text = read(&document);
        let named = text.split("`make ").skip(1).filter_map(|rest| rest.split(['`', ' ']).next());
        for target in named.filter(|target| !makefile.contains(&format!("\n{target}:"))) {
            breaches.push(format!("{}: `make {target}`", document.display()));
        }
    }
    none("the Makefile has no such target:", breaches);
}

#[test]
fn decisions_are_numbered_without_gaps_and_listed() {
    let index = read("docs/ARCHITECTURE.md");
    let decisions = files(&["docs/decisions"], |name| name.ends_with(".md"));
    let mut breaches = Vec::new();
    for (number, path) in (1..).zip(&decisions) {
        let name = path.file_name().unwrap().to_str().unwrap();
        if !name.starts_with(&format!("{number:04}-")) {
            breaches.push(format!("{}: {number:04} is the next number", path.display()));
        }
        if !index.contains(&format!("(decisions/{name})")) {
            breaches.push(format!("{}: docs/ARCHITECTURE.md does not list it", path.display()));
        }
    }
    assert!(!decisions.is_empty(), "docs/decisions is empty");
    none("decisions are found by their numbers:", breaches);
}

#[test]
fn verbs_and_variables_that_are_named_exist() {
    let verbs: BTreeSet<String> = files(&["crates/cli/src/verbs"], |name| name.ends_with(".rs"))
        .iter()
        .map(|path| path.file_stem().unwrap().to_string_lossy().into_owned())
        .chain(["serve".to_owned(), "help".to_owned()])
        .collect();
    let code: String = files(&["crates", "deploy"], |name| !name.ends_with(".md")).iter().filter_map(text_of).collect();
    let mut breaches = Vec::new();
    for document in documents() {
        let text = read(&document);
        for command in commands(&text) {
            if !command.split_whitespace().any(|word| verbs.contains(word) || word == "--help" || word == "--version") {
                breaches.push(format!("{}: `evenkeel {command}` has no verb that there is", document.display()));
            }
        }
        let named = text.split("EVENKEEL_").skip(1).map(|rest| {
            let end = rest.find(|c: char| !c.is_ascii_uppercase() && c != '_').unwrap_or(rest.len());
            format!("EVENKEEL_{}", &rest[..end])
        });
        let unknown = named.filter(|variable| !code.contains(variable.as_str()));
        breaches.extend(unknown.map(|variable| format!("{}: nothing reads {variable}", document.display())));
    }
    none("the documents tell people to type what does not work:", breaches);
}

/// A file's text, where it is text.
fn text_of(path: &PathBuf) -> Option<String> {
    String::from_utf8(std::fs::read(root().join(path)).unwrap()).ok()
}

/// What follows `evenkeel ` at the beginning of a code span or of an indented or fenced line.
fn commands(text: &str) -> Vec<String> {
    let spans = code_spans(text).into_iter();
    let mut fenced = false;
    let lines = text.lines().filter(move |line| {
        if line.starts_with("```") {
            fenced = !fenced;
        }
        fenced || line.starts_with("    ")
    });
    let all = spans.chain(lines.map(|line| line.trim().trim_start_matches("$ ").to_owned()));
    all.filter_map(|line| line.strip_prefix("evenkeel ").map(str::to_owned)).collect()
}

#[test]
fn the_shipped_configuration_is_whole() {
    let text = read("config/evenkeel.toml");
    let as_is: toml::Table = text.parse().unwrap_or_else(|error| panic!("config/evenkeel.toml: {error}"));
    // A key stands right behind its `#`, prose after a space.
    let shown: Vec<&str> = text
        .lines()
        .map(|line| line.strip_prefix('#').filter(|rest| !rest.is_empty() && !rest.starts_with(' ')).unwrap_or(line))
        .collect();
    let every_key: toml::Table = shown
        .join("\n")
        .parse()
        .unwrap_or_else(|error| panic!("config/evenkeel.toml with every key in force: {error}"));
    let sections = |table: &toml::Table| table.keys().cloned().collect::<BTreeSet<String>>();
    assert_eq!(sections(&as_is), sections(&every_key), "a section stands in a comment");
    let readme = read("README.md");
    let silent = every_key.keys().filter(|section| !readme.contains(&format!("`[{section}]`")));
    none("README.md says of each section what it is for:", silent.map(|section| format!("[{section}]")).collect());
}
