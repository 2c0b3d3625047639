//! Cases that stand as folders on the disk: real projects, with all that lies beside their Compose files.

use evenkeel_tests::conformance::Case;
use std::collections::BTreeMap;
use std::path::Path;

/// Files over this size are nothing that a loader reads.
const MOST_BYTES: u64 = 4 << 20;
const MOST_FILES: usize = 4_000;

/// One case for each Compose file in the folder, or below it where `deep`.
pub fn read(folder: &Path) -> Vec<Case> {
    let mut files = BTreeMap::new();
    collect(folder, folder, &mut files);
    let is_compose = |path: &&String| {
        let name = path.rsplit('/').next().unwrap_or_default().to_lowercase();
        name.contains("compose") && (name.ends_with(".yaml") || name.ends_with(".yml"))
    };
    let found: Vec<String> = files.keys().filter(is_compose).cloned().collect();
    let case = |file: String| Case { files: files.clone(), arguments: vec!["-f".to_owned(), file], ..Case::default() };
    found.into_iter().map(case).collect()
}

fn collect(root: &Path, folder: &Path, files: &mut BTreeMap<String, String>) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        let Ok(kind) = entry.file_type() else { continue };
        if files.len() >= MOST_FILES {
            return;
        }
        if kind.is_dir() {
            collect(root, &path, files);
        } else if entry.metadata().is_ok_and(|data| data.len() < MOST_BYTES)
            && let (Ok(below), Ok(text)) = (path.strip_prefix(root), std::fs::read_to_string(&path))
            && let Some(below) = below.to_str()
        {
            files.insert(below.to_owned(), text);
        }
    }
}
