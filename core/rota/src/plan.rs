//! Who holds which turn. The plan of a rotation is its first members, one after the other, over
//! which every joining and leaving is laid in the order in which they take effect. Laying one
//! over only ever gives turns to a newcomer or takes turns from a leaver, so the turns of
//! everybody else stay where they are:
//!
//! - A **newcomer** to n members takes one turn out of every n + 1: from whoever would otherwise
//!   have the most, preferring a turn that is being covered for somebody who left, and never
//!   next to another turn of their own if there is a choice. So somebody who replaces a leaver
//!   steps into the leaver's place.
//! - The turns of a **leaver** go one by one to whoever has had the fewest since, save that
//!   somebody with one turn more is preferred if that spares two turns in a row.
//!
//! Both look at most one block of n + 1 turns ahead, so the plan of a turn depends on nothing
//! later than a known number of turns, and can be replayed from turn 0 up to there.

use jiff::Timestamp;

/// A person, as an index into the rota's list of people.
pub(crate) type Person = usize;

/// A joining or a leaving, laid over the plan from `turn` on.
#[derive(Debug, Clone)]
pub(crate) struct Change {
    pub(crate) person: Person,
    /// The first turn the change may touch.
    pub(crate) turn: i64,
    pub(crate) kind: ChangeKind,
}

#[derive(Debug, Clone)]
pub(crate) enum ChangeKind {
    /// The person joins this many members.
    Join { members: usize },
    /// The person leaves these others.
    Leave {
        others: Vec<Person>,
        /// When, if that is inside `turn` and not at its beginning.
        inside: Option<Timestamp>,
    },
}

impl Change {
    /// How many turns past the one asked for have to be known to lay this change.
    fn lookahead(&self) -> usize {
        match self.kind {
            ChangeKind::Join { members } => members,
            ChangeKind::Leave { .. } => 1,
        }
    }
}

#[derive(Debug, Clone, Copy)]
struct Slot {
    /// Nobody only between two changes of the same instant, when all have left and the next are
    /// about to join.
    holder: Option<Person>,
    /// Whether the holder covers for somebody who left.
    covered: bool,
}

/// A turn that changed hands before its end.
#[derive(Debug, Clone, Copy)]
struct Cut {
    turn: usize,
    at: Timestamp,
    /// Who is on call before it.
    before: Person,
}

/// The part of a turn that one person holds; `from` and `until` where it is not the turn's own.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Part {
    pub(crate) person: Person,
    pub(crate) from: Option<Timestamp>,
    pub(crate) until: Option<Timestamp>,
}

/// The plan from turn 0 up to some turn. Before turn 0 the first members take turns for ever.
#[derive(Debug)]
pub(crate) struct Plan<'a> {
    first_members: &'a [Person],
    turns: Vec<Slot>,
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
        let changes = &changes[..changes.partition_point(|change| change.turn <= last)];
        let known = usize::try_from(last + 1).unwrap_or(0)
            + changes.iter().map(Change::lookahead).sum::<usize>();
        let mut plan = Plan {
            first_members,
            turns: first_members
                .iter()
                .cycle()
                .take(known)
                .map(|&person| Slot {
                    holder: Some(person),
                    covered: false,
                })
                .collect(),
            cuts: Vec::new(),
        };
        let mut load = vec![0; people];
        for change in changes {
            load.fill(0);
            // No change takes effect before the start, which lies in turn 0.
            let turn = change.turn as usize;
            match &change.kind {
                ChangeKind::Join { members } => plan.join(change.person, turn, *members, &mut load),
                ChangeKind::Leave { others, inside } => {
                    plan.leave(change.person, turn, others, *inside, &mut load);
                }
            }
        }
        plan
    }

    /// Who is on call in `turn` at `instant`, and for which part of it.
    pub(crate) fn turn(&self, turn: i64, instant: Timestamp) -> Part {
        let Ok(index) = usize::try_from(turn) else {
            let members = self.first_members.len() as i64;
            let person = self.first_members[turn.rem_euclid(members) as usize];
            return Part {
                person,
                from: None,
                until: None,
            };
        };
        let mut from = None;
        for cut in self.cuts.iter().filter(|cut| cut.turn == index) {
            if instant < cut.at {
                return Part {
                    person: cut.before,
                    from,
                    until: Some(cut.at),
                };
            }
            from = Some(cut.at);
        }
        let person = self.turns[index]
            .holder
            .expect("a valid rota always has a member");
        Part {
            person,
            from,
            until: None,
        }
    }

    /// In how many of the turns `from..until` the person has a part; `from` is not negative.
    pub(crate) fn turns_of(&self, person: Person, from: i64, until: i64) -> usize {
        let turns = from as usize..usize::try_from(until).unwrap_or(0);
        turns
            .filter(|&turn| {
                self.turns[turn].holder == Some(person)
                    || self
                        .cuts
                        .iter()
                        .any(|cut| cut.turn == turn && cut.before == person)
            })
            .count()
    }

    fn join(&mut self, newcomer: Person, first: usize, members: usize, load: &mut [u32]) {
        let block = members + 1;
        let mut begin = first;
        while begin + block <= self.turns.len() {
            let turns = begin..begin + block;
            for holder in self.turns[turns.clone()]
                .iter()
                .filter_map(|turn| turn.holder)
            {
                load[holder] += 1;
            }
            let taken = turns
                .max_by_key(|&index| {
                    let turn = self.turns[index];
                    let spaced = index == 0 || self.turns[index - 1].holder != Some(newcomer);
                    // The latest of equals, which gives everybody the most notice.
                    (
                        spaced,
                        turn.holder.map(|holder| load[holder]),
                        turn.covered,
                        index,
                    )
                })
                .expect("a block has at least one turn");
            if let Some(holder) = self.turns[taken].holder {
                load[holder] -= 1;
            }
            self.turns[taken] = Slot {
                holder: Some(newcomer),
                covered: false,
            };
            begin += block;
        }
        self.turns.truncate(begin);
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
            && self.turns[first].holder == Some(leaver)
            // Whoever takes over at the instant at which they leave themselves never had it.
            && self.cuts.last().is_none_or(|cut| cut.at != at)
        {
            self.cuts.push(Cut {
                turn: first,
                at,
                before: leaver,
            });
        }
        let decided = self.turns.len() - 1;
        for index in first..decided {
            if self.turns[index].holder == Some(leaver) {
                let before = index
                    .checked_sub(1)
                    .and_then(|before| self.turns[before].holder);
                let after = self.turns[index + 1].holder;
                let fewest = others.iter().map(|&other| load[other]).min().unwrap_or(0);
                let taker = others.iter().copied().min_by_key(|&other| {
                    let in_a_row = [before, after].contains(&Some(other));
                    (load[other] > fewest + 1, in_a_row, load[other])
                });
                self.turns[index] = Slot {
                    holder: taker,
                    covered: true,
                };
            }
            if let Some(holder) = self.turns[index].holder {
                load[holder] += 1;
            }
        }
        self.turns.truncate(decided);
    }
}
