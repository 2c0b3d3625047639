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

/// What the consumer signs in with, user and password: from the address in a variable, or from the variable with the password beside
/// it. `None` where it has no password.
pub fn sign_in(stack: &Stack, connection: &Connection) -> Option<(String, String)> {
    let environment = &stack.services.get(&connection.from)?.container.environment;
    connection
        .sources
        .iter()
        .find_map(|source| {
            let ConnectionSource::Variable(name) = source else { return None };
            let value = environment.get(name)?.as_deref()?;
            let (_, rest) = value.split_once("://")?;
            let (user, password) = rest.split(['/', '?']).next()?.rsplit_once('@')?.0.split_once(':')?;
            (!password.is_empty()).then(|| (decoded(user), decoded(password)))
        })
        .or_else(|| {
            let beside = credentials(stack, connection);
            let value = |words: &[&str]| {
                let name =
                    beside.iter().find(|name| words.iter().any(|word| name.to_ascii_uppercase().ends_with(word)))?;
                environment.get(name)?.clone().filter(|value| !value.is_empty())
            };
            let password = value(&["PASSWORD", "PASSWD", "PASS"])?;
            Some((value(&["USER", "USERNAME", "LOGIN"]).unwrap_or_default(), password))
        })
}

/// `%40` is `@`.
fn decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        let code = match tail {
            [high, low, ..] if *first == b'%' => {
                std::str::from_utf8(&[*high, *low]).ok().and_then(|pair| u8::from_str_radix(pair, 16).ok())
            }
            _ => None,
        };
        bytes.push(code.unwrap_or(*first));
        rest = if code.is_some() { &tail[2..] } else { tail };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
