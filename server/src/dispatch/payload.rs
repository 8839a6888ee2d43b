//! What a push says: as much of the ticket as fits, and never more.

use tocsin_push::Words;
use tocsin_ticket::{Millis, PersonId, Ticket};
use tocsin_wire::{
    Drill, MAX_PUSH_BYTES, PUSH_VERSION, PushMessage, PushPayload, ServerNotice, TicketView,
};

/// A title is shortened to no fewer characters than this.
const SHORTEST_TITLE: usize = 16;

/// Links longer than this are left out: the details come with the next sync.
const LONGEST_URL: usize = 300;

/// Of calls for help and status updates, characters that a page screen shows before anything is
/// fetched.
const FIRST_WORDS: usize = 120;

/// Leaves what a page screen needs of a conference, of the call for help that the page is for, and
/// of the last status update.
fn shorten_what_surrounds(small: &mut Ticket) {
    let first_words = |text: &str| text.chars().take(FIRST_WORDS).collect::<String>();
    small.timers.clear();
    small.group = None;
    if let Some(conference) = &mut small.conference {
        conference.roles.clear();
        conference.joined.clear();
    }
    if let Some(update) = &mut small.status_update {
        update.text = first_words(&update.text);
    }
    let pages = &small.pages;
    small
        .helps
        .retain(|help| pages.iter().any(|page| page.help == Some(help.number)));
    for help in &mut small.helps {
        help.message = first_words(&help.message);
        help.asked.clear();
        help.then.clear();
        help.answers.clear();
    }
}

/// A ticket as its person's devices need it to ring, or to fall silent, and to check in.
pub fn ticket(ticket: &Ticket, person: &PersonId, others: u32, now: Millis) -> Vec<u8> {
    let mut small = ticket.clone();
    small.details.clear();
    small.asked.clear();
    small.url.take_if(|url| url.len() > LONGEST_URL);
    small.pages.retain(|page| page.person == *person);
    for page in &mut small.pages {
        page.receipts.clear();
    }
    shorten_what_surrounds(&mut small);
    if let Some(deadline) = &mut small.deadline {
        deadline.reach = None;
        // A whole team's names would not fit, and nobody reads them at night.
        deadline.next.truncate(3);
    }
    let mut title_chars = small.title.chars().count();
    loop {
        let payload = message(&small, others, now);
        let too_long = payload.len().saturating_sub(MAX_PUSH_BYTES);
        if too_long == 0 {
            return payload;
        }
        if title_chars <= SHORTEST_TITLE {
            // Ids are bounded by the configuration, so what is left is the alarm's own key.
            if small.dedup_key.is_empty() && small.url.is_none() {
                return payload;
            }
            small.dedup_key.clear();
            small.url = None;
            continue;
        }
        title_chars = title_chars.saturating_sub(too_long).max(SHORTEST_TITLE);
        small.title = small
            .title
            .chars()
            .take(title_chars - 1)
            .chain(['…'])
            .collect();
    }
}

fn message(ticket: &Ticket, others: u32, now: Millis) -> Vec<u8> {
    let view = TicketView {
        partial: true,
        ..TicketView::of(ticket).expect("a ticket can be read as a phone reads it")
    };
    payload(
        PushMessage::Ticket {
            ticket: Box::new(view),
            others,
        },
        now,
    )
}

/// A drill.
pub fn drill(drill: &Drill, now: Millis) -> Vec<u8> {
    payload(PushMessage::Drill(drill.clone()), now)
}

/// Something to read. What is too long for a push is cut; the mail has all of it.
pub fn notice(notice: &ServerNotice, now: Millis) -> Vec<u8> {
    let mut notice = notice.clone();
    loop {
        let payload = payload(PushMessage::Notice(notice.clone()), now);
        let too_long = payload.len().saturating_sub(MAX_PUSH_BYTES);
        if too_long == 0 || notice.body.is_empty() {
            return payload;
        }
        let end = notice.body.len().saturating_sub(too_long);
        notice.body.truncate(notice.body.floor_char_boundary(end));
    }
}

fn payload(message: PushMessage, now: Millis) -> Vec<u8> {
    serde_json::to_vec(&PushPayload {
        v: PUSH_VERSION,
        server_time: now,
        message: message.into(),
    })
    .expect("a payload is plain data")
}

/// A page for somebody who reads it without our app. The carrier learns the ticket's number and
/// severity, nothing of what is wrong.
pub fn page_words(ticket: &Ticket, others: u32) -> Words {
    let also = match others {
        0 => String::new(),
        others => format!(" and {others} more"),
    };
    Words {
        subject: format!("{} page: ticket {}{also}", ticket.severity, ticket.id),
        body: format!(
            "{} ticket {}{also} waits for you, and none of your devices has received the page. \
             Open Tocsin and check in, or the next person is paged.",
            ticket.severity, ticket.id
        ),
    }
}
