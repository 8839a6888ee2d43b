//! Two people take each other's shifts. One proposes, the other accepts, and until then nothing
//! changes.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{Rota, Shift};

/// Two shifts of a rota that change places, if the other side accepts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Swap {
    gives: Shift,
    takes: Shift,
    proposed_at: Timestamp,
    answer: Option<Answer>,
}

/// What became of it, and when.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct Answer {
    state: SwapState,
    at: Timestamp,
}

/// How far a swap is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SwapState {
    /// The other side has not answered.
    Proposed,
    /// Both agree: this one, and only this, changes who is on call.
    Accepted,
    /// The other side does not want it.
    Refused,
    /// Whoever proposed it does not want it any more.
    Withdrawn,
    /// The first of the two shifts began before there was an answer.
    Expired,
}

impl SwapState {
    /// As people read it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Proposed => "proposed",
            Self::Accepted => "accepted",
            Self::Refused => "refused",
            Self::Withdrawn => "withdrawn",
            Self::Expired => "expired",
        }
    }
}

/// Why a swap cannot be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SwapError {
    /// The shift to give away is somebody else's.
    #[error("gives: expected a moment of a shift of {person}, but {holder} is on call at {at}")]
    NotTheirs {
        /// Who proposes.
        person: String,
        /// Who is on call then.
        holder: String,
        /// When.
        at: Timestamp,
    },
    /// Both shifts are of the same person.
    #[error("takes: expected a moment of somebody else's shift, but {person} is on call at {at}")]
    WithOneself {
        /// Who proposes.
        person: String,
        /// When.
        at: Timestamp,
    },
    /// One of the shifts has begun.
    #[error(
        "{field}: expected a shift that has not begun, but it began at {from}; an override can change what is left of it"
    )]
    Begun {
        /// `gives` or `takes`.
        field: &'static str,
        /// When.
        from: Timestamp,
    },
    /// Somebody answers who was not asked.
    #[error("only {asked} can do this, not {person}")]
    NotAsked {
        /// Whose word counts.
        asked: String,
        /// Who tried.
        person: String,
    },
    /// There is nothing to answer any more.
    #[error("the swap is {}; propose another", state.name())]
    Over {
        /// What it is.
        state: SwapState,
    },
    /// The rota changed since the swap was proposed.
    #[error("{person} is no longer on call from {from} until {until}; propose another swap")]
    Moved {
        /// Whose shift it was.
        person: String,
        /// When it began.
        from: Timestamp,
        /// When it ended.
        until: Timestamp,
    },
}

impl Swap {
    /// `by` gives the whole of their shift at `gives` and takes the whole of somebody else's at
    /// `takes`, if that person accepts.
    ///
    /// # Errors
    /// When the shifts are not theirs and somebody else's, or have begun.
    pub fn propose(
        rota: &Rota,
        by: &str,
        gives: Timestamp,
        takes: Timestamp,
        now: Timestamp,
    ) -> Result<Swap, SwapError> {
        let [given, taken] = [gives, takes].map(|at| rota.on_call(at));
        if given.person != by {
            return Err(SwapError::NotTheirs {
                person: by.to_owned(),
                holder: given.person,
                at: gives,
            });
        }
        if taken.person == by {
            return Err(SwapError::WithOneself {
                person: by.to_owned(),
                at: takes,
            });
        }
        for (field, shift) in [("gives", &given), ("takes", &taken)] {
            if shift.from <= now {
                return Err(SwapError::Begun {
                    field,
                    from: shift.from,
                });
            }
        }
        Ok(Swap {
            gives: given,
            takes: taken,
            proposed_at: now,
            answer: None,
        })
    }

    /// The other side agrees. `rota` is the rota at `now`: the shifts must still be theirs.
    ///
    /// # Errors
    /// When somebody else answers, it is too late, or a shift has moved.
    pub fn accept(&self, rota: &Rota, by: &str, now: Timestamp) -> Result<Swap, SwapError> {
        let accepted = self.answered(self.other(), by, SwapState::Accepted, now)?;
        for shift in [&self.gives, &self.takes] {
            let mut held = rota.shifts(shift.from, shift.until).into_iter();
            if held.any(|held| held.person != shift.person) {
                return Err(SwapError::Moved {
                    person: shift.person.clone(),
                    from: shift.from,
                    until: shift.until,
                });
            }
        }
        Ok(accepted)
    }

    /// The other side does not agree.
    ///
    /// # Errors
    /// When somebody else answers, or it is too late.
    pub fn refuse(&self, by: &str, now: Timestamp) -> Result<Swap, SwapError> {
        self.answered(self.other(), by, SwapState::Refused, now)
    }

    /// Whoever proposed it takes it back, as long as it was not answered.
    ///
    /// # Errors
    /// When somebody else tries, or it is too late.
    pub fn withdraw(&self, by: &str, now: Timestamp) -> Result<Swap, SwapError> {
        self.answered(self.proposer(), by, SwapState::Withdrawn, now)
    }

    fn answered(
        &self,
        asked: &str,
        by: &str,
        state: SwapState,
        now: Timestamp,
    ) -> Result<Swap, SwapError> {
        if by != asked {
            return Err(SwapError::NotAsked {
                asked: asked.to_owned(),
                person: by.to_owned(),
            });
        }
        match self.state(now) {
            SwapState::Proposed => Ok(Swap {
                answer: Some(Answer { state, at: now }),
                ..self.clone()
            }),
            state => Err(SwapError::Over { state }),
        }
    }

    /// Who proposed it.
    pub fn proposer(&self) -> &str {
        &self.gives.person
    }

    /// Who is asked.
    pub fn other(&self) -> &str {
        &self.takes.person
    }

    /// The proposer's shift, which the other takes.
    pub const fn gives(&self) -> &Shift {
        &self.gives
    }

    /// The other's shift, which the proposer takes.
    pub const fn takes(&self) -> &Shift {
        &self.takes
    }

    /// When it was proposed.
    pub const fn proposed_at(&self) -> Timestamp {
        self.proposed_at
    }

    /// When it was answered or withdrawn, if it was.
    pub fn answered_at(&self) -> Option<Timestamp> {
        self.answer.map(|answer| answer.at)
    }

    /// The first instant at which it can no longer be answered: one of the shifts begins.
    pub fn expires_at(&self) -> Timestamp {
        self.gives.from.min(self.takes.from)
    }

    /// How far it is at `now`.
    pub fn state(&self, now: Timestamp) -> SwapState {
        match self.answer {
            Some(answer) => answer.state,
            None if now < self.expires_at() => SwapState::Proposed,
            None => SwapState::Expired,
        }
    }

    /// Who is on call instead, from when until when; nobody unless it was accepted.
    pub(crate) fn takeovers(&self) -> impl Iterator<Item = (&str, Timestamp, Timestamp)> {
        let accepted = self
            .answer
            .is_some_and(|answer| answer.state == SwapState::Accepted);
        [(self.other(), &self.gives), (self.proposer(), &self.takes)]
            .into_iter()
            .filter(move |_| accepted)
            .map(|(person, shift)| (person, shift.from, shift.until))
    }
}
