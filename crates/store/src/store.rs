//! The open database: one connection that writes, a few that read. What is asked of it stands in the file of each table.

use crate::state_dir::StateDir;
use crate::{Error, schema};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{Sqlite, SqlitePool, Transaction};
use std::path::Path;
use std::time::Duration;

const READERS: u32 = 4;
const BUSY_TIMEOUT: Duration = Duration::from_secs(10);
/// Entries of history that are kept where nobody says otherwise.
const HISTORY_KEPT: u32 = 20_000;

/// The daemon's memory. Open once per state directory; share by reference.
#[derive(Debug)]
pub struct Store {
    writer: SqlitePool,
    readers: SqlitePool,
    history_kept: u32,
    // After the pools, so that the directory is given up last.
    _dir: StateDir,
}

impl Store {
    /// Opens the database in a directory, makes either where it is missing, and brings an older schema up to date.
    ///
    /// # Errors
    /// [`Error::Locked`] while another daemon uses the directory, [`Error::NewerSchema`] for a newer version's database.
    pub async fn open(dir: &Path) -> Result<Self, Error> {
        Self::open_keeping(dir, HISTORY_KEPT).await
    }

    /// As [`Store::open`], with the number of history entries to keep.
    pub async fn open_keeping(dir: &Path, history_kept: u32) -> Result<Self, Error> {
        let dir = StateDir::claim(dir)?;
        let options = SqliteConnectOptions::new()
            .filename(dir.database())
            .foreign_keys(true)
            .busy_timeout(BUSY_TIMEOUT)
            .optimize_on_close(true, None);
        // FULL: each commit is on the disk before it is acknowledged, so a loss of power loses no accepted request either.
        let writing = options.clone().journal_mode(SqliteJournalMode::Wal).synchronous(SqliteSynchronous::Full);
        let writer = pool(1).connect_with(writing).await?;
        schema::bring_up_to_date(&writer, dir.database()).await?;
        let readers = pool(READERS).connect_with(options.read_only(true)).await?;
        Ok(Self { writer, readers, history_kept, _dir: dir })
    }

    /// Whether the database answers and can be written: takes the write lock and gives it back.
    pub async fn ping(&self) -> Result<(), Error> {
        self.begin().await?.rollback().await?;
        Ok(())
    }

    /// Ends every connection, which folds the write-ahead log into the database. Dropping a store is as safe, only later.
    pub async fn close(self) {
        self.readers.close().await;
        self.writer.close().await;
    }

    /// A transaction that holds the write lock from its start, so that what it reads cannot change under it. Dropped, it
    /// leaves no trace.
    pub(crate) async fn begin(&self) -> Result<Transaction<'static, Sqlite>, Error> {
        Ok(self.writer.begin_with("BEGIN IMMEDIATE").await?)
    }

    pub(crate) fn readers(&self) -> &SqlitePool {
        &self.readers
    }

    pub(crate) fn history_kept(&self) -> i64 {
        i64::from(self.history_kept)
    }
}

/// Connections are kept for good: they cost nothing while idle, and a new one has to read the schema again.
fn pool(connections: u32) -> SqlitePoolOptions {
    SqlitePoolOptions::new()
        .max_connections(connections)
        .acquire_timeout(Duration::from_secs(30))
        .idle_timeout(None)
        .max_lifetime(None)
        .test_before_acquire(false)
}
