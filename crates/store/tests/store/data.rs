//! What the tests write: stacks, changes and times.

use chrono::{Duration, TimeZone, Utc};
use evenkeel_model::{
    Definition, DefinitionFile, Forgotten, HistoryEntry, HistoryKind, Intent, Operation, OperationId, OperationState,
    Stack, StackName, Timestamp, Verb,
};
use evenkeel_store::{Change, Committed, Store};
use std::collections::BTreeMap;

pub fn at(seconds: i64) -> Timestamp {
    Utc.with_ymd_and_hms(2026, 11, 20, 12, 0, 0).unwrap() + Duration::seconds(seconds)
}

pub fn name(text: &str) -> StackName {
    StackName::parse(text).unwrap()
}

/// A definition whose only file has this content, and what it means.
pub fn contents(stack: &str, content: &str) -> (Definition, Stack) {
    let definition = Definition {
        files: vec![DefinitionFile { path: "/srv/compose.yaml".into(), content: content.into() }],
        compose_files: vec!["/srv/compose.yaml".into()],
        environment: BTreeMap::from([("PASSWORD".to_owned(), "hunter2".to_owned())]),
        profiles: vec![],
        working_dir: "/srv".into(),
        env_files: vec![],
        project_name: None,
    };
    let resolved = Stack {
        name: name(stack),
        working_dir: "/srv".into(),
        env_files: Vec::new(),
        disabled: Default::default(),
        underscores: false,
        check_connections_ms: None,
        config_files: vec!["/srv/compose.yaml".into()],
        services: BTreeMap::new(),
        networks: BTreeMap::new(),
        volumes: BTreeMap::new(),
    };
    (definition, resolved)
}

/// A change that asks nothing.
pub fn change(stack: &str) -> Change {
    Change {
        stack: name(stack),
        expect_generation: None,
        new_revision: None,
        intent: Intent::defined(),
        operation: None,
        forget: Forgotten::default(),
        history: vec![],
        idempotency: None,
        at: at(0),
    }
}

/// A change that defines a stack.
pub fn define(stack: &str, content: &str) -> Change {
    Change { new_revision: Some(contents(stack, content)), ..change(stack) }
}

pub fn operation(stack: &str, id: &str) -> Operation {
    Operation {
        id: OperationId(id.into()),
        stack: name(stack),
        verb: Verb::Up,
        services: vec!["web".into()],
        state: OperationState::Running,
        generation: 0,
        created_at: at(0),
        deadline: at(300),
    }
}

pub fn entry(message: &str) -> HistoryEntry {
    HistoryEntry {
        id: 0,
        at: at(0),
        stack: Some(name("shop")),
        service: None,
        operation: None,
        kind: HistoryKind::StepDone,
        object: Some("container shop-web-1".into()),
        message: message.into(),
        cause: None,
        took_ms: Some(12),
        waits_for: vec!["db to be healthy".into()],
    }
}

pub fn generation(committed: &Committed) -> u64 {
    match committed {
        Committed::Done { generation, .. } => *generation,
        Committed::Replayed(id) => panic!("replayed {id}"),
    }
}

/// A store in a temporary directory, which must outlive it.
pub async fn fresh() -> (tempfile::TempDir, Store) {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(&dir.path().join("state")).await.unwrap();
    (dir, store)
}
