//! One rotation: members who take turns, and the hours in which that counts.

use std::sync::LazyLock;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::{TimeZone, TimeZoneDatabase};

use crate::grid::Grid;
use crate::hours::Hours;
use crate::plan::{Change, ChangeKind, Person, Plan};
use crate::{HandoffSpec, MemberSpec, RotaError, RotaSpec, ShadowMode};

#[derive(Debug, Clone)]
pub(crate) struct Rotation {
    pub(crate) grid: Grid,
    /// None: always.
    pub(crate) hours: Option<Hours>,
    first_members: Vec<Person>,
    changes: Vec<Change>,
    mentorships: Vec<Mentorship>,
}

/// A newcomer's first turns.
#[derive(Debug, Clone)]
pub(crate) struct Mentorship {
    pub(crate) newcomer: Person,
    pub(crate) mentor: Person,
    pub(crate) mode: ShadowMode,
    /// The first turn that may be theirs.
    first_turn: i64,
    leaves: Option<Timestamp>,
    turns: usize,
}

/// What of a turn one person has.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Held<'a> {
    pub(crate) turn: i64,
    pub(crate) person: Person,
    pub(crate) from: Timestamp,
    pub(crate) until: Timestamp,
    /// Whether they are new.
    pub(crate) mentorship: Option<&'a Mentorship>,
}

impl Rotation {
    pub(crate) fn new(spec: &RotaSpec, people: &mut People) -> Result<Rotation, RotaError> {
        let start = in_calendar(spec.start, || "start".to_owned())?;
        let zone = zone(&spec.zone)?;
        if !(1..=HandoffSpec::LONGEST).contains(&spec.handoff.every) {
            return Err(RotaError::BadLength {
                every: spec.handoff.every,
            });
        }
        let grid = Grid::new(zone.clone(), start, &spec.handoff);
        let memberships = memberships(spec, &grid, people)?;
        for (index, holiday) in spec.holidays.iter().enumerate() {
            in_calendar(*holiday, || format!("holidays[{index}]"))?;
        }
        let hours = Hours::new(&zone, &spec.hours, &spec.holidays)?;
        let first_members: Vec<Person> = memberships
            .iter()
            .filter(|member| member.first_turn.is_none())
            .map(|member| member.person)
            .collect();
        if first_members.is_empty() {
            return Err(RotaError::NobodyAtStart { start: spec.start });
        }
        Ok(Rotation {
            changes: changes(&memberships, &first_members, &grid)?,
            mentorships: mentorships(spec, &memberships, people)?,
            hours,
            grid,
            first_members,
        })
    }

    /// Whether it counts at `instant`.
    pub(crate) fn holds(&self, instant: Timestamp) -> bool {
        self.hours.as_ref().is_none_or(|hours| hours.hold(instant))
    }

    /// The plan up to and including the turn that contains `until`, for `people` people in all.
    pub(crate) fn plan(&self, until: Timestamp, people: usize) -> Plan<'_> {
        Plan::until(
            self.grid.containing(until),
            people,
            &self.first_members,
            &self.changes,
        )
    }

    /// Whose turn it is at `instant`, whatever the hours.
    pub(crate) fn held(&self, plan: &Plan<'_>, instant: Timestamp) -> Held<'_> {
        let turn = self.grid.containing(instant);
        let part = plan.turn(turn, instant);
        Held {
            turn,
            person: part.person,
            from: part.from.unwrap_or_else(|| self.grid.begin(turn)),
            until: part.until.unwrap_or_else(|| self.grid.begin(turn + 1)),
            mentorship: self.mentorship(plan, turn, part.person, instant),
        }
    }

    fn mentorship(
        &self,
        plan: &Plan<'_>,
        turn: i64,
        person: Person,
        instant: Timestamp,
    ) -> Option<&Mentorship> {
        self.mentorships.iter().find(|mentorship| {
            mentorship.newcomer == person
                && mentorship.first_turn <= turn
                && mentorship.leaves.is_none_or(|leaves| instant < leaves)
                && plan.turns_of(person, mentorship.first_turn, turn) < mentorship.turns
        })
    }
}

/// The IANA time zone of that name, in the database compiled into this crate.
///
/// # Errors
///
/// [`RotaError::UnknownZone`], with the name that was probably meant.
pub fn zone(name: &str) -> Result<TimeZone, RotaError> {
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
#[derive(Debug, Clone, Default)]
pub(crate) struct People(Vec<String>);

impl People {
    /// Everybody, in the order in which they were named.
    pub(crate) fn names(&self) -> impl ExactSizeIterator<Item = &String> {
        self.0.iter()
    }

    /// The name at a place.
    pub(crate) fn name(&self, person: Person) -> String {
        self.0[person].clone()
    }

    /// The person's place, found or made.
    pub(crate) fn index(
        &mut self,
        person: &str,
        field: impl FnOnce() -> String,
    ) -> Result<Person, RotaError> {
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

/// A [`MemberSpec`] on the grid of grid.
struct Membership {
    person: Person,
    /// The first turn they may hold; none for those who are members from the start.
    first_turn: Option<i64>,
    leaves: Option<Timestamp>,
}

fn memberships(
    spec: &RotaSpec,
    grid: &Grid,
    people: &mut People,
) -> Result<Vec<Membership>, RotaError> {
    let mut memberships: Vec<Membership> = Vec::new();
    for (index, member) in spec.members.iter().enumerate() {
        let person = people.index(&member.person, || format!("members[{index}].person"))?;
        let first_turn = member
            .joins
            .filter(|joins| *joins > spec.start)
            .map(|joins| grid.first_on_or_after(joins));
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
                let leaves = grid.leaving(in_calendar(date, field)?);
                let turns_begin = first_turn.map_or(spec.start, |turn| grid.date(turn));
                // The second only differs where the clocks skip a handoff past midnight.
                if date <= turns_begin || leaves <= grid.begin(first_turn.unwrap_or(0)) {
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
            first_turn,
            leaves,
        });
    }
    Ok(memberships)
}

/// Refuses dates for which there are no time zone rules worth the name, and those so late that
/// the handoffs around them could not be represented.
pub(crate) fn in_calendar(date: Date, field: impl FnOnce() -> String) -> Result<Date, RotaError> {
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

/// Who is with whom, and for how many turns.
fn mentorships(
    spec: &RotaSpec,
    memberships: &[Membership],
    people: &mut People,
) -> Result<Vec<Mentorship>, RotaError> {
    let mut mentorships = Vec::new();
    for (index, (member, membership)) in spec.members.iter().zip(memberships).enumerate() {
        let Some(mentor) = &member.mentor else {
            continue;
        };
        let field = |name: &str| format!("members[{index}].mentor.{name}");
        if mentor.person == member.person {
            return Err(RotaError::OwnMentor {
                field: field("person"),
                person: mentor.person.clone(),
            });
        }
        if mentor.shifts == 0 {
            return Err(RotaError::NoMentoredShifts {
                field: field("shifts"),
            });
        }
        mentorships.push(Mentorship {
            newcomer: membership.person,
            mentor: people.index(&mentor.person, || field("person"))?,
            mode: mentor.mode,
            first_turn: membership.first_turn.unwrap_or(0),
            leaves: membership.leaves,
            turns: usize::from(mentor.shifts),
        });
    }
    Ok(mentorships)
}

/// The comings and goings in the order in which they take effect; at one instant people leave
/// before others join, so that a newcomer finds the place they leave, and otherwise the order of
/// the list decides.
fn changes(
    memberships: &[Membership],
    first_members: &[Person],
    grid: &Grid,
) -> Result<Vec<Change>, RotaError> {
    let mut events: Vec<(Timestamp, bool, usize)> = Vec::new();
    for (entry, member) in memberships.iter().enumerate() {
        events.extend(member.leaves.map(|leaves| (leaves, false, entry)));
        events.extend(
            member
                .first_turn
                .map(|turn| (grid.begin(turn), true, entry)),
        );
    }
    events.sort_unstable();

    let mut members = first_members.to_vec();
    let mut changes = Vec::with_capacity(events.len());
    for (position, &(at, joins, entry)) in events.iter().enumerate() {
        let person = memberships[entry].person;
        let turn = grid.containing(at);
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
                    from: grid.local(at),
                    until: next.map(|next| grid.local(next.0)),
                });
            }
            ChangeKind::Leave {
                others: members.clone(),
                inside: (grid.begin(turn) < at).then_some(at),
            }
        };
        changes.push(Change { person, turn, kind });
    }
    Ok(changes)
}
