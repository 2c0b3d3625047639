//! A variable of Compose's own (`COMPOSE_REMOVE_ORPHANS`), as the environment or the project's env files set it.

use crate::paths;
use crate::request::Request;
use crate::source::Source;
use crate::variables::dotenv;
use std::collections::BTreeMap;

/// The value that a variable of Compose's own has for a project: the environment's, or else the last env file's. What is wrong
/// with the env files is told where the project is loaded.
pub fn setting(request: &Request, source: &dyn Source, name: &str) -> Option<String> {
    if let Some(value) = source.variable(name) {
        return Some(value);
    }
    let default = (request.env_files.is_empty() && !request.no_default_env_file)
        .then(|| paths::join(&request.working_dir, ".env"));
    let mut found = BTreeMap::new();
    for path in request.env_files.iter().cloned().chain(default) {
        if let Ok(text) = source.file(&path) {
            let outer = |name: &str| {
                let value = source.variable(name)?;
                Some(crate::variables::Variable { value, origin: "set in the environment".into() })
            };
            let _ = dotenv::parse(&text, &path, &outer, &mut found, &mut Vec::new());
        }
    }
    found.remove(name).map(|variable| variable.value)
}
