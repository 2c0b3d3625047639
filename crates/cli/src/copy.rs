//! Files of this host as archives on their way out, and archives on their way in: piece by piece, never as a whole. Where a file ends up
//! follows the rules of `docker cp`.

use crate::failure::Failure;
use bytes::Bytes;
use futures::StreamExt as _;
use futures::stream::BoxStream;
use std::io::{self, Read, Write as _};
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _};
use std::path::{Component, Path, PathBuf};
use tokio::sync::mpsc;

/// What is read at once.
const PIECE: usize = 64 * 1024;

/// Bytes on their way.
pub type Pieces = BoxStream<'static, io::Result<Bytes>>;

/// What is packed, and where it is unpacked.
#[derive(Debug, PartialEq, Eq)]
pub struct In {
    source: PathBuf,
    /// What it is called in the archive; nothing for the contents of a directory.
    name: String,
    /// The directory of the container in which the archive is unpacked.
    pub directory: String,
    follow: bool,
}

/// Where what is in an archive ends up.
#[derive(Debug, PartialEq, Eq)]
pub struct Out {
    /// The directory here.
    directory: PathBuf,
    /// What the archive's first part of every name becomes; nothing for the contents alone.
    name: String,
}

/// Where a file or directory of this host ends up in a container. `target` is what was asked for, `written` how the source was.
pub fn plan_in(
    source: &Path,
    written: &str,
    target: &str,
    exists: bool,
    is_directory: bool,
    follow: bool,
) -> Result<In, Failure> {
    let about = if follow { source.metadata() } else { source.symlink_metadata() };
    let about = about.map_err(|error| Failure::failed(format!("{written}: {error}")))?;
    let (parent, last) = parted(target);
    let (directory, name) = match (about.is_dir(), exists, is_directory) {
        (true, _, true) if written.ends_with("/.") => (target.to_owned(), String::new()),
        (_, _, true) => (target.to_owned(), own_name(source)?),
        (true, true, false) => {
            return Err(Failure::failed(format!("cannot copy the directory {written} to the file {target}")));
        }
        (false, false, _) if target.ends_with('/') => {
            return Err(Failure::failed(format!("the directory {target} is not there")));
        }
        (_, _, false) => (parent, last),
    };
    Ok(In { source: source.to_owned(), name, directory, follow })
}

/// Where an archive of a container's file or directory ends up here.
pub fn plan_out(
    destination: PathBuf,
    written: &str,
    is_directory: bool,
    name: &str,
    contents_only: bool,
) -> Result<Out, Failure> {
    let there = destination.metadata().ok();
    match there {
        Some(there) if there.is_dir() && contents_only => Ok(Out { directory: destination, name: String::new() }),
        Some(there) if there.is_dir() => Ok(Out { directory: destination, name: name.to_owned() }),
        Some(_) if is_directory => Err(Failure::failed(format!("cannot copy a directory to the file {written}"))),
        None if written.ends_with('/') && !is_directory => {
            Err(Failure::failed(format!("the directory {written} is not there")))
        }
        _ => {
            let name = own_name(&destination)?;
            let parent = destination.parent().filter(|parent| !parent.as_os_str().is_empty());
            let directory = parent.map_or_else(|| PathBuf::from("."), Path::to_owned);
            if !directory.is_dir() {
                return Err(Failure::failed(format!("the directory {} is not there", directory.display())));
            }
            Ok(Out { directory, name })
        }
    }
}

/// The archive of a source.
pub fn pack(plan: In) -> Pieces {
    written_by(move |sink| {
        let mut builder = tar::Builder::new(sink);
        builder.follow_symlinks(plan.follow);
        if plan.source.is_dir() && (plan.follow || !plan.source.is_symlink()) {
            // Links below it stay links, whatever it is itself.
            builder.follow_symlinks(false);
            let name = if plan.name.is_empty() { "." } else { &plan.name };
            append_tree(&mut builder, Path::new(name), &plan.source)?;
        } else {
            builder.append_path_with_name(&plan.source, &plan.name)?;
        }
        builder.into_inner()?.flush()
    })
}

/// A directory with all that is below it but sockets, which no archive can hold.
fn append_tree(builder: &mut tar::Builder<Sink>, name: &Path, source: &Path) -> io::Result<()> {
    builder.append_dir(name, source)?;
    for entry in std::fs::read_dir(source)? {
        let entry = entry?;
        let (kind, name) = (entry.file_type()?, name.join(entry.file_name()));
        if kind.is_dir() {
            append_tree(builder, &name, &entry.path())?;
        } else if kind.is_file() || kind.is_symlink() {
            builder.append_path_with_name(entry.path(), name)?;
        } else if !kind.is_socket() {
            append_special(builder, &name, &entry.metadata()?)?;
        }
    }
    Ok(())
}

/// A pipe or a device, which the builder would name by where it is here.
fn append_special(builder: &mut tar::Builder<Sink>, name: &Path, metadata: &std::fs::Metadata) -> io::Result<()> {
    let mut header = tar::Header::new_gnu();
    header.set_metadata(metadata);
    header.set_size(0);
    let number = |number: u64| u32::try_from(number).unwrap_or_default();
    header.set_device_major(number(nix::sys::stat::major(metadata.rdev())))?;
    header.set_device_minor(number(nix::sys::stat::minor(metadata.rdev())))?;
    builder.append_data(&mut header, name, io::empty())
}

/// Whatever comes on standard input.
pub fn stdin() -> Pieces {
    written_by(|mut sink| io::copy(&mut io::stdin().lock(), &mut sink).and_then(|_| sink.flush()))
}

/// Writes an archive to standard output.
pub async fn to_stdout(mut archive: Pieces) -> Result<(), Failure> {
    to(&mut archive, &mut tokio::io::stdout()).await
}

/// Writes an archive to a file.
pub async fn to_file(mut archive: Pieces, path: &Path) -> Result<(), Failure> {
    let failed = |error: io::Error| Failure::failed(format!("{}: {error}", path.display()));
    let mut file = tokio::fs::File::create(path).await.map_err(failed)?;
    to(&mut archive, &mut file).await
}

async fn to(archive: &mut Pieces, sink: &mut (impl tokio::io::AsyncWrite + Unpin)) -> Result<(), Failure> {
    use tokio::io::AsyncWriteExt as _;
    let failed = |error: io::Error| Failure::failed(format!("the archive broke off: {error}"));
    while let Some(piece) = archive.next().await {
        sink.write_all(&piece.map_err(failed)?).await.map_err(failed)?;
    }
    sink.flush().await.map_err(failed)
}

/// Unpacks an archive here.
pub async fn unpack(mut archive: Pieces, plan: Out, owners: bool) -> Result<(), Failure> {
    let (sender, receiver) = mpsc::channel(4);
    let unpacking = tokio::task::spawn_blocking(move || {
        let mut archive = tar::Archive::new(Source { receiver, piece: Bytes::new() });
        archive.set_preserve_permissions(true);
        archive.set_preserve_ownerships(owners);
        archive.set_overwrite(true);
        for entry in archive.entries()? {
            let mut entry = entry?;
            if let Some(path) = place(&plan, &entry.path()?) {
                std::fs::create_dir_all(path.parent().unwrap_or(&plan.directory))?;
                if entry.header().entry_type().is_hard_link() {
                    link_again(&plan, &entry, &path)?;
                } else {
                    entry.unpack(path)?;
                }
            }
        }
        io::Result::Ok(())
    });
    while let Some(piece) = archive.next().await {
        if sender.send(piece).await.is_err() {
            break;
        }
    }
    drop(sender);
    let unpacked = unpacking.await.map_err(|error| Failure::failed(error.to_string()))?;
    unpacked.map_err(|error| Failure::failed(format!("the archive could not be unpacked: {error}")))
}

/// Another name of a file that the archive holds under an earlier one.
fn link_again(plan: &Out, entry: &tar::Entry<'_, impl Read>, path: &Path) -> io::Result<()> {
    let earlier = entry.link_name()?.and_then(|link| place(plan, &link));
    let earlier = earlier.ok_or_else(|| io::Error::other("a hard link leads out of the archive"))?;
    if earlier == path {
        return Ok(());
    }
    // Nothing is removed for a link that cannot be made.
    std::fs::symlink_metadata(&earlier)?;
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => std::fs::hard_link(earlier, path),
    }
}

/// Where an entry ends up; `None` for what leads out of the directory, and for the directory itself.
fn place(plan: &Out, path: &Path) -> Option<PathBuf> {
    let mut parts = path.components().filter(|part| *part != Component::CurDir);
    let mut place = plan.directory.clone();
    parts.next()?;
    if !plan.name.is_empty() {
        place.push(&plan.name);
    }
    for part in parts {
        match part {
            Component::Normal(part) => place.push(part),
            _ => return None,
        }
    }
    (place != plan.directory).then_some(place)
}

/// A path's directory and its last part.
fn parted(path: &str) -> (String, String) {
    let trimmed = path.trim_end_matches('/');
    let (parent, last) = trimmed.rsplit_once('/').unwrap_or(("", trimmed));
    (if parent.is_empty() { "/".to_owned() } else { parent.to_owned() }, last.to_owned())
}

/// What a path of this host is called: `.` and `..` by their real names.
fn own_name(path: &Path) -> Result<String, Failure> {
    let named = path.file_name().map(|name| name.to_string_lossy().into_owned());
    let real = || path.canonicalize().ok()?.file_name().map(|name| name.to_string_lossy().into_owned());
    let nameless = || Failure::failed(format!("{} has no name of its own", path.display()));
    named.or_else(real).ok_or_else(nameless)
}

/// What somebody writes in a thread of its own, as it is written.
fn written_by(write: impl FnOnce(Sink) -> io::Result<()> + Send + 'static) -> Pieces {
    let (sender, receiver) = mpsc::channel(4);
    let ends = sender.clone();
    std::thread::spawn(move || {
        let buffered = Sink(io::BufWriter::with_capacity(PIECE, Sender(sender)));
        if let Err(error) = write(buffered) {
            let _ = ends.blocking_send(Err(error));
        }
    });
    futures::stream::unfold(receiver, |mut receiver| async { Some((receiver.recv().await?, receiver)) }).boxed()
}

struct Sender(mpsc::Sender<io::Result<Bytes>>);

impl io::Write for Sender {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let piece = Bytes::copy_from_slice(bytes);
        self.0.blocking_send(Ok(piece)).map_err(|_| io::Error::from(io::ErrorKind::BrokenPipe))?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

struct Sink(io::BufWriter<Sender>);

impl io::Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

struct Source {
    receiver: mpsc::Receiver<io::Result<Bytes>>,
    piece: Bytes,
}

impl Read for Source {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.piece.is_empty() {
            match self.receiver.blocking_recv() {
                Some(piece) => self.piece = piece?,
                None => return Ok(0),
            }
        }
        let length = buffer.len().min(self.piece.len());
        buffer[..length].copy_from_slice(&self.piece.split_to(length));
        Ok(length)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_goes_in_ends_up_as_with_docker() {
        let here = tempfile::tempdir().unwrap();
        let (file, folder) = (here.path().join("a.txt"), here.path().join("folder"));
        std::fs::write(&file, "x").unwrap();
        std::fs::create_dir(&folder).unwrap();
        let folder_dot = format!("{}/.", folder.display());
        let (file, folder) = (file.display().to_string(), folder.display().to_string());
        // Whether the target is there, and a directory; and the directory and the name that come of it.
        for (source, target, exists, is_directory, expected) in [
            (&file, "/tmp", true, true, Some(("/tmp", "a.txt"))),
            (&file, "/tmp/b.txt", false, false, Some(("/tmp", "b.txt"))),
            (&file, "/tmp/b.txt", true, false, Some(("/tmp", "b.txt"))),
            (&file, "/b.txt", false, false, Some(("/", "b.txt"))),
            (&file, "/tmp/none/", false, false, None),
            (&folder, "/tmp", true, true, Some(("/tmp", "folder"))),
            (&folder, "/tmp/other", false, false, Some(("/tmp", "other"))),
            (&folder, "/tmp/b.txt", true, false, None),
            (&folder_dot, "/tmp", true, true, Some(("/tmp", ""))),
            (&"/nowhere/at/all".to_owned(), "/tmp", true, true, None),
        ] {
            let plan = plan_in(Path::new(source), source, target, exists, is_directory, false).ok();
            let plan = plan.as_ref().map(|plan| (plan.directory.as_str(), plan.name.as_str()));
            assert_eq!(plan, expected, "{source} to {target}");
        }
    }

    #[test]
    fn what_comes_out_ends_up_as_with_docker() {
        let here = tempfile::tempdir().unwrap();
        std::fs::write(here.path().join("file"), "x").unwrap();
        let inside = |name: &str| here.path().join(name);
        for (destination, is_directory, contents_only, expected) in [
            (inside(""), false, false, Some(("", "a"))),
            (inside(""), true, true, Some(("", ""))),
            (inside("b"), false, false, Some(("", "b"))),
            (inside("b"), true, false, Some(("", "b"))),
            (inside("file"), true, false, None),
            (inside("none/b"), false, false, None),
        ] {
            let written = destination.display().to_string();
            let plan = plan_out(destination, &written, is_directory, "a", contents_only).ok();
            let expected = expected.map(|(directory, name): (&str, &str)| {
                let directory = if directory.is_empty() { here.path().to_owned() } else { inside(directory) };
                (directory, name.to_owned())
            });
            let plan = plan.map(|plan| (plan.directory.components().collect::<PathBuf>(), plan.name));
            assert_eq!(plan, expected, "{written}");
        }
        let plan = Out { directory: PathBuf::from("/d"), name: "n".to_owned() };
        assert_eq!(place(&plan, Path::new("a/b/c")), Some(PathBuf::from("/d/n/b/c")));
        assert_eq!(place(&plan, Path::new("a/../../etc/passwd")), None);
    }

    #[tokio::test]
    async fn an_archive_goes_out_and_comes_in() {
        let here = tempfile::tempdir().unwrap();
        let source = here.path().join("folder");
        std::fs::create_dir_all(source.join("sub")).unwrap();
        std::fs::write(source.join("sub/large"), vec![7; 3 * PIECE]).unwrap();
        let _socket = std::os::unix::net::UnixListener::bind(source.join("sub/socket")).unwrap();
        let piped = std::process::Command::new("mkfifo").arg(source.join("sub/pipe")).status().unwrap();
        assert!(piped.success());
        let plan = plan_in(&source, &source.display().to_string(), "/tmp/there", false, false, false).unwrap();
        let archive = pack(plan);
        let out = Out { directory: here.path().to_owned(), name: "back".to_owned() };
        unpack(archive, out, false).await.unwrap();
        assert_eq!(std::fs::read(here.path().join("back/sub/large")).unwrap(), vec![7; 3 * PIECE]);
        assert!(!here.path().join("back/sub/socket").exists());
        assert!(here.path().join("back/sub/pipe").exists(), "under its name in the archive");
    }

    #[tokio::test]
    async fn a_files_second_name_comes_with_it() {
        let here = tempfile::tempdir().unwrap();
        let mut builder = tar::Builder::new(Vec::new());
        let mut header = tar::Header::new_gnu();
        header.set_size(2);
        header.set_mode(0o644);
        builder.append_data(&mut header, "data/a", &b"hi"[..]).unwrap();
        header.set_size(0);
        header.set_entry_type(tar::EntryType::Link);
        builder.append_link(&mut header, "data/b", "data/a").unwrap();
        let archive = builder.into_inner().unwrap();
        let pieces = futures::stream::iter([Ok(Bytes::from(archive))]).boxed();
        // What is there is replaced.
        std::fs::create_dir(here.path().join("out")).unwrap();
        std::fs::write(here.path().join("out/b"), "old").unwrap();
        unpack(pieces, Out { directory: here.path().to_owned(), name: "out".to_owned() }, false).await.unwrap();
        assert_eq!(std::fs::read_to_string(here.path().join("out/b")).unwrap(), "hi");
    }
}
