//! `secrets` and `configs` of a service: a file of the host is mounted, any other content is written into the container.

use super::{Project, read::Read};
use crate::codes;
use crate::loader::CONTENT;
use crate::tree::{Map, Node};
use evenkeel_model::{ContainerSpec, InjectedFile, Mount, MountSource, Sensitive};

impl Project<'_> {
    pub(super) fn files(&self, spec: &mut ContainerSpec, service: &Read<'_>) {
        for (kind, dir) in [("secrets", "/run/secrets/"), ("configs", "/")] {
            let path = format!("{}.{kind}", service.path);
            for item in service.map.list(kind).unwrap_or_default() {
                let Some(map) = item.as_map() else { continue };
                let read = Read { map, path: &path, report: service.report };
                self.file(spec, &read, item, kind, dir);
            }
        }
    }

    fn file(&self, spec: &mut ContainerSpec, read: &Read<'_>, item: &Node, kind: &str, dir: &str) {
        let source = read.text("source").unwrap_or_default();
        let Some(object) = self.tree.map(kind).and_then(|objects| objects.map(&source)) else { return };
        let target = match read.text("target") {
            Some(target) if target.starts_with('/') => target,
            Some(target) => format!("{dir}{target}"),
            None => format!("{dir}{source}"),
        };
        if object.get("external").and_then(Node::as_bool) == Some(true) || object.contains("driver") {
            let message = format!("{}: `{source}` is external, and a single engine keeps no {kind}", read.path);
            let help = format!("give {kind}.{source} a `file` or `environment`");
            read.report.error_help(item.place, codes::UNSUPPORTED, message, help);
            return;
        }
        let of_object = format!("{kind}.{source}");
        let about = Read { map: object, path: &of_object, report: read.report };
        for key in ["labels", "driver_opts", "template_driver"] {
            about.ignored(key, "it is for a cluster, and this is a single engine");
        }
        if let Some(path) = object.text("file").filter(|path| !path.is_empty()) {
            for key in ["uid", "gid", "mode"] {
                read.ignored(key, "the file is mounted with the owner and mode that it has on the host");
            }
            let bind = MountSource::Bind {
                path: path.to_owned(),
                create_host_path: false,
                propagation: None,
                selinux: None,
                recursive: None,
            };
            spec.mounts.push(Mount { source: bind, target, read_only: true });
            return;
        }
        let Some(content) = self.content(object, read, item, &source, kind) else { return };
        if spec.read_only {
            let message = format!("{}: `{source}` cannot be written into a container that is read_only", read.path);
            let help = format!("give {kind}.{source} a `file`, which is mounted");
            read.report.error_help(item.place, codes::CONFLICTING_VALUES, message, help);
        }
        spec.files.push(InjectedFile {
            path: target,
            content: Sensitive::new(content),
            uid: read.parse("uid", "the number of a user").unwrap_or(0),
            gid: read.parse("gid", "the number of a group").unwrap_or(0),
            mode: mode(read).unwrap_or(0o444),
        });
    }

    fn content(&self, object: &Map, read: &Read<'_>, item: &Node, source: &str, kind: &str) -> Option<String> {
        if let Some(node) = object.get("environment") {
            let content = object.text(CONTENT).map(str::to_owned);
            if content.is_none() {
                let name = node.as_text().unwrap_or_default();
                let message =
                    format!("{}: `{source}` takes its content from the variable {name}, which is not set", read.path);
                read.report.error_help(node.place, codes::MISSING_VARIABLE, message, format!("set {name}"));
            }
            return content;
        }
        let content = object.text("content").map(str::to_owned);
        if content.is_none() {
            let message = format!("{}: {kind}.{source} has no content", read.path);
            read.report.error(item.place, codes::MISSING_KEY, message);
        }
        content
    }
}

fn mode(read: &Read<'_>) -> Option<u32> {
    let node = read.map.get("mode")?;
    match node.as_text() {
        Some(text) => u32::from_str_radix(text, 8).ok(),
        None => read.set_int("mode").and_then(|mode| u32::try_from(mode).ok()),
    }
}
