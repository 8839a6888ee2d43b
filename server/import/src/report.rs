//! What could not be carried over, and why a file could not be read at all.

use core::fmt::Display;

/// Something of the file that the configuration does not have, or has otherwise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeftOut {
    /// Where it is in the file, such as `schedule.schedule_layers[0].restrictions[1]`.
    pub at: String,
    /// What it is, and what to do or to know about it.
    pub why: String,
}

impl Display for LeftOut {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "{}: {}", self.at, self.why)
    }
}

/// Why nothing came of a file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{at}: {message}")]
pub struct ImportError {
    /// Where in the file.
    pub at: String,
    /// What was expected and what was there instead.
    pub message: String,
}

impl ImportError {
    pub(crate) fn new(at: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            at: at.into(),
            message: message.into(),
        }
    }
}

/// Collects what could not be carried over.
#[derive(Debug, Default)]
pub(crate) struct Report(Vec<LeftOut>);

impl Report {
    pub(crate) fn add(&mut self, at: impl Into<String>, why: impl Into<String>) {
        let one = LeftOut {
            at: at.into(),
            why: why.into(),
        };
        if !self.0.contains(&one) {
            self.0.push(one);
        }
    }

    pub(crate) fn finish(self) -> Vec<LeftOut> {
        self.0
    }
}
