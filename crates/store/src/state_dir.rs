//! The directory that one daemon owns: made for its owner alone, and locked while the daemon lives.

use crate::Error;
use std::fs::{DirBuilder, File, OpenOptions, Permissions, TryLockError};
use std::io::{Read, Seek, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

/// The lock on a state directory, held as long as this lives. The kernel drops it with the process, however that ends.
#[derive(Debug)]
pub struct StateDir {
    database: PathBuf,
    _lock: File,
}

impl StateDir {
    /// Makes the directory (0700) where it is missing, takes its lock, and makes the database's file (0600).
    pub fn claim(dir: &Path) -> Result<Self, Error> {
        DirBuilder::new().recursive(true).mode(0o700).create(dir).map_err(|error| cannot("create", dir, &error))?;
        let lock = lock(dir)?;
        let database = dir.join("evenkeel.db");
        let file = private(&database)?;
        // It holds the secrets of the definitions. SQLite gives the same mode to its companions (-wal, -shm).
        file.set_permissions(Permissions::from_mode(0o600)).map_err(|error| cannot("protect", &database, &error))?;
        let sync = File::open(dir).and_then(|dir| dir.sync_all());
        sync.map_err(|error| cannot("write", dir, &error))?;
        Ok(Self { database, _lock: lock })
    }

    /// The database's file.
    pub fn database(&self) -> &Path {
        &self.database
    }
}

fn lock(dir: &Path) -> Result<File, Error> {
    let path = dir.join("lock");
    let mut file = private(&path)?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            let mut text = String::new();
            // Without a readable pid the lock is as real: the message only says less.
            let _ = file.read_to_string(&mut text);
            return Err(Error::Locked { dir: dir.to_owned(), pid: text.trim().parse().ok() });
        }
        Err(TryLockError::Error(error)) => return Err(cannot("lock", &path, &error)),
    }
    let written = file.set_len(0).and_then(|()| file.rewind()).and_then(|()| writeln!(file, "{}", std::process::id()));
    written.map_err(|error| cannot("write", &path, &error))?;
    Ok(file)
}

fn private(path: &Path) -> Result<File, Error> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false).mode(0o600);
    options.open(path).map_err(|error| cannot("open", path, &error))
}

fn cannot(verb: &str, path: &Path, error: &std::io::Error) -> Error {
    Error::Unavailable(format!("cannot {verb} {}: {error}", path.display()))
}
