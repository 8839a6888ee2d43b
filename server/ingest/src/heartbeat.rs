//! Heartbeats: a job or a machine says that it is alive, and its silence is the alarm.
//!
//! A beat is a request without content, so there is nothing to parse. Here stands what a silence
//! says and what ends it; when a silence is one, the engine knows.

use core::time::Duration;

use jiff::Timestamp;
use tocsin_ticket::{Millis, ServiceId, Severity};

use crate::details::Details;
use crate::{Integration, Signal, Target, key, text};

/// The most often a beat can be expected.
pub const SHORTEST: Duration = Duration::from_secs(10);

/// The most rarely: every 30 days.
pub const LONGEST: Duration = Duration::from_secs(30 * 24 * 3600);

/// The least grace that is given by itself.
const LEAST_GRACE: Duration = Duration::from_secs(5);

/// A heartbeat that is expected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Heartbeat {
    /// Its name, unique in its integration; it stands in the address that is called.
    pub name: String,
    /// A beat is expected so long after the last one.
    pub every: Duration,
    /// It may be so much late.
    pub grace: Duration,
    /// How bad its silence is, if not as the integration's alarms are by themselves.
    pub severity: Option<Severity>,
    /// What its silence is about, if not the integration's service.
    pub service: Option<ServiceId>,
}

impl Heartbeat {
    /// The grace of a heartbeat for which none is configured: a tenth of the time between two, and
    /// at least 5 s.
    #[must_use]
    pub fn usual_grace(every: Duration) -> Duration {
        (every / 10).max(LEAST_GRACE)
    }

    /// After this time without a beat it is missed.
    #[must_use]
    pub fn silence(&self) -> Duration {
        self.every + self.grace
    }

    /// The alarm of its silence. `last_beat` is `None` when it was never heard.
    #[must_use]
    pub fn missed(&self, integration: &Integration, last_beat: Option<Millis>) -> Signal {
        let silence = spelt(self.silence());
        let (title, last) = match last_beat {
            Some(at) => {
                let at = Timestamp::from_millisecond(at.0).unwrap_or_default();
                (
                    format!("No beat of {} for {silence}", self.name),
                    at.to_string(),
                )
            }
            None => (
                format!("No first beat of {} in {silence}", self.name),
                "never".to_owned(),
            ),
        };
        let mut details = Details::default();
        details.add("heartbeat", "heartbeat", &self.name);
        details.add("heartbeat", "last beat", &last);
        details.add("heartbeat", "expected every", &spelt(self.every));
        details.add("heartbeat", "grace", &spelt(self.grace));
        let service = self.service.as_ref().unwrap_or(&integration.service);
        let severity = self
            .severity
            .unwrap_or_else(|| integration.severities_of(service).default_severity());
        Signal::Fired(integration.alarm(
            service.clone(),
            self.dedup_key(integration),
            severity,
            text::title(&title).0,
            None,
            details,
        ))
    }

    /// The end of its silence, whichever service it was about when it began.
    #[must_use]
    pub fn heard(&self, integration: &Integration) -> Signal {
        Signal::Recovered(Target {
            team: integration.team.clone(),
            services: integration.all_services(),
            dedup_key: self.dedup_key(integration),
        })
    }

    fn dedup_key(&self, integration: &Integration) -> String {
        key::given(&format!("heartbeat {}/{}", integration.id, self.name))
    }
}

/// A length of time in its two largest units.
fn spelt(length: Duration) -> String {
    let seconds = length.as_secs();
    let units = [
        (seconds / 86_400, "d"),
        (seconds / 3600 % 24, "h"),
        (seconds / 60 % 60, "min"),
        (seconds % 60, "s"),
    ];
    let parts: Vec<String> = units
        .into_iter()
        .filter(|(count, _)| *count > 0)
        .take(2)
        .map(|(count, unit)| format!("{count} {unit}"))
        .collect();
    if parts.is_empty() {
        return "0 s".to_owned();
    }
    parts.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_length_of_time_reads_as_people_say_it() {
        for (seconds, said) in [
            (0, "0 s"),
            (10, "10 s"),
            (90, "1 min 30 s"),
            (3600, "1 h"),
            (90_000, "1 d 1 h"),
            (86_461, "1 d 1 min"),
            (30 * 86_400, "30 d"),
        ] {
            assert_eq!(spelt(Duration::from_secs(seconds)), said);
        }
    }

    #[test]
    fn a_beat_may_be_a_tenth_late_unless_the_team_says_otherwise() {
        let grace = |seconds| Heartbeat::usual_grace(Duration::from_secs(seconds)).as_secs();
        assert_eq!([grace(10), grace(60), grace(3600)], [5, 6, 360]);
    }
}
