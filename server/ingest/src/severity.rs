//! What a monitoring system's word for "how bad" means here.

use std::collections::BTreeMap;

use tocsin_ticket::Severity;

/// Words that mean something without being configured.
///
/// - PagerDuty's four: critical, error, warning, info (Events API v2).
/// - What Prometheus rules call theirs: critical, page, warning, ticket, info, none. `page` is the
///   worst word of those who use it, so it is SEV1; `none` marks the always-firing Watchdog of
///   kube-prometheus, which must page nobody.
/// - X.733 and Zabbix: major, minor, high, average, disaster; syslog: emergency, alert, notice.
const WORDS: &[(&str, Severity)] = &[
    ("alert", Severity::Sev1),
    ("average", Severity::Sev3),
    ("crit", Severity::Sev1),
    ("critical", Severity::Sev1),
    ("debug", Severity::Sev5),
    ("disaster", Severity::Sev1),
    ("emergency", Severity::Sev1),
    ("err", Severity::Sev2),
    ("error", Severity::Sev2),
    ("fatal", Severity::Sev1),
    ("high", Severity::Sev2),
    ("info", Severity::Sev4),
    ("information", Severity::Sev4),
    ("informational", Severity::Sev4),
    ("low", Severity::Sev4),
    ("major", Severity::Sev2),
    ("medium", Severity::Sev3),
    ("minor", Severity::Sev3),
    ("moderate", Severity::Sev3),
    ("none", Severity::Sev5),
    ("notice", Severity::Sev4),
    ("page", Severity::Sev1),
    ("ticket", Severity::Sev3),
    ("urgent", Severity::Sev1),
    ("warn", Severity::Sev3),
    ("warning", Severity::Sev3),
];

/// How one integration's severities are read: its own words first, then `SEV1` to `SEV5` and `P1`
/// to `P5` in any spelling (`sev-2`, `P 1`; `P0` and `SEV0` are SEV1), then the common words.
///
/// What is absent or understood by none of them is [`default`](Self::default_severity), SEV2 unless
/// configured: it pages, for an alarm nobody graded must not be silent, and it does not outrank
/// what somebody did grade as the worst.
///
/// A bare number is not understood, because it means opposite things: 5 is the worst in Zabbix and
/// nearly the mildest in syslog. An integration that sends numbers names them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeverityMap {
    default: Severity,
    own: BTreeMap<String, Severity>,
}

impl Default for SeverityMap {
    /// No words of its own, and SEV2 for what is not understood.
    fn default() -> Self {
        Self {
            default: Severity::Sev2,
            own: BTreeMap::new(),
        }
    }
}

impl SeverityMap {
    /// With another severity for what is absent or not understood.
    #[must_use]
    pub fn with_default(mut self, default: Severity) -> Self {
        self.default = default;
        self
    }

    /// With a word that means `severity` here, whatever it means elsewhere; case is ignored.
    #[must_use]
    pub fn with(mut self, word: &str, severity: Severity) -> Self {
        self.own.insert(normal(word), severity);
        self
    }

    /// The severity of what is absent or not understood.
    #[must_use]
    pub fn default_severity(&self) -> Severity {
        self.default
    }

    /// The severity a word means, if it is understood.
    #[must_use]
    pub fn read(&self, word: &str) -> Option<Severity> {
        let word = normal(word);
        let common = || {
            let at = WORDS.binary_search_by_key(&word.as_str(), |(word, _)| word);
            at.ok().map(|at| WORDS[at].1)
        };
        let own = self.own.get(&word).copied();
        own.or_else(|| numbered(&word)).or_else(common)
    }
}

fn normal(word: &str) -> String {
    word.trim().to_lowercase()
}

/// `sev2`, `sev-2`, `p_2`: a letter grade with its number.
fn numbered(word: &str) -> Option<Severity> {
    let rest = word
        .strip_prefix("sev")
        .or_else(|| word.strip_prefix('p'))?;
    let digits = rest.trim_start_matches(['-', '_', ' ', '.', ':']);
    let number: u8 = digits.parse().ok()?;
    let number = usize::from(number.max(1) - 1);
    Severity::ALL.get(number).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everybodys_words_for_how_bad_it_is() {
        let map = SeverityMap::default();
        for (word, severity) in [
            ("critical", Some(Severity::Sev1)),
            ("CRITICAL ", Some(Severity::Sev1)),
            ("page", Some(Severity::Sev1)),
            ("error", Some(Severity::Sev2)),
            ("high", Some(Severity::Sev2)),
            ("warning", Some(Severity::Sev3)),
            ("info", Some(Severity::Sev4)),
            ("none", Some(Severity::Sev5)),
            ("sev1", Some(Severity::Sev1)),
            ("SEV-2", Some(Severity::Sev2)),
            ("Sev 3", Some(Severity::Sev3)),
            ("P1", Some(Severity::Sev1)),
            ("p_4", Some(Severity::Sev4)),
            ("P0", Some(Severity::Sev1)),
            ("sev0", Some(Severity::Sev1)),
            ("P6", None),
            ("sev", None),
            ("p", None),
            ("p-999", None),
            ("1", None),
            ("5", None),
            ("purple", None),
            ("", None),
        ] {
            assert_eq!(map.read(word), severity, "{word:?}");
        }
    }

    #[test]
    fn an_integrations_own_words_win() {
        let map = SeverityMap::default()
            .with_default(Severity::Sev3)
            .with("Warning", Severity::Sev1)
            .with("5", Severity::Sev1);
        assert_eq!(map.read("WARNING"), Some(Severity::Sev1));
        assert_eq!(map.read("5"), Some(Severity::Sev1));
        assert_eq!(map.read("error"), Some(Severity::Sev2));
        assert_eq!(map.default_severity(), Severity::Sev3);
    }

    #[test]
    fn an_ungraded_alarm_pages_unless_the_team_says_otherwise() {
        assert_eq!(SeverityMap::default().default_severity(), Severity::Sev2);
    }

    #[test]
    fn every_common_word_is_found() {
        for (word, severity) in WORDS {
            assert_eq!(SeverityMap::default().read(word), Some(*severity), "{word}");
        }
    }
}
