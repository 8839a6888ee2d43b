//! Past tickets that were like this one, and what ended them.
//!
//! Two steps. The store finds candidates with its full-text index by [`search_words`]; [`rank`]
//! then compares each with the ticket. What changes from one alarm to the next of its kind (numbers,
//! ids, hosts) is masked in both, as in the load report.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use tocsin_report::mask;
use tocsin_ticket::{Actor, Event, Millis, PersonId, ServiceId, Severity, Ticket, TicketId};

use crate::CoeState;

/// Label values longer than this are prose, in characters: their words would drown the labels.
const LABEL_CHARS: usize = 100;

/// Words that are searched by. More make the search slower and not better.
const MAX_WORDS: usize = 16;

/// A title with fewer words says too little to search by it alone.
const TITLE_WORDS: usize = 3;

/// Notes that tell what resolved a ticket.
const LAST_NOTES: usize = 3;

/// What the parts of a score weigh. A title is what a person wrote about one kind of trouble;
/// labels say where it is; the service only narrows it down.
const TITLE_WEIGHT: f64 = 0.6;
const LABELS_WEIGHT: f64 = 0.25;
const SERVICE_WEIGHT: f64 = 0.15;

/// Tickets that score less are not alike; found by the table of alarms in this file's tests.
const ALIKE: f64 = 0.45;

/// What the full-text index holds of a ticket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IndexText {
    /// Words of its title.
    pub title: String,
    /// Its service, and words of its labels.
    pub labels: String,
}

impl IndexText {
    /// The index text of a ticket.
    #[must_use]
    pub fn of(ticket: &Ticket) -> Self {
        Self {
            title: words(&ticket.title).join(" "),
            labels: label_words(ticket).join(" "),
        }
    }
}

/// The words to find candidates by: lower-case letters and digits only, each once.
///
/// They are those of the title. Labels are compared by [`rank`]; to search by them as well would
/// find every ticket of the service, and take four times as long.
#[must_use]
pub fn search_words(ticket: &Ticket) -> Vec<String> {
    let mut found = words(&ticket.title);
    if found.len() < TITLE_WORDS {
        found.extend(label_words(ticket));
    }
    let mut seen = BTreeSet::new();
    found.retain(|word| seen.insert(word.clone()));
    found.truncate(MAX_WORDS);
    found
}

fn words(text: &str) -> Vec<String> {
    mask(text)
        .to_lowercase()
        .split(|it: char| !it.is_alphanumeric())
        .filter(|word| word.chars().count() > 1)
        .map(str::to_owned)
        .collect()
}

fn label_words(ticket: &Ticket) -> Vec<String> {
    let values = labels(ticket).map(|(_, value)| value);
    core::iter::once(ticket.service.as_str())
        .chain(values)
        .flat_map(words)
        .collect()
}

fn labels(ticket: &Ticket) -> impl Iterator<Item = (&str, &str)> {
    let short = |value: &str| value.chars().count() <= LABEL_CHARS;
    ticket
        .details
        .iter()
        .filter(move |(_, value)| short(value))
        .map(|(name, value)| (name.as_str(), value.as_str()))
}

/// A past ticket and how much it is like the one asked about.
#[derive(Debug, Clone, PartialEq)]
pub struct Similar {
    /// The past ticket.
    pub ticket: Ticket,
    /// From 0, nothing in common, to 1.
    pub score: f64,
}

/// Those of the candidates that are like the ticket, the most alike first, of equals the newest.
///
/// A score is the Sørensen–Dice coefficient of the masked titles, the Jaccard index of the masked
/// labels where both have some, and whether it is the same service, by weight. The order of the
/// candidates does not matter.
#[must_use]
pub fn rank(ticket: &Ticket, candidates: Vec<Ticket>, limit: usize) -> Vec<Similar> {
    let this = Features::of(ticket);
    let mut alike: Vec<Similar> = candidates
        .into_iter()
        .filter(|other| other.id != ticket.id)
        .map(|other| Similar {
            score: this.likeness(&Features::of(&other)),
            ticket: other,
        })
        .filter(|similar| similar.score >= ALIKE)
        .collect();
    alike.sort_by(|a, b| {
        let by_score = b.score.total_cmp(&a.score);
        by_score.then_with(|| b.ticket.id.cmp(&a.ticket.id))
    });
    alike.truncate(limit);
    alike
}

struct Features {
    title: String,
    labels: BTreeSet<(String, String)>,
    service: ServiceId,
}

impl Features {
    fn of(ticket: &Ticket) -> Self {
        Self {
            title: words(&ticket.title).join(" "),
            labels: labels(ticket)
                .map(|(name, value)| (name.to_owned(), mask(value)))
                .collect(),
            service: ticket.service.clone(),
        }
    }

    fn likeness(&self, other: &Self) -> f64 {
        let service = if self.service == other.service {
            1.0
        } else {
            0.0
        };
        let mut parts = vec![
            (
                TITLE_WEIGHT,
                strsim::sorensen_dice(&self.title, &other.title),
            ),
            (SERVICE_WEIGHT, service),
        ];
        let all = self.labels.union(&other.labels).count();
        if !self.labels.is_empty() && !other.labels.is_empty() {
            let shared = self.labels.intersection(&other.labels).count();
            parts.push((LABELS_WEIGHT, shared as f64 / all as f64));
        }
        let weight: f64 = parts.iter().map(|(weight, _)| weight).sum();
        let score: f64 = parts.iter().map(|(weight, part)| weight * part).sum();
        score / weight
    }
}

/// What ended a ticket.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Resolution {
    /// Who resolved it.
    pub by: Actor,
    /// When.
    pub at: Millis,
    /// How long after it was opened, in milliseconds.
    pub took_ms: u64,
    /// The last notes before that, at most three, oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<Note>,
}

/// What somebody wrote down.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Note {
    /// Who.
    pub by: PersonId,
    /// When.
    pub at: Millis,
    /// What.
    pub text: String,
}

impl Resolution {
    /// What ended the ticket of this log, oldest first, the last time it was ended; `None` when it
    /// is open.
    #[must_use]
    pub fn of<'a>(log: impl IntoIterator<Item = (Millis, &'a Event)>) -> Option<Self> {
        let (mut opened, mut notes, mut found) = (None, Vec::new(), None);
        for (at, event) in log {
            match event {
                Event::Opened { .. } => opened = Some(at),
                Event::NoteAdded { by, text } | Event::StatusUpdated { by, text } => {
                    notes.push(Note {
                        by: by.clone(),
                        at,
                        text: text.clone(),
                    })
                }
                Event::Resolved { by } => {
                    let took = at.since(opened.unwrap_or(at)).as_millis();
                    found = Some(Self {
                        by: by.clone(),
                        at,
                        took_ms: u64::try_from(took).unwrap_or(u64::MAX),
                        notes: notes[notes.len().saturating_sub(LAST_NOTES)..].to_vec(),
                    });
                }
                Event::Reopened { .. } => found = None,
                _ => {}
            }
        }
        found
    }
}

/// A past ticket as it is read.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SimilarTicket {
    /// Its number.
    pub ticket: TicketId,
    /// Its title.
    pub title: String,
    /// What was in trouble.
    pub service: ServiceId,
    /// How bad it was.
    pub severity: Severity,
    /// When it began.
    pub opened_at: Millis,
    /// How much it is like the one asked about: 0 to 1.
    pub score: f64,
    /// What ended it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resolution: Option<Resolution>,
    /// How far its COE got, if it has one; `GET /v1/tickets/{id}/coe` reads it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub coe: Option<CoeState>,
}

#[cfg(test)]
pub(crate) mod tests {
    use proptest::prelude::*;
    use tocsin_ticket::Alarm;

    use super::*;

    /// Names and values.
    type Labels<'a> = &'a [(&'a str, &'a str)];

    pub(crate) fn ticket(id: u64, service: &str, title: &str, labels: Labels<'_>) -> Ticket {
        let labels = labels.iter();
        let opened = Event::Opened {
            id: TicketId(id),
            alarm: Alarm {
                team: "shop".into(),
                service: service.into(),
                dedup_key: format!("key {id}"),
                severity: Severity::Sev1,
                title: title.to_owned(),
                source: "alertmanager".to_owned(),
                url: None,
                details: labels
                    .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                    .collect(),
            },
            owner: "ana".into(),
        };
        Ticket::apply(None, &opened, Millis(0)).unwrap()
    }

    /// A year of a shop's alarms, as Alertmanager, CloudWatch and people write them.
    fn history() -> Vec<Ticket> {
        let rows: [(&str, &str, Labels<'_>); 16] = [
            (
                "orders",
                "Postgres replica lag on db-01 is 41 s",
                &[
                    ("alertname", "PostgresReplicaLag"),
                    ("instance", "db-01:9187"),
                ],
            ),
            (
                "orders",
                "Postgres replica lag on db-07 is 312 s",
                &[
                    ("alertname", "PostgresReplicaLag"),
                    ("instance", "db-07:9187"),
                ],
            ),
            (
                "orders",
                "Postgres connections above 95 %",
                &[
                    ("alertname", "PostgresConnections"),
                    ("instance", "db-01:9187"),
                ],
            ),
            (
                "orders",
                "Disk of db-01 is 91 % full",
                &[
                    ("alertname", "NodeDiskFull"),
                    ("instance", "db-01:9100"),
                    ("mountpoint", "/var/lib/postgresql"),
                ],
            ),
            (
                "search",
                "Disk of es-14 is 97 % full",
                &[
                    ("alertname", "NodeDiskFull"),
                    ("instance", "es-14:9100"),
                    ("mountpoint", "/data"),
                ],
            ),
            (
                "checkout",
                "Pod checkout-7f9c6d5b8-x2kqz is crash looping",
                &[
                    ("alertname", "KubePodCrashLooping"),
                    ("namespace", "shop"),
                    ("pod", "checkout-7f9c6d5b8-x2kqz"),
                ],
            ),
            (
                "search",
                "Pod search-api-5d4f8-9ltwm is crash looping",
                &[
                    ("alertname", "KubePodCrashLooping"),
                    ("namespace", "shop"),
                    ("pod", "search-api-5d4f8-9ltwm"),
                ],
            ),
            (
                "checkout",
                "HTTP 5xx rate of checkout is 12 %",
                &[("alertname", "Http5xx"), ("route", "/pay")],
            ),
            (
                "search",
                "HTTP 5xx rate of search is 3.1 %",
                &[("alertname", "Http5xx"), ("route", "/find")],
            ),
            (
                "checkout",
                "p99 latency of checkout over 800ms for 10m",
                &[("alertname", "LatencyP99"), ("route", "/pay")],
            ),
            (
                "checkout",
                "Certificate of pay.example.org expires in 6 days",
                &[("alertname", "CertificateExpires")],
            ),
            ("checkout", "Payments provider returns timeouts", &[]),
            (
                "orders",
                "ALARM: \"orders-queue-depth\" in EU (Frankfurt)",
                &[
                    ("AlarmName", "orders-queue-depth"),
                    ("Namespace", "AWS/SQS"),
                ],
            ),
            (
                "orders",
                "Kafka consumer lag of orders-worker is 120000",
                &[
                    ("alertname", "KafkaConsumerLag"),
                    ("group", "orders-worker"),
                ],
            ),
            (
                "checkout",
                "결제 지연 1,200ms",
                &[("alertname", "PayLatency")],
            ),
            ("checkout", "Nightly backup failed", &[]),
        ];
        let rows = rows.into_iter().enumerate();
        rows.map(|(index, (service, title, labels))| {
            ticket(index as u64 + 1, service, title, labels)
        })
        .collect()
    }

    fn found(service: &str, title: &str, labels: &[(&str, &str)]) -> Vec<u64> {
        let asked = ticket(100, service, title, labels);
        let ranked = rank(&asked, history(), 3);
        ranked.iter().map(|similar| similar.ticket.id.0).collect()
    }

    #[test]
    fn an_alarm_finds_its_kind_of_trouble_and_the_nearest_first() {
        let table: [(&str, &str, Labels<'_>, &[u64]); 10] = [
            // The same trouble with other numbers, on another machine.
            (
                "orders",
                "Postgres replica lag on db-03 is 77 s",
                &[
                    ("alertname", "PostgresReplicaLag"),
                    ("instance", "db-03:9187"),
                ],
                &[2, 1],
            ),
            (
                "checkout",
                "Pod checkout-6c8d9f7b5-qq8rt is crash looping",
                &[
                    ("alertname", "KubePodCrashLooping"),
                    ("namespace", "shop"),
                    ("pod", "checkout-6c8d9f7b5-qq8rt"),
                ],
                &[6, 7],
            ),
            // The same service before the others.
            (
                "search",
                "HTTP 5xx rate of search is 44 %",
                &[("alertname", "Http5xx"), ("route", "/find")],
                &[9, 8],
            ),
            (
                "orders",
                "Disk of db-02 is 88 % full",
                &[
                    ("alertname", "NodeDiskFull"),
                    ("instance", "db-02:9100"),
                    ("mountpoint", "/var/lib/postgresql"),
                ],
                &[4, 5],
            ),
            // Another source with other words and no labels.
            ("checkout", "Timeouts from payments provider", &[], &[12]),
            ("orders", "replica lag on Postgres", &[], &[2, 1, 3]),
            (
                "checkout",
                "결제 지연 3,400ms",
                &[("alertname", "PayLatency")],
                &[15],
            ),
            (
                "checkout",
                "Certificate of www.example.org expires in 2 days",
                &[("alertname", "CertificateExpires")],
                &[11],
            ),
            // Only words that every alarm has, or nothing in common.
            (
                "search",
                "Index rebuild is stuck",
                &[("alertname", "IndexRebuild")],
                &[],
            ),
            ("search", "#", &[], &[]),
        ];
        for (service, title, labels, expected) in table {
            assert_eq!(found(service, title, labels), expected, "{title}");
        }
    }

    #[test]
    fn a_ticket_is_not_like_itself() {
        let history = history();
        let ranked = rank(&history[3], history.clone(), 10);
        assert!(ranked.iter().all(|it| it.ticket.id != history[3].id));
    }

    #[test]
    fn words_are_what_stays_the_same_from_one_alarm_to_the_next() {
        let one = ticket(
            1,
            "checkout",
            "Pod checkout-7f9c6d5b8-x2kqz: OOM, \"killed\" (3/5)",
            &[],
        );
        assert_eq!(search_words(&one), ["pod", "checkout", "oom", "killed"]);
        let index = IndexText::of(&one);
        assert_eq!(index.title, "pod checkout oom killed");
        assert_eq!(index.labels, "checkout");
        let long = "word ".repeat(100);
        let prose = ticket(1, "x", &"a b c ".repeat(50), &[("description", &long)]);
        assert_eq!(search_words(&prose), Vec::<String>::new());
        let many: String = (b'a'..=b'z')
            .map(|it| format!("w{0}{0} ", it as char))
            .collect();
        let many = format!("{many} {}", many.replace('w', "v"));
        assert_eq!(search_words(&ticket(1, "x", &many, &[])).len(), MAX_WORDS);
    }

    #[test]
    fn what_resolved_a_ticket_is_its_last_notes_who_and_how_long() {
        let note = |text: &str| Event::NoteAdded {
            by: "ana".into(),
            text: text.to_owned(),
        };
        let opened = Event::Opened {
            id: TicketId(1),
            alarm: Alarm {
                team: "shop".into(),
                service: "checkout".into(),
                dedup_key: String::new(),
                severity: Severity::Sev1,
                title: String::new(),
                source: String::new(),
                url: None,
                details: [].into(),
            },
            owner: "ana".into(),
        };
        let resolved = Event::Resolved {
            by: Actor::Person("ana".into()),
        };
        let reopened = Event::Reopened {
            by: "bea".into(),
            owner: "ana".into(),
        };
        let log = [
            opened,
            note("one"),
            resolved.clone(),
            reopened,
            note("two"),
            note("three"),
            note("the migration was rolled back"),
            resolved,
            note("thanks all"),
        ];
        let timed = |upto: usize| {
            let log = log[..upto].iter().enumerate();
            Resolution::of(log.map(|(at, event)| (Millis(at as i64 * 60_000), event)))
        };
        let end = timed(log.len()).unwrap();
        assert_eq!(end.by, Actor::Person("ana".into()));
        assert_eq!((end.at, end.took_ms), (Millis(420_000), 420_000));
        let texts: Vec<_> = end.notes.iter().map(|note| note.text.as_str()).collect();
        assert_eq!(texts, ["two", "three", "the migration was rolled back"]);
        assert_eq!(timed(4), None, "it was opened again");
        assert_eq!(timed(2), None, "it was never over");
    }

    proptest! {
        #[test]
        fn the_order_in_which_tickets_were_stored_does_not_matter(
            shuffled in Just(history()).prop_shuffle(),
            asked in 0_usize..16,
            limit in 0_usize..16,
        ) {
            let asked = &history()[asked];
            prop_assert_eq!(rank(asked, shuffled, limit), rank(asked, history(), limit));
        }

        #[test]
        fn no_title_breaks_the_search_or_the_score(title in "\\PC{0,80}", other in "\\PC{0,80}") {
            let (one, two) = (ticket(1, "a", &title, &[]), ticket(2, "a", &other, &[]));
            for word in search_words(&one) {
                prop_assert!(word.chars().all(char::is_alphanumeric), "{}", word);
            }
            for similar in rank(&one, vec![two], 1) {
                prop_assert!((0.0..=1.0).contains(&similar.score));
            }
        }
    }
}
