//! How a service's image is built.

use super::{Project, networking, read::Read, resources};
use crate::codes;
use crate::paths;
use crate::tree::Map;
use evenkeel_model::{Build, BuildSource};

impl Project<'_> {
    pub(super) fn build(&self, service_path: &str, map: &Map, service: &Read<'_>) -> Build {
        let path = format!("{service_path}.build");
        let read = Read { map, path: &path, report: self.report };
        for key in ["cache_to", "provenance", "sbom"] {
            read.ignored(key, "the engine's own builder does not make it");
        }
        let context = read.text("context").unwrap_or_else(|| self.working_dir.to_owned());
        if (paths::is_remote(&context) || context.contains("://"))
            && let Some(node) = map.get("context")
        {
            let message = format!("{path}.context: `{context}` is not a directory of this host");
            self.report.value_error(node, codes::UNSUPPORTED, message, Some("fetch it first, and name the directory"));
        }
        let dockerfile = match map.text("dockerfile_inline") {
            Some(text) => BuildSource::Inline(text.to_owned()),
            None => BuildSource::File(read.text("dockerfile").unwrap_or_else(|| "Dockerfile".to_owned())),
        };
        let platforms = read.texts("platforms");
        // What only another builder can do is refused when the image is built: one that is there needs no builder.
        let beyond = ["additional_contexts", "entitlements", "privileged", "secrets", "ssh"].into_iter();
        let mut beyond_classic: Vec<String> = beyond.filter(|key| read.says(key)).map(str::to_owned).collect();
        if platforms.len() > 1 {
            beyond_classic.push("platforms".to_owned());
        }
        let hosts = networking::hosts(&read.texts("extra_hosts"));
        // Compose's labels, by which the images of a project are found.
        let compose = [
            (evenkeel_model::labels::PROJECT, self.name),
            (evenkeel_model::labels::SERVICE, service_path.strip_prefix("services.").unwrap_or(service_path)),
            (evenkeel_model::labels::VERSION, env!("CARGO_PKG_VERSION")),
        ];
        let compose = compose.into_iter().map(|(label, value)| (label.to_owned(), value.to_owned()));
        let labels = read.texts_by_name("labels").into_iter().chain(compose);
        Build {
            context,
            dockerfile,
            args: read.optional_texts_by_name("args"),
            target: read.text("target"),
            labels: labels.collect(),
            network: read.text("network"),
            tags: read.texts("tags"),
            cache_from: read.texts("cache_from"),
            extra_hosts: hosts.into_iter().map(|(name, address)| format!("{name}:{address}")).collect(),
            memory_bytes: None,
            ulimits: resources::ulimits(map),
            isolation: read.text("isolation"),
            beyond_classic,
            no_cache: read.bool("no_cache"),
            pull: read.bool("pull"),
            shm_size_bytes: read.bytes("shm_size"),
            platform: platforms.into_iter().next().or_else(|| service.text("platform")),
        }
    }
}
