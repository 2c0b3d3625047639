//! Every literal of the grammar at every key at which it may stand, each in a case of its own.

use crate::draft::Draft;
use crate::grammar::{Form, Grammar};
use crate::tree::Tree;

/// One case for each literal at each key of a service and of each kind of resource.
pub fn each(grammar: &Grammar) -> Vec<Draft> {
    let mut found = Vec::new();
    for key in &grammar.objects["service"] {
        for value in of_key(grammar, &key.forms) {
            let mut service = vec![("image".to_owned(), Tree::literal("x"))];
            service.retain(|(name, _)| *name != key.name);
            service.push((key.name.clone(), value));
            found.push(project(vec![("a", Tree::Map(service))], &[]));
        }
    }
    for (section, form, name) in [
        ("networks", "net_any", "front"),
        ("volumes", "vol_any", "data"),
        ("secrets", "secret_any", "s1"),
        ("configs", "config_any", "c1"),
        ("models", "model_any", "m1"),
    ] {
        for value in of_key(grammar, &[Form::Name(form.to_owned())]) {
            let item = if section == "volumes" { "data:/d" } else { name };
            let service = vec![
                ("image".to_owned(), Tree::literal("x")),
                (section.to_owned(), Tree::List(vec![Tree::literal(item)])),
            ];
            found.push(project(vec![("a", Tree::Map(service))], &[(section, name, value)]));
        }
    }
    found
}

fn project(services: Vec<(&str, Tree)>, resources: &[(&str, &str, Tree)]) -> Draft {
    let mut services: Vec<(String, Tree)> =
        services.into_iter().map(|(name, service)| (name.to_owned(), service)).collect();
    for name in ["b", "c"] {
        services.push((name.to_owned(), Tree::literal("{image: y, build: .}")));
    }
    let mut root = vec![("services".to_owned(), Tree::Map(services))];
    for (section, usual) in [
        ("networks", "{front: null, back: null}"),
        ("volumes", "{data: null, cache: null, ext: {external: true}}"),
        ("secrets", "{s1: {file: ./s1}, s2: {environment: TEXT}}"),
        ("configs", "{c1: {file: ./c1}, c2: {content: x}}"),
        ("models", "{m1: {model: x}, m2: {model: y}}"),
    ] {
        let own = resources.iter().find(|(name, _, _)| *name == section);
        let tree = match own {
            Some((_, name, value)) => Tree::Map(vec![((*name).to_owned(), value.clone())]),
            None => Tree::literal(usual),
        };
        root.push((section.to_owned(), tree));
    }
    let mut draft = Draft::default();
    draft.documents.insert("compose.yaml".to_owned(), vec![Tree::Map(root)]);
    for path in ["a.env", "b.env", "sub/c.env", "l.env"] {
        draft.texts.insert(path.to_owned(), vec!["A=1\n".to_owned(), "B=$A\n".to_owned()]);
    }
    let other = "services: {a: {image: ext, environment: [E=1]}, b: {image: ext}, c: {build: ./b}}\n";
    for path in ["ext.yaml", "sub/ext.yaml"] {
        draft.texts.insert(path.to_owned(), vec![other.to_owned()]);
    }
    let values = [("TEXT", "txt"), ("NUMBER", "7"), ("EMPTY", "")];
    draft.variables = values.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
    draft
}

/// The values of a key, and values of any other kind.
fn of_key(grammar: &Grammar, forms: &[Form]) -> Vec<Tree> {
    let mut found: Vec<Tree> = forms.iter().flat_map(|form| of_form(grammar, form)).collect();
    found.extend(grammar.pools["anything"].usual.iter().map(|text| Tree::literal(text)));
    found
}

fn of_form(grammar: &Grammar, form: &Form) -> Vec<Tree> {
    match form {
        Form::Name(name) => of_name(grammar, name),
        Form::List(name) => {
            let mut found = vec![Tree::List(Vec::new())];
            let items = of_name(grammar, name);
            if let [first, second, ..] = items.as_slice() {
                found.push(Tree::List(vec![first.clone(), second.clone()]));
                found.push(Tree::List(vec![first.clone(), first.clone()]));
            }
            found.extend(items.into_iter().map(|item| Tree::List(vec![item])));
            found
        }
        Form::Mapping(keys, values) => {
            let (keys, values) = (of_name(grammar, keys), of_name(grammar, values));
            let mut found = vec![Tree::Map(Vec::new())];
            let text = |key: &Tree| if let Tree::Literal(text) = key { text.clone() } else { String::new() };
            found.extend(keys.iter().map(|key| Tree::Map(vec![(text(key), values[0].clone())])));
            found.extend(values.iter().map(|value| Tree::Map(vec![(text(&keys[0]), value.clone())])));
            found
        }
        Form::Object(name) => {
            let keys = &grammar.objects[name.as_str()];
            let first = |forms: &[Form]| {
                let found = forms.first().map(|form| of_form(grammar, form)).unwrap_or_default();
                found.into_iter().find(|tree| *tree != Tree::Map(Vec::new()) && *tree != Tree::List(Vec::new()))
            };
            let needed: Vec<(String, Tree)> = keys
                .iter()
                .filter(|key| key.always)
                .filter_map(|key| Some((key.name.clone(), first(&key.forms)?)))
                .collect();
            let mut found = vec![Tree::Map(Vec::new()), Tree::Map(needed.clone())];
            for key in keys {
                for value in of_key(grammar, &key.forms) {
                    let mut entries = needed.clone();
                    entries.retain(|(name, _)| *name != key.name);
                    entries.push((key.name.clone(), value));
                    found.push(Tree::Map(entries));
                }
            }
            found
        }
    }
}

fn of_name(grammar: &Grammar, name: &str) -> Vec<Tree> {
    if let Some(pool) = grammar.pools.get(name) {
        return pool.usual.iter().chain(&pool.odd).map(|text| Tree::literal(text)).collect();
    }
    grammar.forms[name].iter().flat_map(|form| of_form(grammar, form)).collect()
}
