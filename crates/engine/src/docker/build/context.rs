//! A build's context as a tar stream: the directory's files in a fixed order, without what `.dockerignore` leaves out.

use super::ignore::Ignore;
use bytes::Bytes;
use evenkeel_model::BuildSource;
use std::fs;
use std::io::{self, Write};
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
        let (dockerfile, further) = match dockerfile {
            BuildSource::Inline(text) => (OUTSIDE.to_owned(), Some(text.clone().into_bytes())),
            BuildSource::File(path) => {
                let full = root.join(path);
                let read = fs::read(&full)
                    .map_err(|error| format!("the Dockerfile {} cannot be read: {error}", full.display()));
                match inside(&root, &full) {
                    Some(name) => {
                        read?;
                        (name, None)
                    }
                    None => (OUTSIDE.to_owned(), Some(read?)),
                }
            }
        };
        // One for this Dockerfile alone comes before the one for all.
        let names = [format!("{dockerfile}.dockerignore"), ".dockerignore".to_owned()];
        let ignore = names.iter().find_map(|name| fs::read_to_string(root.join(name)).ok());
        let ignore = ignore.map(|text| Ignore::parse(&text)).unwrap_or_default();
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
                    self.append(archive, &path, &name)?;
                }
                self.append_directory(archive, &path, &name)?;
            } else if !left_out && (kind.is_file() || kind.is_symlink()) {
                self.append(archive, &path, &name)?;
            }
        }
        Ok(())
    }

    fn append(&self, archive: &mut tar::Builder<impl Write>, path: &Path, name: &str) -> io::Result<()> {
        let metadata = fs::symlink_metadata(path).map_err(|error| named(&error, path))?;
        let mut header = tar::Header::new_gnu();
        header.set_metadata(&metadata);
        // As the engine's client does: who builds must not matter to the cache.
        header.set_uid(0);
        header.set_gid(0);
        if metadata.is_symlink() {
            header.set_size(0);
            let target = fs::read_link(path).map_err(|error| named(&error, path))?;
            archive.append_link(&mut header, name, target)
        } else if metadata.is_dir() {
            header.set_size(0);
            archive.append_data(&mut header, format!("{name}/"), io::empty())
        } else {
            let file = fs::File::open(path).map_err(|error| named(&error, path))?;
            // A file that grows meanwhile is cut where its header says.
            archive.append_data(&mut header, name, io::Read::take(file, metadata.len()))
        }
    }
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

    async fn sent(context: Context) -> BTreeMap<String, String> {
        let (mut stream, task) = context.stream();
        let mut bytes = Vec::new();
        while let Some(piece) = stream.next().await {
            bytes.extend_from_slice(&piece.expect("a piece"));
        }
        task.await.expect("the task").expect("the context");
        let mut archive = tar::Archive::new(bytes.as_slice());
        let mut files = BTreeMap::new();
        for entry in archive.entries().expect("entries") {
            let mut entry = entry.expect("an entry");
            let mut content = String::new();
            io::Read::read_to_string(&mut entry, &mut content).expect("content");
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

    #[test]
    fn what_is_missing_is_named() {
        let empty = directory(&[]);
        let error = open(&empty, BuildSource::File("Dockerfile".into())).expect_err("no Dockerfile");
        assert!(error.contains("Dockerfile cannot be read"), "{error}");
        let error = Context::open("/no/such/place", &BuildSource::Inline(String::new())).expect_err("no directory");
        assert!(error.contains("/no/such/place"), "{error}");
    }
}
