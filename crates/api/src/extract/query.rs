//! Query strings.

use super::words;
use crate::problem::{Answer, Problem, bad_request};
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use serde::de::DeserializeOwned;

/// A query string. A parameter that is not known is refused, because it was meant to have an effect.
pub struct Query<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Query<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Answer<Self> {
        let axum::extract::Query(value) =
            axum::extract::Query::try_from_uri(&parts.uri).map_err(|error| refused(&error.body_text()))?;
        Ok(Self(value))
    }
}

/// The problem with a query, from what its parser says: perhaps the parameter, then what is wrong.
fn refused(text: &str) -> Problem {
    let raw = text.strip_prefix("Failed to deserialize query string: ").unwrap_or(text);
    let (path, raw) = match raw.split_once(": ") {
        Some((path, rest)) if !path.contains([' ', '`']) => (path, rest),
        _ => ("", raw),
    };
    let (message, help) = words::explain(path, raw);
    let problem = bad_request(format!("the query is not what it should be: {message}"));
    match help {
        Some(help) => problem.with_help(help),
        None => problem,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::Uri;

    #[derive(Debug, serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    #[allow(dead_code)]
    struct Wanted {
        name: String,
        #[serde(default)]
        wait: bool,
        tail: Option<u32>,
    }

    #[test]
    fn the_parameter_and_the_problem_are_named() {
        for (query, words) in [
            ("", "`name` is missing"),
            ("name=x&wiat=true", "there is no `wiat` here"),
            ("name=x&wait=perhaps", "`wait`: this must be `true` or `false`"),
            ("name=x&tail=many", "`tail`: this must be a whole number"),
            ("name=x&name=y", "`name` is there twice"),
        ] {
            let uri: Uri = format!("http://h/x?{query}").parse().unwrap();
            let error = axum::extract::Query::<Wanted>::try_from_uri(&uri).unwrap_err();
            let told = format!("{:?}", refused(&error.body_text()));
            assert!(told.contains(words), "{query}: {told}");
            assert!(!told.contains("field") && !told.contains("expected"), "{query}: {told}");
        }
    }
}
