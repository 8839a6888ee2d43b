//! Making this device one of a person's.

use tocsin_wire::{EnrollRequest, Me};

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
    /// The token could not be kept; the code is used up, so ask for a new one.
    #[error("{0}; the code is used up now, ask for a new one")]
    Secrets(#[from] SecretError),
}

/// Enrols this device with a single-use code and writes down whose it is. The store is checked
/// first, so that no code is used up in vain.
///
/// # Errors
/// [`EnrollError`]; the store is unchanged then.
pub async fn enroll(
    server: Server,
    code: &str,
    device_name: &str,
    store: &mut Store,
    secrets: &dyn Secrets,
) -> Result<Account, EnrollError> {
    if store.account()?.is_some() {
        return Err(StoreError::EnrolledAlready.into());
    }
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
