//! Who may open a state directory, and what becomes of it.

use crate::data::{define, fresh, name};
use evenkeel_store::{Error, Store};
use sqlx::ConnectOptions;
use sqlx::sqlite::SqliteConnectOptions;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

#[tokio::test]
async fn a_second_daemon_is_refused_until_the_first_is_gone() {
    let (dir, store) = fresh().await;
    let path = dir.path().join("state");
    let refused = Store::open(&path).await.unwrap_err();
    assert!(matches!(refused, Error::Locked { pid: Some(pid), .. } if pid == std::process::id()), "{refused}");
    assert!(refused.to_string().contains(&format!("process {}", std::process::id())), "{refused}");

    store.commit(define("shop", "a")).await.unwrap();
    store.close().await;
    let again = Store::open(&path).await.unwrap();
    assert!(again.stack(&name("shop")).await.unwrap().is_some());
    again.ping().await.unwrap();
}

#[tokio::test]
async fn only_the_owner_can_read_it() {
    let dir = tempfile::tempdir().unwrap();
    let state = dir.path().join("deep/state");
    std::fs::create_dir_all(dir.path().join("deep")).unwrap();
    let store = Store::open(&state).await.unwrap();
    store.commit(define("shop", "a")).await.unwrap();
    for (file, mode) in
        [(".", 0o700), ("lock", 0o600), ("evenkeel.db", 0o600), ("evenkeel.db-wal", 0o600), ("evenkeel.db-shm", 0o600)]
    {
        let found = std::fs::metadata(state.join(file)).unwrap().permissions().mode() & 0o777;
        assert_eq!(found, mode, "{file}: {found:o}");
    }
}

#[tokio::test]
async fn a_newer_schema_is_refused_and_left_alone() {
    let (dir, store) = fresh().await;
    let path = dir.path().join("state");
    store.close().await;
    let newer = "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
                 VALUES (9000, 'from the future', TRUE, x'00', 1)";
    edit(&path, newer).await;
    let before = std::fs::read(path.join("evenkeel.db")).unwrap();
    let refused = Store::open(&path).await.unwrap_err();
    assert!(matches!(refused, Error::NewerSchema { found: 9000, .. }), "{refused}");
    assert_eq!(std::fs::read(path.join("evenkeel.db")).unwrap(), before);
}

#[tokio::test]
async fn damage_is_told_from_trouble() {
    for (what, sql, says) in [
        ("time", "UPDATE stacks SET created_at = 'yesterday'", "stack shop, column stacks.created_at"),
        ("json", "UPDATE stacks SET intent_json = '{\"epoch\": \"hunter2\"}'", "stack shop, column stacks.intent_json"),
    ] {
        let (dir, store) = fresh().await;
        let path = dir.path().join("state");
        store.commit(define("shop", "a")).await.unwrap();
        store.close().await;
        edit(&path, sql).await;
        let store = Store::open(&path).await.unwrap();
        let error = store.stacks().await.unwrap_err();
        assert!(matches!(error, Error::Corrupt { .. }), "{what}: {error:?}");
        assert!(error.to_string().contains(says) && !error.to_string().contains("hunter2"), "{error}");
    }
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("evenkeel.db"), vec![b'x'; 8192]).unwrap();
    let error = Store::open(dir.path()).await.unwrap_err();
    assert!(matches!(error, Error::Corrupt { .. }), "not a database: {error:?}");
    let error = Store::open(Path::new("/dev/null/state")).await.unwrap_err();
    assert!(matches!(error, Error::Unavailable(_)), "{error:?}");
}

/// Changes a closed store's database behind its back.
async fn edit(dir: &Path, sql: &'static str) {
    let mut connection = SqliteConnectOptions::new().filename(dir.join("evenkeel.db")).connect().await.unwrap();
    sqlx::query(sql).execute(&mut connection).await.unwrap();
    sqlx::Connection::close(connection).await.unwrap();
}
