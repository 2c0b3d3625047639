//! A build's context as a tar stream: the directory's files in a fixed order, without what `.dockerignore` leaves out.

use super::ignore::Ignore;
use bytes::Bytes;
use evenkeel_model::BuildSource;
use std::fs;
use std::io::{self, Read, Write};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use tokio::sync::mpsc;

/// Bytes of one piece of the stream.
const PIECE: usize = 64 * 1024;
/// Pieces on their way to the engine.
const PIECES: usize = 16;
/// The name in the stream of a Dockerfile that is not in the context.
const OUTSIDE: &str = ".evenkeel.Dockerfile";

/// What is to be sent.
#[derive(Debug, Clone)]
pub(in crate::docker) struct Context {
    directory: PathBuf,
    ignore: Ignore,
    /// Always sent, whatever is ignored.
    kept: Vec<String>,
    /// A Dockerfile from elsewhere.
    further: Option<Vec<u8>>,
    /// The Dockerfile's name in the stream.
    pub(in crate::docker) dockerfile: String,
}

impl Context {
    /// Looks at the directory and its Dockerfile. The error is for people.
    pub(in crate::docker) fn open(directory: &str, dockerfile: &BuildSource) -> Result<Self, String> {
        let root = PathBuf::from(directory);
        if !root.is_dir() {
            return Err(format!("the build context {directory} is not a directory on the daemon's host"));
        }
        let mut ignores = vec![root.join(".dockerignore")];
        let (dockerfile, further) = match dockerfile {
            BuildSource::Inline(text) => (OUTSIDE.to_owned(), Some(text.clone().into_bytes())),
            BuildSource::File(path) => {
                let full = root.join(path);
                let read = fs::read(&full)
                    .map_err(|error| format!("the Dockerfile {} cannot be read: {error}", full.display()));
                // One for this Dockerfile alone comes before the one for all.
                let mut own = full.clone().into_os_string();
                own.push(".dockerignore");
                ignores.insert(0, own.into());
                match inside(&root, &full) {
                    Some(name) => {
                        read?;
                        (name, None)
                    }
                    None => (OUTSIDE.to_owned(), Some(read?)),
                }
            }
        };
        let ignore = ignored(&ignores)?;
        let kept = vec![".dockerignore".to_owned(), dockerfile.clone()];
        Ok(Self { directory: root, ignore, kept, further, dockerfile })
    }

    /// The stream, and the task that feeds it. An error of reading ends the stream with it, and is also the task's result.
    pub(in crate::docker) fn stream(
        self,
    ) -> (tokio_stream::wrappers::ReceiverStream<io::Result<Bytes>>, tokio::task::JoinHandle<io::Result<()>>) {
        let (sender, receiver) = mpsc::channel(PIECES);
        let task = tokio::task::spawn_blocking(move || {
            let mut pieces = Pieces { sender, filled: Vec::with_capacity(PIECE) };
            let result = self.write(&mut pieces).and_then(|()| pieces.flush());
            if let Err(error) = &result {
                // Without this the engine would take half a context for a whole one.
                let _ = pieces.sender.blocking_send(Err(io::Error::new(error.kind(), error.to_string())));
            }
            result
        });
        (tokio_stream::wrappers::ReceiverStream::new(receiver), task)
    }

    fn write(&self, out: &mut impl Write) -> io::Result<()> {
        let mut archive = tar::Builder::new(out);
        archive.follow_symlinks(false);
        self.append_directory(&mut archive, &self.directory, "")?;
        if let Some(dockerfile) = &self.further {
            let mut header = tar::Header::new_gnu();
            header.set_size(dockerfile.len() as u64);
            header.set_mode(0o644);
            header.set_uid(0);
            header.set_gid(0);
            header.set_mtime(0);
            archive.append_data(&mut header, &self.dockerfile, dockerfile.as_slice())?;
        }
        archive.finish()
    }

    fn append_directory(
        &self,
        archive: &mut tar::Builder<impl Write>,
        directory: &Path,
        within: &str,
    ) -> io::Result<()> {
        let mut entries =
            fs::read_dir(directory).map_err(|error| named(&error, directory))?.collect::<Result<Vec<_>, _>>()?;
        entries.sort_by_key(fs::DirEntry::file_name);
        for entry in entries {
            let path = entry.path();
            let name = entry.file_name().to_string_lossy().into_owned();
            let name = if within.is_empty() { name } else { format!("{within}/{name}") };
            let kind = entry.file_type().map_err(|error| named(&error, &path))?;
            let left_out = self.ignore.leaves_out(&name) && !self.kept.contains(&name);
            if kind.is_dir() {
                let kept_below = self.kept.iter().any(|kept| kept.starts_with(&format!("{name}/")));
                if left_out && !kept_below && self.ignore.may_pass_over(&name) {
                    continue;
                }
                if !left_out {
                    self.append(archive, &path)?;
                }
                self.append_directory(archive, &path, &name)?;
            } else if !left_out && (kind.is_file() || kind.is_symlink()) {
                self.append(archive, &path)?;
            }
        }
        Ok(())
    }

    fn append(&self, archive: &mut tar::Builder<impl Write>, path: &Path) -> io::Result<()> {
        // Its own bytes, which need not be UTF-8.
        let name = path.strip_prefix(&self.directory).unwrap_or(path);
        let metadata = fs::symlink_metadata(path).map_err(|error| named(&error, path))?;
        let mut header = tar::Header::new_gnu();
        header.set_metadata(&metadata);
        // As the engine's client does: who builds must not matter to the cache.
        header.set_uid(0);
        header.set_gid(0);
        // The engine reads no date before 1970.
        header.set_mtime(u64::try_from(metadata.mtime()).unwrap_or_default());
        if metadata.is_symlink() {
            header.set_size(0);
            let target = fs::read_link(path).map_err(|error| named(&error, path))?;
            archive.append_link(&mut header, name, target)
        } else if metadata.is_dir() {
            header.set_size(0);
            archive.append_data(&mut header, name.join(""), io::empty())
        } else {
            let file = fs::File::open(path).map_err(|error| named(&error, path))?;
            let whole = Whole { file, left: metadata.len() };
            archive.append_data(&mut header, name, whole).map_err(|error| named(&error, path))
        }
    }
}

/// A file of the length that its header says: one that grows meanwhile is cut there, one that shrinks is an error, as what follows it in the
/// archive would be read as its own.
struct Whole {
    file: fs::File,
    left: u64,
}

impl Read for Whole {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = Read::take(&mut self.file, self.left).read(buffer)?;
        self.left -= read as u64;
        if read == 0 && self.left > 0 && !buffer.is_empty() {
            return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "it became shorter while it was sent"));
        }
        Ok(read)
    }
}

/// What the first of these files that is there says. One that cannot be read must not count as none: what it names may be secret.
fn ignored(files: &[PathBuf]) -> Result<Ignore, String> {
    for file in files {
        match fs::read(file) {
            Ok(text) => return Ok(Ignore::parse(&String::from_utf8_lossy(&text))),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(format!("{} cannot be read: {error}", file.display())),
        }
    }
    Ok(Ignore::default())
}

/// The name of a file within a directory, with `/`. `None` for one that is elsewhere.
fn inside(root: &Path, file: &Path) -> Option<String> {
    let (root, file) = (root.canonicalize().ok()?, file.canonicalize().ok()?);
    let parts: Vec<_> =
        file.strip_prefix(&root).ok()?.components().map(|part| part.as_os_str().to_string_lossy()).collect();
    (!parts.is_empty()).then(|| parts.join("/"))
}

fn named(error: &io::Error, path: &Path) -> io::Error {
    io::Error::new(error.kind(), format!("{}: {error}", path.display()))
}

/// Collects what is written into pieces, and waits while too many are on their way.
struct Pieces {
    sender: mpsc::Sender<io::Result<Bytes>>,
    filled: Vec<u8>,
}

impl Write for Pieces {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.filled.extend_from_slice(bytes);
        if self.filled.len() >= PIECE {
            self.flush()?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.filled.is_empty() {
            return Ok(());
        }
        let piece = Bytes::from(std::mem::take(&mut self.filled));
        self.sender.blocking_send(Ok(piece)).map_err(|_| io::Error::from(io::ErrorKind::BrokenPipe))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::StreamExt;
    use std::collections::BTreeMap;

    async fn archive(context: Context) -> tar::Archive<io::Cursor<Vec<u8>>> {
        let (mut stream, task) = context.stream();
        let mut bytes = Vec::new();
        while let Some(piece) = stream.next().await {
            bytes.extend_from_slice(&piece.expect("a piece"));
        }
        task.await.expect("the task").expect("the context");
        tar::Archive::new(io::Cursor::new(bytes))
    }

    async fn sent(context: Context) -> BTreeMap<String, String> {
        let mut archive = archive(context).await;
        let mut files = BTreeMap::new();
        for entry in archive.entries().expect("entries") {
            let mut entry = entry.expect("an entry");
            let mut content = Vec::new();
            entry.read_to_end(&mut content).expect("content");
            let content = String::from_utf8_lossy(&content).into_owned();
            assert_eq!(entry.header().uid().ok(), Some(0));
            let link = entry.link_name().expect("a link").map(|target| format!("-> {}", target.display()));
            files.insert(entry.path().expect("a path").display().to_string(), link.unwrap_or(content));
        }
        files
    }

    fn directory(files: &[(&str, &str)]) -> tempfile::TempDir {
        let directory = tempfile::tempdir().expect("a directory");
        for (name, content) in files {
            let path = directory.path().join(name);
            fs::create_dir_all(path.parent().expect("a parent")).expect("a directory");
            fs::write(path, content).expect("a file");
        }
        directory
    }

    fn open(directory: &tempfile::TempDir, dockerfile: BuildSource) -> Result<Context, String> {
        Context::open(&directory.path().to_string_lossy(), &dockerfile)
    }

    #[tokio::test]
    async fn what_is_ignored_stays_and_the_dockerfile_goes() {
        let directory = directory(&[
            ("deploy/Dockerfile", "FROM x"),
            (".dockerignore", "*\n!src\nsrc/secret"),
            ("src/main.rs", "main"),
            ("src/secret", "s"),
            ("target/big", "b"),
        ]);
        std::os::unix::fs::symlink("main.rs", directory.path().join("src/link")).expect("a link");
        let context = open(&directory, BuildSource::File("deploy/Dockerfile".into())).expect("a context");
        assert_eq!(context.dockerfile, "deploy/Dockerfile");
        let files = sent(context).await;
        let names: Vec<&str> = files.keys().map(String::as_str).collect();
        assert_eq!(names, [".dockerignore", "deploy/Dockerfile", "src/", "src/link", "src/main.rs"]);
        assert_eq!(files["src/link"], "-> main.rs");
        assert_eq!(files["src/main.rs"], "main");
    }

    #[tokio::test]
    async fn a_dockerfile_may_be_inline_or_elsewhere() {
        let elsewhere = directory(&[("D", "FROM elsewhere")]);
        let context = directory(&[("a", "1")]);
        let path = elsewhere.path().join("D").to_string_lossy().into_owned();
        for (source, text) in
            [(BuildSource::Inline("FROM inline".into()), "FROM inline"), (BuildSource::File(path), "FROM elsewhere")]
        {
            let context = open(&context, source).expect("a context");
            let name = context.dockerfile.clone();
            let files = sent(context).await;
            assert_eq!(files[&name], text);
            assert_eq!(files["a"], "1");
        }
    }

    #[tokio::test]
    async fn ignore_files_are_found_and_read_in_any_bytes() {
        let files = [("ctx/a", "1"), ("ctx/secret", "s"), ("D", "FROM x"), ("ctx/.dockerignore", "a")];
        let there = directory(&files);
        let (root, context) = (there.path(), there.path().join("ctx"));
        let names = async |context: &Path| {
            let context =
                Context::open(&context.to_string_lossy(), &BuildSource::File("../D".into())).expect("a context");
            sent(context).await.into_keys().collect::<Vec<_>>()
        };
        fs::write(context.join(".dockerignore"), b"# caf\xe9\nsecret").expect("a file");
        assert_eq!(names(&context).await, [".dockerignore", ".evenkeel.Dockerfile", "a"]);
        // Beside a Dockerfile that is elsewhere.
        fs::write(root.join("D.dockerignore"), "a").expect("a file");
        assert_eq!(names(&context).await, [".dockerignore", ".evenkeel.Dockerfile", "secret"]);
        fs::remove_file(root.join("D.dockerignore")).expect("a file");
        fs::create_dir(root.join("D.dockerignore")).expect("a directory");
        let error =
            Context::open(&context.to_string_lossy(), &BuildSource::File("../D".into())).expect_err("unreadable");
        assert!(error.contains("D.dockerignore cannot be read"), "{error}");
    }

    #[tokio::test]
    async fn odd_names_are_sent_as_they_are_and_old_dates_as_1970() {
        use std::os::unix::ffi::OsStrExt;
        let there = directory(&[("a", "1")]);
        let old = fs::File::options().append(true).open(there.path().join("a")).expect("a file");
        let before_1970 = std::time::UNIX_EPOCH - std::time::Duration::from_secs(86_400);
        old.set_modified(before_1970).expect("a date");
        let odd = std::ffi::OsStr::from_bytes(b"caf\xe9");
        fs::write(there.path().join(odd), "2").expect("a file");
        let context = open(&there, BuildSource::Inline("FROM x".into())).expect("a context");
        let mut archive = archive(context).await;
        let entries = archive.entries().expect("entries").map(|entry| {
            let entry = entry.expect("an entry");
            (entry.path_bytes().into_owned(), entry.header().mtime().expect("a date"))
        });
        let entries: BTreeMap<Vec<u8>, u64> = entries.collect();
        assert_eq!(entries[&b"a"[..]], 0);
        assert!(entries.contains_key(&b"caf\xe9"[..]), "{entries:?}");
    }

    #[test]
    fn a_file_that_shrinks_is_an_error() {
        let there = directory(&[("a", "12345")]);
        for (left, expected) in [(3, Some("123")), (5, Some("12345")), (6, None)] {
            let file = fs::File::open(there.path().join("a")).expect("a file");
            let mut text = String::new();
            let read = Whole { file, left }.read_to_string(&mut text).ok().map(|_| text.as_str());
            assert_eq!(read, expected, "{left} bytes");
        }
    }

    #[test]
    fn what_is_missing_is_named() {
        let empty = directory(&[]);
        let error = open(&empty, BuildSource::File("Dockerfile".into())).expect_err("no Dockerfile");
        assert!(error.contains("Dockerfile cannot be read"), "{error}");
        let error = Context::open("/no/such/place", &BuildSource::Inline(String::new())).expect_err("no directory");
        assert!(error.contains("/no/such/place"), "{error}");
    }
}
