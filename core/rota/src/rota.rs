//! A validated rota and the two questions it answers.

use std::sync::LazyLock;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::{TimeZone, TimeZoneDatabase};
use serde::{Deserialize, Serialize};

use crate::plan::{Change, ChangeKind, Person, Plan};
use crate::week::Weeks;
use crate::{MemberSpec, RotaError, RotaSpec, When};

/// One person's uninterrupted duty.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shift {
    /// Who is on call.
    pub person: String,
    /// The first instant.
    pub from: Timestamp,
    /// The first instant after.
    pub until: Timestamp,
    /// Why it is this person.
    pub kind: ShiftKind,
}

/// Why somebody is on call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ShiftKind {
    /// By the rotation.
    Rotation {
        /// Which week: 0 contains the rota's start, those before it are negative.
        week: i64,
    },
    /// By an override.
    Override,
}

/// A rotation that is known to have exactly one person on call at every instant.
#[derive(Debug, Clone)]
pub struct Rota {
    weeks: Weeks,
    people: Vec<String>,
    first_members: Vec<Person>,
    changes: Vec<Change>,
    overrides: Vec<Override>,
}

#[derive(Debug, Clone)]
struct Override {
    person: Person,
    from: Timestamp,
    until: Timestamp,
}

impl Rota {
    /// Checks a specification and works out when members come and go.
    ///
    /// # Errors
    ///
    /// The first thing found that would leave an instant without exactly one person on call, or
    /// that cannot have been meant: see [`RotaError`].
    pub fn new(spec: &RotaSpec) -> Result<Rota, RotaError> {
        let start = in_calendar(spec.start, || "start".to_owned())?;
        let weeks = Weeks::new(zone(&spec.zone)?, start, &spec.handoff);
        let mut people = People::default();
        let memberships = memberships(spec, &weeks, &mut people)?;
        let overrides = overrides(spec, &weeks, &mut people)?;
        let first_members: Vec<Person> = memberships
            .iter()
            .filter(|member| member.first_week.is_none())
            .map(|member| member.person)
            .collect();
        if first_members.is_empty() {
            return Err(RotaError::NobodyAtStart { start: spec.start });
        }
        Ok(Rota {
            changes: changes(&memberships, &first_members, &weeks)?,
            people: people.0,
            weeks,
            first_members,
            overrides,
        })
    }

    /// Who is on call at `instant`, and from when until when. Exactly one person always is;
    /// before the rota's start the first members take turns as after it.
    ///
    /// The answer holds until [`Shift::until`]. Working it out replays the rotation from its
    /// start, some tens of microseconds for ten years.
    pub fn on_call(&self, instant: Timestamp) -> Shift {
        self.shift(&self.plan(instant), instant)
    }

    /// Every shift of which some part lies in `from..until`, in order and whole: the first may
    /// begin before `from` and the last end after `until`. They leave no gap and never overlap.
    pub fn shifts(&self, from: Timestamp, until: Timestamp) -> Vec<Shift> {
        let plan = self.plan(until);
        let mut shifts = Vec::new();
        let mut at = from;
        while at < until {
            let shift = self.shift(&plan, at);
            at = shift.until;
            shifts.push(shift);
        }
        shifts
    }

    /// The first handoff of the rotation later than `instant`, whether or not an override hides
    /// it; [`Timestamp::MAX`] if the calendar ends first.
    pub fn next_handoff(&self, instant: Timestamp) -> Timestamp {
        self.weeks.begin(self.weeks.containing(instant) + 1)
    }

    /// Everybody the specification names, members first, each once.
    pub fn people(&self) -> impl ExactSizeIterator<Item = &str> {
        self.people.iter().map(String::as_str)
    }

    fn plan(&self, until: Timestamp) -> Plan<'_> {
        Plan::until(
            self.weeks.containing(until),
            self.people.len(),
            &self.first_members,
            &self.changes,
        )
    }

    fn shift(&self, plan: &Plan<'_>, instant: Timestamp) -> Shift {
        let on_top = self
            .overrides
            .iter()
            .rposition(|over| over.from <= instant && instant < over.until);
        let (person, mut from, mut until, kind, above) = match on_top {
            Some(index) => {
                let over = &self.overrides[index];
                (
                    over.person,
                    over.from,
                    over.until,
                    ShiftKind::Override,
                    index + 1,
                )
            }
            None => {
                let week = self.weeks.containing(instant);
                let turn = plan.turn(week, instant);
                (
                    turn.person,
                    turn.from.unwrap_or_else(|| self.weeks.begin(week)),
                    turn.until.unwrap_or_else(|| self.weeks.begin(week + 1)),
                    ShiftKind::Rotation { week },
                    0,
                )
            }
        };
        for over in &self.overrides[above..] {
            if over.until <= instant {
                from = from.max(over.until);
            } else {
                until = until.min(over.from);
            }
        }
        Shift {
            person: self.people[person].clone(),
            from,
            until,
            kind,
        }
    }
}

/// The zone of that name in the database compiled into this crate.
fn zone(name: &str) -> Result<TimeZone, RotaError> {
    static ZONES: LazyLock<TimeZoneDatabase> = LazyLock::new(TimeZoneDatabase::bundled);
    /// Below this, of 1 for equal names, a name is a different one and not a slip of the pen.
    const SIMILAR: f64 = 0.75;

    let known = ZONES.get(name).ok().filter(|zone| !zone.is_unknown());
    known.ok_or_else(|| {
        let written = name.to_lowercase().replace(' ', "_");
        let likeness = |candidate: &str| {
            let candidate = candidate.to_lowercase();
            let city = candidate.rsplit('/').next().unwrap_or_default();
            strsim::normalized_damerau_levenshtein(&written, &candidate)
                .max(strsim::normalized_damerau_levenshtein(&written, city))
        };
        let suggestion = ZONES
            .available()
            .map(|candidate| (likeness(candidate.as_str()), candidate))
            .filter(|(likeness, _)| *likeness >= SIMILAR)
            .max_by(|(a, _), (b, _)| a.total_cmp(b))
            .map(|(_, candidate)| candidate.to_string());
        RotaError::UnknownZone {
            zone: name.to_owned(),
            suggestion,
        }
    })
}

/// Everybody named so far, each once.
#[derive(Default)]
struct People(Vec<String>);

impl People {
    fn index(&mut self, person: &str, field: impl FnOnce() -> String) -> Result<Person, RotaError> {
        if person.is_empty() || person.trim() != person {
            return Err(RotaError::BadPerson {
                field: field(),
                person: person.to_owned(),
            });
        }
        Ok(self
            .0
            .iter()
            .position(|known| known == person)
            .unwrap_or_else(|| {
                self.0.push(person.to_owned());
                self.0.len() - 1
            }))
    }
}

/// A [`MemberSpec`] on the grid of weeks.
struct Membership {
    person: Person,
    /// The first week they may hold; none for those who are members from the start.
    first_week: Option<i64>,
    leaves: Option<Timestamp>,
}

fn memberships(
    spec: &RotaSpec,
    weeks: &Weeks,
    people: &mut People,
) -> Result<Vec<Membership>, RotaError> {
    let mut memberships: Vec<Membership> = Vec::new();
    for (index, member) in spec.members.iter().enumerate() {
        let person = people.index(&member.person, || format!("members[{index}].person"))?;
        let first_week = member
            .joins
            .filter(|joins| *joins > spec.start)
            .map(|joins| weeks.first_on_or_after(joins));
        if let Some((other, earlier)) = spec.members[..index]
            .iter()
            .enumerate()
            .find(|(_, earlier)| earlier.person == member.person && overlap(earlier, member))
        {
            // Whichever joins later is the one that joins too early.
            let (late, early) = if member.joins >= earlier.joins {
                (index, other)
            } else {
                (other, index)
            };
            return Err(RotaError::AlreadyMember {
                field: format!("members[{late}].joins"),
                person: member.person.clone(),
                earlier: format!("members[{early}]"),
            });
        }
        if let Some(joins) = member.joins {
            in_calendar(joins, || format!("members[{index}].joins"))?;
        }
        let leaves = match member.leaves {
            None => None,
            Some(date) => {
                let field = || format!("members[{index}].leaves");
                let leaves = weeks.leaving(in_calendar(date, field)?);
                let turns_begin = first_week.map_or(spec.start, |week| weeks.date(week));
                // The second only differs where the clocks skip a handoff past midnight.
                if date <= turns_begin || leaves <= weeks.begin(first_week.unwrap_or(0)) {
                    return Err(RotaError::LeavesBeforeFirstTurn {
                        field: field(),
                        leaves: date,
                        turns_begin,
                    });
                }
                Some(leaves)
            }
        };
        memberships.push(Membership {
            person,
            first_week,
            leaves,
        });
    }
    Ok(memberships)
}

/// Refuses dates for which there are no time zone rules worth the name, and those so late that
/// the handoffs around them could not be represented.
fn in_calendar(date: Date, field: impl FnOnce() -> String) -> Result<Date, RotaError> {
    if (1970..=9998).contains(&date.year()) {
        Ok(date)
    } else {
        Err(RotaError::OutsideCalendar {
            field: field(),
            date,
        })
    }
}

/// Whether two memberships of one person have a day in common.
fn overlap(a: &MemberSpec, b: &MemberSpec) -> bool {
    let ends_by = |a: &MemberSpec, b: &MemberSpec| {
        a.leaves
            .zip(b.joins)
            .is_some_and(|(leaves, joins)| leaves <= joins)
    };
    !ends_by(a, b) && !ends_by(b, a)
}

fn overrides(
    spec: &RotaSpec,
    weeks: &Weeks,
    people: &mut People,
) -> Result<Vec<Override>, RotaError> {
    spec.overrides
        .iter()
        .enumerate()
        .map(|(index, over)| {
            let field = |name: &str| format!("overrides[{index}].{name}");
            let instant = |when: When, name| match when {
                When::Instant(instant) => Ok(instant),
                When::Local(local) => {
                    in_calendar(local.date(), || field(name))?;
                    Ok(weeks.instant(local))
                }
            };
            let person = people.index(&over.person, || field("person"))?;
            let from = instant(over.from, "from")?;
            let until = instant(over.until, "until")?;
            if until <= from {
                return Err(RotaError::EmptyOverride {
                    field: field("until"),
                    from,
                    until,
                });
            }
            Ok(Override {
                person,
                from,
                until,
            })
        })
        .collect()
}

/// The comings and goings in the order in which they take effect; at one instant people leave
/// before others join, so that a newcomer finds the place they leave, and otherwise the order of
/// the list decides.
fn changes(
    memberships: &[Membership],
    first_members: &[Person],
    weeks: &Weeks,
) -> Result<Vec<Change>, RotaError> {
    let mut events: Vec<(Timestamp, bool, usize)> = Vec::new();
    for (entry, member) in memberships.iter().enumerate() {
        events.extend(member.leaves.map(|leaves| (leaves, false, entry)));
        events.extend(
            member
                .first_week
                .map(|week| (weeks.begin(week), true, entry)),
        );
    }
    events.sort_unstable();

    let mut members = first_members.to_vec();
    let mut changes = Vec::with_capacity(events.len());
    for (position, &(at, joins, entry)) in events.iter().enumerate() {
        let person = memberships[entry].person;
        let week = weeks.containing(at);
        let kind = if joins {
            members.push(person);
            ChangeKind::Join {
                members: members.len() - 1,
            }
        } else {
            members.retain(|member| *member != person);
            let next = events.get(position + 1);
            if members.is_empty() && next.is_none_or(|next| next.0 > at) {
                return Err(RotaError::NobodyLeft {
                    field: format!("members[{entry}].leaves"),
                    from: weeks.local(at),
                    until: next.map(|next| weeks.local(next.0)),
                });
            }
            ChangeKind::Leave {
                others: members.clone(),
                inside: (weeks.begin(week) < at).then_some(at),
            }
        };
        changes.push(Change { person, week, kind });
    }
    Ok(changes)
}
