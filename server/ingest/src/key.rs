//! Dedup keys: what makes two alarms the same trouble.

use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::limits::DEDUP_KEY_MAX_CHARS;
use crate::text;

/// The sender's key, ready for a ticket: as it is if it is short and can be shown, else its hash.
/// Two keys that differ stay different.
pub(crate) fn given(key: &str) -> String {
    if key.chars().count() <= DEDUP_KEY_MAX_CHARS && !key.chars().any(text::acts) {
        key.to_owned()
    } else {
        hashed("key", [&Value::from(key)])
    }
}

/// A key for whoever sends none: `kind` and a hash over the values that make the trouble what it
/// is. Objects hash the same whatever the order of their fields.
pub(crate) fn hashed<'a>(kind: &str, parts: impl IntoIterator<Item = &'a Value>) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        feed(&mut hash, part);
    }
    // 128 bits: no two troubles of a team will ever meet by chance.
    format!("{kind}-{}", hex::encode(&hash.finalize()[..16]))
}

/// Feeds a value so that no two different ones feed the same bytes: kind, length, content.
fn feed(hash: &mut Sha256, value: &Value) {
    let mut open = |kind: u8, length: usize| {
        hash.update([kind]);
        hash.update((length as u64).to_be_bytes());
    };
    match value {
        Value::Null => open(b'n', 0),
        Value::Bool(on) => open(b'b', usize::from(*on)),
        Value::Number(number) => {
            let text = number.to_string();
            open(b'd', text.len());
            hash.update(text);
        }
        Value::String(text) => {
            open(b's', text.len());
            hash.update(text);
        }
        Value::Array(values) => {
            open(b'a', values.len());
            values.iter().for_each(|value| feed(hash, value));
        }
        Value::Object(fields) => {
            open(b'o', fields.len());
            let mut sorted: Vec<_> = fields.iter().collect();
            sorted.sort_by_key(|(name, _)| *name);
            for (name, value) in sorted {
                hash.update((name.len() as u64).to_be_bytes());
                hash.update(name);
                feed(hash, value);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_ordinary_key_is_kept_and_a_long_one_is_hashed() {
        assert_eq!(given("srv01/mysql"), "srv01/mysql");
        assert_eq!(given(&"k".repeat(255)), "k".repeat(255));
        let long = given(&"k".repeat(256));
        assert_eq!(long.len(), "key-".len() + 32);
        assert_ne!(long, given(&"k".repeat(257)));
        assert_ne!(given("a\u{1b}"), given("a\u{7}"));
        assert!(given("\u{202e}a").starts_with("key-"));
    }

    #[test]
    fn the_order_of_labels_is_no_difference_and_everything_else_is() {
        let key = |value: Value| hashed("labels", [&value]);
        let order: Value = serde_json::from_str(r#"{"b":"2","a":"1"}"#).unwrap();
        assert_eq!(key(order), key(json!({"a": "1", "b": "2"})));
        let all = [
            json!({"a": "1", "b": "2"}),
            json!({"a": "1"}),
            json!({"a": 1}),
            json!({"a": "1b2"}),
            json!({"ab": "1"}),
            json!(["a", "1"]),
            json!(["a1"]),
            json!(null),
            json!(false),
            json!(true),
            json!(""),
            json!([]),
            json!({}),
        ];
        let keys: std::collections::BTreeSet<_> = all.iter().cloned().map(key).collect();
        assert_eq!(keys.len(), all.len());
    }

    #[test]
    fn a_hashed_key_never_changes_between_versions() {
        // Tickets stay open across an upgrade, and must be found by the next recovery.
        assert_eq!(
            hashed(
                "labels",
                [&json!({"alertname": "Down", "n": [1, null, true]})]
            ),
            "labels-0e40444ea6d1b9137e2c55bad190dbee"
        );
    }
}
