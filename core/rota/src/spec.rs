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

use crate::ShadowMode;

/// One rotation as written in a configuration file, and those that take over where it has hours.
///
/// ```toml
/// zone = "Europe/Berlin"
/// start = 2026-01-05
/// handoff = { weekday = "monday", time = "09:00" }
/// members = [
///     { person = "anna" },
///     { person = "ben", leaves = 2026-06-29 },
///     { person = "chris", joins = 2026-06-29, mentor = { person = "anna", shifts = 2, mode = "mentor_shadows" } },
/// ]
/// hours = [{ days = ["monday", "tuesday", "wednesday", "thursday", "friday"], from = 08:00, until = 18:00 }]
/// holidays = [2026-12-25]
/// overrides = [{ person = "anna", from = 2026-03-28T10:00, until = 2026-03-29T22:00 }]
///
/// [[otherwise]]
/// zone = "Asia/Seoul"
/// start = 2026-01-05
/// handoff = { time = 09:00 }
/// members = [{ person = "minjun" }, { person = "dora" }]
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RotaSpec {
    /// The IANA time zone in which handoffs and local dates are meant, such as `Europe/Berlin`.
    pub zone: String,
    /// The turn that contains this date is the first listed member's; the others follow in the
    /// order of the list.
    #[serde(with = "toml_text")]
    pub start: Date,
    /// When the duty changes hands.
    pub handoff: HandoffSpec,
    /// The people who take turns, in order. Add a newcomer at the end.
    pub members: Vec<MemberSpec>,
    /// Exceptions to the rotation, and to those that take over from it. Where two overlap, the
    /// later in the list wins.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub overrides: Vec<OverrideSpec>,
    /// When whoever has the turn is on call. Empty: always. Outside of the hours the rotations of
    /// `otherwise` are.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub hours: Vec<HoursSpec>,
    /// Local dates on which the hours do not hold, whatever the day of the week.
    #[serde(
        default,
        with = "toml_text::list",
        skip_serializing_if = "Vec::is_empty"
    )]
    pub holidays: Vec<Date>,
    /// Who is on call outside of the hours: the first of these whose own hours hold.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub otherwise: Vec<RotaSpec>,
}

impl RotaSpec {
    /// A rotation without exceptions: no overrides, no hours.
    pub fn new(
        zone: impl Into<String>,
        start: Date,
        handoff: HandoffSpec,
        members: Vec<MemberSpec>,
    ) -> RotaSpec {
        RotaSpec {
            zone: zone.into(),
            start,
            handoff,
            members,
            overrides: Vec::new(),
            hours: Vec::new(),
            holidays: Vec::new(),
            otherwise: Vec::new(),
        }
    }
}

/// The moment at which the duty changes hands, on the rotation's local clock: every so many weeks
/// on a weekday, or every so many days.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HandoffSpec {
    /// The day of the week, written `monday` (or `mon`): turns last weeks and begin on it. Absent:
    /// turns last days, and the first begins on the start date.
    #[serde(
        default,
        with = "weekday::option",
        skip_serializing_if = "Option::is_none"
    )]
    pub weekday: Option<Weekday>,
    /// The local time. Where the clocks skip it, the handoff is later by as much as they skip;
    /// where they show it twice, the handoff is the first of the two.
    #[serde(with = "toml_text")]
    pub time: Time,
    /// How many weeks or days a turn lasts, 1 to [`HandoffSpec::LONGEST`]; 1 if absent.
    #[serde(default = "one", skip_serializing_if = "is_one")]
    pub every: u8,
}

impl HandoffSpec {
    /// The most weeks or days that a turn may last.
    pub const LONGEST: u8 = 52;

    /// Every week on this day.
    pub const fn weekly(weekday: Weekday, time: Time) -> HandoffSpec {
        HandoffSpec {
            weekday: Some(weekday),
            time,
            every: 1,
        }
    }

    /// Every day.
    pub const fn daily(time: Time) -> HandoffSpec {
        HandoffSpec {
            weekday: None,
            time,
            every: 1,
        }
    }

    /// How many local days a turn lasts.
    pub(crate) fn days(&self) -> i64 {
        i64::from(self.every) * if self.weekday.is_some() { 7 } else { 1 }
    }
}

const fn one() -> u8 {
    1
}

/// As serde calls it.
fn is_one(every: &u8) -> bool {
    *every == 1
}

/// A stretch of hours on some days of the week, on the rotation's local clock.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HoursSpec {
    /// The days on which the stretch begins, written as in [`HandoffSpec::weekday`].
    #[serde(with = "weekday::list")]
    pub days: Vec<Weekday>,
    /// When it begins.
    #[serde(with = "toml_text")]
    pub from: Time,
    /// When it ends; not later than `from` means on the day after: from 00:00 until 00:00 is the
    /// whole day.
    #[serde(with = "toml_text")]
    pub until: Time,
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
    /// Who is with them in their first shifts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mentor: Option<MentorSpec>,
}

impl MemberSpec {
    /// Somebody who is there from the start and stays.
    pub fn new(person: impl Into<String>) -> MemberSpec {
        MemberSpec {
            person: person.into(),
            joins: None,
            leaves: None,
            mentor: None,
        }
    }
}

/// A newcomer does not do their first shifts alone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MentorSpec {
    /// The mentor's id; they need not be a member.
    pub person: String,
    /// How many turns of the rotation, from the beginning of the membership; at least 1.
    pub shifts: u16,
    /// Which of the two leads.
    pub mode: ShadowMode,
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

    pub(super) mod list {
        use super::*;

        #[derive(Serialize, Deserialize)]
        #[serde(transparent)]
        struct Item<T: TomlValue>(#[serde(with = "super")] T);

        pub(in crate::spec) fn serialize<T: TomlValue + Copy, S: Serializer>(
            values: &[T],
            serializer: S,
        ) -> Result<S::Ok, S::Error> {
            serializer.collect_seq(values.iter().copied().map(Item))
        }

        pub(in crate::spec) fn deserialize<'de, T: TomlValue, D: Deserializer<'de>>(
            deserializer: D,
        ) -> Result<Vec<T>, D::Error> {
            let items: Vec<Item<T>> = Vec::deserialize(deserializer)?;
            Ok(items.into_iter().map(|Item(value)| value).collect())
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

    struct Day(Weekday);

    impl Serialize for Day {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            serializer.serialize_str(NAMES[self.0.to_monday_zero_offset() as usize].0)
        }
    }

    impl<'de> Deserialize<'de> for Day {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            let text = String::deserialize(deserializer)?;
            let word = text.to_ascii_lowercase();
            NAMES
                .into_iter()
                .find(|(name, _)| word == *name || word == name[..3])
                .map(|(_, weekday)| Day(weekday))
                .ok_or_else(|| {
                    D::Error::invalid_value(
                        Unexpected::Str(&text),
                        &"a day of the week such as \"monday\"",
                    )
                })
        }
    }

    pub(super) mod option {
        use super::*;

        pub(in crate::spec) fn serialize<S: Serializer>(
            day: &Option<Weekday>,
            serializer: S,
        ) -> Result<S::Ok, S::Error> {
            day.map(Day).serialize(serializer)
        }

        pub(in crate::spec) fn deserialize<'de, D: Deserializer<'de>>(
            deserializer: D,
        ) -> Result<Option<Weekday>, D::Error> {
            Ok(Option::<Day>::deserialize(deserializer)?.map(|Day(day)| day))
        }
    }

    pub(super) mod list {
        use super::*;

        pub(in crate::spec) fn serialize<S: Serializer>(
            days: &[Weekday],
            serializer: S,
        ) -> Result<S::Ok, S::Error> {
            serializer.collect_seq(days.iter().copied().map(Day))
        }

        pub(in crate::spec) fn deserialize<'de, D: Deserializer<'de>>(
            deserializer: D,
        ) -> Result<Vec<Weekday>, D::Error> {
            let days: Vec<Day> = Vec::deserialize(deserializer)?;
            Ok(days.into_iter().map(|Day(day)| day).collect())
        }
    }
}
