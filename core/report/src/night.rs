//! Sleep debt: nights after which somebody should not be on call, and who could be.

use core::time::Duration;
use std::collections::{BTreeMap, BTreeSet};

use jiff::ToSpan;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use tocsin_ticket::{Millis, PersonId, TeamId};

use crate::hours::Hours;
use crate::tally::Zones;
use crate::{Load, Of, Shift};

/// So much lost sleep makes a night bad.
pub const BAD_SLEEP: Duration = Duration::from_secs(3600);

/// Being woken so often makes a night bad, however short each was. Two incidents are the most that
/// a shift of twelve hours can hold, day or night ("Site Reliability Engineering", chapter 11,
/// <https://sre.google/sre-book/being-on-call/>).
pub const BAD_WAKE_UPS: u64 = 2;

/// How many people a swap names.
const NAMED: usize = 3;

/// A night of somebody who was woken at least [`BAD_WAKE_UPS`] times or lost at least [`BAD_SLEEP`].
///
/// A night is one span of sleep hours. An interruption that began before it takes of its sleep, but
/// is no waking up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct BadNight {
    /// Who.
    pub person: PersonId,
    /// The date on which it began, where they live.
    #[cfg_attr(feature = "openapi", schema(value_type = String, format = Date))]
    pub date: Date,
    /// Interruptions that began in it.
    pub wake_ups: u64,
    /// Sleep that was lost in it, in milliseconds.
    pub interrupted_sleep_ms: u64,
    /// What is offered for it; nothing if they are not on call the day after.
    pub swaps: Vec<Swap>,
}

/// A swap that is offered after a bad night: the rest of the shift, from the end of that night until
/// the end of the next, so that a day and a whole night's sleep are theirs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Swap {
    /// In which team.
    pub team: TeamId,
    /// From when on.
    pub from: Millis,
    /// Until when.
    pub until: Millis,
    /// Who could take it, the best first, at most three: people of the team's rota who had no bad
    /// night then and are not on call meanwhile, by how little the report took of their sleep, and
    /// then of their time.
    pub to: Vec<PersonId>,
}

/// A night in the making.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct NightLoad {
    pub(crate) wake_ups: u64,
    pub(crate) sleep_ms: u64,
}

impl NightLoad {
    fn is_bad(self) -> bool {
        self.wake_ups >= BAD_WAKE_UPS || u128::from(self.sleep_ms) >= BAD_SLEEP.as_millis()
    }
}

/// Every night that cost somebody something.
pub(crate) type Nights = BTreeMap<(Date, PersonId), NightLoad>;

/// The bad ones among them, with what is offered.
pub(crate) fn bad_nights(
    nights: &Nights,
    zones: &Zones,
    shifts: &[Shift],
    people: &[Of<PersonId>],
) -> Vec<BadNight> {
    let bad: BTreeSet<(Date, &PersonId)> = nights
        .iter()
        .filter(|(_, load)| load.is_bad())
        .map(|((date, person), _)| (*date, person))
        .collect();
    bad.iter()
        .map(|&(date, person)| {
            let load = nights[&(date, person.clone())];
            let offer = |shift: &Shift| {
                let (from, until) = the_day_after(zones, shift, date)?;
                let mut to: Vec<&PersonId> = zones
                    .relief(&shift.team)
                    .iter()
                    .filter(|other| *other != person && !bad.contains(&(date, *other)))
                    .filter(|other| !on_call(shifts, other, from, until))
                    .collect();
                to.sort_by_key(|other| (cost(people, other), *other));
                to.dedup();
                Some(Swap {
                    team: shift.team.clone(),
                    from,
                    until,
                    to: to.into_iter().take(NAMED).cloned().collect(),
                })
            };
            BadNight {
                person: person.clone(),
                date,
                wake_ups: load.wake_ups,
                interrupted_sleep_ms: load.sleep_ms,
                swaps: shifts
                    .iter()
                    .filter(|shift| shift.person == *person)
                    .filter_map(offer)
                    .collect(),
            }
        })
        .collect()
}

/// What of the shift lies between the end of the night that began on `date` and the end of the
/// next.
fn the_day_after(zones: &Zones, shift: &Shift, date: Date) -> Option<(Millis, Millis)> {
    let zone = zones.of(&shift.person);
    let hours: &Hours = zones.hours(&shift.team);
    let from = hours.night_of(zone, date).until.max(shift.from);
    let next = date.saturating_add(1.day());
    let until = hours.night_of(zone, next).until.min(shift.until);
    (from < until).then_some((from, until))
}

fn on_call(shifts: &[Shift], person: &PersonId, from: Millis, until: Millis) -> bool {
    shifts
        .iter()
        .any(|it| it.person == *person && it.from < until && from < it.until)
}

fn cost(people: &[Of<PersonId>], person: &PersonId) -> (u64, u64) {
    people
        .iter()
        .find(|it| it.id == *person)
        .map_or((0, 0), |Of { load, .. }: &Of<PersonId>| {
            let Load {
                interrupted_sleep_ms,
                interrupted_ms,
                ..
            } = load;
            (*interrupted_sleep_ms, *interrupted_ms)
        })
}
