//! Random drafts from a seed, along the grammar.

mod each;
mod texts;

pub use each::each;

use crate::draft::Draft;
use crate::grammar::{Form, Grammar, Key};
use crate::tree::Tree;

/// splitmix64: one stream for each case, so that a case is repeated by its number alone.
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64, number: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ number.wrapping_mul(0xD134_2543_DE82_EF95))
    }

    pub fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        usize::try_from((bits ^ (bits >> 31)) % bound.max(1) as u64).unwrap_or(0)
    }

    /// True in that many of a hundred.
    pub fn percent(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    pub fn word<'a>(&mut self, from: &[&'a str]) -> &'a str {
        from[self.below(from.len())]
    }

    pub fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.below(from.len())]
    }
}

/// The case of that number.
pub fn draft(grammar: &Grammar, seed: u64, number: u64) -> Draft {
    let mut random = Random::new(seed, number);
    let odd_left = match random.below(100) {
        0..55 => 0,
        55..90 => 1,
        _ => 2,
    };
    let kind = random.below(100);
    let mut maker = Maker { grammar, random, odd_left, services: Vec::new(), at: 0 };
    match kind {
        0..10 => maker.random.env_files(),
        10..16 => maker.random.templates(),
        16..22 => maker.random.yaml(),
        _ => maker.project(),
    }
}

struct Maker<'g> {
    grammar: &'g Grammar,
    random: Random,
    /// How many odd values are still to be put in.
    odd_left: usize,
    /// The services' names, and which of them is being made: references go to later ones, so that circles are rare.
    services: Vec<&'static str>,
    at: usize,
}

/// Keys that make one service need another.
const REFERRING: [&str; 9] =
    ["links", "volumes_from", "network_mode", "pid", "ipc", "uts", "extends", "depends_on", "external_links"];
const RESOURCES: [(&str, &str, &[&str]); 5] = [
    ("networks", "net_any", &["front", "back", "default"]),
    ("volumes", "vol_any", &["data", "cache", "ext"]),
    ("secrets", "secret_any", &["s1", "s2"]),
    ("configs", "config_any", &["c1", "c2"]),
    ("models", "model_any", &["m1", "m2"]),
];

impl Maker<'_> {
    fn project(&mut self) -> Draft {
        let mut draft = Draft::default();
        let mut root = self.root(&["a", "b", "c"], &[]);
        if self.random.percent(15) {
            let name = ["shop", "My_Proj.X", "${TEXT}", "${UNSET:-deflt}", "\"\"", "x-1", "-a"];
            let name = Tree::literal(self.random.word(&name));
            put(&mut root, "name", name);
        }
        if self.random.percent(5) {
            put(&mut root, "version", Tree::literal("\"3.8\""));
        }
        if self.random.percent(12) {
            self.merge_keys(&mut root);
        }
        let text = root.yaml();
        if text.contains("ext.yaml") {
            for path in ["ext.yaml", "sub/ext.yaml"] {
                let mut other = self.root(&["a", "b", "c"], &[]);
                strip(&mut other, &["extends"]);
                draft.documents.insert(path.to_owned(), vec![other]);
            }
        }
        if self.random.percent(10) {
            self.include(&mut root, &mut draft);
        }
        if self.random.percent(35) {
            self.overlay(&root, &mut draft);
        } else if self.random.percent(5) {
            let over = self.over(&root);
            draft.documents.insert("compose.yaml".to_owned(), vec![root.clone(), over]);
        }
        draft.documents.entry("compose.yaml".to_owned()).or_insert_with(|| vec![root]);
        self.surroundings(&mut draft);
        draft
    }

    fn root(&mut self, names: &[&'static str], like: &[(String, Vec<String>)]) -> Tree {
        self.services = names.to_vec();
        let mut services = Vec::new();
        let busy = 1 + self.random.below(7);
        for (at, name) in names.iter().enumerate() {
            self.at = at;
            let known = like.iter().find(|(service, _)| service == name).map(|(_, keys)| keys.as_slice());
            let keys = 1 + self.random.below(if at == 0 { busy } else { 3 });
            services.push(((*name).to_owned(), self.service(keys, known)));
        }
        let mut root = Tree::Map(vec![("services".to_owned(), Tree::Map(services))]);
        let text = root.yaml();
        for (section, form, names) in RESOURCES {
            let used = names.iter().any(|name| text.contains(name)) && text.contains(section.trim_end_matches('s'));
            if (used && like.is_empty() && self.random.percent(97)) || self.random.percent(6) {
                let mut entries = Vec::new();
                for name in names.iter().filter(|name| **name != "default") {
                    entries.push(((*name).to_owned(), self.name(form)));
                }
                if section == "networks" && self.random.percent(15) {
                    entries.push(("default".to_owned(), self.name(form)));
                }
                put(&mut root, section, Tree::Map(entries));
            }
        }
        root
    }

    fn service(&mut self, count: usize, known: Option<&[String]>) -> Tree {
        let grammar = self.grammar;
        let keys = &grammar.objects["service"];
        let mut entries: Vec<(String, Tree)> = Vec::new();
        if known.is_none() {
            entries.push(("image".to_owned(), self.name("image")));
        }
        for _ in 0..count {
            let of_base = known.filter(|known| !known.is_empty());
            let key = match of_base {
                Some(known) if self.random.percent(70) => {
                    let name = self.random.pick(known).clone();
                    keys.iter().find(|key| key.name == name)
                }
                _ => Some(self.random.pick(keys)),
            };
            let Some(key) = key else { continue };
            let clashes = match key.name.as_str() {
                "network_mode" => entries.iter().any(|(name, _)| name == "networks"),
                "networks" => entries.iter().any(|(name, _)| name == "network_mode"),
                name => REFERRING.contains(&name) && self.at > 0,
            };
            let is_new = !entries.iter().any(|(name, _)| *name == key.name);
            if is_new && (!clashes || self.random.percent(5)) {
                let value = self.value_of(key);
                entries.push((key.name.clone(), value));
            }
        }
        Tree::Map(entries)
    }

    fn value_of(&mut self, key: &Key) -> Tree {
        if self.odd(3) {
            return self.name("anything");
        }
        let form = self.random.pick(&key.forms).clone();
        self.form(&form)
    }

    /// Whether an odd value is due, in that many of a hundred where some are left.
    fn odd(&mut self, percent: usize) -> bool {
        let due = self.odd_left > 0 && self.random.percent(percent);
        self.odd_left -= usize::from(due);
        due
    }

    fn form(&mut self, form: &Form) -> Tree {
        match form {
            Form::Name(name) => self.name(name),
            Form::List(name) => {
                let count = [0, 1, 1, 2, 2, 3][self.random.below(6)];
                let mut items: Vec<Tree> = Vec::new();
                for _ in 0..count {
                    let item = self.name(name);
                    if !items.contains(&item) || self.random.percent(5) {
                        items.push(item);
                    }
                }
                Tree::List(items)
            }
            Form::Mapping(keys, values) => {
                let mut entries: Vec<(String, Tree)> = Vec::new();
                for _ in 0..[0, 1, 1, 2, 2, 3][self.random.below(6)] {
                    let Tree::Literal(key) = self.name(keys) else { continue };
                    if !entries.iter().any(|(name, _)| *name == key) {
                        entries.push((key, self.name(values)));
                    }
                }
                Tree::Map(entries)
            }
            Form::Object(name) => self.object(name),
        }
    }

    fn object(&mut self, name: &str) -> Tree {
        let grammar = self.grammar;
        let keys = grammar.objects.get(name).unwrap_or_else(|| panic!("no object {name}"));
        let often = if keys.len() > 5 { 30 } else { 45 };
        let mut entries = Vec::new();
        for key in keys {
            let wanted = if key.always { !self.odd(2) } else { self.random.percent(often) };
            if wanted {
                entries.push((key.name.clone(), self.value_of(key)));
            }
        }
        if self.odd(2) {
            entries.push(("bogus".to_owned(), Tree::literal("1")));
        }
        Tree::Map(entries)
    }

    fn name(&mut self, name: &str) -> Tree {
        if name == "service" && self.random.percent(95) && self.at + 1 < self.services.len() {
            let from = self.at + 1;
            let at = from + self.random.below(self.services.len() - from);
            return Tree::literal(self.services[at]);
        }
        if let Some(pool) = self.grammar.pools.get(name) {
            let odd = !pool.odd.is_empty() && self.odd(8);
            let literals = if odd { &pool.odd } else { &pool.usual };
            return Tree::Literal(self.random.pick(literals).clone());
        }
        if self.odd(3) {
            return self.name("anything");
        }
        let forms = self.grammar.forms.get(name).unwrap_or_else(|| panic!("grammar.txt has no {name}"));
        let form = self.random.pick(forms).clone();
        self.form(&form)
    }

    fn merge_keys(&mut self, root: &mut Tree) {
        let common = self.service(3, Some(&[]));
        let other = self.service(2, Some(&[]));
        let words = ["*common", "*common", "[*common, *other]", "[*other, *common]"];
        let word: &str = words[self.random.below(words.len())];
        for service in root.get_mut("services").and_then(Tree::as_map_mut).into_iter().flatten() {
            if let Some(entries) = service.1.as_map_mut() {
                let at = self.random.below(entries.len() + 1);
                entries.insert(at, ("<<".to_owned(), Tree::literal(word)));
            }
        }
        if let Some(entries) = root.as_map_mut() {
            entries.insert(0, ("x-common".to_owned(), Tree::Marked("&common".to_owned(), Box::new(common))));
            entries.insert(1, ("x-other".to_owned(), Tree::Marked("&other".to_owned(), Box::new(other))));
        }
    }

    fn over(&mut self, root: &Tree) -> Tree {
        let mut like = Vec::new();
        for (name, service) in root.get("services").and_then(Tree::as_map).into_iter().flatten() {
            let keys = service.as_map().into_iter().flatten().map(|(key, _)| key.clone());
            like.push((name.clone(), keys.filter(|key| key != "<<").collect()));
        }
        let names: Vec<&'static str> = if self.random.percent(30) { vec!["a", "b"] } else { vec!["a"] };
        let mut over = self.root(&names, &like);
        self.mark(&mut over, 0);
        over
    }

    fn overlay(&mut self, root: &Tree, draft: &mut Draft) {
        let over = self.over(root);
        if self.random.percent(30) {
            draft.documents.insert("compose.override.yaml".to_owned(), vec![over]);
            return;
        }
        for file in ["compose.yaml", "over.yaml"] {
            draft.arguments.push(("-f".to_owned(), file.to_owned()));
        }
        if self.random.percent(20) {
            let third = self.over(root);
            draft.documents.insert("sub/third.yaml".to_owned(), vec![third]);
            draft.arguments.push(("-f".to_owned(), "sub/third.yaml".to_owned()));
        }
        draft.documents.insert("over.yaml".to_owned(), vec![over]);
    }

    /// `!reset` and `!override` on some of the values.
    fn mark(&mut self, tree: &mut Tree, depth: usize) {
        match tree {
            Tree::Map(entries) => entries.iter_mut().for_each(|(_, value)| self.mark(value, depth + 1)),
            Tree::List(items) if self.random.percent(30) => {
                items.iter_mut().for_each(|item| self.mark(item, depth + 1));
            }
            _ => {}
        }
        if depth > 1 && self.random.percent(6) {
            let inner = std::mem::replace(tree, Tree::literal("null"));
            *tree = if self.random.percent(40) {
                let kept = if self.random.percent(30) { inner } else { Tree::literal("null") };
                Tree::Marked("!reset".to_owned(), Box::new(kept))
            } else {
                Tree::Marked("!override".to_owned(), Box::new(inner))
            };
        }
    }

    fn include(&mut self, root: &mut Tree, draft: &mut Draft) {
        let mut included = self.root(&["i1", "i2"], &[]);
        strip(&mut included, &["extends"]);
        for (section, _, _) in RESOURCES {
            if included.get(section).is_some() && root.get(section).is_some() {
                let tree = if self.random.percent(50) { &mut *root } else { &mut included };
                if let Some(entries) = tree.as_map_mut() {
                    entries.retain(|(key, _)| key != section);
                }
            }
        }
        draft.documents.insert("inc/compose.yaml".to_owned(), vec![included]);
        // The directory is there: of one that is not, Compose takes the one above.
        draft.texts.insert("other/note".to_owned(), Vec::new());
        draft.texts.insert("inc/.env".to_owned(), vec!["TEXT=of-inc\n".to_owned(), "INNER=1\n".to_owned()]);
        let form = match self.random.below(5) {
            0 | 1 => Tree::literal("inc/compose.yaml"),
            2 => Tree::Map(vec![("path".to_owned(), Tree::literal("inc/compose.yaml"))]),
            3 => Tree::Map(vec![
                ("path".to_owned(), Tree::literal("[./inc/compose.yaml]")),
                ("project_directory".to_owned(), Tree::literal(self.random.word(&["inc", ".", "./other"]))),
            ]),
            _ => {
                let like = ("i1".to_owned(), vec!["environment".to_owned(), "labels".to_owned()]);
                let over = self.root(&["i1"], &[like]);
                draft.documents.insert("inc/over.yaml".to_owned(), vec![over]);
                Tree::Map(vec![
                    ("path".to_owned(), Tree::literal("[inc/compose.yaml, inc/over.yaml]")),
                    (
                        "env_file".to_owned(),
                        Tree::literal(self.random.word(&["a.env", "[a.env, ./b.env]", "inc/.env"])),
                    ),
                ])
            }
        };
        put(root, "include", Tree::List(vec![form]));
    }

    /// Variables, env files, profiles and the rest of the command line.
    fn surroundings(&mut self, draft: &mut Draft) {
        let values = [("TEXT", "txt"), ("NUMBER", "7"), ("EMPTY", "")];
        if self.random.percent(50) {
            let lines = values.iter().map(|(name, value)| format!("{name}={value}\n")).collect();
            draft.texts.insert(".env".to_owned(), lines);
        } else {
            draft.variables.extend(values.map(|(name, value)| (name.to_owned(), value.to_owned())));
        }
        let text: String = draft.case().files.into_values().collect();
        for name in ["a.env", "b.env", "c.env", "l.env"] {
            if text.contains(name) {
                for path in [name.to_owned(), format!("sub/{name}")] {
                    let lines = self.random.env_lines(3, 25);
                    draft.texts.insert(path, lines);
                }
            }
        }
        if text.contains("profiles:") && self.random.percent(50) {
            let profile = (*self.random.pick(&["p", "q", "*", "dev"])).to_owned();
            if self.random.percent(30) {
                draft.variables.insert("COMPOSE_PROFILES".to_owned(), profile + ",q");
            } else {
                draft.arguments.push(("--profile".to_owned(), profile));
            }
        }
        if self.random.percent(6) {
            draft.arguments.push(("-p".to_owned(), (*self.random.pick(&["given", "given-1", "Bad.Name"])).to_owned()));
        } else if self.random.percent(4) {
            let name = (*self.random.pick(&["from_env", "Bad Name", ""])).to_owned();
            draft.variables.insert("COMPOSE_PROJECT_NAME".to_owned(), name);
        }
        if self.random.percent(4) {
            draft.texts.insert("more.env".to_owned(), vec!["TEXT=more\n".to_owned(), "UNSET=set\n".to_owned()]);
            draft.arguments.push(("--env-file".to_owned(), "more.env".to_owned()));
        }
        if self.random.percent(3) && draft.arguments.iter().any(|(flag, _)| flag == "-f") {
            draft.arguments.push(("--project-directory".to_owned(), "sub".to_owned()));
        }
        if self.random.percent(5) {
            draft.flags.push("--no-interpolate".to_owned());
        }
    }
}

fn put(tree: &mut Tree, key: &str, value: Tree) {
    if let Some(entries) = tree.as_map_mut() {
        entries.retain(|(name, _)| name != key);
        entries.push((key.to_owned(), value));
    }
}

fn strip(root: &mut Tree, keys: &[&str]) {
    for (_, service) in root.get_mut("services").and_then(Tree::as_map_mut).into_iter().flatten() {
        if let Some(entries) = service.as_map_mut() {
            entries.retain(|(key, _)| !keys.contains(&key.as_str()));
        }
    }
}
