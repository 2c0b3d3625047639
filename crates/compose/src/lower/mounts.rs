//! What is mounted: binds, volumes, memory, images.

use super::{Project, read::Read};
use crate::codes;
use crate::tree::{Map, Node};
use evenkeel_model::{ImageRef, Mount, MountSource, VolumeName};

impl Project<'_> {
    pub(super) fn mounts(&self, service: &Read<'_>) -> Vec<Mount> {
        let path = format!("{}.volumes", service.path);
        let mut mounts = Vec::new();
        for item in service.map.list("volumes").unwrap_or_default() {
            let Some(map) = item.as_map() else { continue };
            let read = Read { map, path: &path, report: service.report };
            mounts.extend(self.mount(&read, item));
        }
        for text in service.texts("tmpfs") {
            let (target, options) = match text.split_once(':') {
                Some((target, options)) => (target.to_owned(), options.to_owned()),
                None => (text, String::new()),
            };
            let source = MountSource::Tmpfs { size_bytes: None, mode: None, options: Some(options) };
            mounts.push(Mount { source, target, read_only: false });
        }
        mounts
    }

    fn mount(&self, read: &Read<'_>, item: &Node) -> Option<Mount> {
        let target = read.text("target").unwrap_or_default();
        if !target.starts_with('/') && !crate::paths::is_windows(&target) {
            let message = format!("{}: the target `{target}` must be an absolute path of the container", read.path);
            read.report.value_error(item, codes::INVALID_VALUE, message, None);
            return None;
        }
        let empty = Map::default();
        let part = |key: &str| Read { map: read.map.map(key).unwrap_or(&empty), ..*read };
        let source = match read.map.text("type").unwrap_or_default() {
            "bind" => bind(read, item)?,
            "tmpfs" => {
                let tmpfs = part("tmpfs");
                let mode = tmpfs.set_int("mode").and_then(|mode| u32::try_from(mode).ok());
                MountSource::Tmpfs { size_bytes: tmpfs.bytes("size"), mode, options: None }
            }
            "volume" => {
                let volume = part("volume");
                volume.ignored("labels", "a volume has the labels that it has under the top-level key `volumes`");
                match read.text("source") {
                    Some(key) => MountSource::Volume {
                        name: VolumeName::new(self.engine_name("volumes", &key)),
                        no_copy: volume.bool("nocopy"),
                        subpath: volume.text("subpath"),
                    },
                    None if volume.bool("nocopy") => MountSource::AnonymousUnfilled,
                    None => MountSource::Anonymous,
                }
            }
            "image" => MountSource::Image {
                image: ImageRef::new(read.text("source").unwrap_or_default()),
                subpath: part("image").text("subpath"),
            },
            _ => {
                read.unsupported("type");
                return None;
            }
        };
        read.ignored("consistency", "it has no meaning on Linux");
        Some(Mount { source, target, read_only: read.bool("read_only") })
    }
}

fn bind(read: &Read<'_>, item: &Node) -> Option<MountSource> {
    let Some(path) = read.text("source") else {
        read.report.error(item.place, codes::MISSING_KEY, format!("{}: a bind mount needs a `source`", read.path));
        return None;
    };
    let bind = read.map.map("bind").map(|map| Read { map, ..*read });
    Some(MountSource::Bind {
        path,
        // Without a `bind` section Compose makes the directory, as the short form does.
        create_host_path: bind.is_none_or(|bind| bind.bool("create_host_path")),
        propagation: bind.and_then(|bind| bind.text("propagation")),
        selinux: bind.and_then(|bind| bind.text("selinux")),
        recursive: bind.and_then(|bind| bind.text("recursive")),
    })
}
