//! What a team says outside: where it meets, whom it tells, and by which webhooks.

use core::fmt;

use tocsin_ticket::{Bridge, TeamId};

use crate::parse::{Items, email, every};
use crate::read::{Node, nearest};

/// What every browser and chat takes.
const LONGEST_URL: usize = 2000;

/// A number and a code, read aloud.
const LONGEST_DIAL_IN: usize = 120;

const AN_HTTPS_URL: &str = "an address that begins with https://";

/// Where a team's conferences meet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conference {
    /// Known at once, so that the first page has it.
    pub place: MeetingPlace,
    /// Who is asked for a better one, and answers later: an `https` address.
    pub webhook: Option<String>,
}

/// A place to meet that needs no asking.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MeetingPlace {
    /// Bridges that are always there; never none. Incidents at the same time get different ones
    /// while there are enough.
    Links(Vec<Bridge>),
    /// A server on which a room exists as soon as somebody enters it, such as Jitsi Meet: its
    /// `https` address without a slash at the end. Each ticket has a room of its own.
    Rooms(String),
}

/// An address outside that hears what happens to a team's tickets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Webhook {
    /// Short name.
    pub id: String,
    /// Whose tickets.
    pub team: TeamId,
    /// Where they are told: an `https` address. Often a capability, so only administrators see it.
    pub url: String,
    /// What is told, in the order of [`EventType::ALL`]. With none it hears only what it subscribes
    /// to.
    pub events: Vec<EventType>,
}

/// Who hears of status updates, beside those who are paged.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Subscriber {
    /// A mailbox, such as `status@example.org`.
    Mailbox(String),
    /// A webhook of the team, by its id.
    Webhook(String),
}

impl fmt::Display for Subscriber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Mailbox(name) | Self::Webhook(name) => f.write_str(name),
        }
    }
}

/// Something that can be told outside. Names are as Standard Webhooks has them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "each is the name with other letters")]
pub enum EventType {
    TicketOpened,
    TicketCheckedIn,
    TicketWorkStarted,
    TicketEscalated,
    TicketReassigned,
    TicketSeverityChanged,
    TicketNoteAdded,
    TicketLimitExtended,
    TicketResolved,
    TicketReopened,
    HelpAsked,
    HelpAnswered,
    ConferenceConvened,
    ConferenceMoved,
    ConferenceClosed,
    StatusUpdated,
}

impl EventType {
    /// Every one, in the order in which they usually happen.
    pub const ALL: [Self; 16] = [
        Self::TicketOpened,
        Self::TicketCheckedIn,
        Self::TicketWorkStarted,
        Self::TicketEscalated,
        Self::TicketReassigned,
        Self::TicketSeverityChanged,
        Self::TicketNoteAdded,
        Self::TicketLimitExtended,
        Self::TicketResolved,
        Self::TicketReopened,
        Self::HelpAsked,
        Self::HelpAnswered,
        Self::ConferenceConvened,
        Self::ConferenceMoved,
        Self::ConferenceClosed,
        Self::StatusUpdated,
    ];

    /// Its name on the wire and in the file.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::TicketOpened => "ticket.opened",
            Self::TicketCheckedIn => "ticket.checked_in",
            Self::TicketWorkStarted => "ticket.work_started",
            Self::TicketEscalated => "ticket.escalated",
            Self::TicketReassigned => "ticket.reassigned",
            Self::TicketSeverityChanged => "ticket.severity_changed",
            Self::TicketNoteAdded => "ticket.note_added",
            Self::TicketLimitExtended => "ticket.limit_extended",
            Self::TicketResolved => "ticket.resolved",
            Self::TicketReopened => "ticket.reopened",
            Self::HelpAsked => "help.asked",
            Self::HelpAnswered => "help.answered",
            Self::ConferenceConvened => "conference.convened",
            Self::ConferenceMoved => "conference.moved",
            Self::ConferenceClosed => "conference.closed",
            Self::StatusUpdated => "status.updated",
        }
    }
}

impl fmt::Display for EventType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// `[teams.conference]`.
pub(crate) fn conference(node: &Node<'_>) -> Option<Conference> {
    let fields = node.table(&["links", "jitsi", "webhook"])?;
    let links = fields.optional("links").map(|node| links(&node));
    let jitsi = fields.optional("jitsi").map(|node| rooms(&node));
    let webhook = fields.optional("webhook").map(|node| https(&node));
    let place = match (links, jitsi) {
        (Some(links), None) => MeetingPlace::Links(links?),
        (None, Some(rooms)) => MeetingPlace::Rooms(rooms?),
        (Some(_), Some(_)) => {
            node.problem("expected `links` or `jitsi`, got both; remove one of the two");
            return None;
        }
        (None, None) => {
            node.problem(
                "expected `links` or `jitsi`, got neither: the first page says where to meet, and \
                 waits for nobody's answer; add one",
            );
            return None;
        }
    };
    let webhook = match webhook {
        None => None,
        Some(webhook) => Some(webhook?),
    };
    Some(Conference { place, webhook })
}

fn links(node: &Node<'_>) -> Option<Vec<Bridge>> {
    let expected = "a list of bridges such as { url = \"https://meet.example.org/shop\" }";
    let nodes = node.some_items(expected);
    let bridges = every(&nodes, bridge)?;
    for (place, (node, one)) in nodes.iter().zip(&bridges).enumerate() {
        if bridges[..place].iter().any(|other| other.url == one.url) {
            node.problem_in(
                "url",
                "this address is there already; remove one of the two",
            );
        }
    }
    (!bridges.is_empty()).then_some(bridges)
}

fn bridge(node: &Node<'_>) -> Option<Bridge> {
    let fields = node.table(&["url", "dial_in"])?;
    let url = fields
        .required("url", AN_HTTPS_URL)
        .and_then(|node| https(&node));
    let dial_in = match fields.optional("dial_in") {
        None => Some(None),
        Some(node) => node.name(LONGEST_DIAL_IN).map(Some),
    };
    Some(Bridge {
        url: url?,
        dial_in: dial_in?,
    })
}

fn rooms(node: &Node<'_>) -> Option<String> {
    let url = https(node)?;
    if url.contains(['?', '#']) {
        node.problem(format!(
            "expected an address to which a room's name can be added, such as \
             \"https://meet.example.org\", got {url:?}; remove what follows the path"
        ));
        return None;
    }
    Some(url.trim_end_matches('/').to_owned())
}

fn https(node: &Node<'_>) -> Option<String> {
    let text = node.text(AN_HTTPS_URL)?;
    let good = text.len() <= LONGEST_URL
        && text.parse::<http::Uri>().is_ok_and(|uri| {
            let authority = uri.authority();
            uri.scheme_str() == Some("https")
                && authority.is_some_and(|it| !it.host().is_empty() && !it.as_str().contains('@'))
        });
    if !good {
        // Not repeated: such an address is often a capability.
        node.problem(format!(
            "expected {AN_HTTPS_URL}, has no blanks and no user name, and at most {LONGEST_URL} \
             characters; correct it"
        ));
    }
    good.then(|| text.to_owned())
}

/// One of `[[webhooks]]`.
pub(crate) fn webhook<'a>(node: &Node<'a>, teams: &Items<'a>) -> Option<Webhook> {
    let fields = node.table(&["id", "team", "url", "events"])?;
    let id = fields
        .required("id", "an id in quotes, such as \"chat\"")
        .and_then(|id| id.slug());
    let team = fields
        .required("team", "the id of one of [[teams]]")
        .and_then(|id| teams.resolve(&id));
    let url = fields
        .required("url", AN_HTTPS_URL)
        .and_then(|node| https(&node));
    let events = match fields.optional("events") {
        None => Some(EventType::ALL.to_vec()),
        Some(node) => events(&node),
    };
    Some(Webhook {
        id: id?.to_owned(),
        team: TeamId::new(team?),
        url: url?,
        events: events?,
    })
}

fn events(node: &Node<'_>) -> Option<Vec<EventType>> {
    let nodes = node.items("a list of events such as [\"ticket.opened\", \"status.*\"]");
    let wanted = every(&nodes, event_types)?.concat();
    let all = EventType::ALL.into_iter();
    Some(all.filter(|event| wanted.contains(event)).collect())
}

/// The one event of a name, or all of a family such as `ticket.*`.
fn event_types(node: &Node<'_>) -> Option<Vec<EventType>> {
    let expected = "an event such as \"ticket.opened\", or a family such as \"ticket.*\"";
    let text = node.text(expected)?;
    let matches = |event: &EventType| match text.strip_suffix('*') {
        Some(family) => family.ends_with('.') && event.name().starts_with(family),
        None => event.name() == text,
    };
    let events: Vec<EventType> = EventType::ALL.into_iter().filter(matches).collect();
    if events.is_empty() {
        let names = EventType::ALL.map(EventType::name);
        let advice = match nearest(text, names) {
            Some(near) => format!("did you mean {near:?}?"),
            None => format!("there are {}", names.join(", ")),
        };
        node.problem(format!("expected {expected}, got {text:?}; {advice}"));
        return None;
    }
    Some(events)
}

/// Who hears of a team's or service's status updates: mailboxes, and webhooks of the team.
pub(crate) fn subscribers<'a>(
    list: &Node<'a>,
    team: Option<&str>,
    webhooks: &Items<'a>,
) -> Vec<Subscriber> {
    const EXPECTED: &str =
        "a list of mailboxes such as \"status@example.org\" and ids of [[webhooks]]";
    let mut subscribers = Vec::new();
    for node in list.items(EXPECTED) {
        let Some(subscriber) = subscriber(&node, team, webhooks) else {
            continue;
        };
        if subscribers.contains(&subscriber) {
            node.problem(format!(
                "\"{subscriber}\" is listed already; remove one of the two"
            ));
        }
        subscribers.push(subscriber);
    }
    subscribers
}

fn subscriber<'a>(node: &Node<'a>, team: Option<&str>, webhooks: &Items<'a>) -> Option<Subscriber> {
    let text = node.text("a mailbox such as \"status@example.org\", or the id of a webhook")?;
    if text.contains('@') {
        return email(node).map(Subscriber::Mailbox);
    }
    let id = webhooks.resolve(node)?;
    let owner = webhooks.ids.get(id).and_then(|node| node.peek("team"));
    if let (Some(team), Some(owner)) = (team, owner)
        && team != owner
    {
        node.problem(format!(
            "expected a webhook of team {team:?}, got {id:?}, which is {owner:?}'s; name another, or \
             add one to the team"
        ));
        return None;
    }
    Some(Subscriber::Webhook(id.to_owned()))
}
