//! How far a phone has read.

use core::fmt;
use core::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// A place in the server's log as one person sees it. Phones keep it and hand it back; only the
/// server looks inside.
///
/// Written `EPOCH-SEQ`, or `EPOCH-SEQ-TICKET` inside a snapshot of several pages. The epoch
/// changes with what the person may see, and a cursor of another epoch gets a fresh snapshot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Cursor {
    /// What the person may see, as a hash; 32 bits tell configurations apart well enough, because
    /// a person's view changes a few times a year.
    pub epoch: u32,
    /// The last log entry read.
    pub seq: u64,
    /// In the middle of a snapshot: the last ticket read.
    pub ticket: Option<u64>,
}

/// The text is not a cursor.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("cursor: expected the value the server gave, got {0:?}; leave it out to start afresh")]
pub struct ParseCursorError(String);

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:08x}-{}", self.epoch, self.seq)?;
        self.ticket.map_or(Ok(()), |ticket| write!(f, "-{ticket}"))
    }
}

impl FromStr for Cursor {
    type Err = ParseCursorError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut parts = text.split('-');
        let parsed = (|| {
            let epoch = u32::from_str_radix(parts.next()?, 16).ok()?;
            let seq = parts.next()?.parse().ok()?;
            let ticket = match parts.next() {
                Some(ticket) => Some(ticket.parse().ok()?),
                None => None,
            };
            parts
                .next()
                .is_none()
                .then_some(Self { epoch, seq, ticket })
        })();
        parsed.ok_or_else(|| ParseCursorError(text.to_owned()))
    }
}

impl Serialize for Cursor {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Cursor {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(de::Error::custom)
    }
}

#[cfg(feature = "openapi")]
impl utoipa::PartialSchema for Cursor {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        utoipa::openapi::ObjectBuilder::new()
            .schema_type(utoipa::openapi::schema::Type::String)
            .description(Some("A place in the log, opaque to phones."))
            .examples([serde_json::json!("1c9d7b2e-1042")])
            .into()
    }
}

#[cfg(feature = "openapi")]
impl utoipa::ToSchema for Cursor {}
