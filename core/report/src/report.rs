//! What a report says.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use tocsin_ticket::{Millis, PersonId, ServiceId, TeamId, TicketId};

use crate::{BadNight, Names, Part, Spread};

/// What being on call cost.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Report {
    /// The first instant.
    pub from: Millis,
    /// The first instant after.
    pub until: Millis,
    /// The IANA name of the zone in which weeks begin.
    pub zone: String,
    /// What people call whom and what.
    #[cfg_attr(feature = "openapi", schema(inline))]
    pub names: Names,
    /// All of it.
    pub total: Load,
    /// Each team that had any load.
    pub teams: Vec<Of<TeamId>>,
    /// Each person for whom there was any, the most interrupted first.
    pub people: Vec<Of<PersonId>>,
    /// Each service that brought any, the most interrupting first.
    pub services: Vec<Of<ServiceId>>,
    /// Each calendar week, the first and the last cut to the report.
    pub weeks: Vec<Week>,
    /// Each shift that was asked about, in the order of time.
    pub shifts: Vec<ShiftLoad>,
    /// Pages by weekday, Monday first, and hour of the day, by the clock of whom they rang for.
    pub clock: Vec<Vec<u64>>,
    /// The five alarm patterns that cost the most, the worst first.
    pub patterns: Vec<Pattern>,
    /// Against the four weeks before.
    pub trend: Trend,
    /// The nights after which somebody should not be on call, in the order of time.
    pub bad_nights: Vec<BadNight>,
}

/// How much there was.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Load {
    /// Pages that rang.
    pub pages: ByPart,
    /// Interruptions: pages that rang for somebody who was not being kept by another.
    pub interruptions: ByPart,
    /// Pages that rang nowhere.
    pub unheard: u64,
    /// What interruptions took of people, in milliseconds.
    pub interrupted_ms: u64,
    /// What of that was their sleep, in milliseconds.
    pub interrupted_sleep_ms: u64,
    /// Tickets that were opened, whether or not they paged.
    pub tickets: u64,
    /// How long things took.
    pub times: Times,
    /// What need not have been.
    pub noise: Noise,
}

/// A number for each part of the day.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ByPart {
    /// In business hours.
    pub business: u64,
    /// In evenings, and by day on days off.
    pub evening: u64,
    /// In sleep hours.
    pub sleep: u64,
}

impl ByPart {
    /// All parts together.
    #[must_use]
    pub const fn total(&self) -> u64 {
        self.business + self.evening + self.sleep
    }

    pub(crate) const fn of(&mut self, part: Part) -> &mut u64 {
        match part {
            Part::Business => &mut self.business,
            Part::Evening => &mut self.evening,
            Part::Sleep => &mut self.sleep,
        }
    }
}

/// How long things took on tickets that paged, from the alarm on. What did not happen has no time.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Times {
    /// Until the first person checked in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub check_in: Option<Spread>,
    /// Until work was started first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start: Option<Spread>,
    /// Until it was resolved for good.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resolve: Option<Spread>,
}

/// What need not have been. No ticket is in two of the first three.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Noise {
    /// Tickets that paged, of which the others are some.
    pub paged: u64,
    /// Those over before anybody touched them: monitoring said that the alarm recovered.
    pub recovered: u64,
    /// Those on which nobody did more than check in, answer and resolve.
    pub no_action: u64,
    /// How often an alarm fired again while its ticket was open.
    pub repeats: u64,
    /// Tickets, besides those that paged, whose pages a rule held back (a hold-off, a maintenance
    /// window, ...) until they were over: noise that disturbed nobody.
    pub held: u64,
}

/// The load of somebody or something.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Of<Id> {
    /// Whose.
    pub id: Id,
    /// How much.
    pub load: Load,
}

/// The load of a week.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(as = ReportWeek))]
pub struct Week {
    /// The date of its first day, a Monday but for the weeks of a trend.
    #[cfg_attr(feature = "openapi", schema(value_type = String, format = Date))]
    pub date: Date,
    /// Its first instant in the report.
    pub from: Millis,
    /// The first instant after.
    pub until: Millis,
    /// How much.
    pub load: Load,
}

/// The load of a shift: of its person, for its team, while it lasted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ShiftLoad {
    /// Who was on call.
    pub person: PersonId,
    /// Where.
    pub team: TeamId,
    /// Its first instant, which may be before the report's.
    pub from: Millis,
    /// The first instant after, which may be after the report's.
    pub until: Millis,
    /// How much, in the report's time.
    pub load: Load,
}

/// Alarms of one kind: of one service, with titles that differ in numbers and ids only.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(as = AlarmPattern))]
pub struct Pattern {
    /// The service.
    pub service: ServiceId,
    /// The title, with `#` for numbers and ids; see [`mask`](crate::mask).
    pub title: String,
    /// The newest ticket of the kind.
    pub example: TicketId,
    /// What it cost, in milliseconds: all that its interruptions took of people, and the sleep
    /// among it twice.
    pub cost_ms: u64,
    /// How much.
    pub load: Load,
    /// What to do about it.
    pub advice: Advice,
}

/// What to do about an alarm pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Advice {
    /// Half of its tickets or more recovered untouched: wait before paging.
    HoldOff,
    /// On half of them or more nobody did anything: do not page.
    DoNotPage,
    /// There is work in it each time: remove the cause.
    Fix,
}

/// How it went against the four weeks before the report.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Trend {
    /// In the report.
    pub now: PerWeek,
    /// In the four weeks before.
    pub before: PerWeek,
    /// Those weeks, oldest first, of seven days each by the report's calendar.
    pub weeks_before: Vec<Week>,
}

/// Averages over seven days.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PerWeek {
    /// Pages.
    pub pages: f64,
    /// Those in sleep hours.
    pub sleep_pages: f64,
    /// Interruptions.
    pub interruptions: f64,
    /// Interrupted sleep, in minutes.
    pub interrupted_sleep_minutes: f64,
    /// Tickets.
    pub tickets: f64,
}
