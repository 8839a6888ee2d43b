//! Who is asking: devices and API tokens by secret, integrations by key, in memory, so that a request costs no
//! look-up on disk. The store is the truth; it is read once at the start.

use std::collections::HashMap;
use std::sync::{PoisonError, RwLock};

use tocsin_ticket::{DeviceId, PersonId};

use crate::rights::ApiToken;
use crate::secret::{Secret, SecretHash};
use crate::store::{Device, Reader, StoreError};

/// Known devices and keys.
#[derive(Debug, Default)]
pub struct Identity {
    devices: RwLock<HashMap<SecretHash, Device>>,
    tokens: RwLock<HashMap<SecretHash, ApiToken>>,
    integrations: RwLock<HashMap<SecretHash, String>>,
    calendars: RwLock<HashMap<SecretHash, PersonId>>,
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
            tokens: RwLock::new(
                reader
                    .tokens()?
                    .into_iter()
                    .map(|token| (token.hash, token))
                    .collect(),
            ),
            integrations: RwLock::new(reader.integration_keys()?.into_iter().collect()),
            calendars: RwLock::new(reader.calendar_keys()?.into_iter().collect()),
        })
    }

    /// The device that has this token.
    #[must_use]
    pub fn device(&self, token: &Secret) -> Option<Device> {
        let devices = self.devices.read().unwrap_or_else(PoisonError::into_inner);
        devices.get(&token.hash()).cloned()
    }

    /// The API token with this secret, also when it has expired.
    #[must_use]
    pub fn token(&self, secret: &Secret) -> Option<ApiToken> {
        let tokens = self.tokens.read().unwrap_or_else(PoisonError::into_inner);
        tokens.get(&secret.hash()).cloned()
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

    /// The person whose calendars have this key.
    #[must_use]
    pub fn calendar(&self, key: &Secret) -> Option<PersonId> {
        let calendars = self
            .calendars
            .read()
            .unwrap_or_else(PoisonError::into_inner);
        calendars.get(&key.hash()).cloned()
    }

    /// A person's new and only key for their calendars.
    pub fn set_calendar(&self, person: &PersonId, key: SecretHash) {
        let mut calendars = self
            .calendars
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        calendars.retain(|_, known| known != person);
        calendars.insert(key, person.clone());
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

    /// A device that was revoked.
    pub fn remove_device(&self, id: &DeviceId) {
        let mut devices = self.devices.write().unwrap_or_else(PoisonError::into_inner);
        devices.retain(|_, device| device.id != *id);
    }

    /// An API token that was made.
    pub fn add_token(&self, token: ApiToken) {
        let mut tokens = self.tokens.write().unwrap_or_else(PoisonError::into_inner);
        tokens.insert(token.hash, token);
    }

    /// An API token that was revoked.
    pub fn remove_token(&self, id: &str) {
        let mut tokens = self.tokens.write().unwrap_or_else(PoisonError::into_inner);
        tokens.retain(|_, token| token.id != id);
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
