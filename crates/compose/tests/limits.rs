//! Definitions that would cost much are refused, and quickly.

use evenkeel_compose::{codes, limits, load_definition};
use evenkeel_model::{Definition, DefinitionFile};
use std::collections::BTreeMap;

fn check(case: &str, text: String) {
    refused_with(case, text, codes::TOO_LARGE);
}

fn refused_with(case: &str, text: String, code: &str) {
    refused_files(case, &[("compose.yaml", &text)], code);
}

fn refused_files(case: &str, files: &[(&str, &str)], code: &str) {
    let file =
        |(path, content): &(&str, &str)| DefinitionFile { path: (*path).to_owned(), content: (*content).to_owned() };
    let definition = Definition {
        files: files.iter().map(file).collect(),
        compose_files: vec!["compose.yaml".to_owned()],
        environment: BTreeMap::new(),
        profiles: Vec::new(),
        working_dir: "/srv/shop".to_owned(),
        env_files: Vec::new(),
        project_name: None,
    };
    let errors = load_definition(&definition, None).err().unwrap_or_default();
    let codes: Vec<&str> = errors.iter().map(|error| error.code).collect();
    assert!(codes.contains(&code), "{case}: {codes:?}");
}

#[test]
fn aliases_that_multiply() {
    let mut text = "x-a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for n in 1..12 {
        let alias = format!("*a{}", n - 1);
        text.push_str(&format!("x-a{n}: &a{n} [{}]\n", [alias.as_str(); 10].join(", ")));
    }
    check("lists", text);
    let mut text = "x-a0: &a0 {k: v}\n".to_owned();
    for n in 1..30 {
        text.push_str(&format!("x-a{n}: &a{n} {{l: *a{p}, r: *a{p}}}\n", p = n - 1));
    }
    check("mappings", text);
}

#[test]
fn anchors_within_anchors() {
    let leaves = vec!["x"; 20_000].join(",");
    let mut text = String::from("x-a: ");
    for n in 0..50 {
        text.push_str(&format!("&a{n} ["));
    }
    text.push_str(&leaves);
    text.push_str(&"]".repeat(50));
    check("anchors", text);
}

#[test]
fn deep_nesting() {
    check("lists", format!("x-a: {}{}", "[".repeat(200), "]".repeat(200)));
    let block: String = (0..200).map(|depth| format!("{}k:\n", " ".repeat(depth))).collect();
    check("mappings", format!("x-a:\n{}", block.lines().map(|line| format!(" {line}\n")).collect::<String>()));
}

#[test]
fn many_values_and_many_bytes() {
    check("values", format!("x-a: [{}]", "1,".repeat(limits::NODES + 1)));
    check("bytes", format!("x-a: \"{}\"", "x".repeat(limits::FILE_BYTES)));
}

#[test]
fn variables_that_grow() {
    let word = format!("{}x{}", "${A:-".repeat(1000), "}".repeat(1000));
    check("depth", format!("services: {{a: {{image: '{word}'}}}}\n"));
}

#[test]
fn ranges_of_ports() {
    let entries: Vec<String> = (1..200).map(|n| format!("'127.0.0.{n}:1-65535:1-65535'")).collect();
    let text = format!("services: {{a: {{image: x, ports: [{}]}}}}\n", entries.join(", "));
    refused_with("ports", text, codes::INVALID_VALUE);
    let entries: Vec<String> = (1..200).map(|n| format!("'{n}-65535'")).collect();
    check("exposed", format!("services: {{a: {{image: x, expose: [{}]}}}}\n", entries.join(", ")));
}

#[test]
fn bases_that_multiply() {
    let mut text = "services:\n  base: {image: x, ports: ['1-20000']}\n".to_owned();
    let other = "services:\n  root: {image: x, ports: ['1-20000']}\n";
    for n in 0..20 {
        text.push_str(&format!("  s{n}: {{extends: {{file: other.yaml, service: root}}}}\n"));
    }
    refused_files("bases", &[("compose.yaml", &text), ("other.yaml", other)], codes::TOO_LARGE);
}

#[test]
fn long_chains() {
    let mut text = "services:\n  s0: {image: x}\n".to_owned();
    for n in 1..200 {
        text.push_str(&format!("  s{n}: {{extends: s{}}}\n", n + 1));
    }
    text.push_str("  s200: {image: x}\n");
    check("extends", text);
}
