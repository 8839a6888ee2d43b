//! What goes wrong at the border, with a text a person can act on.

use tocsin_pager::net::{NetworkError, ServerError};
use tocsin_pager::runtime::EnrollError;
use tocsin_pager::store::{SecretError, StoreError};

/// Why the pager could not do something. Each carries what to do next, in English; the shells say
/// the same in their own words for the kinds that people meet.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, uniffi::Error)]
pub enum PagerError {
    /// What was typed or scanned is no enrolment.
    #[error("{text}")]
    NotAnEnrolment {
        /// What was expected.
        text: String,
    },
    /// The server would be spoken to without encryption, and nobody said that this is meant.
    #[error("{text}")]
    PlainHttp {
        /// Which machine, and what to do.
        text: String,
    },
    /// This device is not enrolled, or its safe has lost what proves that it is.
    #[error("{text}")]
    NotEnrolled {
        /// What to do.
        text: String,
    },
    /// The server was not reached, or could not answer now: try again.
    #[error("{text}")]
    Unreachable {
        /// What the connection said.
        text: String,
    },
    /// The server refused.
    #[error("{text}")]
    Refused {
        /// Why, and what to do.
        text: String,
    },
    /// The device's file or safe failed.
    #[error("{text}")]
    Device {
        /// What failed, and what to do.
        text: String,
    },
}

impl PagerError {
    pub(crate) fn not_enrolled() -> Self {
        Self::NotEnrolled {
            text: "this device is not enrolled: an administrator makes a code with `tocsin enroll \
                   PERSON`; scan it"
                .to_owned(),
        }
    }

    pub(crate) fn token_lost() -> Self {
        Self::NotEnrolled {
            text: "this device was enrolled and its safe has lost the token that proves it: an \
                   administrator makes a new code with `tocsin enroll PERSON`; scan it. What was \
                   tapped here and not sent is lost"
                .to_owned(),
        }
    }

    pub(crate) fn no_push() -> Self {
        Self::Device {
            text: "a push without a payload; its server is older than this app, or no Tocsin"
                .to_owned(),
        }
    }

    pub(crate) fn device(error: &dyn std::error::Error) -> Self {
        let text = error.to_string();
        Self::Device { text }
    }
}

impl From<StoreError> for PagerError {
    fn from(error: StoreError) -> Self {
        Self::device(&error)
    }
}

impl From<SecretError> for PagerError {
    fn from(error: SecretError) -> Self {
        Self::device(&error)
    }
}

impl From<NetworkError> for PagerError {
    fn from(error: NetworkError) -> Self {
        let text = error.to_string();
        match error {
            NetworkError::Unreachable { .. } | NetworkError::Busy { .. } => {
                Self::Unreachable { text }
            }
            NetworkError::Unauthorized | NetworkError::Garbled { .. } => Self::Refused { text },
            NetworkError::Rejected { detail, .. } => Self::Refused { text: detail },
        }
    }
}

impl From<ServerError> for PagerError {
    fn from(error: ServerError) -> Self {
        let text = error.to_string();
        match error {
            ServerError::PlainHttp { .. } => Self::PlainHttp { text },
            ServerError::NotAnAddress { .. } | ServerError::NotACertificate { .. } => {
                Self::NotAnEnrolment { text }
            }
        }
    }
}

impl From<EnrollError> for PagerError {
    fn from(error: EnrollError) -> Self {
        match error {
            EnrollError::Network(error) => error.into(),
            EnrollError::Store(error) => error.into(),
            EnrollError::Keys(_) | EnrollError::Secrets(_) => Self::device(&error),
        }
    }
}
