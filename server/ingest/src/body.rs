//! From bytes to JSON, and how a body is refused.

use serde_json::Value;
use tocsin_wire::Problem;

/// A 400 naming the field at fault.
pub(crate) fn refuse(code: &str, field: Option<String>, detail: String) -> Problem {
    Problem {
        status: 400,
        code: code.to_owned(),
        detail,
        field,
    }
}

/// The body as JSON.
///
/// A byte order mark in front is skipped, for PowerShell likes to send one. Everything else that
/// is not one JSON value in UTF-8 is refused: `invalid_utf8` or `not_json`.
pub(crate) fn json(body: &[u8]) -> Result<Value, Problem> {
    let text = core::str::from_utf8(body).map_err(|error| {
        let detail = format!(
            "expected JSON in UTF-8; the bytes from offset {} on are not UTF-8",
            error.valid_up_to()
        );
        refuse("invalid_utf8", None, detail)
    })?;
    let text = text.strip_prefix('\u{FEFF}').unwrap_or(text);
    if text.trim().is_empty() {
        let detail = "expected JSON, got an empty body".to_owned();
        return Err(refuse("not_json", None, detail));
    }
    serde_json::from_str(text)
        .map_err(|error| refuse("not_json", None, format!("expected JSON: {error}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_json_is_refused_by_name() {
        let deep = "[".repeat(200);
        for (body, code, says) in [
            (&b""[..], "not_json", "empty body"),
            (b" \n", "not_json", "empty body"),
            (b"\xEF\xBB\xBF", "not_json", "empty body"),
            (b"{", "not_json", "EOF"),
            (b"{}{}", "not_json", "trailing characters"),
            (b"alerts=1", "not_json", "line 1 column 1"),
            (b"\"\\ud800\"", "not_json", "escape"),
            (b"NaN", "not_json", "expected"),
            (b"1e999", "not_json", "number out of range"),
            (deep.as_bytes(), "not_json", "recursion limit exceeded"),
            (b"{\"a\":\"\xff\"}", "invalid_utf8", "offset 6"),
            (b"\xff\xfe{\0}\0", "invalid_utf8", "offset 0"),
        ] {
            let problem = json(body).unwrap_err();
            assert_eq!((problem.status, problem.code.as_str()), (400, code));
            assert!(problem.detail.contains(says), "{says}: {problem:?}");
        }
    }

    #[test]
    fn a_byte_order_mark_loses_no_alarm() {
        assert_eq!(json(b"\xEF\xBB\xBF{}").unwrap(), serde_json::json!({}));
    }
}
