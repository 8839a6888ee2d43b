//! Where the conference of a ticket meets.
//!
//! What convenes a conference cannot wait for an answer, so a [`Provider`] knows its bridges at
//! once. A team may name a web service that knows better: it is asked when the conference is there
//! already, like any other [`super::Endpoint`], and its answer moves the conference.

use ring::hmac;
use serde::Deserialize;
use tocsin_ticket::{Bridge, TicketId};

use crate::store::StoreError;

/// The longest address that is taken from a web service, in bytes: what every browser takes.
const LONGEST_URL: usize = 2000;

/// A number and a code, read aloud.
const LONGEST_DIAL_IN: usize = 120;

/// Whether nobody else meets there now.
pub type IsFree<'a> = dyn FnMut(&Bridge) -> Result<bool, StoreError> + 'a;

/// Something that knows at once where to meet: the same place for the same ticket and the same
/// others, with no network and no chance.
pub trait Provider {
    /// The bridge for a ticket; `None`: it has none to give.
    ///
    /// # Errors
    /// [`StoreError`] when it cannot be found out what is free.
    fn bridge(
        &self,
        ticket: TicketId,
        is_free: &mut IsFree<'_>,
    ) -> Result<Option<Bridge>, StoreError>;
}

/// Bridges that are always there. A ticket gets the first free one from its own place in the list
/// on, or, when all are in use, the one at that place: better to share than not to meet.
#[derive(Debug, Clone, Copy)]
pub struct Pool<'a>(pub &'a [Bridge]);

impl Provider for Pool<'_> {
    fn bridge(
        &self,
        ticket: TicketId,
        is_free: &mut IsFree<'_>,
    ) -> Result<Option<Bridge>, StoreError> {
        let Self(links) = self;
        if links.is_empty() {
            return Ok(None);
        }
        let first = usize::try_from(ticket.0 % links.len() as u64).unwrap_or_default();
        let (before, from) = links.split_at(first);
        for bridge in from.iter().chain(before) {
            if is_free(bridge)? {
                return Ok(Some(bridge.clone()));
            }
        }
        Ok(Some(links[first].clone()))
    }
}

/// Rooms of a server such as Jitsi Meet, where a room exists as soon as somebody enters it and is
/// protected by its name alone. The name has 128 bits that only the server's key gives.
#[derive(Debug, Clone, Copy)]
pub struct Rooms<'a> {
    /// The server's address, without a slash at the end.
    pub server: &'a str,
    /// What makes names; without it there are none.
    pub key: Option<&'a OutboundKey>,
}

impl Provider for Rooms<'_> {
    fn bridge(&self, ticket: TicketId, _: &mut IsFree<'_>) -> Result<Option<Bridge>, StoreError> {
        let (server, ticket) = (self.server, ticket.0);
        Ok(self.key.map(|key| Bridge {
            url: format!("{server}/tocsin-{ticket}-{}", key.name("room", &ticket)),
            dial_in: None,
        }))
    }
}

/// The server's secret from which names are derived that nobody else can guess: of rooms, and of
/// messages.
#[derive(Clone)]
pub struct OutboundKey(hmac::Key);

impl OutboundKey {
    /// From random bytes that the server keeps.
    #[must_use]
    pub fn new(secret: &[u8]) -> Self {
        Self(hmac::Key::new(hmac::HMAC_SHA256, secret))
    }

    /// The name of one of a kind: 32 hexadecimal digits, always the same.
    #[must_use]
    pub fn name(&self, kind: &str, of: &dyn core::fmt::Display) -> String {
        let tag = hmac::sign(&self.0, format!("{kind} {of}").as_bytes());
        hex::encode(&tag.as_ref()[..16])
    }
}

impl core::fmt::Debug for OutboundKey {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("OutboundKey(..)")
    }
}

/// Reads what a web service answered when it was asked for a bridge.
///
/// # Errors
/// What is wrong with it, naming the field.
pub fn answered(body: &[u8]) -> Result<Bridge, String> {
    #[derive(Deserialize)]
    struct Answer {
        url: String,
        #[serde(default)]
        dial_in: Option<String>,
    }
    let Answer { url, dial_in } = serde_json::from_slice(body).map_err(|error| {
        format!("expected {{\"url\": \"https://…\", \"dial_in\": \"…\"}}, got {error}")
    })?;
    let is_good = url.len() <= LONGEST_URL
        && url::Url::parse(&url).is_ok_and(|url| url.scheme() == "https" && url.has_host());
    if !is_good {
        return Err(format!(
            "url: expected an https address of at most {LONGEST_URL} bytes"
        ));
    }
    let dial_in = dial_in.filter(|text| !text.trim().is_empty());
    if dial_in.as_ref().is_some_and(|text| {
        text.chars().count() > LONGEST_DIAL_IN || text.chars().any(char::is_control)
    }) {
        return Err(format!(
            "dial_in: expected one line of at most {LONGEST_DIAL_IN} characters"
        ));
    }
    Ok(Bridge { url, dial_in })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pool() -> Vec<Bridge> {
        ["a", "b", "c"]
            .map(|name| Bridge {
                url: format!("https://meet.example.org/{name}"),
                dial_in: None,
            })
            .to_vec()
    }

    /// Where ticket `id` meets while others are at these.
    fn met(id: u64, taken: &[&str]) -> String {
        let links = pool();
        let mut is_free = |bridge: &Bridge| {
            let name = bridge.url.rsplit('/').next().unwrap_or_default();
            Ok(!taken.contains(&name))
        };
        let bridge = Pool(&links).bridge(TicketId(id), &mut is_free).unwrap();
        bridge.unwrap().url.rsplit('/').next().unwrap().to_owned()
    }

    #[test]
    fn two_incidents_share_a_bridge_only_when_there_is_no_other() {
        assert_eq!([met(3, &[]), met(4, &[]), met(5, &[])], ["a", "b", "c"]);
        assert_eq!(met(3, &["a"]), "b");
        assert_eq!(met(5, &["c"]), "a");
        assert_eq!(met(5, &["c", "a"]), "b");
        assert_eq!(met(5, &["a", "b", "c"]), "c");
        assert_eq!(
            Pool(&[]).bridge(TicketId(1), &mut |_| Ok(true)).unwrap(),
            None
        );
    }

    #[test]
    fn a_room_is_the_tickets_own_and_cannot_be_guessed_without_the_servers_secret() {
        let room = |secret: &[u8], id| {
            let key = OutboundKey::new(secret);
            let rooms = Rooms {
                server: "https://meet.example.org",
                key: Some(&key),
            };
            let bridge = rooms.bridge(TicketId(id), &mut |_| Ok(true));
            bridge.unwrap().unwrap().url
        };
        let one = room(b"secret", 42);
        assert_eq!(one, room(b"secret", 42));
        assert_ne!(one, room(b"secret", 43));
        assert_ne!(one, room(b"other", 42));
        let name = one.strip_prefix("https://meet.example.org/tocsin-42-");
        assert_eq!(name.map(str::len), Some(32), "{one}");
        let keyless = Rooms {
            server: "https://meet.example.org",
            key: None,
        };
        let none = keyless.bridge(TicketId(42), &mut |_| Ok(true)).unwrap();
        assert_eq!(none, None);
    }

    #[test]
    fn a_web_services_bridge_is_taken_and_nonsense_is_refused_by_name() {
        let body = br#"{"url": "https://zoom.example/j/1", "dial_in": "+1 555 0100", "id": 7}"#;
        let bridge = answered(body).unwrap();
        assert_eq!(bridge.dial_in.as_deref(), Some("+1 555 0100"));
        assert_eq!(
            answered(br#"{"url": "https://zoom.example/j/1", "dial_in": ""}"#)
                .unwrap()
                .dial_in,
            None
        );
        for (body, field) in [
            (&b"<html>"[..], "expected {"),
            (b"{}", "`url`"),
            (br#"{"url": "http://zoom.example"}"#, "url: "),
            (br#"{"url": "javascript:alert(1)"}"#, "url: "),
            (
                br#"{"url": "https://zoom.example", "dial_in": "1\n2"}"#,
                "dial_in: ",
            ),
        ] {
            let said = answered(body).unwrap_err();
            assert!(said.contains(field), "{said}");
        }
    }
}
