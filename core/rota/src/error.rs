//! Why a rota was refused, in words for the person who wrote it.

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};

/// Why [`Rota::new`](crate::Rota::new) refused a specification. Every text names the field, says
/// what was expected, and what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RotaError {
    /// The zone is not in the IANA time zone database.
    #[error(
        "zone: there is no IANA time zone {zone:?}; {}",
        match suggestion {
            Some(name) => format!("did you mean {name:?}?"),
            None => "write one such as \"Europe/Berlin\"".to_owned(),
        }
    )]
    UnknownZone {
        /// What was written.
        zone: String,
        /// A zone of a similar name, if there is one.
        suggestion: Option<String>,
    },
    /// A person's id is empty or has white space around it.
    #[error("{field}: expected a person's id without white space around it, not {person:?}")]
    BadPerson {
        /// Where, such as `members[2].person`.
        field: String,
        /// What was written.
        person: String,
    },
    /// Nobody is a member when the rotation starts.
    #[error(
        "members: expected at least one person who is a member at the start, {start}; add one, \
         or let `joins` of the first be no later than that"
    )]
    NobodyAtStart {
        /// The rota's start date.
        start: Date,
    },
    /// A membership ends before its first turn can begin.
    #[error(
        "{field}: expected a date later than {turns_begin}, when this person's turns begin, not \
         {leaves}; correct the date or remove the entry"
    )]
    LeavesBeforeFirstTurn {
        /// Where, such as `members[2].leaves`.
        field: String,
        /// The date written.
        leaves: Date,
        /// The date of the handoff that begins the person's first possible turn, or the rota's
        /// start.
        turns_begin: Date,
    },
    /// A person joins while already a member.
    #[error(
        "{field}: {person:?} is still a member by {earlier}; let that one end by a `leaves` no \
         later than this `joins`, or remove one of the two"
    )]
    AlreadyMember {
        /// Where, such as `members[2].joins`.
        field: String,
        /// Who.
        person: String,
        /// The other entry, such as `members[0]`.
        earlier: String,
    },
    /// For some time everybody has left and nobody has joined.
    #[error(
        "{field}: nobody is a member from {from} until {}; let somebody stay until then, or \
         somebody join by the handoff before",
        match until {
            Some(until) => until.to_string(),
            None => "forever".to_owned(),
        }
    )]
    NobodyLeft {
        /// The `leaves` of the last member to go, such as `members[2].leaves`.
        field: String,
        /// When the last member goes, on the local clock.
        from: DateTime,
        /// When the next one joins, on the local clock, if one does.
        until: Option<DateTime>,
    },
    /// An override ends before or when it begins.
    #[error("{field}: expected a moment later than `from`, which is {from}, not {until}")]
    EmptyOverride {
        /// Where, such as `overrides[0].until`.
        field: String,
        /// When it begins.
        from: Timestamp,
        /// When it is said to end.
        until: Timestamp,
    },
    /// Turns of no length, or longer than anybody means.
    #[error(
        "handoff.every: expected 1 to {} weeks or days, not {every}",
        crate::HandoffSpec::LONGEST
    )]
    BadLength {
        /// What was written.
        every: u8,
    },
    /// Hours on no day.
    #[error(
        "{field}: expected at least one day of the week, such as \"monday\"; add it, or remove the hours"
    )]
    NoDays {
        /// Where, such as `hours[0].days`.
        field: String,
    },
    /// At some time nobody's hours hold.
    #[error(
        "hours: nobody is on call from {from} until {} ({zone}); widen the hours, or add a \
         rotation without hours under `otherwise`",
        match until {
            Some(until) => until.to_string(),
            None => "forever".to_owned(),
        }
    )]
    Gap {
        /// When the first such time begins, on the local clock of `zone`.
        from: DateTime,
        /// When it ends.
        until: Option<DateTime>,
        /// The first rotation's zone.
        zone: String,
    },
    /// Somebody would be their own mentor.
    #[error("{field}: expected somebody else than {person:?}; name another mentor")]
    OwnMentor {
        /// Where, such as `members[2].mentor.person`.
        field: String,
        /// Who.
        person: String,
    },
    /// A mentor for no shift.
    #[error("{field}: expected at least 1, not 0; leave `mentor` out if there is none")]
    NoMentoredShifts {
        /// Where, such as `members[2].mentor.shifts`.
        field: String,
    },
    /// One of the rotations that take over is at fault.
    #[error("otherwise[{index}].{error}")]
    Otherwise {
        /// Which, from 0.
        index: usize,
        /// Where, such as `otherwise[1].members[2].leaves`.
        field: String,
        /// What is wrong with it.
        error: Box<RotaError>,
    },
    /// A date is before 1970, where the time zone database promises nothing
    /// (<https://data.iana.org/time-zones/theory.html#scope>), or at the end of the calendar.
    #[error("{field}: expected a date in the years 1970 to 9998, not {date}")]
    OutsideCalendar {
        /// Where, such as `overrides[0].from`.
        field: String,
        /// The date written.
        date: Date,
    },
}

impl RotaError {
    pub(crate) fn otherwise(self, index: usize) -> RotaError {
        RotaError::Otherwise {
            index,
            field: format!("otherwise[{index}].{}", self.field()),
            error: Box::new(self),
        }
    }

    /// The path of the field at fault within the specification, such as `members[2].leaves`.
    pub fn field(&self) -> &str {
        match self {
            RotaError::UnknownZone { .. } => "zone",
            RotaError::NobodyAtStart { .. } => "members",
            RotaError::BadLength { .. } => "handoff.every",
            RotaError::Gap { .. } => "hours",
            RotaError::BadPerson { field, .. }
            | RotaError::NoDays { field }
            | RotaError::OwnMentor { field, .. }
            | RotaError::NoMentoredShifts { field }
            | RotaError::Otherwise { field, .. }
            | RotaError::LeavesBeforeFirstTurn { field, .. }
            | RotaError::AlreadyMember { field, .. }
            | RotaError::NobodyLeft { field, .. }
            | RotaError::EmptyOverride { field, .. }
            | RotaError::OutsideCalendar { field, .. } => field,
        }
    }
}
