//! Values that must not be shown: a wrapper for those known to be secret, and the rule for names that say so.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::ops::Range;

/// What stands in place of a masked value.
pub const MASK: &str = "********";

/// Text that is secret by its nature (an API token, the content of a `secrets:` entry). Debug prints the mask.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Sensitive(String);

impl Sensitive {
    /// Wraps a secret.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }
    /// The secret itself. Every caller is a place to look at in review.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Sensitive {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(MASK)
    }
}

/// Whether a variable's name says that its value is secret.
///
/// Names are cut into words at `_`, `-`, `.` and changes of case, so `API_KEY` and `dbPassword` are secret and `MONKEY`
/// is not. Connection strings (`…_CONN`, `…_DSN`, `…_URI` of a database) count, because they carry passwords.
pub fn is_secret_name(name: &str) -> bool {
    const WORDS: [&str; 16] = [
        "password",
        "passwd",
        "pass",
        "pwd",
        "passphrase",
        "secret",
        "secrets",
        "token",
        "tokens",
        "key",
        "keys",
        "credential",
        "credentials",
        "conn",
        "dsn",
        "auth",
    ];
    const ENDINGS: [&str; 6] = ["password", "passwd", "secret", "token", "apikey", "credentials"];
    const PAIRS: [[&str; 2]; 5] =
        [["connection", "string"], ["result", "backend"], ["broker", "url"], ["database", "url"], ["store", "uri"]];
    let words = words(name);
    words.iter().any(|w| WORDS.contains(&w.as_str()) || ENDINGS.iter().any(|e| w.ends_with(e)))
        || words.windows(2).any(|pair| PAIRS.iter().any(|p| pair[0] == p[0] && pair[1] == p[1]))
}

/// The value as it may be shown: masked where the name says secret, with the password cut out of URLs otherwise.
pub fn mask_value(name: &str, value: &str) -> String {
    if value.is_empty() {
        return String::new();
    }
    if is_secret_name(name) { MASK.to_owned() } else { mask_url_passwords(value) }
}

/// Any text with the passwords of the URLs in it masked.
fn mask_url_passwords(value: &str) -> String {
    let mut shown = String::new();
    let mut end = 0;
    for password in url_passwords(value) {
        shown.push_str(&value[end..password.start]);
        shown.push_str(MASK);
        end = password.end;
    }
    shown.push_str(&value[end..]);
    shown
}

/// Where the passwords stand in a text with URLs of the form `scheme://user:password@host`, in bytes, in order.
pub fn url_passwords(value: &str) -> Vec<Range<usize>> {
    let mut passwords = Vec::new();
    let mut from = 0;
    while let Some(scheme_end) = value[from..].find("://") {
        from += scheme_end + 3;
        let authority = &value[from..];
        let authority = &authority[..authority.find(['/', '?', '#']).unwrap_or(authority.len())];
        let Some(at) = authority.rfind('@') else { continue };
        if let Some(colon) = authority[..at].find(':') {
            passwords.push(from + colon + 1..from + at);
        }
        from += at;
    }
    passwords
}

fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut previous_lower = false;
    for c in name.chars() {
        if !c.is_alphanumeric() {
            words.push(String::new());
            previous_lower = false;
            continue;
        }
        if c.is_uppercase() && previous_lower {
            words.push(String::new());
        }
        previous_lower = c.is_lowercase();
        if let Some(word) = words.last_mut() {
            word.extend(c.to_lowercase());
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_say_secret() {
        for name in [
            "POSTGRES_PASSWORD",
            "dbPassword",
            "API_KEY",
            "MINIO_ROOT_PASSWORD",
            "AWS_SECRET_ACCESS_KEY",
            "GITHUB_TOKEN",
            "AIRFLOW__CORE__FERNET_KEY",
            "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN",
            "AIRFLOW__CELERY__RESULT_BACKEND",
            "AIRFLOW__CELERY__BROKER_URL",
            "SENTRY_DSN",
            "PGPASSWORD",
            "DATABASE_URL",
            "client.secret",
            "MLFLOW_BACKEND_STORE_URI",
            "_AIRFLOW_WWW_USER_PASSWORD",
        ] {
            assert!(is_secret_name(name), "{name}");
        }
        for name in ["MONKEY", "POSTGRES_USER", "PATH", "KEYBOARD", "PASSENGERS", "S3_URL", "TOKENIZER", "AUTHOR"] {
            assert!(!is_secret_name(name), "{name}");
        }
    }

    #[test]
    fn values_are_masked_by_name_or_inside_urls() {
        for (name, value, shown) in [
            ("PASSWORD", "hunter2", MASK),
            ("PASSWORD", "", ""),
            ("LEVEL", "info", "info"),
            ("URL", "http://web:80/a@b", "http://web:80/a@b"),
            ("URL", "redis://:pw@redis:6379/0", "redis://:********@redis:6379/0"),
            ("URL", "postgresql://u:p@db/x", "postgresql://u:********@db/x"),
            ("URL", "ftp://user@host", "ftp://user@host"),
            ("BROKERS", "amqp://u:p1@a,amqp://u:p2@b", "amqp://u:********@a,amqp://u:********@b"),
            ("URLS", "http://proxy:8080,redis://:pw@redis", "http://proxy:8080,redis://:********@redis"),
        ] {
            assert_eq!(mask_value(name, value), shown, "{name}={value}");
        }
    }
}
