//! How a command ends when it does not succeed: an exit code for scripts, a text for people.

use core::fmt;

/// Exit code when something did not work: a file, the network, the server's own trouble.
pub const FAILED: u8 = 1;
/// Exit code when the command line was not understood; clap uses the same.
pub const USAGE: u8 = 2;
/// Exit code when what was asked is not valid or not allowed: sending it again will not help.
pub const REFUSED: u8 = 3;

/// Why a command did not succeed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// The exit code: [`FAILED`], [`USAGE`] or [`REFUSED`].
    pub code: u8,
    /// What was wrong and what to do next; empty when the command has said it already.
    pub text: String,
}

impl Failure {
    /// Something did not work.
    pub fn failed(text: impl Into<String>) -> Self {
        Self {
            code: FAILED,
            text: text.into(),
        }
    }

    /// The command line asks for something that cannot be.
    pub fn usage(text: impl Into<String>) -> Self {
        Self {
            code: USAGE,
            text: text.into(),
        }
    }

    /// The server, or a check before it, said no.
    pub fn refused(text: impl Into<String>) -> Self {
        Self {
            code: REFUSED,
            text: text.into(),
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// Names what a foreign error happened to: `folder: permission denied`.
pub trait Context<T> {
    /// The same result, whose error begins with `what`.
    fn context(self, what: impl fmt::Display) -> Result<T, Failure>;
}

impl<T, E: fmt::Display> Context<T> for Result<T, E> {
    fn context(self, what: impl fmt::Display) -> Result<T, Failure> {
        self.map_err(|error| Failure::failed(format!("{what}: {error}")))
    }
}
