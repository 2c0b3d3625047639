//! What is sent to do harm: refused, or taken for what it is, within seconds and within the limits.
#![allow(clippy::disallowed_methods, clippy::expect_used)] // Clocks, and what the kernel says of this process.

use evenkeel_compose::{Bundle, ReadError, Request, Source, codes, config, limits, load, load_definition};
use evenkeel_model::{Definition, DefinitionFile};
use std::collections::BTreeMap;
use std::time::Duration;

/// Generous: for a debug build. In a release build each takes well under a second.
const BOUND: Duration = Duration::from_secs(10);

/// The time that this thread had on a processor, so that a busy machine does not count.
struct Watch(Duration);

impl Watch {
    fn begin() -> Self {
        Self(Self::now())
    }
    fn took(&self) -> Duration {
        Self::now() - self.0
    }
    fn now() -> Duration {
        let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
        let ns = text.split_whitespace().next().and_then(|ns| ns.parse().ok());
        Duration::from_nanos(ns.expect("the kernel tells of a thread's time"))
    }
}

fn definition(files: &[(&str, &str)]) -> Definition {
    let file =
        |(path, content): &(&str, &str)| DefinitionFile { path: (*path).to_owned(), content: (*content).to_owned() };
    Definition {
        files: files.iter().map(file).collect(),
        compose_files: vec!["compose.yaml".to_owned()],
        environment: BTreeMap::new(),
        profiles: Vec::new(),
        working_dir: "/srv/shop".to_owned(),
        env_files: Vec::new(),
        project_name: None,
    }
}

/// Loads it, and with every other way of reading; refused with one of these codes, or accepted where there is none.
fn check(case: &str, files: &[(&str, &str)], expected: &[&str]) {
    let began = Watch::begin();
    let definition = definition(files);
    let found = match load_definition(&definition, None) {
        Ok(_) => None,
        Err(errors) => Some(errors.iter().map(|error| error.code).collect::<Vec<_>>()),
    };
    let request = Request { no_interpolate: true, ..Request::of(&definition) };
    let _ = config(&request, &Bundle::new(&definition));
    let took = began.took();
    match expected {
        [] => assert_eq!(found, None, "{case}"),
        expected => {
            let found = found.unwrap_or_default();
            assert!(expected.iter().any(|code| found.contains(code)), "{case}: {found:?}");
        }
    }
    assert!(took < BOUND, "{case} took {took:?}");
}

fn check_text(case: &str, text: &str, code: &[&str]) {
    check(case, &[("compose.yaml", text)], code);
}

#[test]
fn aliases_that_multiply() {
    let mut text = "x-a0: &a0 [x, x, x, x, x, x, x, x, x]\n".to_owned();
    for n in 1..40 {
        text.push_str(&format!("x-a{n}: &a{n} [{}]\n", vec![format!("*a{}", n - 1); 9].join(", ")));
    }
    check_text("lists", &text, &[codes::TOO_LARGE]);
    let merges: String = (1..2000).map(|n| format!("x-m{n}: &m{n} {{<<: *m{}, k{n}: v}}\n", n - 1)).collect();
    check_text("merge keys", &format!("x-m0: &m0 {{k: v}}\n{merges}"), &[codes::TOO_LARGE]);
}

#[test]
fn texts_that_are_deep_or_long() {
    check_text(
        "lists",
        &format!("x-a: {}{}", "[".repeat(500_000), "]".repeat(500_000)),
        &[codes::TOO_LARGE, codes::INVALID_YAML],
    );
    check_text("open lists", &"[".repeat(1_000_000), &[codes::TOO_LARGE, codes::INVALID_YAML]);
    check_text("dashes", &"- ".repeat(500_000), &[codes::TOO_LARGE, codes::INVALID_YAML]);
    check_text("questions", &"? ".repeat(500_000), &[codes::TOO_LARGE, codes::INVALID_YAML]);
    check_text("a long line", &format!("x-a: {}", "x".repeat(limits::FILE_BYTES - 100)), &[]);
    check_text("too many bytes", &"#".repeat(limits::FILE_BYTES + 1), &[codes::TOO_LARGE]);
    check_text("a long key", &format!("{}: x", "k".repeat(1_000_000)), &[codes::INVALID_YAML]);
    check_text("many keys", &(0..60_000).map(|n| format!("k{n}: 1\n")).collect::<String>(), &[codes::TOO_MANY_ERRORS]);
    check_text("many documents", &"---\nx-a: 1\n".repeat(20_000), &[]);
    check_text("many open quotes", &"'\n".repeat(100_000), &[codes::WRONG_TYPE, codes::INVALID_YAML]);
}

#[test]
fn characters_that_no_text_holds() {
    for (case, text) in [
        ("nul", "services:\n  a: {image: \u{0}x}\n"),
        ("nul at the end", "services: {a: {image: x}}\n\u{0}"),
        ("escape", "services:\n  a: {image: \u{1b}[31m}\n"),
        ("bell", "services: \u{7}\n"),
    ] {
        check_text(case, text, &[codes::INVALID_YAML]);
    }
    check_text("escaped nul", "services:\n  a: {image: x, command: [\"\\0\"]}\n", &[]);
}

#[test]
fn variables_within_variables() {
    let nested = |n: usize| format!("{}x{}", "${A:-".repeat(n), "}".repeat(n));
    check_text("nesting", &format!("services: {{a: {{image: '{}'}}}}\n", nested(100_000)), &[codes::TOO_LARGE]);
    let mut doubling = "V0=xxxxxxxxxxxxxxxx\n".to_owned();
    for n in 1..64 {
        doubling.push_str(&format!("V{n}=${{V{p}}}${{V{p}}}\n", p = n - 1));
    }
    check(
        "doubling",
        &[("compose.yaml", "services: {a: {image: '$V63'}}\n"), (".env", &doubling)],
        &[codes::INVALID_ENV_FILE],
    );
    let many = format!("services: {{a: {{image: x, command: '{}'}}}}\n", "${A}".repeat(100_000));
    check_text("many references", &many, &[]);
    let names: String = (0..50_000).map(|n| format!("      V{n}: $V{n}\n")).collect();
    check_text("many names", &format!("services:\n  a:\n    image: x\n    environment:\n{names}"), &[]);
    let open = format!("services: {{a: {{image: '{}'}}}}\n", "${A:-".repeat(200_000));
    check_text("open references", &open, &[codes::INVALID_INTERPOLATION]);
}

#[test]
fn ports_without_end() {
    let many: Vec<String> = (1..250).map(|n| format!("'127.0.0.{n}:1-65535:1-65535'")).collect();
    check_text(
        "ranges",
        &format!("services: {{a: {{image: x, ports: [{}]}}}}\n", many.join(", ")),
        &[codes::INVALID_VALUE],
    );
    check_text(
        "a number",
        "services: {a: {image: x, ports: ['1-99999999999999999999:80']}}\n",
        &[codes::INVALID_VALUE],
    );
    let numbers: Vec<String> = (1..65_000).map(|n| n.to_string()).collect();
    check_text("a long list", &format!("services: {{a: {{image: x, expose: [{}]}}}}\n", numbers.join(", ")), &[]);
    check_text("replicas", "services: {a: {image: x, scale: 100000000}}\n", &[codes::TOO_LARGE]);
}

#[test]
fn files_that_lead_to_files() {
    check("includes itself", &[("compose.yaml", "include: [compose.yaml]\n")], &[codes::INCLUDE_CYCLE]);
    let circle =
        [("compose.yaml", "include: [b.yaml]\n"), ("b.yaml", "include: [c.yaml]\n"), ("c.yaml", "include: [b.yaml]\n")];
    check("a circle", &circle, &[codes::INCLUDE_CYCLE]);
    // Each level includes the next ten times: without bounds ten to the power of the depth.
    let level = |n: usize| format!("include: [{}]\nservices: {{}}\n", vec![format!("l{n}.yaml"); 10].join(", "));
    let levels: Vec<(String, String)> = (0..30).map(|n| (format!("l{n}.yaml"), level(n + 1))).collect();
    let first = level(0);
    let mut files: Vec<(&str, &str)> = vec![("compose.yaml", &first)];
    files.extend(levels.iter().map(|(path, text)| (path.as_str(), text.as_str())));
    files.push(("l30.yaml", "services: {z: {image: x}}\n"));
    check("a tree of includes", &files, &[codes::TOO_LARGE]);

    let circle = "services:\n  a: {image: x, extends: b}\n  b: {image: x, extends: c}\n  c: {image: x, extends: a}\n";
    check_text("a circle of services", circle, &[codes::EXTENDS_CYCLE]);
    let own = "services: {a: {image: x, extends: {file: compose.yaml, service: a}}}\n";
    check_text("extends itself by its file", own, &[codes::EXTENDS_CYCLE]);
    let many: String = (0..5_000).map(|n| format!("  s{n}: {{extends: {{file: big.yaml, service: a}}}}\n")).collect();
    let big = format!(
        "services: {{a: {{image: x, environment: [{}]}}}}\n",
        (0..5_000).map(|n| format!("V{n}=1")).collect::<Vec<_>>().join(", ")
    );
    check("a large base", &[("compose.yaml", &format!("services:\n{many}")), ("big.yaml", &big)], &[codes::TOO_LARGE]);
    let env_files: Vec<String> = (0..2_000).map(|_| "a.env".to_owned()).collect();
    let services: String =
        (0..1_000).map(|n| format!("  s{n}: {{image: x, env_file: [{}]}}\n", env_files[..2].join(", "))).collect();
    check(
        "env files",
        &[("compose.yaml", &format!("services:\n{services}")), ("a.env", &format!("A=1\n# {}\n", "x".repeat(80_000)))],
        &[codes::TOO_LARGE],
    );
}

/// A definition that is sent carries its files: none is read from the host that loads it, wherever its paths lead.
#[test]
fn paths_that_lead_elsewhere() {
    for path in [
        "/etc/passwd",
        "/etc/shadow",
        "../../../../../../etc/passwd",
        "./a/../../../etc/passwd",
        "/proc/self/environ",
        "/dev/zero",
        "~/.ssh/id_rsa",
        "file:///etc/passwd",
        "$HOME/../etc/passwd",
    ] {
        for text in [
            format!("services: {{a: {{image: x, env_file: '{path}'}}}}\n"),
            format!("services: {{a: {{image: x, label_file: '{path}'}}}}\n"),
            format!("services: {{a: {{image: x, extends: {{file: '{path}', service: b}}}}}}\n"),
            format!("include: ['{path}']\n"),
            format!("include: [{{path: b.yaml, env_file: '{path}'}}]\n"),
        ] {
            let began = Watch::begin();
            let definition = definition(&[("compose.yaml", &text), ("b.yaml", "services: {b: {image: x}}\n")]);
            let errors = load_definition(&definition, None).err().unwrap_or_default();
            let told: Vec<String> = errors.iter().map(ToString::to_string).collect();
            assert!(
                errors.iter().any(|error| [codes::FILE_NOT_CARRIED, codes::UNSUPPORTED].contains(&error.code)),
                "{text}{told:?}"
            );
            assert!(!told.iter().any(|line| line.contains("root:") || line.contains("PATH=")), "{told:?}");
            assert!(began.took() < BOUND);
        }
    }
}

/// A source that has everything that is asked for, and counts.
struct Endless(std::cell::Cell<usize>, &'static str);

impl Source for Endless {
    fn file(&self, _: &str) -> Result<String, ReadError> {
        self.0.set(self.0.get() + 1);
        let next = format!("{}", self.0.get());
        Ok(self.1.replace('@', &next))
    }
    fn variable(&self, _: &str) -> Option<String> {
        Some("${X}".repeat(1000))
    }
}

#[test]
fn files_without_end() {
    for (case, text) in [
        ("include", "include: [d/@/compose.yaml]\n"),
        ("extends", "services: {a: {extends: {file: '@.yaml', service: a}}}\n"),
        ("env files", "services: {a: {image: x, env_file: [1@.env, 2@.env]}, b: {image: x}}\n"),
    ] {
        let began = Watch::begin();
        let source = Endless(Default::default(), text);
        let request = Request {
            compose_files: vec!["/p/compose.yaml".to_owned()],
            working_dir: "/p".to_owned(),
            ..Request::default()
        };
        let _ = load(&request, &source);
        assert!(source.0.get() <= limits::FILES + 10, "{case}: {} files were read", source.0.get());
        assert!(began.took() < BOUND, "{case}");
    }
}

/// The memory that this process has held at most, in MiB; the tests above run in it too.
#[test]
fn memory_stays_bounded() {
    let text = format!(
        "services: {{a: {{image: x, environment: [{}]}}}}\n",
        (0..60_000).map(|n| format!("V{n}=1")).collect::<Vec<_>>().join(", ")
    );
    check_text("many variables", &text, &[]);
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let most: u64 = line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or(0);
    assert!(most < 2 * 1024 * 1024, "{} MiB", most / 1024);
}
