//! Who is asking: devices by token and integrations by key, in memory, so that a request costs no
//! look-up on disk. The store is the truth; it is read once at the start.

use std::collections::HashMap;
use std::sync::{PoisonError, RwLock};

use crate::secret::{Secret, SecretHash};
use crate::store::{Device, Reader, StoreError};

/// Known devices and keys.
#[derive(Debug, Default)]
pub struct Identity {
    devices: RwLock<HashMap<SecretHash, Device>>,
    integrations: RwLock<HashMap<SecretHash, String>>,
}

impl Identity {
    /// Reads all that is known.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn load(reader: &dyn Reader) -> Result<Self, StoreError> {
        let devices = reader.devices()?;
        Ok(Self {
            devices: RwLock::new(
                devices
                    .into_iter()
                    .map(|device| (device.token, device))
                    .collect(),
            ),
            integrations: RwLock::new(reader.integration_keys()?.into_iter().collect()),
        })
    }

    /// The device that has this token.
    #[must_use]
    pub fn device(&self, token: &Secret) -> Option<Device> {
        let devices = self.devices.read().unwrap_or_else(PoisonError::into_inner);
        devices.get(&token.hash()).cloned()
    }

    /// The integration that has this key.
    #[must_use]
    pub fn integration(&self, key: &Secret) -> Option<String> {
        let integrations = self
            .integrations
            .read()
            .unwrap_or_else(PoisonError::into_inner);
        integrations.get(&key.hash()).cloned()
    }

    /// Whether the integration has a key.
    #[must_use]
    pub fn has_key(&self, integration: &str) -> bool {
        let integrations = self
            .integrations
            .read()
            .unwrap_or_else(PoisonError::into_inner);
        integrations.values().any(|known| known == integration)
    }

    /// Whether anybody can configure the server.
    #[must_use]
    pub fn has_admin(&self) -> bool {
        let devices = self.devices.read().unwrap_or_else(PoisonError::into_inner);
        devices.values().any(|device| device.admin)
    }

    /// A device that was enrolled.
    pub fn add_device(&self, device: Device) {
        let mut devices = self.devices.write().unwrap_or_else(PoisonError::into_inner);
        devices.insert(device.token, device);
    }

    /// An integration's new and only key.
    pub fn set_key(&self, integration: &str, key: SecretHash) {
        let mut integrations = self
            .integrations
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        integrations.retain(|_, known| known != integration);
        integrations.insert(key, integration.to_owned());
    }
}
