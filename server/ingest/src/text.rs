//! Making text from outside fit for a screen.
//!
//! Titles and details end up in terminals, on lock screens and in logs. Control characters go, so
//! an escape sequence keeps its visible part and loses its effect; so do the characters that
//! reverse the reading direction, with which a text can pretend to be another one (CVE-2021-42574).

use serde_json::Value;

use crate::limits::{TITLE_MAX_CHARS, URL_MAX_CHARS};

/// Stands where text was cut.
const ELLIPSIS: char = '…';

/// Whether a character acts on what is around it instead of being shown.
pub(crate) fn acts(c: char) -> bool {
    c.is_control() || matches!(c, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' | '\u{FEFF}')
}

/// The text as one line: white space of any kind is one space, nothing acts.
pub(crate) fn line(text: &str) -> String {
    let mut line = String::with_capacity(text.len().min(1024));
    let mut gap = false;
    for c in text.chars() {
        if c.is_whitespace() {
            gap = !line.is_empty();
        } else if !acts(c) {
            if gap {
                line.push(' ');
                gap = false;
            }
            line.push(c);
        }
    }
    line
}

/// The text with its lines and tabs kept, nothing else acting.
pub(crate) fn block(text: &str) -> String {
    text.trim()
        .chars()
        .filter(|&c| matches!(c, '\n' | '\t') || !acts(c))
        .collect()
}

/// The text with at most `max_chars` characters, the last an ellipsis if any were cut.
pub(crate) fn cut(mut text: String, max_chars: usize) -> (String, bool) {
    if text.len() <= max_chars || text.chars().count() <= max_chars {
        return (text, false);
    }
    let kept = text
        .char_indices()
        .nth(max_chars.saturating_sub(1))
        .map_or(text.len(), |(at, _)| at);
    text.truncate(kept);
    text.push(ELLIPSIS);
    (text, true)
}

/// The text as a title, and whether it was cut. Empty if there is nothing to see.
pub(crate) fn title(text: &str) -> (String, bool) {
    cut(line(text), TITLE_MAX_CHARS)
}

/// The text if it is a link a person can follow: http or https, whole, and nothing else, for a
/// screen may make a link of it.
pub(crate) fn url(text: &str) -> Option<String> {
    let text = text.trim();
    let lower = text.get(..8).unwrap_or(text).to_ascii_lowercase();
    let rest = ["http://", "https://"]
        .iter()
        .find(|scheme| lower.starts_with(**scheme))
        .and_then(|scheme| text.get(scheme.len()..))?;
    let whole = !rest.is_empty()
        && text.chars().count() <= URL_MAX_CHARS
        && !text.chars().any(|c| c.is_whitespace() || acts(c));
    whole.then(|| text.to_owned())
}

/// A value as text: a string without its quotes, anything nested as JSON, null as nothing.
pub(crate) fn of(value: &Value) -> std::borrow::Cow<'_, str> {
    match value {
        Value::Null => "".into(),
        Value::String(text) => text.into(),
        other => other.to_string().into(),
    }
}

/// The text of a string or a number that says something; numbers stand where senders forget quotes.
pub(crate) fn scalar(value: &Value) -> Option<std::borrow::Cow<'_, str>> {
    match value {
        Value::String(text) if !text.trim().is_empty() => Some(text.trim().into()),
        Value::Number(number) => Some(number.to_string().into()),
        _ => None,
    }
}

/// What kind of JSON a value is, for telling what was there instead.
pub(crate) fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(text) if text.trim().is_empty() => "a blank string",
        Value::String(_) => "a string",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}

/// A short quotation of what was there instead.
pub(crate) fn quote(text: &str) -> String {
    format!("\"{}\"", cut(line(text), 40).0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_escape_sequence_loses_its_effect_and_nothing_else() {
        assert_eq!(
            line("\u{1b}[31mdisk\u{7} full\u{1b}[0m"),
            "[31mdisk full[0m"
        );
        assert_eq!(line("a\u{9b}2Jb\u{0}c\u{7f}"), "a2Jbc");
        assert_eq!(block("a\r\n\tb\u{1b}c"), "a\n\tbc");
    }

    #[test]
    fn a_title_cannot_be_read_backwards() {
        assert_eq!(line("pay\u{202e}roll\u{2066}"), "payroll");
    }

    #[test]
    fn a_title_is_one_line() {
        assert_eq!(
            line("  disk\r\n\tfull \u{2028} now\u{85} "),
            "disk full now"
        );
        assert_eq!(line("\u{1b}\n"), "");
        assert_eq!(line("a \u{1b} b"), "a b");
    }

    #[test]
    fn a_cut_text_ends_in_an_ellipsis_between_two_characters() {
        assert_eq!(cut("日本語".into(), 3), ("日本語".into(), false));
        assert_eq!(cut("日本語です".into(), 3), ("日本…".into(), true));
        assert_eq!(cut("🚨🚨".into(), 1), ("…".into(), true));
        assert_eq!(cut(String::new(), 1), (String::new(), false));
    }

    #[test]
    fn only_a_whole_web_address_is_a_link() {
        for good in [
            "https://a.example/x?y=1#z",
            "http://a",
            "HTTPS://A.example/",
        ] {
            assert_eq!(url(good).as_deref(), Some(good));
        }
        let long = format!("https://a.example/{}", "x".repeat(URL_MAX_CHARS));
        for bad in [
            "",
            "https://",
            "javascript:alert(1)",
            "ftp://a.example",
            "/graph?g0.expr=up",
            "https://a.example/a b",
            "https://a.example/\u{1b}",
            "日本語日本語",
            &long,
        ] {
            assert_eq!(url(bad), None, "{bad}");
        }
    }
}
