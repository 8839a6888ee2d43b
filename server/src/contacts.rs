//! When each device was last heard of, in memory: silence is judged by it.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use tocsin_ticket::{DeviceId, Millis};

/// Since the server started. A device that is not in here has not been heard of since.
#[derive(Debug, Default)]
pub struct Contacts(Mutex<HashMap<DeviceId, Millis>>);

impl Contacts {
    /// A device was heard.
    pub fn heard(&self, device: &DeviceId, now: Millis) {
        let mut heard = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match heard.get_mut(device) {
            Some(at) => *at = now,
            None => {
                heard.insert(device.clone(), now);
            }
        }
    }

    /// When a device was last heard.
    #[must_use]
    pub fn last(&self, device: &DeviceId) -> Option<Millis> {
        let heard = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        heard.get(device).copied()
    }

    /// All of it.
    #[must_use]
    pub fn all(&self) -> HashMap<DeviceId, Millis> {
        let heard = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        heard.clone()
    }
}
