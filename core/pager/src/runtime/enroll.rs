//! Making this device one of a person's.

use tocsin_seal::DeviceKeys;
use tocsin_wire::{EnrollRequest, Me};

use super::Random;

use crate::net::{HttpNetwork, NetworkError, Server, Token};
use crate::store::{Account, SecretError, Secrets, Store, StoreError};

/// Why a device could not be enrolled.
#[derive(Debug, thiserror::Error)]
pub enum EnrollError {
    /// The server was not reached or refused the code.
    #[error(transparent)]
    Network(#[from] NetworkError),
    /// The device's file failed, or holds an enrolled device already.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The keys could not be kept; the code was not used.
    #[error(transparent)]
    Keys(SecretError),
    /// The token could not be kept; the code is used up, so ask for a new one.
    #[error("{0}; the code is used up now, ask for a new one")]
    Secrets(#[from] SecretError),
}

/// The keys that pushes to this device are sealed to: those in the safe, or new ones, which are kept
/// there. A device that was enrolled before there were any gets them here.
///
/// # Errors
/// [`SecretError`] when the safe failed.
pub fn device_keys(secrets: &dyn Secrets, random: &Random) -> Result<DeviceKeys, SecretError> {
    if let Some(keys) = secrets.keys()? {
        return Ok(keys);
    }
    let mut secret = [0; 32];
    secret[..16].copy_from_slice(&random());
    secret[16..].copy_from_slice(&random());
    let keys = DeviceKeys::new(secret);
    secrets.keep_keys(&keys)?;
    Ok(keys)
}

/// Enrols this device with a single-use code and writes down whose it is. Store and safe are
/// tried first, so that no code is used up in vain.
///
/// # Errors
/// [`EnrollError`]; the store is unchanged then.
pub async fn enroll(
    server: Server,
    code: &str,
    device_name: &str,
    store: &mut Store,
    secrets: &dyn Secrets,
    random: &Random,
) -> Result<Account, EnrollError> {
    if store.account()?.is_some() {
        return Err(StoreError::EnrolledAlready.into());
    }
    device_keys(secrets, random).map_err(EnrollError::Keys)?;
    let request = EnrollRequest {
        code: code.to_owned(),
        device_name: device_name.to_owned(),
    };
    let reply = HttpNetwork::enroll(&server, &request).await?;
    secrets.keep(&Token::new(reply.token))?;
    let account = Account {
        server,
        me: Me {
            person: reply.person,
            device: reply.device,
        },
        person_name: reply.person_name,
    };
    store.enroll(&account)?;
    Ok(account)
}
