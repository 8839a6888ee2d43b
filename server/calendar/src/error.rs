//! What is wrong with a calendar, in words that lead to the mending.

/// Why a calendar file could not be read. Written `line 12: DTSTART: expected …, got …`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {message}")]
pub struct CalendarError {
    /// Line of the file, from 1: of the property if it is there, else of the event's beginning.
    pub line: usize,
    /// The property, what was expected and what was there instead.
    pub message: String,
}

impl CalendarError {
    pub(crate) fn new(line: usize, message: impl Into<String>) -> Self {
        Self {
            line,
            message: message.into(),
        }
    }
}
