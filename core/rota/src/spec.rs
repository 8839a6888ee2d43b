//! What a person writes in a configuration file, before anything has been checked against a
//! calendar. Reading it checks the form of each value; [`Rota::new`](crate::Rota::new) checks
//! the meaning.
//!
//! Dates and times have the form TOML gives them (<https://toml.io/en/v1.1.0#offset-date-time>),
//! quoted or not: `2026-03-28`, `09:00`, `2026-03-28T10:00`, `2026-03-28T10:00+01:00`.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use jiff::civil::{Date, DateTime, Time, Weekday};
use serde::de::value::MapAccessDeserializer;
use serde::de::{Error as _, MapAccess, Unexpected, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use toml_datetime::Datetime;

/// One weekly rotation as written in a configuration file.
///
/// ```toml
/// zone = "Europe/Berlin"
/// start = 2026-01-05
/// handoff = { weekday = "monday", time = "09:00" }
/// members = [
///     { person = "anna" },
///     { person = "ben", leaves = 2026-06-29 },
///     { person = "chris", joins = 2026-06-29 },
/// ]
/// overrides = [{ person = "anna", from = 2026-03-28T10:00, until = 2026-03-29T22:00 }]
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RotaSpec {
    /// The IANA time zone in which handoffs and local dates are meant, such as `Europe/Berlin`.
    pub zone: String,
    /// The week that contains this date is the first listed member's; the others follow in the
    /// order of the list.
    #[serde(with = "toml_text")]
    pub start: Date,
    /// When in the week the duty changes hands.
    pub handoff: HandoffSpec,
    /// The people who take turns, in order. Add a newcomer at the end.
    pub members: Vec<MemberSpec>,
    /// Exceptions to the rotation. Where two overlap, the later in the list wins.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub overrides: Vec<OverrideSpec>,
}

/// The weekly moment at which the duty changes hands, on the rota's local clock.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HandoffSpec {
    /// The day of the week, written `monday` (or `mon`).
    #[serde(with = "weekday")]
    pub weekday: Weekday,
    /// The local time. Where the clocks skip it, the handoff is later by as much as they skip;
    /// where they show it twice, the handoff is the first of the two.
    #[serde(with = "toml_text")]
    pub time: Time,
}

/// One person's membership. Somebody who leaves and comes back has two.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MemberSpec {
    /// The person's id; the rota does not know who they are.
    pub person: String,
    /// They take turns from the first handoff on or after this date. Absent, or not later than
    /// the rota's start: from the start.
    #[serde(
        default,
        with = "toml_text::option",
        skip_serializing_if = "Option::is_none"
    )]
    pub joins: Option<Date>,
    /// They are no longer on call from the beginning of this date, or, if the duty changes
    /// hands that day, from the handoff. Absent: they stay.
    #[serde(
        default,
        with = "toml_text::option",
        skip_serializing_if = "Option::is_none"
    )]
    pub leaves: Option<Date>,
}

/// Somebody is on call instead of whoever the rotation names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OverrideSpec {
    /// The id of the person who stands in; they need not be a member.
    pub person: String,
    /// The first instant of the override.
    #[serde(with = "toml_text")]
    pub from: When,
    /// The first instant after it.
    #[serde(with = "toml_text")]
    pub until: When,
}

/// A moment as a person writes it: on the rota's local clock, or with an offset from UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// On the local clock, such as `2026-03-28T10:00`. A time the clocks skip means as much
    /// later as they skip, a time they show twice means the first.
    Local(DateTime),
    /// An instant, such as `2026-03-28T10:00+01:00` or `2026-03-28T09:00Z`.
    Instant(Timestamp),
}

impl fmt::Display for When {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            When::Local(local) => local.fmt(f),
            When::Instant(instant) => instant.fmt(f),
        }
    }
}

/// A value that TOML has a form of its own for.
trait TomlValue: fmt::Display + Sized {
    /// What to write, for the message that says it was not written.
    const EXPECTED: &'static str;

    /// The value, if it is one of this kind.
    fn from_toml(value: &Datetime) -> Option<Self>;
}

/// Prints what TOML read and has jiff read that: the two agree on RFC 3339, and the parts TOML
/// found say which kind of value it is.
fn reread<T: FromStr>(value: &Datetime) -> Option<T> {
    value.to_string().parse().ok()
}

impl TomlValue for Date {
    const EXPECTED: &'static str = "a date such as 2026-03-28";

    fn from_toml(value: &Datetime) -> Option<Self> {
        value.time.is_none().then(|| reread(value)).flatten()
    }
}

impl TomlValue for Time {
    const EXPECTED: &'static str = "a time of day such as 09:00";

    fn from_toml(value: &Datetime) -> Option<Self> {
        value.date.is_none().then(|| reread(value)).flatten()
    }
}

impl TomlValue for When {
    const EXPECTED: &'static str = "a date and time such as 2026-03-28T10:00 (on the rota's local \
                                    clock) or 2026-03-28T10:00+01:00";

    fn from_toml(value: &Datetime) -> Option<Self> {
        match (value.date, value.time, value.offset) {
            (Some(_), Some(_), None) => reread(value).map(When::Local),
            (Some(_), Some(_), Some(_)) => reread(value).map(When::Instant),
            _ => None,
        }
    }
}

/// Reads a [`TomlValue`] from TOML's own form or from text, and writes it as text.
mod toml_text {
    use std::marker::PhantomData;

    use super::*;

    pub(super) fn serialize<T: TomlValue, S: Serializer>(
        value: &T,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.collect_str(value)
    }

    pub(super) fn deserialize<'de, T: TomlValue, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<T, D::Error> {
        deserializer.deserialize_any(TomlText(PhantomData))
    }

    struct TomlText<T>(PhantomData<T>);

    impl<'de, T: TomlValue> Visitor<'de> for TomlText<T> {
        type Value = T;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str(T::EXPECTED)
        }

        fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<T, E> {
            text.parse()
                .ok()
                .and_then(|value| T::from_toml(&value))
                .ok_or_else(|| E::invalid_value(Unexpected::Str(text), &self))
        }

        fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<T, A::Error> {
            let value = Datetime::deserialize(MapAccessDeserializer::new(map))
                .map_err(|_| A::Error::invalid_type(Unexpected::Map, &self))?;
            T::from_toml(&value).ok_or_else(|| {
                A::Error::invalid_value(Unexpected::Other(&value.to_string()), &self)
            })
        }
    }

    pub(super) mod option {
        use super::*;

        pub(in crate::spec) fn serialize<T: TomlValue, S: Serializer>(
            value: &Option<T>,
            serializer: S,
        ) -> Result<S::Ok, S::Error> {
            match value {
                Some(value) => serializer.collect_str(value),
                None => serializer.serialize_none(),
            }
        }

        pub(in crate::spec) fn deserialize<'de, T: TomlValue, D: Deserializer<'de>>(
            deserializer: D,
        ) -> Result<Option<T>, D::Error> {
            struct Maybe<T>(PhantomData<T>);

            impl<'de, T: TomlValue> Visitor<'de> for Maybe<T> {
                type Value = Option<T>;

                fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                    f.write_str(T::EXPECTED)
                }

                fn visit_none<E: serde::de::Error>(self) -> Result<Option<T>, E> {
                    Ok(None)
                }

                fn visit_unit<E: serde::de::Error>(self) -> Result<Option<T>, E> {
                    Ok(None)
                }

                fn visit_some<D: Deserializer<'de>>(
                    self,
                    deserializer: D,
                ) -> Result<Option<T>, D::Error> {
                    super::deserialize(deserializer).map(Some)
                }
            }

            deserializer.deserialize_option(Maybe(PhantomData))
        }
    }
}

/// A day of the week as an English word; jiff leaves its text form to us.
mod weekday {
    use super::*;

    const NAMES: [(&str, Weekday); 7] = [
        ("monday", Weekday::Monday),
        ("tuesday", Weekday::Tuesday),
        ("wednesday", Weekday::Wednesday),
        ("thursday", Weekday::Thursday),
        ("friday", Weekday::Friday),
        ("saturday", Weekday::Saturday),
        ("sunday", Weekday::Sunday),
    ];

    pub(super) fn serialize<S: Serializer>(
        weekday: &Weekday,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(NAMES[weekday.to_monday_zero_offset() as usize].0)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Weekday, D::Error> {
        let text = String::deserialize(deserializer)?;
        let word = text.to_ascii_lowercase();
        NAMES
            .into_iter()
            .find(|(name, _)| word == *name || word == name[..3])
            .map(|(_, weekday)| weekday)
            .ok_or_else(|| {
                D::Error::invalid_value(
                    Unexpected::Str(&text),
                    &"a day of the week such as \"monday\"",
                )
            })
    }
}
