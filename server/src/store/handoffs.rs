//! Handoffs: from whom to whom, with what words, and which devices have proved that they can ring.

use std::collections::HashMap;

use tocsin_directory::handoff::Handoff;
use tocsin_ticket::{DeviceId, Millis, PersonId, TeamId};

use super::StoreError;

/// A handoff as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredHandoff {
    /// Its number.
    pub id: u64,
    /// From whom to whom, and how far they are.
    pub handoff: Handoff,
}

/// What somebody wants the next person to know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HandoffNote {
    /// Of which team.
    pub team: TeamId,
    /// Who.
    pub by: PersonId,
    /// When.
    pub at: Millis,
    /// What.
    pub text: String,
}

/// What a device has shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proof {
    /// Which.
    pub device: DeviceId,
    /// When it last said that its siren sounds, or would; `None`: never.
    pub sounded_at: Option<Millis>,
    /// What it last said about itself, as JSON, and when.
    pub facts: Option<(String, Millis)>,
}

/// Handoffs within a transaction of the writer.
pub trait HandoffRows {
    /// The newest one of each team.
    ///
    /// # Errors
    /// [`StoreError`], as for everything here.
    fn newest(&mut self) -> Result<HashMap<TeamId, StoredHandoff>, StoreError>;

    /// A new one, and its number.
    ///
    /// # Errors
    /// [`StoreError`].
    fn add(&mut self, handoff: &Handoff) -> Result<u64, StoreError>;

    /// Keeps one as it stands.
    ///
    /// # Errors
    /// [`StoreError`].
    fn put(&mut self, handoff: &StoredHandoff) -> Result<(), StoreError>;

    /// Keeps a note.
    ///
    /// # Errors
    /// [`StoreError`].
    fn note(&mut self, note: &HandoffNote) -> Result<(), StoreError>;

    /// A device said that its siren sounds, or would.
    ///
    /// # Errors
    /// [`StoreError`].
    fn sounded(&mut self, device: &DeviceId, at: Millis) -> Result<(), StoreError>;

    /// What each device of a person has shown.
    ///
    /// # Errors
    /// [`StoreError`].
    fn proofs(&mut self, person: &PersonId) -> Result<Vec<Proof>, StoreError>;
}
