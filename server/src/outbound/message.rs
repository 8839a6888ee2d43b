//! What is told of an event: JSON for webhooks, words for mailboxes. Pure, and for webhooks a
//! function of the log alone: every attempt says the same.
//!
//! `docs/webhooks.md` documents each type with an example; a test keeps both together.

use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Map, Value, json};
use tocsin_directory::{Directory, EventType};
use tocsin_push::Words;
use tocsin_ticket::{Actor, Bridge, Event, Millis, PersonId, Ticket};

use super::bridge::OutboundKey;
use crate::store::outbound::{Logged, Place};

/// What a web service is asked that makes bridges.
const BRIDGE_WANTED: &str = "conference.requested";

/// A subject is one line of at most 78 characters (RFC 5322, section 2.1.1).
const LONGEST_SUBJECT: usize = 77;

/// An event that can be told.
#[derive(Debug, Clone, PartialEq)]
pub struct News {
    /// Where it is in the log.
    pub place: Place,
    /// When it happened.
    pub at: Millis,
    /// Of which type.
    pub kind: EventType,
    /// What happened.
    pub event: Event,
    /// The ticket as it stood afterwards.
    pub ticket: Ticket,
}

/// The type of an event; `None`: it is nobody's business outside.
#[must_use]
pub const fn kind(event: &Event) -> Option<EventType> {
    Some(match event {
        Event::Opened { .. } => EventType::TicketOpened,
        Event::CheckedIn { .. } => EventType::TicketCheckedIn,
        Event::WorkStarted { .. } => EventType::TicketWorkStarted,
        Event::Escalated { .. } => EventType::TicketEscalated,
        Event::Reassigned { .. } => EventType::TicketReassigned,
        Event::SeverityChanged { .. } => EventType::TicketSeverityChanged,
        Event::NoteAdded { .. } => EventType::TicketNoteAdded,
        Event::LimitExtended { .. } => EventType::TicketLimitExtended,
        Event::Resolved { .. } => EventType::TicketResolved,
        Event::Reopened { .. } => EventType::TicketReopened,
        Event::HelpAsked { .. } => EventType::HelpAsked,
        Event::HelpAnswered { .. } => EventType::HelpAnswered,
        Event::ConferenceConvened { .. } => EventType::ConferenceConvened,
        Event::ConferenceMoved { .. } => EventType::ConferenceMoved,
        Event::ConferenceClosed => EventType::ConferenceClosed,
        Event::StatusUpdated { .. } => EventType::StatusUpdated,
        _ => return None,
    })
}

/// The ticket as it stood after the event at `place`, from its log.
#[must_use]
pub fn ticket_at(log: &[Logged], place: Place) -> Option<Ticket> {
    let mut ticket = None;
    for entry in log {
        for (nth, event) in (0..).zip(&entry.events) {
            if (Place {
                seq: entry.seq,
                nth,
            }) > place
            {
                return ticket;
            }
            ticket = Ticket::apply(ticket, event, entry.at);
        }
    }
    ticket
}

/// The event at `place` of a ticket's log, if it can be told.
#[must_use]
pub fn news_at(log: &[Logged], place: Place) -> Option<News> {
    let entry = log.iter().find(|entry| entry.seq == place.seq)?;
    let event = entry.events.get(usize::try_from(place.nth).ok()?)?;
    Some(News {
        place,
        at: entry.at,
        kind: kind(event)?,
        event: event.clone(),
        ticket: ticket_at(log, place)?,
    })
}

/// What a ticket is about, as it is told outside: no labels, which may be anything.
#[derive(Debug, Serialize)]
struct Facts<'a> {
    id: u64,
    team: &'a str,
    service: &'a str,
    severity: String,
    state: Value,
    title: &'a str,
    owner: &'a str,
    source: &'a str,
    opened_at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    conference: Option<&'a Bridge>,
}

/// An instant as RFC 3339 has it, to the millisecond.
fn rfc3339(at: Millis) -> String {
    let at = Timestamp::from_millisecond(at.0).unwrap_or_default();
    format!("{at:.3}")
}

fn facts(ticket: &Ticket) -> Facts<'_> {
    let conference = ticket.conference.as_ref();
    Facts {
        id: ticket.id.0,
        team: ticket.team.as_str(),
        service: ticket.service.as_str(),
        severity: ticket.severity.to_string(),
        state: json!(ticket.state),
        title: &ticket.title,
        owner: ticket.owner.as_str(),
        source: &ticket.source,
        opened_at: rfc3339(ticket.opened_at),
        url: ticket.url.as_deref(),
        conference: conference
            .filter(|conference| conference.closed_at.is_none())
            .map(|conference| &conference.bridge),
    }
}

fn person(person: &PersonId) -> Value {
    json!(Actor::Person(person.clone()))
}

/// What is told of an event beside the ticket.
fn details(event: &Event) -> Value {
    match event {
        Event::CheckedIn { by } | Event::Resolved { by } => json!({ "by": by }),
        Event::WorkStarted { by } => json!({ "by": person(by) }),
        Event::Escalated {
            people,
            role,
            reason,
            ..
        } => json!({ "people": people, "role": role, "reason": reason }),
        Event::Reassigned { by, from, to } => json!({ "by": person(by), "from": from, "to": to }),
        Event::SeverityChanged { from, to, by } => json!({ "by": by, "from": from, "to": to }),
        Event::NoteAdded { by, text } | Event::StatusUpdated { by, text } => {
            json!({ "by": person(by), "text": text })
        }
        Event::LimitExtended { by, until, reason } => {
            json!({ "by": person(by), "until": rfc3339(*until), "reason": reason })
        }
        Event::Reopened { by, owner } => json!({ "by": person(by), "owner": owner }),
        Event::HelpAsked { help } => {
            json!({ "by": person(&help.by), "people": help.asked, "message": help.message })
        }
        Event::HelpAnswered {
            by, comes, reason, ..
        } => json!({ "by": person(by), "comes": comes, "reason": reason }),
        Event::ConferenceConvened { bridge } | Event::ConferenceMoved { bridge } => {
            json!({ "bridge": bridge })
        }
        _ => Value::Object(Map::new()),
    }
}

impl News {
    /// The name of the message: the same for every attempt, and on no other server.
    #[must_use]
    pub fn id(&self, key: &OutboundKey) -> String {
        let Place { seq, nth } = self.place;
        key.name("message", &format_args!("{seq} {nth}"))
    }

    /// The body for a webhook.
    #[must_use]
    pub fn body(&self) -> String {
        self.body_as(self.kind.name())
    }

    /// The body for a web service that makes bridges.
    #[must_use]
    pub fn question(&self) -> String {
        self.body_as(BRIDGE_WANTED)
    }

    fn body_as(&self, kind: &str) -> String {
        let mut data = details(&self.event);
        data["ticket"] = json!(facts(&self.ticket));
        json!({ "type": kind, "timestamp": rfc3339(self.at), "data": data }).to_string()
    }

    /// A mail for a subscriber.
    #[must_use]
    pub fn words(&self, directory: &Directory) -> Words {
        let ticket = &self.ticket;
        let service = directory
            .service(&ticket.service)
            .map_or_else(|| ticket.service.to_string(), |it| it.name.clone());
        let team = directory.config().teams().get(&ticket.team);
        let zone = team.map_or("UTC", |team| team.rota.spec.zone.as_str());
        let at = clock(self.at, zone);
        let (what, text) = match &self.event {
            Event::StatusUpdated { by, text } => {
                let by = directory.name_of(by);
                ("status update", format!("{text}\n\n{by}, {at}"))
            }
            Event::ConferenceConvened { .. } => {
                let text = format!("A conference was convened at {at}.");
                ("conference", text)
            }
            Event::Resolved { by } => {
                let by = match by {
                    Actor::Person(person) => directory.name_of(person),
                    Actor::Monitoring(_) => by.to_string(),
                };
                ("resolved", format!("It is resolved since {at}, says {by}."))
            }
            _ => (self.kind.name(), at),
        };
        let Facts {
            conference, title, ..
        } = facts(ticket);
        let conference = conference.map(|Bridge { url, dial_in }| {
            let dial_in = dial_in.as_ref().map(|it| format!("\nBy telephone: {it}"));
            format!("\nConference: {url}{}", dial_in.unwrap_or_default())
        });
        let team = team.map_or(ticket.team.as_str(), |team| &team.name);
        Words {
            subject: cut(&format!("{} {service}: {what}", ticket.severity)),
            body: format!(
                "{text}\n\n{} of {service}: {title}\nTicket {}{}\n\nYou get this because this \
                 address subscribes to the status updates of {team} in Tocsin.\n",
                ticket.severity,
                ticket.id,
                conference.unwrap_or_default(),
            ),
        }
    }
}

/// What the clock in the zone shows.
fn clock(at: Millis, zone: &str) -> String {
    let at = Timestamp::from_millisecond(at.0).unwrap_or_default();
    let at = at.to_zoned(crate::learning::zone(zone));
    at.strftime("%Y-%m-%d %H:%M %Z").to_string()
}

fn cut(line: &str) -> String {
    let clean: String = line.chars().filter(|c| !c.is_control()).collect();
    if clean.chars().count() <= LONGEST_SUBJECT {
        return clean;
    }
    clean
        .chars()
        .take(LONGEST_SUBJECT - 1)
        .chain(['…'])
        .collect()
}

#[cfg(test)]
mod tests {
    use tocsin_ticket::{
        Alarm, Help, HelpTarget, PageReason, Role, Severity, TicketId, TicketState,
    };

    use super::*;
    use crate::fixture::directory;

    /// Tue, 14 Nov 2023 22:13:20 GMT
    const START: Millis = Millis(1_700_000_000_000);

    fn bridge(number: u32) -> Bridge {
        Bridge {
            url: format!("https://meet.example.org/shop-{number}"),
            dial_in: Some("+49 30 555 0100, code 4711".to_owned()),
        }
    }

    /// A ticket to which everything happens that can be told, each a minute after the other.
    fn night() -> Vec<Logged> {
        let (ana, ben, bea) = (
            PersonId::from("ana"),
            PersonId::from("ben"),
            PersonId::from("bea"),
        );
        let opened = Event::Opened {
            id: TicketId(42),
            alarm: Alarm {
                team: "shop".into(),
                service: "checkout".into(),
                dedup_key: "error-rate".to_owned(),
                severity: Severity::Sev2,
                title: "Checkout answers 5 % of requests with errors".to_owned(),
                source: "alertmanager".to_owned(),
                url: Some("https://prometheus.example.org/graph?g0.expr=errors".to_owned()),
                details: [("pod".to_owned(), "checkout-7f9c".to_owned())].into(),
            },
            owner: ana.clone(),
        };
        let help = Help {
            number: 1,
            by: ana.clone(),
            at: START,
            target: HelpTarget::Person {
                person: ben.clone(),
            },
            message: "Do you see timeouts too?".to_owned(),
            asked: vec![ben.clone()],
            then: Vec::new(),
            answers: Vec::new(),
            exhausted: false,
        };
        let events = [
            opened,
            Event::Escalated {
                level: 1,
                role: Role::Manager,
                people: vec![bea.clone()],
                reason: PageReason::CheckInMissed,
                new_round: false,
            },
            Event::CheckedIn {
                by: Actor::Person(ana.clone()),
            },
            Event::SeverityChanged {
                from: Severity::Sev2,
                to: Severity::Sev1,
                by: Actor::Person(ana.clone()),
            },
            Event::ConferenceConvened { bridge: bridge(1) },
            Event::ConferenceMoved { bridge: bridge(2) },
            Event::HelpAsked { help },
            Event::HelpAnswered {
                number: 1,
                by: ben.clone(),
                comes: true,
                reason: None,
            },
            Event::NoteAdded {
                by: ben.clone(),
                text: "Since the release of 21:50.".to_owned(),
            },
            Event::LimitExtended {
                by: bea.clone(),
                until: Millis(START.0 + 3_600_000),
                reason: "The rollback takes ten minutes.".to_owned(),
            },
            Event::WorkStarted { by: ana.clone() },
            Event::StatusUpdated {
                by: ana.clone(),
                text: "We roll the last release back.".to_owned(),
            },
            Event::ConferenceClosed,
            Event::Resolved {
                by: Actor::Monitoring("alertmanager".to_owned()),
            },
            Event::Reopened {
                by: bea.clone(),
                owner: ana.clone(),
            },
            Event::Reassigned {
                by: bea,
                from: ana,
                to: ben,
            },
        ];
        (1..)
            .zip(events)
            .map(|(seq, event)| Logged {
                seq,
                ticket: TicketId(42),
                at: Millis(START.0 + i64::try_from(seq).unwrap() * 60_000),
                events: vec![event],
            })
            .collect()
    }

    fn news(seq: u64) -> News {
        news_at(&night(), Place { seq, nth: 0 }).expect("news")
    }

    #[test]
    fn every_event_is_documented_with_the_very_json_that_is_sent() {
        let mut section = String::new();
        let mut missing: Vec<EventType> = EventType::ALL.to_vec();
        for entry in night() {
            let news = news(entry.seq);
            let value: Value = serde_json::from_str(&news.body()).unwrap();
            let pretty = serde_json::to_string_pretty(&value).unwrap();
            section.push_str(&format!(
                "### `{}`\n\n```json\n{pretty}\n```\n\n",
                news.kind
            ));
            missing.retain(|kind| *kind != news.kind);
        }
        assert_eq!(missing, []);
        let question: Value = serde_json::from_str(&news(5).question()).unwrap();
        let question = serde_json::to_string_pretty(&question).unwrap();
        let documented = include_str!("../../../docs/webhooks.md");
        assert!(
            documented.contains(&question) && documented.contains(section.trim_end()),
            "docs/webhooks.md should have\n{question}\n\nand\n\n{section}"
        );
    }

    #[test]
    fn what_is_told_is_how_it_stood_then_whatever_happened_since() {
        let states: Vec<TicketState> = [1, 3, 11, 14, 15]
            .map(|seq| news(seq).ticket.state)
            .to_vec();
        assert_eq!(
            states,
            [
                TicketState::Assigned,
                TicketState::Researching,
                TicketState::WorkInProgress,
                TicketState::Resolved,
                TicketState::Assigned
            ]
        );
        assert!(!news(1).body().contains("checkout-7f9c"), "no labels");
        assert!(news(12).body().contains("shop-2"));
        assert!(!news(14).body().contains("shop-2"), "nobody meets any more");
    }

    #[test]
    fn a_message_has_one_name_for_ever_and_another_on_another_server() {
        let key = OutboundKey::new(b"one");
        assert_eq!(news(1).id(&key), news(1).id(&key));
        assert_ne!(news(1).id(&key), news(2).id(&key));
        assert_ne!(news(1).id(&key), news(1).id(&OutboundKey::new(b"two")));
        assert!(news(1).id(&key).bytes().all(|c| c.is_ascii_alphanumeric()));
    }

    #[test]
    fn a_subscriber_reads_what_and_by_whom_and_where_to_hear_more() {
        let words = news(12).words(&directory(&["ana"]));
        assert_eq!(words.subject, "SEV1 checkout: status update");
        assert!(
            words
                .body
                .starts_with("We roll the last release back.\n\nAna, 2023-11-14 23:25 CET"),
            "{}",
            words.body
        );
        assert!(
            words
                .body
                .contains("By telephone: +49 30 555 0100, code 4711"),
            "{}",
            words.body
        );
        let long = cut(&"ö".repeat(200));
        assert_eq!(long.chars().count(), LONGEST_SUBJECT);
    }
}
