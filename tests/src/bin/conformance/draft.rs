//! A case in the making: its YAML as trees, so that it can be made smaller.

use crate::tree::Tree;
use evenkeel_tests::conformance::Case;
use std::collections::{BTreeMap, BTreeSet};

/// Documents by file, other files, a command line.
#[derive(Debug, Clone, Default)]
pub struct Draft {
    pub documents: BTreeMap<String, Vec<Tree>>,
    pub texts: BTreeMap<String, Vec<String>>,
    /// Words of the command line that belong together.
    pub arguments: Vec<(String, String)>,
    pub flags: Vec<String>,
    pub variables: BTreeMap<String, String>,
}

impl Draft {
    pub fn case(&self) -> Case {
        let mut files: BTreeMap<String, String> =
            self.texts.iter().map(|(path, lines)| (path.clone(), lines.concat())).collect();
        for (path, documents) in &self.documents {
            let texts: Vec<String> = documents.iter().map(Tree::yaml).map(|text| text + "\n").collect();
            files.insert(path.clone(), texts.join("---\n"));
        }
        let arguments = self.arguments.iter().flat_map(|(flag, value)| [flag.clone(), value.clone()]).collect();
        let (flags, variables) = (self.flags.clone(), self.variables.clone());
        Case { files, arguments, flags, variables, within: String::new() }
    }

    /// What the case is about: keys of services and of the top level, and what it does beyond a single file.
    pub fn features(&self) -> BTreeSet<String> {
        let mut features = BTreeSet::new();
        let mut add = |words: &str| features.insert(words.to_owned());
        for (flag, _) in &self.arguments {
            add(flag);
        }
        for flag in &self.flags {
            add(flag);
        }
        if self.documents.contains_key("over.yaml") || self.documents.contains_key("compose.override.yaml") {
            add("several files");
        }
        if self.documents.values().any(|documents| documents.len() > 1) {
            add("several documents");
        }
        if self.texts.contains_key(".env") {
            add(".env");
        }
        let text: String = self.case().files.into_values().collect();
        for (words, needle) in
            [("!reset", "!reset"), ("!override", "!override"), ("merge keys", "<<:"), ("variables", "$")]
        {
            if text.contains(needle) {
                add(words);
            }
        }
        for tree in self.documents.values().flatten() {
            for (key, value) in tree.as_map().into_iter().flatten() {
                if key != "services" {
                    add(if key.starts_with("x-") { "x-" } else { key });
                    continue;
                }
                for (key, _) in value.as_map().into_iter().flatten().flat_map(|(_, service)| service.as_map()).flatten()
                {
                    if key != "<<" {
                        add(&format!("services.{}", if key.starts_with("x-") { "x-" } else { key }));
                    }
                }
            }
        }
        features
    }

    /// All drafts that have one part less.
    pub fn smaller(&self) -> Vec<Self> {
        let mut found = Vec::new();
        let mut without = |change: &dyn Fn(&mut Self)| {
            let mut draft = self.clone();
            change(&mut draft);
            found.push(draft);
        };
        for (path, documents) in &self.documents {
            if path != "compose.yaml" {
                without(&|draft| drop(draft.documents.remove(path)));
                without(&|draft| {
                    draft.documents.remove(path);
                    draft.arguments.retain(|(_, value)| value != path);
                });
            }
            for at in 0..documents.len() {
                if documents.len() > 1 {
                    without(&|draft| drop(draft.documents.get_mut(path).map(|documents| documents.remove(at))));
                }
                for number in 0..documents[at].size() {
                    without(&|draft| {
                        let mut number = number;
                        draft.documents.get_mut(path).map(|documents| documents[at].reduce(&mut number));
                    });
                }
            }
        }
        for (path, lines) in &self.texts {
            without(&|draft| drop(draft.texts.remove(path)));
            for at in 0..lines.len() {
                if lines.len() > 1 {
                    without(&|draft| drop(draft.texts.get_mut(path).map(|lines| lines.remove(at))));
                }
            }
        }
        for at in 0..self.arguments.len() {
            without(&|draft| drop(draft.arguments.remove(at)));
        }
        for at in 0..self.flags.len() {
            without(&|draft| drop(draft.flags.remove(at)));
        }
        for name in self.variables.keys() {
            without(&|draft| drop(draft.variables.remove(name)));
        }
        found
    }
}
