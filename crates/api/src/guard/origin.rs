//! Keeps browsers out that another site sends here: by a name of its own that points to this address (DNS rebinding), or by
//! a page that calls across origins.

use super::forbidden;
use crate::problem::Answer;
use crate::state::Settings;
use axum::http::{HeaderMap, header};
use std::net::IpAddr;

/// Refuses a `Host` that is neither an address nor a name that is ours, and an `Origin` other than that host.
pub fn check(headers: &HeaderMap, settings: &Settings) -> Answer<()> {
    let host = headers.get(header::HOST).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let name = host_name(host);
    if !name.is_empty() && !is_ours(name, settings) {
        return Err(forbidden(format!("this daemon is not known as `{name}`")).with_help(
            "use its address or localhost, or add the name to `http.allowed_hosts` in the daemon's configuration",
        ));
    }
    let Some(origin) = headers.get(header::ORIGIN) else { return Ok(()) };
    let origin = origin.to_str().unwrap_or_default();
    match origin.split_once("://") {
        Some((_, authority)) if authority.eq_ignore_ascii_case(host) => Ok(()),
        _ => Err(forbidden(format!("requests from pages of `{origin}` are not answered"))),
    }
}

/// A `Host` without its port; an IPv6 address without its brackets.
fn host_name(host: &str) -> &str {
    if let Some(rest) = host.strip_prefix('[') {
        return rest.split(']').next().unwrap_or(rest);
    }
    host.split(':').next().unwrap_or(host)
}

fn is_ours(name: &str, settings: &Settings) -> bool {
    // An address cannot be rebound: a page would have been loaded from that very address.
    name.parse::<IpAddr>().is_ok()
        || name.eq_ignore_ascii_case("localhost")
        || settings.allowed_hosts.iter().any(|host| host.eq_ignore_ascii_case(name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    #[test]
    fn only_our_own_names_and_pages_come_in() {
        let settings = Settings { allowed_hosts: vec!["ci.example".to_owned()], ..Settings::default() };
        for (host, origin, allowed) in [
            ("localhost:7070", None, true),
            ("127.0.0.1", None, true),
            ("[::1]:7070", None, true),
            ("CI.example:7070", None, true),
            ("evil.example", None, false),
            ("localhost.evil.example:7070", None, false),
            ("localhost:7070", Some("http://localhost:7070"), true),
            ("localhost:7070", Some("http://localhost:8080"), false),
            ("localhost:7070", Some("https://evil.example"), false),
            ("localhost:7070", Some("null"), false),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(header::HOST, HeaderValue::from_static(host));
            if let Some(origin) = origin {
                headers.insert(header::ORIGIN, HeaderValue::from_static(origin));
            }
            assert_eq!(check(&headers, &settings).is_ok(), allowed, "{host} {origin:?}");
        }
    }
}
