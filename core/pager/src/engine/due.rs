//! Something to do later, robust against a clock that is set back.

use core::time::Duration;

use serde::{Deserialize, Serialize};
use tocsin_ticket::Millis;

/// An instant to wait for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Due {
    set: Millis,
    at: Millis,
}

impl Due {
    pub fn at_once(now: Millis) -> Self {
        Self { set: now, at: now }
    }

    pub fn after(now: Millis, wait: Duration) -> Self {
        Self {
            set: now,
            at: now + wait,
        }
    }

    /// Whether to wait no longer. A clock before the instant of setting was set back, and how long
    /// the wait has lasted is unknown; trying early does less harm than ringing an hour late.
    pub fn is_due(self, now: Millis) -> bool {
        now >= self.at || now < self.set
    }

    pub fn at(self) -> Millis {
        self.at
    }
}

/// How long to wait before attempt number `attempt` (from 0): doubles from `first` to `cap`, and a
/// random half of it is jitter, so that ten thousand phones do not come back in step.
pub fn backoff(rng: &mut fastrand::Rng, attempt: u32, first: Duration, cap: Duration) -> Duration {
    let full = first
        .saturating_mul(1_u32.checked_shl(attempt.min(16)).unwrap_or(u32::MAX))
        .min(cap);
    let half_ms = u64::try_from(full.as_millis()).unwrap_or(u64::MAX) / 2;
    Duration::from_millis(half_ms + rng.u64(0..=half_ms))
}
