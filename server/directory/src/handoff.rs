//! Handoffs: who holds a team's pager when the rota says that the next person's turn has begun.
//!
//! A turn that nobody hears begin is a night without an on-call. So a handoff is complete only when
//! the next person's phone has proved that it can ring; until then whoever had the pager stays on
//! call, and the next person is asked right after them. It goes ahead without a proof when there is
//! nothing to gain by staying: when the phone of whoever would stay has not proved itself either, as
//! on a first day, or when they can no longer be paged for the team. And a person can say that they
//! have it. In every case somebody is on call.
//!
//! Only the primary layer hands over like this: whoever is on another one is paged after somebody
//! else anyway, and a phone that does not answer passes the page on within a minute.
//!
//! The rule is [`next`]; what it decided is kept by the server and given to
//! [`Directory::with_handoffs`](crate::Directory::with_handoffs).

use serde::{Deserialize, Serialize};
use tocsin_ticket::{Millis, PersonId, TeamId};

/// Whose turn it is in a team's primary rota, as the rota has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Turn {
    /// Who.
    pub person: PersonId,
    /// Since when.
    pub since: Millis,
    /// Until when.
    pub until: Millis,
}

/// How a handoff came to its end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "how", rename_all = "snake_case")]
pub enum Outcome {
    /// The team's first turn: there was nobody to take it over from.
    First,
    /// The next person's phone proved that it can ring.
    Proved,
    /// Somebody said that the next person has it.
    ByHand {
        /// Who.
        by: PersonId,
    },
    /// Neither the next person's phone nor that of whoever would have stayed proved itself.
    NeitherProved,
    /// Whoever would have stayed can no longer be paged for the team.
    Gone,
    /// The rota gave the turn back to whoever stayed.
    TurnedBack,
}

/// From one person to the next.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Handoff {
    /// Of which team.
    pub team: TeamId,
    /// Who had the pager; in a first turn, the same person as the next.
    pub from: PersonId,
    /// Whose turn it is.
    pub to: PersonId,
    /// Since when.
    pub at: Millis,
    /// When it ended, and how; `None` while `from` stays on call.
    pub done: Option<Done>,
}

/// The end of a handoff.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Done {
    /// When.
    pub at: Millis,
    /// How.
    #[serde(flatten)]
    pub outcome: Outcome,
}

impl Handoff {
    /// Who has the pager.
    #[must_use]
    pub fn holder(&self) -> &PersonId {
        match &self.done {
            None => &self.from,
            Some(done) if done.outcome == Outcome::TurnedBack => &self.from,
            Some(_) => &self.to,
        }
    }

    /// Whether whoever had the pager stays on call.
    #[must_use]
    pub const fn is_pending(&self) -> bool {
        self.done.is_none()
    }

    /// The same, come to its end.
    #[must_use]
    pub fn ended(&self, outcome: Outcome, at: Millis) -> Self {
        Self {
            done: Some(Done { at, outcome }),
            ..self.clone()
        }
    }
}

/// What is known about the two of a handoff.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Evidence {
    /// Whoever has the pager can still be paged for the team.
    pub can_stay: bool,
    /// A phone of theirs has proved lately that it can ring.
    pub holder_proved: bool,
    /// A phone of the next person has.
    pub next_proved: bool,
}

/// What happens to a team's handoffs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// A new one; it may be over at once.
    Begins(Handoff),
    /// The pending one is over.
    Ends(Handoff),
}

/// What happens now, given the team's newest handoff and whose turn it is. `None`: nothing.
#[must_use]
pub fn next(
    team: &TeamId,
    newest: Option<&Handoff>,
    turn: &Turn,
    evidence: Evidence,
    now: Millis,
) -> Option<Step> {
    let begun = |from: &PersonId| Handoff {
        team: team.clone(),
        from: from.clone(),
        to: turn.person.clone(),
        at: turn.since,
        done: None,
    };
    let Some(newest) = newest else {
        return Some(Step::Begins(begun(&turn.person).ended(Outcome::First, now)));
    };
    let holder = newest.holder();
    if newest.is_pending() {
        if *holder == turn.person {
            return Some(Step::Ends(newest.ended(Outcome::TurnedBack, now)));
        }
        if newest.to == turn.person && newest.at >= turn.since {
            return Some(Step::Ends(newest.ended(end(evidence)?, now)));
        }
    } else if *holder == turn.person {
        return None;
    }
    let begun = begun(holder);
    Some(Step::Begins(match end(evidence) {
        Some(outcome) => begun.ended(outcome, now),
        None => begun,
    }))
}

fn end(evidence: Evidence) -> Option<Outcome> {
    match evidence {
        Evidence {
            can_stay: false, ..
        } => Some(Outcome::Gone),
        Evidence {
            next_proved: true, ..
        } => Some(Outcome::Proved),
        Evidence {
            holder_proved: false,
            ..
        } => Some(Outcome::NeitherProved),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Millis = Millis(2_000);

    fn turn(person: &str, since: i64) -> Turn {
        Turn {
            person: person.into(),
            since: Millis(since),
            until: Millis(since + 10_000),
        }
    }

    const STAYS: Evidence = Evidence {
        can_stay: true,
        holder_proved: true,
        next_proved: false,
    };
    const PROVED: Evidence = Evidence {
        next_proved: true,
        ..STAYS
    };

    fn step(newest: Option<&Handoff>, turn: &Turn, evidence: Evidence) -> Option<Step> {
        next(&"shop".into(), newest, turn, evidence, NOW)
    }

    #[track_caller]
    fn begun(step: Option<Step>) -> Handoff {
        match step {
            Some(Step::Begins(handoff)) => handoff,
            other => panic!("{other:?}"),
        }
    }

    #[track_caller]
    fn over(step: Option<Step>) -> Handoff {
        match step {
            Some(Step::Ends(handoff)) => handoff,
            other => panic!("{other:?}"),
        }
    }

    fn outcome(handoff: &Handoff) -> &Outcome {
        &handoff.done.as_ref().expect("an end").outcome
    }

    fn anas() -> Handoff {
        begun(step(None, &turn("ana", 0), STAYS))
    }

    #[test]
    fn the_first_turn_of_a_team_needs_no_proof() {
        let first = anas();
        assert_eq!(first.holder(), &PersonId::from("ana"));
        assert_eq!(outcome(&first), &Outcome::First);
        assert_eq!(step(Some(&first), &turn("ana", 0), STAYS), None);
        assert_eq!(step(Some(&first), &turn("ana", 9), STAYS), None, "her next");
    }

    #[test]
    fn whoever_has_the_pager_stays_until_the_next_phone_has_proved_that_it_can_ring() {
        let bens = turn("ben", 1_000);
        let pending = begun(step(Some(&anas()), &bens, STAYS));
        assert!(pending.is_pending());
        assert_eq!(pending.holder(), &PersonId::from("ana"));
        assert_eq!(step(Some(&pending), &bens, STAYS), None, "still");
        let done = over(step(Some(&pending), &bens, PROVED));
        assert_eq!(done.holder(), &PersonId::from("ben"));
        assert_eq!(outcome(&done), &Outcome::Proved);
        assert_eq!(step(Some(&done), &bens, STAYS), None, "proved once");
    }

    #[test]
    fn a_phone_that_proved_itself_in_time_takes_over_at_once() {
        let done = begun(step(Some(&anas()), &turn("ben", 1_000), PROVED));
        assert_eq!(done.holder(), &PersonId::from("ben"));
    }

    #[test]
    fn nobody_stays_with_a_phone_that_is_no_better_or_after_they_left() {
        let bens = turn("ben", 1_000);
        let neither = Evidence {
            holder_proved: false,
            ..STAYS
        };
        let gone = Evidence {
            can_stay: false,
            ..STAYS
        };
        for (evidence, how) in [(neither, Outcome::NeitherProved), (gone, Outcome::Gone)] {
            let at_once = begun(step(Some(&anas()), &bens, evidence));
            assert_eq!(outcome(&at_once), &how);
            assert_eq!(at_once.holder(), &PersonId::from("ben"));
            let pending = begun(step(Some(&anas()), &bens, STAYS));
            assert_eq!(outcome(&over(step(Some(&pending), &bens, evidence))), &how);
        }
    }

    #[test]
    fn when_the_turn_goes_on_to_a_third_the_same_person_hands_over_to_them() {
        let pending = begun(step(Some(&anas()), &turn("ben", 1_000), STAYS));
        let next = begun(step(Some(&pending), &turn("cleo", 1_500), STAYS));
        assert_eq!(next.holder(), &PersonId::from("ana"));
        assert_eq!(next.to, PersonId::from("cleo"));
        let moved = begun(step(Some(&pending), &turn("ben", 1_500), STAYS));
        assert_eq!(moved.at, Millis(1_500), "an edit moved the shift");
    }

    #[test]
    fn a_turn_that_comes_back_to_whoever_stayed_ends_the_waiting() {
        let pending = begun(step(Some(&anas()), &turn("ben", 1_000), STAYS));
        let back = over(step(Some(&pending), &turn("ana", 1_500), STAYS));
        assert_eq!(back.holder(), &PersonId::from("ana"));
        assert_eq!(outcome(&back), &Outcome::TurnedBack);
        assert_eq!(step(Some(&back), &turn("ana", 1_500), STAYS), None);
        let again = begun(step(Some(&back), &turn("ben", 1_800), STAYS));
        assert_eq!(again.from, PersonId::from("ana"));
    }
}
