//! The open database: one connection that writes, a few that read. What is asked of it stands in the file of each table.

use crate::state_dir::StateDir;
use crate::{Error, schema};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{Connection, Sqlite, SqlitePool, Transaction};
use std::path::Path;
use std::time::Duration;

const READERS: u32 = 4;
const BUSY_TIMEOUT: Duration = Duration::from_secs(10);

/// How much of what grows is kept: the newest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kept {
    /// Entries of history, of all stacks together.
    pub history: u32,
    /// Operations that have ended, of all stacks together.
    pub operations: u32,
    /// Revisions of each stack, the one in force among them; at least that one is kept.
    pub revisions: u32,
}

impl Default for Kept {
    fn default() -> Self {
        Self { history: 20_000, operations: 2_000, revisions: 100 }
    }
}

/// How the disk under a database behaves, for [`Store::pretend`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Disk {
    /// As disks do.
    Usual,
    /// Nothing can be added.
    Full,
    /// Nothing can be changed.
    ReadOnly,
}

/// The daemon's memory. Open once per state directory; share by reference.
#[derive(Debug)]
pub struct Store {
    writer: SqlitePool,
    readers: SqlitePool,
    kept: Kept,
    // After the pools, so that the directory is given up last.
    _dir: StateDir,
}

impl Store {
    /// Opens the database in a directory, makes either where it is missing, and brings an older schema up to date.
    ///
    /// # Errors
    /// [`Error::Locked`] while another daemon uses the directory, [`Error::NewerSchema`] for a newer version's database.
    pub async fn open(dir: &Path) -> Result<Self, Error> {
        Self::open_with(dir, Kept::default()).await
    }

    /// As [`Store::open`], with how much to keep.
    pub async fn open_with(dir: &Path, kept: Kept) -> Result<Self, Error> {
        let dir = StateDir::claim(dir)?;
        let options = SqliteConnectOptions::new()
            .filename(dir.database())
            .foreign_keys(true)
            .busy_timeout(BUSY_TIMEOUT)
            .optimize_on_close(true, None);
        // FULL: each commit is on the disk before it is acknowledged, so a loss of power loses no accepted request either.
        let writing = options.clone().journal_mode(SqliteJournalMode::Wal).synchronous(SqliteSynchronous::Full);
        // SQLite ends a transaction by itself when the disk is full. The connection then waits for an end that never comes, so it is
        // replaced.
        let writer = pool(1).before_acquire(|connection, _| {
            let usable = !connection.is_in_transaction();
            Box::pin(async move { Ok(usable) })
        });
        let writer = writer.connect_with(writing).await?;
        schema::bring_up_to_date(&writer, dir.database()).await?;
        let readers = pool(READERS).connect_with(options.read_only(true)).await?;
        Ok(Self { writer, readers, kept, _dir: dir })
    }

    /// As [`Store::open`], with a single connection for writing and reading: what is asked is done one after the other, in the
    /// order in which it was asked. SQLite's own thread calls `turn` before it answers, again and again, and waits for its
    /// return. For simulations, which must repeat exactly.
    ///
    /// # Errors
    /// As [`Store::open`].
    pub async fn open_in_order(dir: &Path, turn: impl Fn() + Send + 'static) -> Result<Self, Error> {
        let store = Self::open(dir).await?;
        store.readers.close().await;
        let always_go_on = move || {
            turn();
            true
        };
        store.writer.acquire().await?.lock_handle().await?.set_progress_handler(1, always_go_on);
        Ok(Self { readers: store.writer.clone(), ..store })
    }

    /// Makes the disk behave so from now on. For simulations.
    ///
    /// # Errors
    /// [`Error::Unavailable`] where the database does not answer.
    pub async fn pretend(&self, disk: Disk) -> Result<(), Error> {
        // Both are of the writing connection alone. To SQLite the database then cannot grow, or cannot be written.
        let (pages, read_only) = match disk {
            Disk::Usual => (u32::MAX - 1, "OFF"),
            Disk::Full => (1, "OFF"),
            Disk::ReadOnly => (u32::MAX - 1, "ON"),
        };
        let pragmas = format!("PRAGMA max_page_count = {pages}; PRAGMA query_only = {read_only}");
        sqlx::raw_sql(sqlx::AssertSqlSafe(pragmas)).execute(&self.writer).await?;
        Ok(())
    }

    /// Tells, from anywhere and as long as it is kept, whether nothing is being asked of the database now.
    pub fn idle(&self) -> impl Fn() -> bool + Send + Sync + 'static {
        let pools = [self.writer.clone(), self.readers.clone()];
        move || pools.iter().all(|pool| pool.size() as usize == pool.num_idle())
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

    pub(crate) fn kept(&self) -> Kept {
        self.kept
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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[tokio::test]
    async fn a_disk_that_was_full_is_written_again() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(dir.path()).await.unwrap();
        // Of this connection alone: to SQLite the database cannot grow.
        let pages: i64 = sqlx::query_scalar("PRAGMA page_count").fetch_one(&store.writer).await.unwrap();
        let full = sqlx::AssertSqlSafe(format!("PRAGMA max_page_count = {pages}"));
        sqlx::query(full).execute(&store.writer).await.unwrap();
        let mut transaction = store.begin().await.unwrap();
        let long = "x".repeat(1 << 20);
        let insert = sqlx::query("INSERT INTO tokens (id, name, hash, created_at) VALUES ('a', ?1, zeroblob(32), '')");
        insert.bind(long).execute(&mut *transaction).await.unwrap_err();
        drop(transaction);
        for _ in 0..3 {
            store.ping().await.unwrap();
        }
    }
}
