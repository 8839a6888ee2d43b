//! A value of a closed set, or one that only the newer peer knows.

use serde::{Deserialize, Serialize};

/// A value of a set that may have grown since this program was built.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(untagged)]
pub enum Known<T> {
    /// This version knows it.
    Yes(T),
    /// A newer peer said this; kept word for word, so that it can be shown and passed on.
    No(serde_json::Value),
}

impl<T> Known<T> {
    /// The value, if this version knows it.
    pub const fn get(&self) -> Option<&T> {
        match self {
            Self::Yes(value) => Some(value),
            Self::No(_) => None,
        }
    }
}

impl<T> From<T> for Known<T> {
    fn from(value: T) -> Self {
        Self::Yes(value)
    }
}

impl<T: std::fmt::Display> std::fmt::Display for Known<T> {
    /// The value, or the newer peer's own word for it.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Yes(value) => value.fmt(f),
            Self::No(serde_json::Value::String(word)) => f.write_str(word),
            Self::No(other) => other.fmt(f),
        }
    }
}
