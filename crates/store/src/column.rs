//! Between a column's value and a value of ours. A column that does not hold what it should is [`Error::Corrupt`].

use crate::Error;
use chrono::SecondsFormat;
use evenkeel_model::Timestamp;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// A time as text of fixed width, so that it sorts and keeps its nanoseconds.
pub fn from_time(at: Timestamp) -> String {
    at.to_rfc3339_opts(SecondsFormat::Nanos, true)
}

/// The time of a column.
pub fn time(text: &str, column: &str) -> Result<Timestamp, Error> {
    chrono::DateTime::parse_from_rfc3339(text)
        .map(|at| at.to_utc())
        .map_err(|error| corrupt(column, format!("`{text}` is no time: {error}")))
}

/// The time of a column that may be empty.
pub fn optional_time(text: Option<&str>, column: &str) -> Result<Option<Timestamp>, Error> {
    text.map(|text| time(text, column)).transpose()
}

/// An unsigned number as SQLite's signed one. Generations and epochs rise by one and never come near the limit.
pub fn from_number(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// The unsigned number of a column.
pub fn number<T: TryFrom<i64>>(value: i64, column: &str) -> Result<T, Error> {
    T::try_from(value).map_err(|_| corrupt(column, format!("{value} is out of range")))
}

/// A value as JSON.
pub fn from_json<T: Serialize>(value: &T, column: &str) -> Result<String, Error> {
    serde_json::to_string(value).map_err(|error| corrupt(column, format!("it cannot be written: {error}")))
}

/// The value of a column of JSON. The message never quotes the text, which may hold secrets.
pub fn json<T: DeserializeOwned>(text: &str, column: &str) -> Result<T, Error> {
    serde_json::from_str(text)
        .map_err(|error| corrupt(column, format!("unreadable at line {}, column {}", error.line(), error.column())))
}

/// The value of a column of words.
pub fn word<T>(text: &str, column: &str, parse: impl Fn(&str) -> Option<T>) -> Result<T, Error> {
    parse(text).ok_or_else(|| corrupt(column, format!("`{text}` is not one of its words")))
}

/// A column that holds what it should not.
pub fn corrupt(column: &str, what: impl std::fmt::Display) -> Error {
    Error::Corrupt { what: format!("column {column}: {what}") }
}
