//! `security_opt`: as the engine takes it, with a seccomp profile in the place of its file's name.

use super::{Project, read::Read};
use crate::codes;
use crate::paths;
use crate::tree::Node;

impl Project<'_> {
    pub(super) fn security_opt(&self, service: &Read<'_>) -> Vec<String> {
        let options = service.map.list("security_opt").unwrap_or_default();
        options.iter().filter_map(|node| self.option(service, node)).collect()
    }

    /// Compose's rule: `KEY=VALUE`, or else `KEY:VALUE`; `no-new-privileges` stands alone.
    fn option(&self, service: &Read<'_>, node: &Node) -> Option<String> {
        let text = node.as_text()?;
        let Some((key, value)) = text.split_once('=').or_else(|| text.split_once(':')) else {
            if text != "no-new-privileges" {
                let message = format!("{}.security_opt: `{text}` is no security option", service.path);
                service.report.value_error(node, codes::INVALID_VALUE, message, Some("write key=value"));
            }
            return Some(text.to_owned());
        };
        if key != "seccomp" || matches!(value, "unconfined" | "builtin") {
            return Some(text.to_owned());
        }
        // The engine takes the profile itself, not a path.
        let path = paths::join(self.working_dir, value);
        let profile = self.loader.text(&path, node.place)?;
        match serde_json::from_str::<serde_json::Value>(&profile) {
            Ok(profile) => Some(format!("seccomp={profile}")),
            Err(error) => {
                let message = format!("{}.security_opt: the seccomp profile {path} is no JSON: {error}", service.path);
                service.report.value_error(node, codes::INVALID_VALUE, message, None);
                None
            }
        }
    }
}
