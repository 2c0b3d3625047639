//! Whose the host's paths are that containers are to write to.

use evenkeel_model::PathOwner;
use std::collections::{BTreeMap, BTreeSet};
use std::os::unix::fs::MetadataExt;

/// The permission bits of a mode.
const PERMISSIONS: u32 = 0o7777;

/// The owners of those that exist; what a link points to counts.
pub(super) fn owners(paths: &BTreeSet<String>) -> BTreeMap<String, PathOwner> {
    let owner = |path: &String| {
        let about = std::fs::metadata(path).ok()?;
        Some((path.clone(), PathOwner { uid: about.uid(), gid: about.gid(), mode: about.mode() & PERMISSIONS }))
    };
    paths.iter().filter_map(owner).collect()
}
