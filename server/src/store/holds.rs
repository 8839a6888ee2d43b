//! What keeps tickets from paging for now: announced work and quiet people. And what is asked about
//! the tickets it holds, or that come again and again.

use serde::{Deserialize, Serialize};
use tocsin_ticket::{Millis, PersonId, ServiceId, TeamId, Ticket};

use super::StoreError;

/// Work on some of a team's services that somebody announced while the server ran.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Announced {
    /// Whose services.
    pub team: TeamId,
    /// What people call it.
    pub name: String,
    /// What is worked on.
    pub services: Vec<ServiceId>,
    /// The first instant.
    pub from: Millis,
    /// The first instant after; when it was ended early, that instant.
    pub until: Millis,
    /// What for, if they said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Who announced it.
    pub by: PersonId,
}

impl Announced {
    /// Whether an alarm about the service that comes now is to wait.
    #[must_use]
    pub fn covers(&self, service: &ServiceId, now: Millis) -> bool {
        self.from <= now && now < self.until && self.services.contains(service)
    }
}

/// The same with its number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredWindow {
    /// Its number.
    pub id: u64,
    /// The work.
    pub window: Announced,
}

/// Somebody who asked not to be woken for less than a SEV1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quiet {
    /// Who.
    pub person: PersonId,
    /// Since when.
    pub from: Millis,
    /// Until when.
    pub until: Millis,
}

/// Holds within a transaction of the writer.
pub trait HoldRows {
    /// How many tickets of this trouble were opened at `since` or later and are over; counts no
    /// further than [`RECENT_COUNTED`]. Costs one index look-up, and nothing for a trouble that
    /// never was over before.
    ///
    /// # Errors
    /// [`StoreError`], as for everything here.
    fn recent_tickets(
        &mut self,
        service: &ServiceId,
        dedup_key: &str,
        since: Millis,
    ) -> Result<u32, StoreError>;

    /// Open tickets that are held, by the rule of this name or by any, smallest number first.
    ///
    /// # Errors
    /// [`StoreError`].
    fn held(&mut self, rule: Option<&str>) -> Result<Vec<Ticket>, StoreError>;

    /// Announces work, and its number.
    ///
    /// # Errors
    /// [`StoreError`].
    fn announce(&mut self, window: &Announced) -> Result<u64, StoreError>;

    /// Announced work that is not over at `now`.
    ///
    /// # Errors
    /// [`StoreError`].
    fn windows(&mut self, now: Millis) -> Result<Vec<StoredWindow>, StoreError>;

    /// Keeps announced work as it stands.
    ///
    /// # Errors
    /// [`StoreError`].
    fn put_window(&mut self, window: &StoredWindow) -> Result<(), StoreError>;

    /// Makes this the person's quiet time, in the place of one they may have.
    ///
    /// # Errors
    /// [`StoreError`].
    fn set_quiet(&mut self, quiet: &Quiet) -> Result<(), StoreError>;

    /// Who is quiet at `now`.
    ///
    /// # Errors
    /// [`StoreError`].
    fn quiet(&mut self, now: Millis) -> Result<Vec<Quiet>, StoreError>;
}

/// An alarm that opened this many tickets lately flaps, whatever their number.
pub const RECENT_COUNTED: u32 = 100;

/// Holds, as they are read beside the writer.
pub trait HoldReader {
    /// Announced work that is not over at `now`, the earliest first.
    ///
    /// # Errors
    /// [`StoreError`], as for everything here.
    fn windows_at(&self, now: Millis) -> Result<Vec<StoredWindow>, StoreError>;

    /// The person's quiet time, if it is not over at `now`, and how many open tickets it holds.
    ///
    /// # Errors
    /// [`StoreError`].
    fn quiet_of(&self, person: &PersonId, now: Millis) -> Result<Option<(Quiet, u64)>, StoreError>;
}
