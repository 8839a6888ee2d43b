//! Swaps of shifts: who proposed them, and what became of them.

use tocsin_directory::TeamSwap;

use super::StoreError;

/// A swap as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredSwap {
    /// Its number.
    pub id: u64,
    /// Who swaps what, and how far they are.
    pub swap: TeamSwap,
}

/// Swaps within a transaction of the writer.
pub trait SwapRows {
    /// A new one, and its number.
    ///
    /// # Errors
    /// [`StoreError`], as for everything here.
    fn add(&mut self, swap: &TeamSwap) -> Result<u64, StoreError>;

    /// One of them.
    ///
    /// # Errors
    /// [`StoreError`].
    fn one(&mut self, id: u64) -> Result<Option<StoredSwap>, StoreError>;

    /// Keeps one as it stands.
    ///
    /// # Errors
    /// [`StoreError`].
    fn put(&mut self, swap: &StoredSwap) -> Result<(), StoreError>;
}
