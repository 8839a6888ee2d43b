//! Names of things. Each is its own type, so that a team cannot be passed where a person is meant.

use core::fmt;
use core::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

macro_rules! text_id {
    ($(#[$meta:meta])* $name:ident) => {
        $(#[$meta])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        #[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(value_type = String))]
        pub struct $name(Arc<str>);

        impl $name {
            /// Wraps the text as it is; whoever takes it from outside checks it first.
            pub fn new(text: impl Into<Arc<str>>) -> Self {
                Self(text.into())
            }

            /// The id as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                Self::new(text)
            }
        }
    };
}

text_id!(
    /// A person, by the short name the team's configuration gives them (`ana`).
    PersonId
);
text_id!(
    /// A team (`shop`).
    TeamId
);
text_id!(
    /// A service that a team runs (`checkout`).
    ServiceId
);
text_id!(
    /// One enrolled device of a person.
    DeviceId
);
text_id!(
    /// A drill: a test page that belongs to no ticket.
    DrillId
);

/// A ticket's number, unique on its server and given in the order of opening.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TicketId(pub u64);

impl fmt::Display for TicketId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{}", self.0)
    }
}

/// A page: the `number`-th page of `ticket`, counted from 1. Written `42.3`.
///
/// Derived rather than random, so that deciding draws no randomness and every transport and
/// device agrees on the id without asking.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PageId {
    /// The ticket it belongs to.
    pub ticket: TicketId,
    /// Its number within the ticket, from 1.
    pub number: u32,
}

impl fmt::Display for PageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.ticket.0, self.number)
    }
}

/// The text is not a page id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("page id: expected TICKET.NUMBER such as \"42.3\", got {0:?}")]
pub struct ParsePageIdError(String);

impl FromStr for PageId {
    type Err = ParsePageIdError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.split_once('.')
            .and_then(|(ticket, number)| {
                Some(Self {
                    ticket: TicketId(ticket.parse().ok()?),
                    number: number.parse().ok()?,
                })
            })
            .ok_or_else(|| ParsePageIdError(text.to_owned()))
    }
}

impl Serialize for PageId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for PageId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(de::Error::custom)
    }
}

#[cfg(feature = "openapi")]
impl utoipa::PartialSchema for PageId {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        utoipa::openapi::ObjectBuilder::new()
            .schema_type(utoipa::openapi::schema::Type::String)
            .description(Some("A page: TICKET.NUMBER."))
            .examples([serde_json::json!("42.3")])
            .into()
    }
}

#[cfg(feature = "openapi")]
impl utoipa::ToSchema for PageId {}
