//! Which server, and how it is trusted.

use core::fmt;
use std::sync::Arc;

use reqwest::{Certificate, Url};
use serde::{Deserialize, Serialize};

/// A device's secret. It does not print.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(String);

impl Token {
    /// Wraps the secret.
    pub fn new(secret: impl Into<String>) -> Self {
        Self(secret.into())
    }

    /// The secret itself, for the `Authorization` header and the device's safe.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(…)")
    }
}

/// Who may vouch for a server that has no certificate of its own.
#[derive(Clone, Default)]
pub enum Authorities {
    /// Whom the operating system trusts, as it checks certificates itself.
    #[default]
    System,
    /// Their certificates in DER, or why there are none. Asked once by each [`super::HttpNetwork`],
    /// before its first connection, on a thread that may wait.
    Told(Arc<dyn Fn() -> Result<Vec<Vec<u8>>, String> + Send + Sync>),
}

impl fmt::Debug for Authorities {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::System => "System",
            Self::Told(_) => "Told(…)",
        })
    }
}

/// Where the server is and which certificates it may show.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Server {
    address: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    trusted_pem: Option<String>,
    /// A device may come to trust others tomorrow, so they are not written down.
    #[serde(skip)]
    authorities: Authorities,
}

/// Two that are the same on disk.
impl PartialEq for Server {
    fn eq(&self, other: &Self) -> bool {
        (&self.address, &self.trusted_pem) == (&other.address, &other.trusted_pem)
    }
}

impl Eq for Server {}

/// Why a server's address or certificate cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ServerError {
    /// Not an address.
    #[error("server: expected an address such as https://pager.example.org, got {given:?}")]
    NotAnAddress {
        /// What was given.
        given: String,
    },
    /// Unencrypted, to another machine, and nobody said that this is meant.
    #[error(
        "server: {host} would be spoken to over plain http, which anybody on the way can read and \
         change; use https://, or say explicitly that plain http is meant"
    )]
    PlainHttp {
        /// The machine.
        host: String,
    },
    /// Not a certificate.
    #[error("certificate: expected one or more certificates in PEM, got {reason}")]
    NotACertificate {
        /// What was found.
        reason: String,
    },
}

impl Server {
    /// Checks an address.
    ///
    /// `trusted_pem`: certificates in PEM that are trusted instead of the system's, for a server
    /// with a certificate of its own. `allow_plain_http`: the person said that `http://` is meant;
    /// without it only this machine itself is spoken to that way.
    ///
    /// # Errors
    /// [`ServerError`] when one of them cannot be used.
    pub fn new(
        address: &str,
        trusted_pem: Option<String>,
        allow_plain_http: bool,
    ) -> Result<Self, ServerError> {
        let not_an_address = || ServerError::NotAnAddress {
            given: address.to_owned(),
        };
        let mut url = Url::parse(address.trim()).map_err(|_| not_an_address())?;
        let host = url.host_str().ok_or_else(not_an_address)?.to_owned();
        match url.scheme() {
            "https" => {}
            "http" if allow_plain_http || is_loopback(&host) => {}
            "http" => return Err(ServerError::PlainHttp { host }),
            _ => return Err(not_an_address()),
        }
        if !url.path().ends_with('/') {
            let path = format!("{}/", url.path());
            url.set_path(&path);
        }
        url.set_query(None);
        url.set_fragment(None);
        let server = Self {
            address: url.into(),
            trusted_pem,
            authorities: Authorities::System,
        };
        server.trusted()?;
        Ok(server)
    }

    /// The same server, vouched for by these unless it has a certificate of its own.
    #[must_use]
    pub fn vouched_for_by(self, authorities: Authorities) -> Self {
        Self {
            authorities,
            ..self
        }
    }

    /// The address, ending in a slash.
    #[must_use]
    pub fn address(&self) -> &str {
        &self.address
    }

    /// The address of a path below the server's, given without a leading slash.
    pub(super) fn at(&self, path: &str) -> String {
        format!("{}{path}", self.address)
    }

    /// Who may vouch for it, unless it has a certificate of its own.
    pub(super) fn authorities(&self) -> &Authorities {
        &self.authorities
    }

    /// The certificates to trust instead of the authorities'; empty: theirs.
    pub(super) fn trusted(&self) -> Result<Vec<Certificate>, ServerError> {
        let Some(pem) = &self.trusted_pem else {
            return Ok(Vec::new());
        };
        let certificates = Certificate::from_pem_bundle(pem.as_bytes()).map_err(|error| {
            ServerError::NotACertificate {
                reason: error.to_string(),
            }
        })?;
        if certificates.is_empty() {
            return Err(ServerError::NotACertificate {
                reason: "text without any".to_owned(),
            });
        }
        Ok(certificates)
    }
}

/// `localhost` (RFC 6761, 6.3) or a loopback address.
fn is_loopback(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    bare.eq_ignore_ascii_case("localhost")
        || bare
            .parse::<std::net::IpAddr>()
            .is_ok_and(|address| address.is_loopback())
}
