//! Patterns that people write for texts that monitoring writes.

use globset::{GlobBuilder, GlobMatcher};
use serde::{Deserialize, Serialize};

/// The longest pattern, in characters.
const MAX_CHARS: usize = 200;

/// A glob for a whole text, whatever its case: `*` is any text, `?` one character, `[ab]` one of
/// them, `{one,other}` either, and a backslash makes the next character itself.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Pattern {
    text: String,
    glob: GlobMatcher,
}

/// The text is not a pattern.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected a pattern such as *replica lag*, got {text:?}: {why}")]
pub struct PatternError {
    text: String,
    why: String,
}

impl Pattern {
    /// Whether it is a pattern for this text.
    #[must_use]
    pub fn matches(&self, text: &str) -> bool {
        self.glob.is_match(text)
    }

    /// The pattern as it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// How many letters and digits it says: of two patterns that match, the one that says more is
    /// about fewer alarms.
    pub(crate) fn said(&self) -> usize {
        self.text.chars().filter(|it| it.is_alphanumeric()).count()
    }
}

impl TryFrom<String> for Pattern {
    type Error = PatternError;

    fn try_from(text: String) -> Result<Self, PatternError> {
        let error = |why: String| PatternError {
            text: text.chars().take(MAX_CHARS).collect(),
            why,
        };
        if text.trim().is_empty() || text.chars().count() > MAX_CHARS {
            return Err(error(format!("it has 1 to {MAX_CHARS} characters")));
        }
        let glob = GlobBuilder::new(&text)
            .case_insensitive(true)
            .backslash_escape(true)
            .build()
            .map_err(|wrong| error(wrong.kind().to_string()))?
            .compile_matcher();
        Ok(Self { text, glob })
    }
}

impl core::str::FromStr for Pattern {
    type Err = PatternError;

    fn from_str(text: &str) -> Result<Self, PatternError> {
        Self::try_from(text.to_owned())
    }
}

impl From<Pattern> for String {
    fn from(pattern: Pattern) -> Self {
        pattern.text
    }
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for Pattern {}

#[cfg(feature = "openapi")]
impl utoipa::PartialSchema for Pattern {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        String::schema()
    }
}

#[cfg(feature = "openapi")]
impl utoipa::ToSchema for Pattern {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_glob_is_for_a_whole_text_whatever_its_case() {
        for (pattern, text, matches) in [
            (
                "*replica lag*",
                "Postgres REPLICA lag on db-01 is 40 s",
                true,
            ),
            ("replica lag", "replica lag on db-01", false),
            ("disk ?? % full", "Disk 91 % full", true),
            ("{checkout,orders} is down", "Orders is down", true),
            ("GET /health*", "GET /health/live times out", true),
            (r"\*", "anything", false),
            (r"\*", "*", true),
            ("결제 *", "결제 지연", true),
        ] {
            let read: Pattern = pattern.parse().unwrap();
            assert_eq!(read.matches(text), matches, "{pattern} and {text}");
        }
    }

    #[test]
    fn what_is_no_pattern_is_refused_with_a_reason() {
        for text in ["", "  ", "[a", "{a,b", &"x".repeat(MAX_CHARS + 1)] {
            let error = text.parse::<Pattern>().unwrap_err().to_string();
            assert!(error.contains("expected a pattern"), "{error}");
        }
    }

    #[test]
    fn a_hostile_pattern_takes_no_longer_than_a_plain_one() {
        // A backtracking matcher would take 2^64 steps here.
        let stars: Pattern = "*a".repeat(64).parse().unwrap();
        assert!(!stars.matches(&"a".repeat(63)));
        assert!(stars.matches(&"a".repeat(64)));
    }
}
