//! Any bytes as a definition: Compose files, an env file, variables of the shell. It must end soon and never panic, and
//! what is accepted must hold what every accepted definition holds.
#![no_main]

use evenkeel_compose::{Request, config, load};
use evenkeel_compose::{Bundle, Diagnostic, Severity, limits, render};
use evenkeel_model::{Definition, DefinitionFile};
use libfuzzer_sys::fuzz_target;
use std::collections::BTreeMap;

/// A line of this begins the next file, so that one text of the corpus is several files that a person can read.
const NEXT: &str = "\n#### ";

/// The first file is the Compose file. The others say behind the mark what they are called.
fn definition(text: &str) -> Definition {
    let mut parts = text.split(NEXT);
    let mut files = vec![DefinitionFile {
        path: "compose.yaml".to_owned(),
        content: parts.next().unwrap_or_default().to_owned(),
    }];
    for part in parts {
        let (path, content) = part.split_once('\n').unwrap_or((part, ""));
        files.push(DefinitionFile { path: path.trim().to_owned(), content: content.to_owned() });
    }
    let compose_files = files.iter().filter(|file| file.path == "compose.yaml" || file.path == "override.yaml");
    Definition {
        compose_files: compose_files.map(|file| file.path.clone()).collect(),
        files,
        environment: BTreeMap::from([
            ("TAG".to_owned(), "1".to_owned()),
            ("EMPTY".to_owned(), String::new()),
            ("PORT".to_owned(), "8080-8090".to_owned()),
        ]),
        profiles: Vec::new(),
        working_dir: "/srv/shop".to_owned(),
        env_files: Vec::new(),
        project_name: None,
    }
}

/// What holds for every diagnostic: it can be shown, and its place lies within its file.
fn check(definition: &Definition, diagnostic: &Diagnostic) {
    assert!(evenkeel_compose::codes::ALL.contains(&diagnostic.code), "{}", diagnostic.code);
    assert!(!diagnostic.message.is_empty());
    let path = diagnostic.file.as_deref().unwrap_or_default();
    let carried = definition.files.iter().find(|file| path == format!("/srv/shop/{}", file.path));
    render(diagnostic, carried.map(|file| file.content.as_str()), false);
}

fuzz_target!(|bytes: &[u8]| {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let definition = definition(text);
    let request = Request::of(&definition);
    let bundle = Bundle::new(&definition);
    match load(&request, &bundle) {
        Ok(loaded) => {
            loaded.warnings.iter().for_each(|warning| check(&definition, warning));
            assert!(loaded.stack.services.values().all(|service| service.scale <= 1000));
            let ports: usize = loaded.stack.services.values().map(|service| service.container.ports.len()).sum();
            assert!(ports <= limits::PORTS + text.len());
            // The stored form can be read again, and is the same.
            let stored = serde_json::to_string(&loaded.stack).expect("a stack is written as JSON");
            let read: evenkeel_model::Stack = serde_json::from_str(&stored).expect("a stack is read from JSON");
            assert!(read == loaded.stack, "{stored}");
            assert!(config(&request, &bundle).is_ok());
        }
        Err(errors) => {
            assert!(errors.iter().any(|error| error.severity == Severity::Error));
            errors.iter().for_each(|error| check(&definition, error));
        }
    }
    let _ = config(&Request { no_interpolate: true, ..request }, &bundle);
});
