//! Guests: people of other teams who were paged to help with a ticket.
//!
//! A guest sees that one ticket, from the entry of the log that asked them on, and acts on it as a
//! member of its team does: checks in, takes it over, resolves it, opens it again. They stay its
//! guest when they declined, when somebody else came, and when it is over: they may change their
//! mind, the trouble may come back, and it was their night as well. Nothing else of the team is
//! theirs: no other ticket, no runbook, no COE, no report. Beside the ticket they learn its team's
//! and service's names and those of the people who may be paged for it.
//!
//! Who can no longer be paged for any team is no guest either; see [`can_be_guest`].

use tocsin_directory::Directory;
use tocsin_ticket::{PersonId, ServiceId, TeamId, TicketId};

use super::StoreError;

/// Whose tickets somebody sees.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sees {
    /// Those of these teams.
    pub teams: Vec<TeamId>,
    /// And those with which this person was asked to help.
    pub guest: Option<PersonId>,
}

impl Sees {
    /// What a person sees who looks on everything they may.
    #[must_use]
    pub fn of(directory: &Directory, person: &PersonId) -> Self {
        Self {
            teams: directory.teams_of(person).to_vec(),
            guest: can_be_guest(directory, person).then(|| person.clone()),
        }
    }
}

impl From<&[TeamId]> for Sees {
    fn from(teams: &[TeamId]) -> Self {
        Self {
            teams: teams.to_vec(),
            guest: None,
        }
    }
}

/// Whether somebody can be asked to help another team, and goes on seeing what they were asked to
/// help with: whoever may be paged for some team.
#[must_use]
pub fn can_be_guest(directory: &Directory, person: &PersonId) -> bool {
    let mut teams = directory.teams_of(person).iter();
    teams.any(|team| directory.pageable(team).contains(person))
}

/// A ticket that somebody is a guest of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GuestTicket {
    /// Its team.
    pub team: TeamId,
    /// What is in trouble.
    pub service: ServiceId,
}

/// Guests within a transaction of the writer.
pub trait GuestRows {
    /// Makes somebody a guest of a ticket from an entry of its log on. Who is one stays one.
    ///
    /// # Errors
    /// [`StoreError`], as for everything here.
    fn invite(&mut self, ticket: TicketId, person: &PersonId, seq: u64) -> Result<(), StoreError>;

    /// The guests of a ticket, in the order of ids.
    ///
    /// # Errors
    /// [`StoreError`].
    fn of(&mut self, ticket: TicketId) -> Result<Vec<PersonId>, StoreError>;
}
