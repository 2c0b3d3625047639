//! State directories that earlier versions wrote open, and the daemon goes on with their stacks. Each is kept as the text of its
//! database (`sqlite3 evenkeel.db .dump`) in `upgrade/`, and is never changed: what it stands for is on disks.

#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use evenkeel_control::{Clock, Control, Options};
use evenkeel_engine::sim::{Behaviour, Ends, Pace, Sim, SimOptions};
use evenkeel_model::*;
use evenkeel_plan::StackState;
use evenkeel_store::{Error, HistoryFilter, Store};
use sqlx::{ConnectOptions, Connection};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

fn schemas() -> Vec<PathBuf> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/upgrade");
    let mut schemas: Vec<PathBuf> = directory.read_dir().unwrap().map(|entry| entry.unwrap().path()).collect();
    schemas.sort();
    schemas
}

/// A state directory with that database.
async fn written(dump: &Path) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("evenkeel.db");
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(file).create_if_missing(true).foreign_keys(false);
    let mut database = options.connect().await.unwrap();
    let text = std::fs::read_to_string(dump).unwrap();
    sqlx::raw_sql(sqlx::AssertSqlSafe(text)).execute(&mut database).await.unwrap();
    database.close().await.unwrap();
    dir
}

#[test]
fn every_earlier_schema_is_here() {
    let migrations = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../migrations");
    let newest = migrations.read_dir().unwrap().count();
    let expected: Vec<String> = (1..newest).map(|number| format!("{number:04}.sql")).collect();
    let names: Vec<String> =
        schemas().iter().map(|path| path.file_name().unwrap().to_string_lossy().into_owned()).collect();
    assert_eq!(names, expected, "a migration brings with it what the schema before it has left on disks");
}

#[tokio::test]
async fn an_earlier_schema_opens_and_its_stacks_go_on() {
    for dump in schemas() {
        let case = dump.display().to_string();
        let dir = written(&dump).await;
        let store = Store::open(dir.path()).await.unwrap_or_else(|error| panic!("{case}: {error}"));
        let ledger = store.ledger(&StackName::new("shop")).await.unwrap();
        let attempt = ledger.attempts.values().next().unwrap();
        assert_eq!((attempt.failures, attempt.times.len()), (3, 3), "{case}");
        let history = HistoryFilter { limit: 10, ..HistoryFilter::default() };
        assert_eq!(store.history(&history).await.unwrap().len(), 3, "{case}");
        assert_eq!(store.tokens().await.unwrap().len(), 1, "{case}");
        assert_eq!(store.audit(None, 10).await.unwrap().len(), 1, "{case}");

        let started_at = "2026-11-20T11:06:00Z".parse().unwrap();
        let sim = Sim::new(SimOptions { started_at, pace: Pace::instant(), ..SimOptions::default() });
        for image in ["postgres:16", "web:1"] {
            sim.behave_image(image, Behaviour { ends: Ends::Never, ..Behaviour::default() });
        }
        let outside = sim.outside();
        let now = outside.clone();
        let options = Options { clock: Clock::from_fn(move || now.now()), ..Options::default() };
        let control = Control::start(Arc::new(sim.attach()), store, options).await.unwrap();
        // The request that was under way when the older daemon ended.
        let operation = OperationId("0196-2".to_owned());
        let ended = control.wait(&operation, Duration::from_secs(300)).await.unwrap().unwrap();
        assert!(matches!(ended.state, OperationState::Succeeded { .. }), "{case}: {ended:?}");
        let state = |name: &str| control.view(&StackName::new(name)).unwrap().status.state;
        assert_eq!((state("shop"), state("old")), (StackState::Up, StackState::Down), "{case}");
        let there: Vec<String> = outside.everything().containers.keys().map(ToString::to_string).collect();
        let web = if case.ends_with("0001.sql") { "shop-web-1" } else { "shop-web-3" };
        assert_eq!(there, ["shop-db-1", web], "{case}: the job is done, and is not run again");
        control.stop().await;
        drop(control);
        // What it writes, it reads.
        let again = loop {
            match Store::open(dir.path()).await {
                // The last connection of the one before is being closed.
                Err(Error::Locked { .. }) => tokio::task::yield_now().await,
                other => break other.unwrap(),
            }
        };
        assert_eq!(again.stacks().await.unwrap().len(), 2, "{case}");
    }
}
