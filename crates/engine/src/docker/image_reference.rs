//! Image references: one spelling for all that mean the same, and which image on the engine one means. Pure.

use evenkeel_model::{ImageId, ImageRef};
use std::collections::HashMap;

/// A reference, cut into its parts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Reference {
    /// Registry and path as the engine writes them: `postgres`, `team/app`, `host:5000/app`.
    pub(super) name: String,
    /// The tag, where one is written.
    pub(super) tag: Option<String>,
    /// `sha256:…`, where one is written.
    pub(super) digest: Option<String>,
}

impl Reference {
    /// Reads a reference. The default registry and its `library/` are left out, as the engine does.
    pub(super) fn parse(text: &str) -> Self {
        let (rest, digest) = match text.split_once('@') {
            Some((rest, digest)) => (rest, Some(digest.to_owned())),
            None => (text, None),
        };
        let after_slash = rest.rfind('/').map_or(0, |index| index + 1);
        let (name, tag) = match rest[after_slash..].find(':') {
            Some(colon) => (&rest[..after_slash + colon], Some(rest[after_slash + colon + 1..].to_owned())),
            None => (rest, None),
        };
        let name = ["docker.io/", "index.docker.io/"].iter().find_map(|host| name.strip_prefix(host)).unwrap_or(name);
        let name = name.strip_prefix("library/").unwrap_or(name);
        Self { name: name.to_owned(), tag, digest }
    }

    /// The registry's host, `docker.io` where none is written.
    pub(super) fn registry(&self) -> &str {
        match self.name.split_once('/') {
            Some((host, _)) if host.contains(['.', ':']) || host == "localhost" => host,
            _ => "docker.io",
        }
    }

    /// What to ask a registry for: the digest, else the tag, else `latest`.
    pub(super) fn version(&self) -> &str {
        self.digest.as_deref().or(self.tag.as_deref()).unwrap_or("latest")
    }
}

/// The engine's images by reference.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct ImageIndex {
    /// `name:tag` and `name@digest`.
    references: HashMap<String, ImageId>,
}

impl ImageIndex {
    /// An image with its `RepoTags` and `RepoDigests`.
    pub(super) fn insert(&mut self, id: &str, references: impl Iterator<Item = String>) {
        for reference in references.filter(|reference| !reference.contains("<none>")) {
            let reference = Reference::parse(&reference);
            self.references.insert(key(&reference), ImageId::new(id));
        }
        // An image may also be addressed by its id.
        self.references.insert(id.to_owned(), ImageId::new(id));
    }

    /// Which image a reference means.
    pub(super) fn get(&self, image: &ImageRef) -> Option<&ImageId> {
        if let Some(id) = self.references.get(&key(&Reference::parse(image.as_str()))) {
            return Some(id);
        }
        let id = image.as_str().strip_prefix("sha256:").unwrap_or(image.as_str());
        if id.len() < 12 || !id.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return None;
        }
        let prefix = format!("sha256:{id}");
        self.references.values().find(|known| known.as_str().starts_with(&prefix))
    }
}

fn key(reference: &Reference) -> String {
    match &reference.digest {
        Some(digest) => format!("{}@{digest}", reference.name),
        None => format!("{}:{}", reference.name, reference.version()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_cut_and_normalised() {
        for (text, name, tag, digest, registry) in [
            ("postgres", "postgres", None, None, "docker.io"),
            ("postgres:15", "postgres", Some("15"), None, "docker.io"),
            ("docker.io/library/postgres:15", "postgres", Some("15"), None, "docker.io"),
            ("team/app", "team/app", None, None, "docker.io"),
            ("host:5000/app", "host:5000/app", None, None, "host:5000"),
            ("host:5000/a/b:1", "host:5000/a/b", Some("1"), None, "host:5000"),
            ("localhost/app:1", "localhost/app", Some("1"), None, "localhost"),
            ("quay.io/a/b:1@sha256:ff", "quay.io/a/b", Some("1"), Some("sha256:ff"), "quay.io"),
        ] {
            let reference = Reference::parse(text);
            assert_eq!(
                (reference.name.as_str(), reference.tag.as_deref(), reference.digest.as_deref(), reference.registry()),
                (name, tag, digest, registry),
                "{text}"
            );
        }
    }

    #[test]
    fn which_image_a_reference_means() {
        let mut index = ImageIndex::default();
        let long = format!("sha256:{}", "ab".repeat(32));
        index.insert(&long, ["postgres:15".to_owned(), "postgres@sha256:ff".to_owned()].into_iter());
        index.insert("sha256:2", ["app:latest".to_owned(), "<none>:<none>".to_owned()].into_iter());
        for (text, expected) in [
            ("postgres:15", Some(long.as_str())),
            ("docker.io/library/postgres:15", Some(long.as_str())),
            ("postgres:15@sha256:ff", Some(long.as_str())),
            ("postgres", None),
            ("app", Some("sha256:2")),
            ("app:latest", Some("sha256:2")),
            ("abababababab", Some(long.as_str())),
            (long.as_str(), Some(long.as_str())),
            ("abab", None),
            ("none", None),
        ] {
            assert_eq!(index.get(&ImageRef::from(text)).map(ImageId::as_str), expected, "{text}");
        }
    }
}
