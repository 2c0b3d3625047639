//! What is wrong with a file, and where: line, column, rule, and words that must stand in the message or its help.

#![allow(clippy::disallowed_methods)] // A page of this repository is read.

use evenkeel_compose::{Diagnostic, Loaded, Severity, codes, load_definition, render};
use evenkeel_model::{Definition, DefinitionFile};
use std::collections::{BTreeMap, BTreeSet};

/// The warnings.
fn load(files: &[(&str, &str)]) -> Result<Vec<Diagnostic>, Vec<Diagnostic>> {
    load_all(files).map(|loaded| loaded.warnings)
}

fn load_all(files: &[(&str, &str)]) -> Result<Loaded, Vec<Diagnostic>> {
    load_definition(&definition(files), None)
}

fn definition(files: &[(&str, &str)]) -> Definition {
    Definition {
        files: files
            .iter()
            .map(|(path, content)| DefinitionFile { path: (*path).to_owned(), content: (*content).to_owned() })
            .collect(),
        compose_files: vec!["compose.yaml".to_owned()],
        environment: BTreeMap::new(),
        profiles: Vec::new(),
        working_dir: "/srv/shop".to_owned(),
        env_files: Vec::new(),
        project_name: None,
    }
}

/// Where and which: `line:column code`.
fn shown(diagnostics: &[Diagnostic]) -> Vec<String> {
    let number = |value: Option<u32>| value.map_or_else(|| "-".to_owned(), |value| value.to_string());
    diagnostics.iter().map(|d| format!("{}:{} {}", number(d.line), number(d.column), d.code)).collect()
}

/// The errors of a file, all of them, and words that must stand in the first.
fn refused(text: &str, expected: &[&str], words: &[&str]) {
    let errors = load(&[("compose.yaml", text)]).err().unwrap_or_default();
    assert_eq!(shown(&errors), expected, "{text}\n{errors:#?}");
    let Some(first) = errors.first() else { return };
    assert_eq!(first.severity, Severity::Error);
    for word in words {
        assert!(first.to_string().contains(word), "`{word}` is not in: {first}");
    }
}

fn warned(text: &str, expected: &[&str], words: &[&str]) {
    let warnings = load(&[("compose.yaml", text)]);
    assert!(warnings.is_ok(), "{text}\n{warnings:#?}");
    let warnings = warnings.unwrap_or_default();
    assert_eq!(shown(&warnings), expected, "{text}\n{warnings:#?}");
    let all: String = warnings.iter().map(ToString::to_string).collect();
    for word in words {
        assert!(all.contains(word), "`{word}` is not in: {all}");
    }
}

#[test]
fn yaml() {
    refused("services: {a: [}", &["1:15 invalid-yaml"], &[]);
    refused("a: 1\na: 2\nx: 3\n", &["1:1 unknown-key", "2:1 duplicate-key", "3:1 unknown-key"], &[]);
    refused("services:\n  a: {image: x, image: y}\n", &["2:17 duplicate-key"], &["line 2"]);
    refused("services:\n  1: {image: x}\n", &["2:3 non-string-key"], &["\"1\""]);
    refused("services:\n  a: {image: *no}\n", &["2:14 undefined-alias"], &["*no"]);
    refused("services:\n  a: &a\n    image: x\n    x-y: *a\n", &["4:10 alias-cycle"], &[]);
    refused("services:\n  a: {<<: text, image: x}\n", &["2:11 wrong-type"], &["<<"]);
    refused("- services\n", &["1:1 wrong-type"], &["mapping"]);
    refused("", &["-:- empty-file"], &[]);
}

#[test]
fn keys_and_types() {
    refused("service: {}\n", &["1:1 unknown-key"], &["did you mean `services`?"]);
    refused("services:\n  a:\n    imgae: x\n", &["3:5 unknown-key"], &["did you mean `image`?"]);
    refused("services:\n  a:\n    image: x\n    foo: 1\n", &["4:5 unknown-key"], &["services.a has no key `foo`"]);
    refused("services:\n  a: {image: x, ports: 80}\n", &["2:24 wrong-type"], &["a list", "a number"]);
    refused("services:\n  a: {image: 2024-01-01}\n", &["2:14 wrong-type"], &["a date", "\"2024-01-01\""]);
    refused("services:\n  a: {image: x, command: [1]}\n", &["2:27 wrong-type"], &["services.a.command.0", "\"1\""]);
    refused("services:\n  a:\n", &["2:4 wrong-type"], &["mapping"]);
    refused("services:\n  a b: {image: x}\n", &["2:3 invalid-name"], &[]);
    refused(
        "services:\n  a: {image: x, depends_on: {b: {condition: service_healty}}}\n  b: {image: y}\n",
        &["2:45 invalid-value"],
        &["did you mean `service_healthy`?"],
    );
    refused(
        "services:\n  a: {image: x, depends_on: {b: {}}}\n  b: {image: y}\n",
        &["2:33 missing-key"],
        &["condition"],
    );
    refused("services:\n  a: {image: x, security_opt: [A=1, A=1]}\n", &["2:37 duplicate-item"], &[]);
    refused("services:\n  a: {image: x, secrets: [{target: 5}]}\n", &["2:36 wrong-type"], &[]);
    refused("services:\n  a: {image: x, configs: [{}], extends: {file: y}}\n", &["2:41 missing-key"], &["service"]);
}

#[test]
fn values() {
    refused("services:\n  a: {image: x, ports: ['99999:80']}\n", &["2:25 invalid-value"], &["99999"]);
    refused("services:\n  a: {image: x, ports: ['80-82:90-91']}\n", &["2:25 invalid-value"], &["different lengths"]);
    refused("services:\n  a: {image: x, volumes: ['/a:/b:ro:x']}\n", &["2:27 invalid-value"], &["colons"]);
    refused("services:\n  a: {image: x, stop_grace_period: '10'}\n", &["2:36 invalid-value"], &["unit"]);
    refused(
        "services:\n  a: {image: x, healthcheck: {interval: 1x}}\n",
        &["2:41 invalid-value"],
        &["services.a.healthcheck.interval"],
    );
    refused("services:\n  a: {image: x, healthcheck: {test: [curl, x]}}\n", &["2:38 invalid-value"], &["CMD"]);
    refused("services:\n  a: {image: x, mem_limit: lots}\n", &["2:28 invalid-value"], &["lots"]);
    refused("services:\n  a: {image: x, restart: allways}\n", &["2:26 invalid-value"], &["did you mean `always`?"]);
    refused("services:\n  a: {image: x, command: \"it's\"}\n", &["2:26 invalid-value"], &["list"]);
    refused(
        "services:\n  a: {image: x}\nnetworks:\n  default: {ipam: {config: [{subnet: 172.300.0.0/16}]}}\n",
        &["4:38 invalid-value"],
        &["172.300.0.0/16"],
    );
    refused("services:\n  a: {image: x, scale: 2, container_name: only}\n", &["2:43 conflicting-values"], &[]);
    refused(
        "services:\n  a: {image: x, x-evenkeel: {standin: y}}\n",
        &["2:30 unknown-key"],
        &["did you mean `stand_in`?"],
    );
    refused(
        "services:\n  a: {image: x, x-evenkeel: {unhealthy: reboot}}\n",
        &["2:41 invalid-value"],
        &["`restart` or `ignore`"],
    );
    let wish = |wish: &str, wanted: &[&str], words: &[&str]| {
        refused(&format!("services:\n  web: {{image: x}}\nx-evenkeel: {{connections: {wish}}}\n"), wanted, words);
    };
    wish("db", &["3:27 wrong-type"], &["`- redis:6379`"]);
    wish("[{from: wbe, to: db}]", &["3:35 undefined-service"], &["did you mean `web`?"]);
    wish("[{to: db}]", &["3:28 wrong-type"], &["`from`"]);
    wish("[{from: web, to: db, port: 0}]", &["3:54 invalid-value"], &["`0` is no port"]);
    wish("[{from: web, to: db, protocol: psql}]", &["3:58 invalid-value"], &["postgresql"]);
    for often in ["500ms", "often", "true"] {
        refused(
            &format!("services:\n  web: {{image: x}}\nx-evenkeel: {{check_connections: {often}}}\n"),
            &["3:33 invalid-value"],
            &["at least 1s"],
        );
    }
}

#[test]
fn references() {
    refused(
        "services:\n  a: {image: x, networks: [frnt]}\nnetworks: {front: }\n",
        &["2:28 undefined-network"],
        &["did you mean `front`?"],
    );
    refused("services:\n  a: {image: x, volumes: ['data:/d']}\n", &["2:27 undefined-volume"], &["`volumes`"]);
    refused(
        "services:\n  a: {image: x, secrets: [s], configs: [c]}\n",
        &["2:27 undefined-secret", "2:41 undefined-config"],
        &[],
    );
    refused(
        "services:\n  web: {image: x, depends_on: [bd]}\n  db: {image: x}\n",
        &["2:32 undefined-service"],
        &["did you mean `db`?"],
    );
    refused("services:\n  a: {image: x, network_mode: 'service:zz'}\n", &["2:31 undefined-service"], &["zz"]);
    refused(
        "services:\n  a: {image: x, depends_on: [b]}\n  b: {image: x, profiles: [p, q]}\n",
        &["2:30 dependency-disabled"],
        &["p or q"],
    );
    refused(
        "services:\n  a: {image: x, depends_on: [b]}\n  b: {image: x, depends_on: [c]}\n  c: {image: x, depends_on: [a]}\n",
        &["4:30 dependency-cycle"],
        &["a -> b -> c -> a"],
    );
    refused("services:\n  a: {image: x, depends_on: [a]}\n", &["2:30 dependency-cycle"], &["a -> a"]);
    refused(
        "services:\n  a: {image: x, tmpfs: /t, volumes: ['/b:/t']}\n",
        &["2:38 duplicate-mount"],
        &["compose.yaml:2"],
    );
    refused(
        "services:\n  a: {image: x, container_name: same}\n  b: {image: x, container_name: same}\n",
        &["3:33 duplicate-name"],
        &["`a` and `b`"],
    );
    refused(
        "services: {a: {image: x}}\nvolumes: {v: {external: true, driver: local}}\n",
        &["2:31 conflicting-keys"],
        &[],
    );
    refused("services: {a: {image: x}}\nsecrets: {s: {}}\n", &["2:11 missing-key", "2:14 missing-key"], &[]);
    refused("services:\n  a: {image: x, network_mode: host, networks: [default]}\n", &["2:48 conflicting-keys"], &[]);
}

#[test]
fn variables() {
    refused("services:\n  a: {image: '${TAG:?say which}'}\n", &["2:14 missing-variable"], &["TAG", "say which"]);
    refused("services:\n  a: {image: 'x:${1bad}'}\n", &["2:14 invalid-interpolation"], &["$$"]);
    warned("services:\n  a: {image: 'x${NOT_SET}'}\n", &["2:14 unset-variable"], &["NOT_SET"]);
    let files = [
        ("compose.yaml", "services:\n  a:\n    image: x\n    ports: ['${PORT}:80']\n"),
        (".env", "A=1\nPORT=eighty\n"),
    ];
    let errors = load(&files).err().unwrap_or_default();
    assert_eq!(shown(&errors), ["4:13 invalid-value"]);
    assert!(errors[0].to_string().contains("the variable PORT is `eighty`, set in /srv/shop/.env:2"), "{}", errors[0]);
}

#[test]
fn other_files() {
    refused(
        "services:\n  a: {image: x, env_file: no.env}\n",
        &["2:27 file-not-carried"],
        &["/srv/shop/no.env", "`files`"],
    );
    refused("services:\n  a: {image: x, extends: {file: no.yaml, service: b}}\n", &["2:33 file-not-carried"], &[]);
    refused(
        "services:\n  a: {image: x, extends: bsae}\n  base: {image: x}\n",
        &["2:26 undefined-service"],
        &["did you mean `base`?"],
    );
    refused(
        "services:\n  a: {image: x, extends: b}\n  b: {image: x, extends: a}\n",
        &["2:26 extends-cycle"],
        &["extends"],
    );
    refused("include: [no.yaml]\nservices: {a: {image: x}}\n", &["1:11 file-not-carried"], &[]);
    refused("include: [compose.yaml]\nservices: {a: {image: x}}\n", &["1:11 include-cycle"], &[]);
    refused("include: [{path: x.yaml, envfile: y}]\n", &["1:18 file-not-carried", "1:26 unknown-key"], &[]);
    let files = [
        ("compose.yaml", "include: [sub.yaml]\nservices: {a: {image: one}}\n"),
        ("sub.yaml", "services:\n  a: {image: two}\n"),
    ];
    let errors = load(&files).err().unwrap_or_default();
    assert_eq!(shown(&errors), ["2:15 include-conflict"]);
    let files = [("compose.yaml", "services: {a: {image: x}}\n"), (".env", "A=1\nB C=2\n")];
    let errors = load(&files).err().unwrap_or_default();
    assert_eq!(shown(&errors), ["2:- invalid-env-file"]);
    assert_eq!(errors[0].file.as_deref(), Some("/srv/shop/.env"));
}

#[test]
fn what_evenkeel_does_not_do() {
    refused("services:\n  a: {image: x, use_api_socket: true}\n", &["2:17 unsupported"], &["use_api_socket"]);
    refused("services:\n  a: {build: 'https://example.org/x.git'}\n", &["2:14 unsupported"], &[]);
    warned(
        "services:\n  a:\n    image: x\n    deploy:\n      placement: {constraints: [a==b]}\n      mode: global\n",
        &["5:7 ignored-here", "6:7 ignored-here"],
        &["services.a.deploy.placement", "services.a.deploy.mode"],
    );
    warned("version: '3'\nservices: {a: {image: x}}\n", &["1:1 deprecated"], &["version"]);
    warned("services:\n  a: {image: x, privileged: yes}\n", &["2:29 old-boolean"], &["true"]);
    warned("services:\n  a: {image: x, command: a && b}\n", &["2:26 ignored-here"], &["&& b", "sh"]);
    warned("services:\n  a: {image: x, volumes: ['/a:/b:rox']}\n", &["2:27 ignored-here"], &["rox"]);
}

/// The advice about a file, all of it, and that nothing else is said.
fn advised(text: &str, expected: &[&str]) {
    let loaded = load_all(&[("compose.yaml", text)]);
    assert!(loaded.is_ok(), "{text}\n{loaded:#?}");
    let (warnings, advice) = loaded.map(|loaded| (loaded.warnings, loaded.advice)).unwrap_or_default();
    assert!(warnings.is_empty(), "{text}\n{warnings:#?}");
    assert_eq!(shown(&advice), expected, "{text}\n{advice:#?}");
    assert!(advice.iter().all(|one| one.severity == Severity::Advice && one.help.is_some()), "{advice:#?}");
}

#[test]
fn what_could_be_better() {
    let web = |more: &str| format!("services:\n  web:\n    image: x:1\n    restart: always\n{more}");
    advised(&web(""), &[]);
    advised("services:\n  web: {image: 'x:1'}\n", &["2:3 no-restart-policy"]);
    advised("services:\n  web: {image: 'x:1', restart: 'no'}\n", &[]);
    advised("services:\n  web: {image: 'x:1', deploy: {restart_policy: {condition: any}}}\n", &[]);
    for (image, expected) in [
        ("x", &["2:16 moving-tag"][..]),
        ("x:latest", &["2:16 moving-tag"]),
        ("host:5000/x", &["2:16 moving-tag"]),
        ("host:5000/x:1", &[]),
        ("x@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef", &[]),
    ] {
        advised(&format!("services:\n  web: {{image: '{image}', restart: always}}\n"), expected);
    }
    advised("services:\n  web: {image: x, build: ., restart: always}\n", &[]);
    advised(&web("    privileged: true\n"), &["5:17 privileged"]);
    advised(&web("    privileged: false\n"), &[]);
    advised(&web("    ports: ['80:80', '127.0.0.1:81:81', '82']\n"), &["5:13 open-port", "5:41 open-port"]);
    advised(&web("    volumes: ['/var/run/docker.sock:/s:ro', './a:/a']\n"), &["5:15 engine-socket"]);
    let variables = web("    environment: {A: $$HOME, B: '5$$', C: '$${X}', PASSWORD: 'a$$b'}\n");
    advised(&variables, &["5:22 literal-dollar", "5:43 literal-dollar"]);

    let pair = |condition: &str, check: &str| {
        format!(
            "services:\n  db: {{image: 'x:1', restart: always{check}}}\n  \
             web: {{image: 'x:1', restart: always, depends_on: {{db: {{condition: {condition}}}}}}}\n"
        )
    };
    let check = ", healthcheck: {test: [CMD, 'true']}";
    advised(&pair("service_started", ""), &["2:3 no-healthcheck"]);
    advised(&pair("service_healthy", ""), &["2:3 no-healthcheck"]);
    advised(&pair("service_healthy", ", healthcheck: {disable: true}"), &["2:3 no-healthcheck"]);
    advised(&pair("service_healthy", check), &[]);
    advised(&pair("service_completed_successfully", ""), &[]);
    // A job needs no restart policy.
    advised(&pair("service_completed_successfully", "").replacen(", restart: always", "", 1), &[]);
}

#[test]
fn what_is_set_twice() {
    warned("services:\n  a: {image: x, environment: [A=1, A=2, B=1, B=1]}\n", &["2:31 duplicate-item"], &["wins"]);
    warned(
        "services:\n  a: {image: x, volumes: ['/a:/t', '/b:/t']}\n",
        &["2:27 duplicate-item"],
        &["services.a.volumes"],
    );
    warned("services:\n  a: {extends: b, ports: ['80:80']}\n  b: {image: x, ports: ['80:80']}\n", &[], &[]);
}

#[test]
fn all_problems_at_once() {
    let text = "
services:
  a:
    image: ${TAG:?needed}
    prots: [80]
    depends_on: [zz]
    mem_limit: [1]
  b: {image: x, networks: [nope], restart: allways, stop_grace_period: 10, healthcheck: {timeout: 3x}}
";
    refused(
        text,
        &[
            "4:12 missing-variable",
            "5:5 unknown-key",
            "6:18 undefined-service",
            "7:16 wrong-type",
            "8:28 undefined-network",
            "8:44 invalid-value",
            "8:72 wrong-type",
            "8:99 invalid-value",
        ],
        &[],
    );
}

#[test]
fn profiles_that_no_service_has() {
    let text = "services:\n  a: {image: x}\n  b: {image: y, profiles: [debug]}\n";
    for (profile, words) in [
        ("debug", None),
        ("*", None),
        ("debgu", Some("did you mean `debug`?")),
        ("other", Some("the profiles are debug")),
    ] {
        let definition = Definition { profiles: vec![profile.to_owned()], ..definition(&[("compose.yaml", text)]) };
        let warnings = load_definition(&definition, None).map(|loaded| loaded.warnings).unwrap_or_default();
        let help: Vec<Option<&str>> = warnings.iter().map(|one| one.help.as_deref()).collect();
        assert_eq!(help, words.into_iter().map(Some).collect::<Vec<_>>(), "{profile}");
        assert!(warnings.iter().all(|one| one.code == codes::UNKNOWN_PROFILE), "{warnings:#?}");
    }
}

#[test]
fn a_flood_of_errors_is_counted() {
    let text: String = (0..500).map(|n| format!("key{n}: 1\n")).collect();
    let errors = load(&[("compose.yaml", &text)]).err().unwrap_or_default();
    assert_eq!(errors.len(), 101);
    assert!(errors.last().is_some_and(|last| last.message.contains("400 more")), "{:?}", errors.last());
}

#[test]
fn codes_are_stable_words() {
    let unique: BTreeSet<&str> = codes::ALL.iter().copied().collect();
    assert_eq!(unique.len(), codes::ALL.len());
    for code in codes::ALL {
        assert!(code.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-'), "{code}");
    }
}

/// docs/diagnostics.md has a section for each code and no other, and its examples have the problem that they show.
#[test]
fn every_code_is_explained_by_an_example() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/diagnostics.md");
    let text = std::fs::read_to_string(path).unwrap_or_default();
    let sections: Vec<(&str, &str)> =
        text.split("\n### ").skip(1).filter_map(|section| section.split_once('\n')).collect();
    let explained: BTreeSet<&str> = sections.iter().map(|(code, _)| *code).collect();
    assert_eq!(explained, codes::ALL.iter().copied().collect());
    for (code, section) in sections {
        let Some((_, example)) = section.split_once("```yaml\n") else {
            assert!(section.contains("```text\n"), "{code} has no example");
            continue;
        };
        let example = example.split("```").next().unwrap_or_default();
        let loaded = load_all(&[("compose.yaml", example)]);
        let found = loaded.map_or_else(|refused| refused, |loaded| [loaded.warnings, loaded.advice].concat());
        assert!(found.iter().any(|one| one.code == code), "{code}:\n{example}\n{found:#?}");
    }
}

#[test]
fn the_terminal_shows_the_line() {
    let text = "services:\n  web:\n    image: x\n    prots: [80]\n";
    let errors = load(&[("compose.yaml", text)]).err().unwrap_or_default();
    let with_text = [
        "error[unknown-key]: services.web has no key `prots`",
        "  ╭▸ /srv/shop/compose.yaml:4:5",
        "  │",
        "4 │     prots: [80]",
        "  │     ━━━━━",
        "  │",
        "  ╰ help: did you mean `ports`?",
    ];
    assert_eq!(render(&errors[0], Some(text), false), with_text.join("\n"));
    let without = [
        "error[unknown-key]: services.web has no key `prots`",
        " │",
        " ├ note: in /srv/shop/compose.yaml:4:5",
        " ╰ help: did you mean `ports`?",
    ];
    assert_eq!(render(&errors[0], None, false), without.join("\n"));
}
