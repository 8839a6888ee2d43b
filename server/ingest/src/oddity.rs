//! Telling a sender what was odd without refusing what it sent.

use serde::Serialize;

use crate::limits::ODDITIES_MAX;

/// Something a body said in an unexpected way, and how it was read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Oddity {
    /// The field: `alerts[3].status`.
    pub field: String,
    /// What was expected, what was there, and what was made of it.
    pub detail: String,
}

/// The oddities of one body, as they are found.
#[derive(Debug, Default)]
pub(crate) struct Oddities {
    told: Vec<Oddity>,
    more: usize,
}

impl Oddities {
    /// Notes one. The texts are only made when they are kept.
    pub(crate) fn note(&mut self, tell: impl FnOnce() -> (String, String)) {
        if self.told.len() < ODDITIES_MAX {
            let (field, detail) = tell();
            self.told.push(Oddity { field, detail });
        } else {
            self.more += 1;
        }
    }

    /// All of them.
    pub(crate) fn finish(mut self) -> Vec<Oddity> {
        if self.more > 0 {
            self.told.push(Oddity {
                field: String::new(),
                detail: format!("{} more were not listed", self.more),
            });
        }
        self.told
    }
}
