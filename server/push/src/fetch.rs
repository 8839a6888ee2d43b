//! Getting what somebody else's address names, without being sent into one's own network.

use core::fmt;

use reqwest::Client;
use url::Url;

use crate::guard::{Forbidden, Guard, forbidden};
use crate::http::chain;
use crate::settings::{Settings, StartError};

/// A client behind the [`Guard`], with the settings of the transports: what is named in
/// `allow_hosts` may be anywhere, everything else must be on the public internet; https alone, no
/// redirect.
#[derive(Clone)]
pub struct Fetcher {
    guard: Guard,
    client: Client,
}

impl fmt::Debug for Fetcher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Fetcher").finish_non_exhaustive()
    }
}

/// Why nothing came.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FetchError {
    /// The server does not go there.
    #[error(transparent)]
    Forbidden(#[from] Forbidden),
    /// It answered otherwise than with 200.
    #[error("answered with HTTP {0}")]
    Status(u16),
    /// It answered with more than was asked for.
    #[error("answered with more than {0} bytes")]
    TooLong(usize),
    /// No whole answer.
    #[error("no whole answer: {0}")]
    Unanswered(String),
}

impl Fetcher {
    /// Gets ready.
    ///
    /// # Errors
    /// When the settings name no hosts or no certificates.
    pub fn start(settings: &Settings) -> Result<Self, StartError> {
        let (guard, client) = settings.guarded(&settings.roots()?)?;
        Ok(Self { guard, client })
    }

    /// What the address answers to a GET, at most `longest` bytes.
    ///
    /// # Errors
    /// [`FetchError`].
    pub async fn get(&self, url: &Url, longest: usize) -> Result<Vec<u8>, FetchError> {
        let url = self.guard.check(url.as_str())?;
        let mut answer = self.client.get(url).send().await.map_err(failed)?;
        if answer.status() != 200 {
            return Err(FetchError::Status(answer.status().as_u16()));
        }
        let mut body = Vec::new();
        while let Some(chunk) = answer.chunk().await.map_err(failed)? {
            if body.len() + chunk.len() > longest {
                return Err(FetchError::TooLong(longest));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body)
    }
}

fn failed(error: reqwest::Error) -> FetchError {
    match forbidden(&error) {
        Some(forbidden) => FetchError::Forbidden(forbidden.clone()),
        None => FetchError::Unanswered(chain(&error.without_url())),
    }
}
