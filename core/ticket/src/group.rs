//! Alarms that are one ticket because their labels agree.

use core::fmt::Write;
use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

/// How many alarms of a group a ticket remembers one by one. Each update of a ticket carries all of
/// it to every phone, so the list is bounded: 256 of Alertmanager's fingerprints are 5 KiB.
pub const GROUP_LIMIT: usize = 256;

/// The labels on which alarms of a group agree, by their names.
pub type GroupLabels = BTreeMap<String, String>;

/// The alarms behind a ticket, where more than one may be. It recovers when none of them fires.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Group {
    /// What they agree on.
    pub labels: GroupLabels,
    /// The dedup keys of those that fire, at most [`GROUP_LIMIT`].
    pub firing: BTreeSet<String>,
    /// How many came when that list was full. Their end would not be noticed, so from then on only
    /// a person resolves the ticket.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub beyond: u32,
}

fn is_zero(number: &u32) -> bool {
    *number == 0
}

impl Group {
    /// A group that begins with one alarm.
    #[must_use]
    pub fn new(labels: GroupLabels, dedup_key: String) -> Self {
        Self {
            labels,
            firing: BTreeSet::from([dedup_key]),
            beyond: 0,
        }
    }

    /// The dedup key of a group's ticket: its labels as Prometheus writes them, such as
    /// `{alertname="Down",cluster="eu"}`
    /// (<https://prometheus.io/docs/concepts/data_model/#notation>). Labels that differ have keys
    /// that differ.
    #[must_use]
    pub fn key(labels: &GroupLabels) -> String {
        let mut key = String::from("{");
        for (place, (name, value)) in labels.iter().enumerate() {
            let comma = if place == 0 { "" } else { "," };
            let escaped = |text: &str| text.replace('\\', "\\\\").replace('"', "\\\"");
            // The name comes from the configuration, where it is a word.
            let _ = write!(key, "{comma}{name}=\"{}\"", escaped(value));
        }
        key.push('}');
        key
    }

    /// One more alarm fires, or one that is known fires again.
    pub(crate) fn join(&mut self, dedup_key: &str) {
        if self.firing.contains(dedup_key) {
            return;
        }
        if self.firing.len() < GROUP_LIMIT {
            self.firing.insert(dedup_key.to_owned());
        } else {
            self.beyond = self.beyond.saturating_add(1);
        }
    }

    /// Whether none of its alarms can still fire.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.firing.is_empty() && self.beyond == 0
    }
}
