//! The stack `shop`, as tests of the loop define it.

use evenkeel_model::{Definition, DefinitionFile, Stack};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// A definition whose text nobody reads: the stack comes with it.
pub fn definition() -> Definition {
    Definition {
        files: vec![DefinitionFile { path: "compose.yaml".into(), content: String::new() }],
        compose_files: vec!["compose.yaml".into()],
        environment: BTreeMap::new(),
        profiles: Vec::new(),
        working_dir: "/shop".to_owned(),
        env_files: Vec::new(),
        project_name: None,
    }
}

/// The stack of these services, by name.
pub fn stack(services: Value) -> Stack {
    let stack = json!({
        "name": "shop", "working_dir": "/shop", "config_files": [], "networks": {}, "volumes": {}, "services": services,
    });
    serde_json::from_value(stack).expect("a stack")
}
