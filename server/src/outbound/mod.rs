//! What is told outside: webhooks, the subscribers of status updates, and the web services that
//! make conference bridges.
//!
//! Each of them is an [`Endpoint`] with a place in the log of its team's tickets. A [`Courier`]
//! reads on from there, tells what is for it, one thing after the other, and keeps the place. So
//! everything is told at least once and in order, also across a restart; nothing is queued, and an
//! endpoint that does not answer costs nothing but its own lag. What is told of an event
//! ([`message`]) follows from the log alone, so that every attempt says the same under the same id.
//! What an endpoint does not take in the end is kept as a dead letter, to be seen and sent again.
//!
//! It may call the store, the writer and `tocsin-push`. It decides nothing about tickets: the
//! bridges at hand are chosen by [`bridge`] for the engine, which convenes without waiting for
//! anybody.

pub mod bridge;
mod courier;
pub mod message;
pub mod schedule;

use std::collections::{BTreeMap, BTreeSet};

use tocsin_directory::{Config, EventType, Subscriber};
use tocsin_ticket::{ServiceId, TeamId, Ticket};

pub use courier::Courier;

/// Somebody outside who is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    /// The webhook's id; `mail:TEAM:ADDRESS` for a mailbox; `conference:TEAM` for who makes bridges.
    pub id: String,
    /// Whose tickets.
    pub team: TeamId,
    /// How.
    pub way: Way,
    /// What.
    pub wants: Wants,
}

/// How somebody outside is told.
#[derive(Clone, PartialEq, Eq)]
pub enum Way {
    /// A webhook, by its address.
    Hook(String),
    /// A mailbox.
    Mail(String),
    /// A web service that is asked for a bridge, by its address.
    Bridge(String),
}

/// Addresses are capabilities or personal, so they do not print.
impl core::fmt::Debug for Way {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(match self {
            Self::Hook(_) => "Hook",
            Self::Mail(_) => "Mail",
            Self::Bridge(_) => "Bridge",
        })
    }
}

/// What somebody wants to be told.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Wants {
    /// These, of every ticket of the team.
    pub events: Vec<EventType>,
    /// The news of every ticket of the team.
    pub news: bool,
    /// The news of the tickets of these services.
    pub news_of: BTreeSet<ServiceId>,
}

impl Endpoint {
    /// Whether its messages are signed, and so it has a secret.
    #[must_use]
    pub const fn is_signed(&self) -> bool {
        !matches!(self.way, Way::Mail(_))
    }

    /// Whether it may want an event of this type, before the ticket is looked at.
    #[must_use]
    pub fn may_want(&self, event: EventType) -> bool {
        let news = self.wants.news || !self.wants.news_of.is_empty();
        self.wants.events.contains(&event) || (news && may_be_news(event))
    }

    /// Whether it wants this event, after which the ticket stands so.
    #[must_use]
    pub fn wants(&self, event: EventType, ticket: &Ticket) -> bool {
        let subscribes = self.wants.news || self.wants.news_of.contains(&ticket.service);
        self.wants.events.contains(&event) || (subscribes && is_news(event, ticket))
    }
}

const fn may_be_news(event: EventType) -> bool {
    matches!(
        event,
        EventType::StatusUpdated | EventType::ConferenceConvened | EventType::TicketResolved
    )
}

/// What subscribers of status updates hear: that a conference opens, each update, and the end of
/// what they have heard of.
fn is_news(event: EventType, ticket: &Ticket) -> bool {
    let heard_of = ticket.conference.is_some() || ticket.status_update.is_some();
    may_be_news(event) && heard_of
}

/// Everybody outside whom a configuration names, by id.
#[must_use]
pub fn endpoints(config: &Config) -> BTreeMap<String, Endpoint> {
    let mut all = BTreeMap::new();
    for webhook in config.webhooks().values() {
        let endpoint = Endpoint {
            id: webhook.id.clone(),
            team: webhook.team.clone(),
            way: Way::Hook(webhook.url.clone()),
            wants: Wants {
                events: webhook.events.clone(),
                ..Wants::default()
            },
        };
        all.insert(webhook.id.clone(), endpoint);
    }
    for team in config.teams().values() {
        let asked = team.conference.as_ref().and_then(|it| it.webhook.as_ref());
        if let Some(url) = asked {
            let id = format!("conference:{}", team.id);
            let endpoint = Endpoint {
                id: id.clone(),
                team: team.id.clone(),
                way: Way::Bridge(url.clone()),
                wants: Wants {
                    events: vec![EventType::ConferenceConvened],
                    ..Wants::default()
                },
            };
            all.insert(id, endpoint);
        }
        for subscriber in &team.subscribers {
            subscribed(&mut all, &team.id, subscriber).news = true;
        }
    }
    for service in config.services().values() {
        for subscriber in &service.subscribers {
            let wants = subscribed(&mut all, &service.team, subscriber);
            wants.news_of.insert(service.id.clone());
        }
    }
    all
}

/// What the endpoint of a subscriber wants; a mailbox becomes one.
fn subscribed<'a>(
    all: &'a mut BTreeMap<String, Endpoint>,
    team: &TeamId,
    subscriber: &Subscriber,
) -> &'a mut Wants {
    let (id, way) = match subscriber {
        // Never made here: a subscriber is a webhook of the configuration.
        Subscriber::Webhook(id) => (id.clone(), Way::Hook(String::new())),
        Subscriber::Mailbox(address) => {
            (format!("mail:{team}:{address}"), Way::Mail(address.clone()))
        }
    };
    let endpoint = all.entry(id.clone()).or_insert_with(|| Endpoint {
        id,
        team: team.clone(),
        way,
        wants: Wants::default(),
    });
    &mut endpoint.wants
}
