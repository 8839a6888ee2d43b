//! A validated rota and the questions it answers.

use std::cell::OnceCell;
use std::collections::HashSet;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan};
use serde::{Deserialize, Serialize};

use crate::hours::{Hours, Stretch, joined};
use crate::plan::{Person, Plan};
use crate::rotation::{People, Rotation, in_calendar};
use crate::{RotaError, RotaSpec, Shadow, ShadowMode, Swap, When};

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
        /// Which turn of it: 0 contains the rotation's start, those before it are negative.
        turn: i64,
    },
    /// By an override.
    Override,
    /// By a swap that both agreed to.
    Swap,
}

/// A shift, and who else is in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Duty {
    /// Who is on call.
    pub shift: Shift,
    /// The newcomer and the mentor, if it is one of a newcomer's first.
    pub shadow: Option<Shadow>,
}

/// Rotations that are known to have exactly one person on call at every instant.
#[derive(Debug, Clone)]
pub struct Rota {
    /// The first whose hours hold counts, or else the last.
    rotations: Vec<Rotation>,
    people: People,
    overrides: Vec<Override>,
}

#[derive(Debug, Clone)]
struct Override {
    person: Person,
    from: Timestamp,
    until: Timestamp,
    kind: ShiftKind,
}

impl Rota {
    /// How far ahead of the start it is made sure that the hours leave no gap, in years. Later
    /// the last rotation takes over whatever the others leave.
    pub const YEARS_WITHOUT_GAP: i16 = 30;

    /// Checks a specification and works out when members come and go.
    ///
    /// # Errors
    ///
    /// The first thing found that would leave an instant without exactly one person on call, or
    /// that cannot have been meant: see [`RotaError`].
    pub fn new(spec: &RotaSpec) -> Result<Rota, RotaError> {
        let mut rota = Rota {
            rotations: Vec::new(),
            people: People::default(),
            overrides: Vec::new(),
        };
        rota.add(spec)?;
        rota.refuse_gap(spec)?;
        Ok(rota)
    }

    /// The same rota after these swaps; those that were not accepted change nothing. Swaps win over
    /// overrides, and of two swaps that overlap the later in the list.
    #[must_use]
    pub fn with_swaps<'a>(&self, swaps: impl IntoIterator<Item = &'a Swap>) -> Rota {
        let mut rota = self.clone();
        for (person, from, until) in swaps.into_iter().flat_map(Swap::takeovers) {
            // Both were on call in a rota, which has no bad names.
            let Ok(person) = rota.people.index(person, String::new) else {
                continue;
            };
            rota.overrides.push(Override {
                person,
                from,
                until,
                kind: ShiftKind::Swap,
            });
        }
        rota
    }

    /// Who is on call at `instant`, and from when until when. Exactly one person always is;
    /// before the rota's start the first members take turns as after it.
    ///
    /// The answer holds until [`Shift::until`]. Working it out replays the rotation from its
    /// start, some tens of microseconds for ten years of weeks.
    pub fn on_call(&self, instant: Timestamp) -> Shift {
        self.duty(&Plans::new(self, instant), instant).shift
    }

    /// The newcomer and the mentor who do the shift at `instant` together, if it is one of a
    /// newcomer's first.
    pub fn shadow(&self, instant: Timestamp) -> Option<Shadow> {
        self.duty(&Plans::new(self, instant), instant).shadow
    }

    /// Every shift of which some part lies in `from..until`, in order and whole: the first may
    /// begin before `from` and the last end after `until`. They leave no gap and never overlap.
    pub fn shifts(&self, from: Timestamp, until: Timestamp) -> Vec<Shift> {
        let duties = self.duties(from, until).into_iter();
        duties.map(|duty| duty.shift).collect()
    }

    /// The same shifts, each with who is in it besides.
    pub fn duties(&self, from: Timestamp, until: Timestamp) -> Vec<Duty> {
        let plans = Plans::new(self, until);
        let mut duties = Vec::new();
        let mut at = from;
        while at < until {
            let duty = self.duty(&plans, at);
            at = duty.shift.until;
            duties.push(duty);
        }
        duties
    }

    /// The first handoff of a rotation later than `instant`, whether or not an override or the
    /// hours hide it; [`Timestamp::MAX`] if the calendar ends first.
    pub fn next_handoff(&self, instant: Timestamp) -> Timestamp {
        let next = |rotation: &Rotation| {
            let grid = &rotation.grid;
            grid.begin(grid.containing(instant) + 1)
        };
        let handoffs = self.rotations.iter().map(next);
        handoffs.min().unwrap_or(Timestamp::MAX)
    }

    /// Everybody the specification names, each once: members, their mentors, who stands in.
    pub fn people(&self) -> impl ExactSizeIterator<Item = &str> {
        self.people.names().map(String::as_str)
    }

    fn add(&mut self, spec: &RotaSpec) -> Result<(), RotaError> {
        let rotation = Rotation::new(spec, &mut self.people)?;
        let overrides = overrides(spec, &rotation, &mut self.people)?;
        self.rotations.push(rotation);
        self.overrides.extend(overrides);
        for (index, next) in spec.otherwise.iter().enumerate() {
            self.add(next).map_err(|error| error.otherwise(index))?;
        }
        Ok(())
    }

    fn duty(&self, plans: &Plans<'_>, instant: Timestamp) -> Duty {
        let on_top = self
            .overrides
            .iter()
            .rposition(|over| over.from <= instant && instant < over.until);
        let (mut duty, above) = match on_top {
            Some(index) => (self.stand_in(&self.overrides[index]), index + 1),
            None => (self.turn(plans, instant), 0),
        };
        let shift = &mut duty.shift;
        for over in &self.overrides[above..] {
            if over.until <= instant {
                shift.from = shift.from.max(over.until);
            } else {
                shift.until = shift.until.min(over.from);
            }
        }
        duty
    }

    fn stand_in(&self, over: &Override) -> Duty {
        Duty {
            shift: Shift {
                person: self.people.name(over.person),
                from: over.from,
                until: over.until,
                kind: over.kind,
            },
            shadow: None,
        }
    }

    /// Who is on call by the rotations, whatever the overrides.
    fn turn(&self, plans: &Plans<'_>, instant: Timestamp) -> Duty {
        let last = self.rotations.len() - 1;
        let which = self.rotations[..last]
            .iter()
            .position(|rotation| rotation.holds(instant))
            .unwrap_or(last);
        let held = self.rotations[which].held(plans.of(which), instant);
        let (from, until) = self.rotations[..=which]
            .iter()
            .filter_map(|rotation| rotation.hours.as_ref())
            .fold((held.from, held.until), |within, hours| {
                hours.around(instant, within)
            });
        let name = |person| self.people.name(person);
        let shadow = held.mentorship.map(|mentorship| Shadow {
            newcomer: name(mentorship.newcomer),
            mentor: name(mentorship.mentor),
            mode: mentorship.mode,
        });
        let person = match &shadow {
            Some(shadow) if shadow.mode == ShadowMode::NewcomerShadows => shadow.mentor.clone(),
            _ => name(held.person),
        };
        Duty {
            shift: Shift {
                person,
                from,
                until,
                kind: ShiftKind::Rotation { turn: held.turn },
            },
            shadow,
        }
    }

    /// Hours in several zones drift apart when one of them changes its clocks, so a week says
    /// nothing about the next. But weeks in which no clock changes and nobody has a holiday are
    /// alike if their offsets from UTC are: of those one of a kind is looked at, of the others all.
    fn refuse_gap(&self, spec: &RotaSpec) -> Result<(), RotaError> {
        let Some(hours) = self
            .rotations
            .iter()
            .map(|rotation| rotation.hours.as_ref())
            .collect::<Option<Vec<&Hours>>>()
        else {
            return Ok(());
        };
        let starts = self.rotations.iter().map(|rotation| rotation.grid.begin(0));
        let mut week = starts.min().unwrap_or(Timestamp::MIN);
        let weeks = i32::from(Self::YEARS_WITHOUT_GAP) * 53;
        let mut seen = HashSet::new();
        for _ in 0..weeks {
            let until = week.saturating_add((7 * 24).hours()).unwrap_or(week);
            let alike = offsets_all_week(&hours, (week, until));
            if alike.is_none_or(|offsets| seen.insert(offsets))
                && let Some((from, until)) = first_gap(&hours, (week, until))
            {
                let zone = self.rotations[0].grid.zone();
                return Err(RotaError::Gap {
                    from: zone.to_datetime(from),
                    until: until.map(|until| zone.to_datetime(until)),
                    zone: spec.zone.clone(),
                });
            }
            week = until;
        }
        Ok(())
    }
}

/// Every zone's offset from UTC, if none changes in the week or near it, and no holiday is near.
fn offsets_all_week(hours: &[&Hours], (from, until): Stretch) -> Option<Vec<i32>> {
    const NEAR: SignedDuration = SignedDuration::from_hours(3 * 24);
    let near = from.saturating_sub(NEAR).ok()?;
    let end = until.saturating_add(NEAR).ok()?;
    let steady = |zone: &TimeZone| {
        let change = zone.following(near).next();
        change.is_none_or(|change| change.timestamp() > end)
    };
    hours
        .iter()
        .map(|hours| {
            (steady(hours.zone()) && !hours.holiday_within((from, until)))
                .then(|| hours.zone().to_offset(from).seconds())
        })
        .collect()
}

/// The first time in the week at which no hours hold, and its end, if there is one.
fn first_gap(hours: &[&Hours], (from, until): Stretch) -> Option<(Timestamp, Option<Timestamp>)> {
    // Whoever takes over later than within two weeks never does.
    let horizon = until.saturating_add((14 * 24).hours()).unwrap_or(until);
    let stretches = hours
        .iter()
        .flat_map(|hours| hours.stretches(from, horizon))
        .collect();
    let mut covered = from;
    for (begin, end) in joined(stretches) {
        if begin > covered {
            return (covered < until).then_some((covered, Some(begin)));
        }
        covered = covered.max(end);
    }
    (covered < until).then_some((covered, None))
}

/// The plans of a rota's rotations up to an instant, each worked out when it is first needed.
struct Plans<'a> {
    rota: &'a Rota,
    until: Timestamp,
    plans: Vec<OnceCell<Plan<'a>>>,
}

impl<'a> Plans<'a> {
    fn new(rota: &'a Rota, until: Timestamp) -> Plans<'a> {
        Plans {
            rota,
            until,
            plans: rota.rotations.iter().map(|_| OnceCell::new()).collect(),
        }
    }

    fn of(&self, rotation: usize) -> &Plan<'a> {
        self.plans[rotation].get_or_init(|| {
            self.rota.rotations[rotation].plan(self.until, self.rota.people.names().len())
        })
    }
}

fn overrides(
    spec: &RotaSpec,
    rotation: &Rotation,
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
                    Ok(rotation.grid.instant(local))
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
                kind: ShiftKind::Override,
            })
        })
        .collect()
}
