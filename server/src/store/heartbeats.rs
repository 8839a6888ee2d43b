//! When each heartbeat was last heard, and when its silence becomes an alarm.

use tocsin_ticket::Millis;

use super::StoreError;

/// A heartbeat as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredHeartbeat {
    /// The integration it comes through.
    pub integration: String,
    /// Its name there.
    pub name: String,
    /// When it was last heard; `None`: never.
    pub last_beat: Option<Millis>,
    /// When its silence becomes an alarm; `None`: it has become one.
    pub due: Option<Millis>,
    /// The time between two beats that `due` was counted with, in milliseconds.
    pub every_ms: u64,
    /// The grace that `due` was counted with, in milliseconds.
    pub grace_ms: u64,
}

/// Heartbeats within a transaction of the writer.
pub trait HeartbeatRows {
    /// One of them.
    ///
    /// # Errors
    /// [`StoreError`], as for everything here.
    fn one(&mut self, integration: &str, name: &str)
    -> Result<Option<StoredHeartbeat>, StoreError>;

    /// All of them.
    ///
    /// # Errors
    /// [`StoreError`].
    fn all(&mut self) -> Result<Vec<StoredHeartbeat>, StoreError>;

    /// Those that are due at `now`, earliest first, at most `limit`.
    ///
    /// # Errors
    /// [`StoreError`].
    fn due(&mut self, now: Millis, limit: usize) -> Result<Vec<StoredHeartbeat>, StoreError>;

    /// Keeps one as it stands.
    ///
    /// # Errors
    /// [`StoreError`].
    fn put(&mut self, heartbeat: &StoredHeartbeat) -> Result<(), StoreError>;

    /// Forgets one.
    ///
    /// # Errors
    /// [`StoreError`].
    fn forget(&mut self, integration: &str, name: &str) -> Result<(), StoreError>;
}
