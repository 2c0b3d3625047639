//! Cases in files, and what Compose made of each, on record beside them.
//!
//! A file of cases is made of lines. `== words` begins a group; under it, `args WORDS`, `flags WORDS`, `env NAME=VALUE` and
//! `within FOLDER` say how both are called, and `file PATH` is followed by an indented text. Where the group has a line
//! `each TEXT`, every further line `- WORDS` is a case of its own, with WORDS in the place of `%` in the text and in all
//! files; else the group is one case. The record, `NAME.expected`, has one line a case: the document, or `rejected`.

use super::{Case, Outcome};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// A case and its record.
#[derive(Debug)]
pub struct Stored {
    /// The file's name, the group, and the line of a list.
    pub name: String,
    /// What both loaders are given.
    pub case: Case,
    /// What Compose made of it; `None` where nothing is on record.
    pub expected: Option<String>,
}

/// The cases of all files in the folder of cases.
///
/// # Panics
/// Where a file cannot be read, or a line is none of those above.
pub fn read() -> Vec<(PathBuf, Vec<Stored>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("conformance");
    let mut files: Vec<PathBuf> = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "cases"));
    files.sort();
    let read = |path: PathBuf| {
        let text = std::fs::read_to_string(&path).unwrap();
        let record = std::fs::read_to_string(path.with_extension("expected")).unwrap_or_default();
        let mut record = record.lines().map(str::to_owned);
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let mut cases: Vec<Stored> = text.split("\n== ").flat_map(|group| of_group(&name, group)).collect();
        for case in &mut cases {
            case.expected = record.next();
        }
        assert_eq!(record.next(), None, "{name}.expected has more lines than there are cases");
        (path, cases)
    };
    files.into_iter().map(read).collect()
}

/// Puts outcomes on record.
pub fn record(path: &Path, outcomes: &[Outcome]) {
    let lines: String = outcomes.iter().map(|outcome| line(outcome) + "\n").collect();
    std::fs::write(path.with_extension("expected"), lines).unwrap();
}

/// An outcome as it stands on record.
pub fn line(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Accepted(document) => document.to_string(),
        Outcome::Rejected(_) => "rejected".to_owned(),
    }
}

fn of_group(file: &str, group: &str) -> Vec<Stored> {
    let (title, body) = group.split_once('\n').unwrap_or((group, ""));
    let title = title.trim_start_matches("== ");
    if title.starts_with('#') || title.trim().is_empty() {
        return Vec::new();
    }
    let mut base = Case::default();
    let (mut each, mut items, mut open): (Option<String>, Vec<&str>, Option<String>) = (None, Vec::new(), None);
    for line in body.lines() {
        if let Some(path) = open.as_ref().filter(|_| line.starts_with("  ") || line.is_empty()) {
            let text: &mut String = base.files.entry(path.clone()).or_default();
            text.push_str(line.strip_prefix("  ").unwrap_or(line));
            text.push('\n');
            continue;
        }
        let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
        match word {
            "" | "#" => {}
            "args" => base.arguments = rest.split(' ').map(str::to_owned).collect(),
            "flags" => base.flags = rest.split(' ').map(str::to_owned).collect(),
            "env" => {
                let (name, value) = rest.split_once('=').unwrap();
                base.variables.insert(name.to_owned(), value.to_owned());
            }
            "within" => rest.clone_into(&mut base.within),
            "file" => {
                open = Some(rest.to_owned());
                base.files.insert(rest.to_owned(), String::new());
            }
            "each" => each = Some(rest.to_owned()),
            "-" => items.push(rest),
            _ => panic!("{file}.cases, {title}: {line}"),
        }
    }
    let Some(template) = each else {
        return vec![Stored { name: format!("{file}: {title}"), case: base, expected: None }];
    };
    let one = |item: &&str| {
        let filled = |text: &str| text.replace('%', &item.replace("\\n", "\n"));
        let mut files: BTreeMap<String, String> =
            base.files.iter().map(|(path, text)| (path.clone(), filled(text))).collect();
        if template != "-" {
            files.insert("compose.yaml".to_owned(), filled(&template.replace("\\n", "\n")) + "\n");
        }
        Stored { name: format!("{file}: {title}: {item}"), case: Case { files, ..base.clone() }, expected: None }
    };
    items.iter().map(one).collect()
}
