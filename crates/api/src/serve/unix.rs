//! The unix socket: open to its owner and group alone, and taken over only from a daemon that is gone.

use super::{Error, Socket};
use std::fs::{self, DirBuilder, Permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, FileTypeExt, MetadataExt, PermissionsExt};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use tokio::net::UnixListener;

const DIRECTORY_MODE: u32 = 0o755;

/// A socket that is listened on.
pub struct Bound {
    /// What accepts its connections.
    pub listener: UnixListener,
    /// Its file, removed when this is dropped.
    pub file: SocketFile,
}

/// A socket's file, known by its inode, so that another daemon's is never removed.
#[derive(Debug)]
pub struct SocketFile {
    path: PathBuf,
    inode: u64,
}

impl Drop for SocketFile {
    /// Removes it, unless another one stands in its place.
    fn drop(&mut self) {
        if fs::symlink_metadata(&self.path).is_ok_and(|found| found.ino() == self.inode) {
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// Makes a socket and listens on it. One that nobody answers on is replaced.
pub fn bind(socket: &Socket) -> Result<Bound, Error> {
    let path = &socket.path;
    let failed = |source| Error::Socket { path: path.clone(), source };
    let group = socket.group.as_deref().map(group_id).transpose()?;
    if let Some(parent) = path.parent().filter(|parent| !parent.as_os_str().is_empty()) {
        DirBuilder::new().recursive(true).mode(DIRECTORY_MODE).create(parent).map_err(failed)?;
    }
    refuse_if_taken(path)?;
    // Made under another name and moved into place when its permissions stand: nobody can connect in between, and a reader of
    // the path finds either the old socket or the new one.
    let mut fresh = path.as_os_str().to_owned();
    fresh.push(format!(".{}", std::process::id()));
    let fresh = PathBuf::from(fresh);
    let _ = fs::remove_file(&fresh);
    let listener = UnixListener::bind(&fresh).map_err(failed)?;
    let placed = std::os::unix::fs::chown(&fresh, None, group)
        .and_then(|()| fs::set_permissions(&fresh, Permissions::from_mode(socket.mode)))
        .and_then(|()| fs::rename(&fresh, path))
        .and_then(|()| fs::symlink_metadata(path));
    let placed = placed.inspect_err(|_| drop(fs::remove_file(&fresh))).map_err(failed)?;
    tracing::info!(socket = %path.display(), "listening");
    Ok(Bound { listener, file: SocketFile { path: path.clone(), inode: placed.ino() } })
}

fn group_id(name: &str) -> Result<u32, Error> {
    let found = nix::unistd::Group::from_name(name).ok().flatten();
    found.map(|group| group.gid.as_raw()).ok_or_else(|| Error::NoSuchGroup(name.to_owned()))
}

fn refuse_if_taken(path: &Path) -> Result<(), Error> {
    match fs::symlink_metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(source) => return Err(Error::Socket { path: path.to_owned(), source }),
        Ok(found) if !found.file_type().is_socket() => return Err(Error::NotASocket(path.to_owned())),
        Ok(_) => {}
    }
    match UnixStream::connect(path) {
        Ok(_) => Err(Error::SocketInUse(path.to_owned())),
        Err(error) if matches!(error.kind(), io::ErrorKind::ConnectionRefused | io::ErrorKind::NotFound) => Ok(()),
        Err(source) => Err(Error::Socket { path: path.to_owned(), source }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn only_a_dead_socket_is_taken_over() -> Result<(), Box<dyn std::error::Error>> {
        let dir = tempfile::tempdir()?;
        let path = dir.path().join("run/evenkeel.sock");
        let wanted = Socket { path: path.clone(), mode: 0o660, group: None };
        let socket = bind(&wanted)?;
        assert_eq!(fs::symlink_metadata(&path)?.permissions().mode() & 0o777, 0o660);
        assert!(matches!(bind(&wanted), Err(Error::SocketInUse(_))));
        let foreign = Socket { group: Some("no-such-group".to_owned()), ..wanted.clone() };
        assert!(matches!(bind(&foreign), Err(Error::NoSuchGroup(_))));

        // A daemon that was killed leaves its file.
        drop(socket.listener);
        let second = bind(&wanted)?;
        drop(socket.file);
        assert!(path.exists(), "the first daemon's end removed the second one's socket");
        drop(second);
        assert!(!path.exists());

        fs::write(&path, "precious")?;
        assert!(matches!(bind(&wanted), Err(Error::NotASocket(_))));
        assert_eq!(fs::read_to_string(&path)?, "precious");
        Ok(())
    }
}
