//! JSON that says where it is wrong, and fields that nobody expected.

use jiff::Timestamp;
use serde::Deserialize;
use serde::de::{DeserializeOwned, Deserializer, Error as _};
use serde_json::{Map, Value};

use crate::ImportError;
use crate::report::Report;

/// The fields of an object that its type does not name.
pub(crate) type Rest = Map<String, Value>;

/// The fields of a file; an error names the place in the text.
pub(crate) fn json(text: &str) -> Result<Rest, ImportError> {
    serde_json::from_str(text).map_err(|error| {
        let at = format!("line {}, column {}", error.line(), error.column());
        ImportError::new(at, format!("expected a JSON object: {error}"))
    })
}

/// One of the fields, null if it is not there.
pub(crate) fn take(fields: &mut Rest, name: &str) -> Value {
    fields.remove(name).unwrap_or_default()
}

/// A part of the file, which is at `at`.
pub(crate) fn part<T: DeserializeOwned>(value: Value, at: &str) -> Result<T, ImportError> {
    serde_path_to_error::deserialize(value).map_err(|error| {
        let path = error.path().to_string();
        let at = match path.as_str() {
            "." => at.to_owned(),
            path => format!("{at}.{path}"),
        };
        ImportError::new(at, error.into_inner().to_string())
    })
}

/// Reports each field that holds something and is not among those that mean nothing for duty.
pub(crate) fn report_rest(report: &mut Report, at: &str, rest: &Rest, meaningless: &[&str]) {
    for (name, value) in rest {
        let empty = match value {
            Value::Null => true,
            Value::String(text) => text.is_empty(),
            Value::Array(items) => items.is_empty(),
            Value::Object(fields) => fields.is_empty(),
            Value::Bool(_) | Value::Number(_) => false,
        };
        if empty || meaningless.contains(&name.as_str()) {
            continue;
        }
        report.add(format!("{at}.{name}"), "has no counterpart in Tocsin");
    }
}

/// A time as RFC 3339 has it.
pub(crate) fn instant<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Timestamp, D::Error> {
    let text = String::deserialize(deserializer)?;
    parse_instant(&text).ok_or_else(|| D::Error::custom(unreadable(&text)))
}

/// A time as RFC 3339 has it, or nothing.
pub(crate) fn maybe_instant<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Timestamp>, D::Error> {
    let text = Option::<String>::deserialize(deserializer)?;
    let Some(text) = text else { return Ok(None) };
    match parse_instant(&text) {
        None => Err(D::Error::custom(unreadable(&text))),
        instant => Ok(instant),
    }
}

fn parse_instant(text: &str) -> Option<Timestamp> {
    text.parse().ok()
}

fn unreadable(text: &str) -> String {
    format!("expected a time such as 2026-03-28T10:00:00+01:00, got {text:?}")
}
