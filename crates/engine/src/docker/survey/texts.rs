//! Texts of configuration on this host: a file, or what a directory has of them, within bounds.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// Longer files are data.
const LONGEST: u64 = 256 * 1024;
/// Of one directory.
const MOST: usize = 64;
const DEPTH: usize = 3;
const ENDINGS: [&str; 13] =
    ["yml", "yaml", "json", "toml", "ini", "cfg", "conf", "cnf", "env", "properties", "xml", "hcl", "config"];

/// By the path below `root`: empty where `root` is a file. What cannot be read, or is no text, is left out.
pub(super) fn texts(root: &Path) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    if root.is_dir() {
        below(root, root, DEPTH, &mut found);
    } else if let Some(text) = read(root) {
        found.insert(String::new(), text);
    }
    found
}

fn below(root: &Path, directory: &Path, depth: usize, found: &mut BTreeMap<String, String>) {
    let Ok(entries) = fs::read_dir(directory) else { return };
    // The same ones each time, should there be too many.
    let mut paths: Vec<_> = entries.flatten().map(|entry| entry.path()).take(16 * MOST).collect();
    paths.sort();
    for path in paths {
        if found.len() >= MOST {
            return;
        }
        let Ok(kind) = fs::symlink_metadata(&path) else { continue };
        if kind.is_dir() && depth > 1 {
            below(root, &path, depth - 1, found);
        } else if kind.is_file()
            && path.extension().and_then(|ending| ending.to_str()).is_some_and(|ending| ENDINGS.contains(&ending))
            && let Some(text) = read(&path)
            && let Ok(short) = path.strip_prefix(root)
        {
            found.insert(short.display().to_string(), text);
        }
    }
}

/// Only of plain files: a pipe or a device would be waited for.
fn read(path: &Path) -> Option<String> {
    let metadata = fs::metadata(path).ok()?;
    (metadata.is_file() && metadata.len() <= LONGEST).then(|| fs::read_to_string(path).ok())?
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn short_texts_of_configuration_are_read() {
        let dir = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &[u8]| {
            let path = dir.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        };
        write("prometheus.yml", b"a");
        write("rules/x.yaml", b"b");
        write("1/2/3/deep.yml", b"c");
        write("program.py", b"d");
        write("binary.conf", &[0xff, 0xfe]);
        write("long.json", &vec![b' '; usize::try_from(LONGEST).unwrap() + 1]);
        let found = texts(dir.path());
        let wanted = [("prometheus.yml", "a"), ("rules/x.yaml", "b")];
        assert_eq!(found, wanted.map(|(path, text)| (path.to_owned(), text.to_owned())).into());
        assert_eq!(texts(&dir.path().join("program.py")), [(String::new(), "d".to_owned())].into());
        assert_eq!(texts(&dir.path().join("none")), BTreeMap::new());
    }
}
