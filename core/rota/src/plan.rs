//! Who holds which week. The plan of a rota is its first members in turn, week after week, over
//! which every joining and leaving is laid in the order in which they take effect. Laying one
//! over only ever gives weeks to a newcomer or takes weeks from a leaver, so the weeks of
//! everybody else stay where they are:
//!
//! - A **newcomer** to n members takes one week out of every n + 1: from whoever would otherwise
//!   have the most, preferring a week that is being covered for somebody who left, and never
//!   next to another week of their own if there is a choice. So somebody who replaces a leaver
//!   steps into the leaver's place.
//! - The weeks of a **leaver** go one by one to whoever has had the fewest since, save that
//!   somebody with one week more is preferred if that spares two weeks in a row.
//!
//! Both look at most one block of n + 1 weeks ahead, so the plan of a week depends on nothing
//! later than a known number of weeks, and can be replayed from week 0 up to there.

use jiff::Timestamp;

/// A person, as an index into the rota's list of people.
pub(crate) type Person = usize;

/// A joining or a leaving, laid over the plan from `week` on.
#[derive(Debug, Clone)]
pub(crate) struct Change {
    pub(crate) person: Person,
    /// The first week the change may touch.
    pub(crate) week: i64,
    pub(crate) kind: ChangeKind,
}

#[derive(Debug, Clone)]
pub(crate) enum ChangeKind {
    /// The person joins this many members.
    Join { members: usize },
    /// The person leaves these others.
    Leave {
        others: Vec<Person>,
        /// When, if that is inside `week` and not at its beginning.
        inside: Option<Timestamp>,
    },
}

impl Change {
    /// How many weeks past the one asked for have to be known to lay this change.
    fn lookahead(&self) -> usize {
        match self.kind {
            ChangeKind::Join { members } => members,
            ChangeKind::Leave { .. } => 1,
        }
    }
}

#[derive(Debug, Clone, Copy)]
struct Week {
    /// Nobody only between two changes of the same instant, when all have left and the next are
    /// about to join.
    holder: Option<Person>,
    /// Whether the holder covers for somebody who left.
    covered: bool,
}

/// A week that changed hands before its end.
#[derive(Debug, Clone, Copy)]
struct Cut {
    week: usize,
    at: Timestamp,
    /// Who is on call before it.
    before: Person,
}

/// The part of a week one person holds; `from` and `until` where it is not the week's own.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Turn {
    pub(crate) person: Person,
    pub(crate) from: Option<Timestamp>,
    pub(crate) until: Option<Timestamp>,
}

/// The plan from week 0 up to some week. Before week 0 the first members take turns for ever.
#[derive(Debug)]
pub(crate) struct Plan<'a> {
    first_members: &'a [Person],
    weeks: Vec<Week>,
    cuts: Vec<Cut>,
}

impl<'a> Plan<'a> {
    /// The plan up to and including `last`, for `people` people in all. `changes` are in the
    /// order in which they take effect.
    pub(crate) fn until(
        last: i64,
        people: usize,
        first_members: &'a [Person],
        changes: &[Change],
    ) -> Plan<'a> {
        let changes = &changes[..changes.partition_point(|change| change.week <= last)];
        let known = usize::try_from(last + 1).unwrap_or(0)
            + changes.iter().map(Change::lookahead).sum::<usize>();
        let mut plan = Plan {
            first_members,
            weeks: first_members
                .iter()
                .cycle()
                .take(known)
                .map(|&person| Week {
                    holder: Some(person),
                    covered: false,
                })
                .collect(),
            cuts: Vec::new(),
        };
        let mut load = vec![0; people];
        for change in changes {
            load.fill(0);
            // No change takes effect before the start, which lies in week 0.
            let week = change.week as usize;
            match &change.kind {
                ChangeKind::Join { members } => plan.join(change.person, week, *members, &mut load),
                ChangeKind::Leave { others, inside } => {
                    plan.leave(change.person, week, others, *inside, &mut load);
                }
            }
        }
        plan
    }

    /// Who is on call in `week` at `instant`, and for which part of it.
    pub(crate) fn turn(&self, week: i64, instant: Timestamp) -> Turn {
        let Ok(index) = usize::try_from(week) else {
            let members = self.first_members.len() as i64;
            let person = self.first_members[week.rem_euclid(members) as usize];
            return Turn {
                person,
                from: None,
                until: None,
            };
        };
        let mut from = None;
        for cut in self.cuts.iter().filter(|cut| cut.week == index) {
            if instant < cut.at {
                return Turn {
                    person: cut.before,
                    from,
                    until: Some(cut.at),
                };
            }
            from = Some(cut.at);
        }
        let person = self.weeks[index]
            .holder
            .expect("a valid rota always has a member");
        Turn {
            person,
            from,
            until: None,
        }
    }

    fn join(&mut self, newcomer: Person, first: usize, members: usize, load: &mut [u32]) {
        let block = members + 1;
        let mut begin = first;
        while begin + block <= self.weeks.len() {
            let weeks = begin..begin + block;
            for holder in self.weeks[weeks.clone()]
                .iter()
                .filter_map(|week| week.holder)
            {
                load[holder] += 1;
            }
            let taken = weeks
                .max_by_key(|&index| {
                    let week = self.weeks[index];
                    let spaced = index == 0 || self.weeks[index - 1].holder != Some(newcomer);
                    // The latest of equals, which gives everybody the most notice.
                    (
                        spaced,
                        week.holder.map(|holder| load[holder]),
                        week.covered,
                        index,
                    )
                })
                .expect("a block has at least one week");
            if let Some(holder) = self.weeks[taken].holder {
                load[holder] -= 1;
            }
            self.weeks[taken] = Week {
                holder: Some(newcomer),
                covered: false,
            };
            begin += block;
        }
        self.weeks.truncate(begin);
    }

    fn leave(
        &mut self,
        leaver: Person,
        first: usize,
        others: &[Person],
        inside: Option<Timestamp>,
        load: &mut [u32],
    ) {
        if let Some(at) = inside
            && self.weeks[first].holder == Some(leaver)
            // Whoever takes over at the instant at which they leave themselves never had it.
            && self.cuts.last().is_none_or(|cut| cut.at != at)
        {
            self.cuts.push(Cut {
                week: first,
                at,
                before: leaver,
            });
        }
        let decided = self.weeks.len() - 1;
        for index in first..decided {
            if self.weeks[index].holder == Some(leaver) {
                let before = index
                    .checked_sub(1)
                    .and_then(|before| self.weeks[before].holder);
                let after = self.weeks[index + 1].holder;
                let fewest = others.iter().map(|&other| load[other]).min().unwrap_or(0);
                let taker = others.iter().copied().min_by_key(|&other| {
                    let in_a_row = [before, after].contains(&Some(other));
                    (load[other] > fewest + 1, in_a_row, load[other])
                });
                self.weeks[index] = Week {
                    holder: taker,
                    covered: true,
                };
            }
            if let Some(holder) = self.weeks[index].holder {
                load[holder] += 1;
            }
        }
        self.weeks.truncate(decided);
    }
}
