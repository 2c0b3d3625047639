//! Files in and out of containers.

use crate::stage::Stage;
use evenkeel_engine::{Error, Files, FilesToWrite, PathKind};
use futures::{StreamExt, TryStreamExt, stream};
use std::io::Read;

/// An archive of one file.
fn archive(name: &str, content: &[u8]) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    let mut header = tar::Header::new_gnu();
    header.set_size(content.len() as u64);
    header.set_mode(0o644);
    builder.append_data(&mut header, name, content).expect("it is packed");
    builder.into_inner().expect("it is packed")
}

/// The first file of an archive.
fn unpacked(archive: &[u8]) -> (String, String) {
    let mut archive = tar::Archive::new(archive);
    let mut entry = archive.entries().expect("entries").next().expect("a file").expect("a file");
    let path = entry.path().expect("a path").to_string_lossy().into_owned();
    let mut content = String::new();
    entry.read_to_string(&mut content).expect("text");
    (path, content)
}

pub async fn files_go_in_and_come_out(stage: &Stage) {
    // It need not run.
    stage.done(stage.create(stage.obedient("web"))).await;
    let (engine, container) = (&stage.engine, stage.name("web"));
    let info = async |path: &str| engine.path(&container, path).await.expect("an answer");
    assert_eq!(info("/tmp/a.txt").await, None);
    assert_eq!(info("/tmp").await.expect("a directory").kind, PathKind::Directory);

    // In pieces, as it comes.
    let packed = archive("a.txt", b"hello");
    let pieces: Vec<_> = packed.chunks(100).map(|piece| Ok(bytes::Bytes::copy_from_slice(piece))).collect();
    let into = FilesToWrite { container: container.clone(), directory: "/tmp".to_owned(), owners: false };
    engine.write_files(&into, stream::iter(pieces).boxed()).await.expect("it is written");
    let file = info("/tmp/a.txt").await.expect("a file");
    assert_eq!((file.kind, file.name.as_str(), file.size), (PathKind::File, "a.txt", 5));

    let read = engine.read_files(&container, &Files::Under("/tmp/a.txt".to_owned())).await.expect("an archive");
    let read: Vec<bytes::Bytes> = read.try_collect().await.expect("the whole archive");
    assert_eq!(unpacked(&read.concat()), ("a.txt".to_owned(), "hello".to_owned()));

    let missing = engine.read_files(&container, &Files::Under("/nowhere".to_owned())).await.err();
    assert!(matches!(missing, Some(Error::Rejected { .. })), "{missing:?}");
    let nowhere = FilesToWrite { directory: "/nowhere".to_owned(), ..into };
    let refused = engine.write_files(&nowhere, stream::iter([Ok(bytes::Bytes::from(packed))]).boxed()).await.err();
    assert!(matches!(refused, Some(Error::Rejected { .. })), "{refused:?}");
    let whole = engine.read_files(&container, &Files::All).await.expect("an archive");
    let length = whole.try_fold(0, async |sum, piece| Ok(sum + piece.len())).await.expect("the whole archive");
    assert!(length > 1000, "{length} bytes");
}
