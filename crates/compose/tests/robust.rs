//! No text makes the loader panic, and what it accepts it accepts again.

use evenkeel_compose::load_definition;
use evenkeel_model::{Definition, DefinitionFile};
use proptest::prelude::*;
use std::collections::BTreeMap;

const SAMPLE: &str = "
x-common: &common
  image: \"app:${TAG:-1}\"
  environment: {A: 1, B: null}
services:
  web:
    <<: *common
    ports: ['8080:80', {target: 53, protocol: udp}]
    volumes: ['./a:/b:ro', 'data:/d', {type: tmpfs, target: /t, tmpfs: {size: 1m}}]
    depends_on: {db: {condition: service_healthy}}
    healthcheck: {test: [CMD, x], interval: 10s, retries: 3}
    deploy: {replicas: 2, resources: {limits: {cpus: '0.5', memory: 1g}}}
    networks: {front: {ipv4_address: 10.0.0.5}}
    secrets: [s]
  db:
    extends: {service: base}
    command: sh -c 'a b'
    networks: [front]
  base: {image: !override x, profiles: [p], logging: {driver: none}}
networks: {front: {ipam: {config: [{subnet: 10.0.0.0/24}]}}}
volumes: {data: {external: true}}
secrets: {s: {file: ./s}}
";

fn load(text: String) -> bool {
    let definition = Definition {
        files: vec![DefinitionFile { path: "compose.yaml".to_owned(), content: text }],
        compose_files: vec!["compose.yaml".to_owned()],
        environment: BTreeMap::new(),
        profiles: Vec::new(),
        working_dir: "/srv/shop".to_owned(),
        env_files: Vec::new(),
        project_name: None,
    };
    load_definition(&definition, None).is_ok()
}

/// Words that are put in place of others: each is right somewhere and wrong almost everywhere.
const WORDS: [&str; 18] = [
    "null",
    "[]",
    "{}",
    "[{}]",
    "-1",
    "1.5",
    "true",
    "~",
    "'${'",
    "$X",
    "*common",
    "!reset null",
    "2024-01-01",
    "[[1]]",
    "{a: {b: c}}",
    "''",
    "service:web",
    "99999999999999999999",
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn a_changed_value_never_panics(line in 0_usize..24, word in 0_usize..WORDS.len(), at in 0_usize..6) {
        let mut lines: Vec<String> = SAMPLE.lines().map(str::to_owned).collect();
        let line = line % lines.len();
        // The value after one of the line's colons is replaced, up to the next comma or bracket.
        let starts: Vec<usize> = lines[line].match_indices(": ").map(|(start, _)| start + 2).collect();
        if let Some(&start) = starts.get(at.min(starts.len().saturating_sub(1))) {
            let end = lines[line][start..].find([',', '}', ']']).map_or(lines[line].len(), |end| start + end);
            lines[line].replace_range(start..end, WORDS[word]);
        }
        load(lines.join("\n"));
    }

    #[test]
    fn a_cut_text_never_panics(from in 0_usize..900, length in 0_usize..200, insert in "[ -~\n]{0,12}") {
        let mut text: Vec<char> = SAMPLE.chars().collect();
        let from = from.min(text.len());
        let to = (from + length).min(text.len());
        text.splice(from..to, insert.chars());
        load(text.into_iter().collect());
    }

    #[test]
    fn any_text_never_panics(text in "\\PC{0,200}") {
        load(text);
    }
}
