//! What can go wrong with the store, by what the caller does next.

use evenkeel_model::StackName;
use std::path::PathBuf;

/// A request that the store did not carry out. Whatever the variant, nothing of it was written.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The definition was changed by somebody else in between: read it again.
    #[error("stack {stack} is at generation {actual}, not {expected}: it was changed in between; nothing was written")]
    Stale {
        /// The stack.
        stack: StackName,
        /// The generation that the request was made for.
        expected: u64,
        /// The generation in force; 0 where there is no such stack.
        actual: u64,
    },
    /// There is no such stack.
    #[error("there is no stack {stack}")]
    UnknownStack {
        /// The name that was asked for.
        stack: StackName,
    },
    /// The same idempotency key came with another request: a mistake of the client.
    #[error(
        "the idempotency key `{key}` was used for a different request within the last 24 hours; nothing was written. \
         Use a new key for a new request"
    )]
    KeyReused {
        /// The key.
        key: String,
    },
    /// Another daemon holds the state directory: end that one, or use another directory.
    #[error("the state directory {} is in use by {}; end it, or choose another directory with --state-dir", dir.display(), holder(*pid))]
    Locked {
        /// The state directory.
        dir: PathBuf,
        /// The daemon's process, where its lock file says so.
        pid: Option<u32>,
    },
    /// The database was written by a newer Evenkeel: upgrade.
    #[error(
        "the database {} has schema {found}, and this Evenkeel knows only schemas up to {known}: a newer version wrote it. \
         It was left untouched; run that version, or restore an older copy", file.display()
    )]
    NewerSchema {
        /// The database.
        file: PathBuf,
        /// The newest migration in the database.
        found: i64,
        /// The newest migration of this build.
        known: i64,
    },
    /// What is stored cannot be read: a person must look.
    #[error(
        "the database is damaged, or not Evenkeel's: {what}. Restore it from a copy, or move the file away to start anew"
    )]
    Corrupt {
        /// What, and where.
        what: String,
    },
    /// The disk is full, or the database cannot be written or read now: try again later.
    #[error("the database cannot be used now: {0}")]
    Unavailable(String),
}

impl Error {
    /// Names the row where what is stored cannot be read.
    pub(crate) fn of(self, row: impl std::fmt::Display) -> Self {
        match self {
            Self::Corrupt { what } => Self::Corrupt { what: format!("{row}, {what}") },
            other => other,
        }
    }
}

fn holder(pid: Option<u32>) -> String {
    pid.map_or_else(|| "another daemon".to_owned(), |pid| format!("another daemon, process {pid}"))
}

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        match &error {
            sqlx::Error::Database(database) => match database.code().as_deref().map(primary_code) {
                // SQLITE_CORRUPT and SQLITE_NOTADB.
                Some(Some(11 | 26)) => Self::Corrupt { what: database.message().to_owned() },
                _ => Self::Unavailable(database.message().to_owned()),
            },
            sqlx::Error::ColumnDecode { .. } | sqlx::Error::Decode(_) | sqlx::Error::ColumnNotFound(_) => {
                Self::Corrupt { what: error.to_string() }
            }
            _ => Self::Unavailable(error.to_string()),
        }
    }
}

/// SQLite's extended result codes carry the primary one in their low byte.
fn primary_code(code: &str) -> Option<i32> {
    code.parse::<i32>().ok().map(|code| code & 0xff)
}
