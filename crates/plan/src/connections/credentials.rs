//! Which variables hold the credentials of a connection: names, never values.

use evenkeel_model::{Connection, ConnectionSource, Stack};

/// The last words of names of variables with credentials.
const CREDENTIAL_WORDS: [&str; 10] =
    ["USER", "USERNAME", "LOGIN", "PASSWORD", "PASSWD", "PASS", "SECRET", "TOKEN", "KEY", "ID"];

/// The consumer's variables that hold what it signs in with: the address itself where it has a user in it, and the variables whose
/// names begin as the address's does (`POSTGRES_PASSWORD` beside `POSTGRES_HOST`).
pub fn credentials(stack: &Stack, connection: &Connection) -> Vec<String> {
    let Some(service) = stack.services.get(&connection.from) else { return Vec::new() };
    let environment = &service.container.environment;
    let mut found = Vec::new();
    for source in &connection.sources {
        let ConnectionSource::Variable(name) = source else { continue };
        let value = environment.get(name).and_then(Option::as_deref).unwrap_or_default();
        if value
            .split_once("://")
            .is_some_and(|(_, rest)| rest.split(['/', '?']).next().unwrap_or_default().contains('@'))
        {
            found.push(name.clone());
            continue;
        }
        let Some((stem, _)) = name.split_once(['_', '.']) else { continue };
        let beside = environment.keys().filter(|other| {
            let last = other.rsplit(['_', '.']).next().unwrap_or_default().to_ascii_uppercase();
            other.split_once(['_', '.']).is_some_and(|(first, _)| first == stem)
                && CREDENTIAL_WORDS.contains(&last.as_str())
        });
        found.extend(beside.cloned());
    }
    found.sort();
    found.dedup();
    found
}
