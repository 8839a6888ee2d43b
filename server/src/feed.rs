//! What phones read: pages of a sync, and a live stream that goes on from one.
//!
//! A phone that reads everything from a cursor on, by either way and with any number of breaks,
//! has seen every log entry its person may see, in order and once. There is no HTTP here, so the
//! simulation runs this very code.

use std::sync::Arc;

use serde::Serialize;
use serde_json::value::RawValue;
use tocsin_directory::Directory;
use tocsin_ticket::{Millis, PersonId};
use tocsin_wire::{Cursor, Duty, Me, frame};
use tokio::sync::mpsc;

use crate::hub::Said;
use crate::store::guests::Sees;
use crate::store::{Reader, StoreError, StoredUpdate};
use crate::watch;

/// Entries or tickets in one page of a sync, and entries that a stream sends to catch up.
pub const PAGE: usize = 500;

/// A `tocsin_wire::SyncPage` whose tickets and updates are JSON already.
#[derive(Debug, Serialize)]
pub struct RawSyncPage {
    reset: bool,
    cursor: Cursor,
    more: bool,
    tickets: Vec<Box<RawValue>>,
    updates: Vec<Box<RawValue>>,
    me: Me,
    directory: tocsin_wire::Directory,
    server_time: Millis,
    duty: Duty,
}

/// One page of what `me` may see after a cursor. A cursor that cannot be continued from starts a
/// snapshot.
///
/// # Errors
/// [`StoreError`].
pub fn sync_page(
    reader: &dyn Reader,
    directory: &Directory,
    me: &Me,
    after: Option<Cursor>,
    server_time: Millis,
) -> Result<RawSyncPage, StoreError> {
    let sees = Sees::of(directory, &me.person);
    let epoch = directory.epoch(&me.person);
    let mut page = RawSyncPage {
        reset: false,
        cursor: Cursor {
            epoch,
            seq: 0,
            ticket: None,
        },
        more: false,
        tickets: Vec::new(),
        updates: Vec::new(),
        me: me.clone(),
        directory: names(reader, directory, &sees, &me.person)?,
        server_time,
        duty: watch::duty(directory, &me.person, server_time),
    };
    let last_seq = reader.last_seq()?;
    let start = after.filter(|cursor| cursor.epoch == epoch && cursor.seq <= last_seq);
    match start {
        Some(Cursor {
            seq, ticket: None, ..
        }) => {
            let mut updates = reader.log_after(&sees, seq, PAGE + 1)?;
            page.more = updates.len() > PAGE;
            updates.truncate(PAGE);
            page.cursor.seq = match updates.last() {
                Some(last) if page.more => last.seq,
                last => last.map_or(last_seq, |last| last.seq).max(last_seq),
            };
            page.updates = updates
                .into_iter()
                .map(|update| raw(update.json))
                .collect::<Result<_, _>>()?;
        }
        snapshot => {
            page.reset = snapshot.is_none();
            // Tickets are read after the log's end was: what changes meanwhile comes as updates.
            let (seq, from) = snapshot.map_or((last_seq, 0), |cursor| {
                (cursor.seq, cursor.ticket.unwrap_or(0))
            });
            let mut tickets = reader.open_after(&sees, from, PAGE + 1)?;
            tickets.truncate(PAGE);
            let full = tickets.len() == PAGE;
            page.more = true;
            page.cursor.seq = seq;
            page.cursor.ticket = tickets.last().filter(|_| full).map(|(id, _)| *id);
            page.tickets = tickets
                .into_iter()
                .map(|(_, json)| raw(json))
                .collect::<Result<_, _>>()?;
        }
    }
    Ok(page)
}

/// The names behind the ids that a person sees, those in tickets that they help with included.
fn names(
    reader: &dyn Reader,
    directory: &Directory,
    sees: &Sees,
    person: &PersonId,
) -> Result<tocsin_wire::Directory, StoreError> {
    let mut names = directory.wire_directory(person);
    let Some(guest) = &sees.guest else {
        return Ok(names);
    };
    for ticket in reader.open_as_guest(guest)? {
        let people = directory.pageable(&ticket.team).iter();
        let people = people.map(|person| (person.clone(), directory.name_of(person)));
        names.people.extend(people);
        let team = directory.config().teams().get(&ticket.team);
        names
            .teams
            .extend(team.map(|team| (team.id.clone(), team.name.clone())));
        let service = directory.service(&ticket.service);
        names
            .services
            .extend(service.map(|service| (service.id.clone(), service.name.clone())));
    }
    Ok(names)
}

fn raw(json: String) -> Result<Box<RawValue>, StoreError> {
    Ok(RawValue::from_string(json)?)
}

/// How a stream begins.
#[derive(Debug)]
pub enum Start {
    /// It goes on from the cursor.
    From {
        /// The cursor's place in the log.
        seq: u64,
        /// What was missed since.
        backlog: Vec<StoredUpdate>,
    },
    /// The phone must first do what this [`frame`] says.
    Elsewhere(&'static str),
}

/// Where a stream from the cursor `after` begins. Whoever asks has subscribed to the hub before, so
/// that nothing falls between the log and what happens.
///
/// # Errors
/// [`StoreError`].
pub fn stream_start(
    reader: &dyn Reader,
    directory: &Directory,
    person: &PersonId,
    after: Option<Cursor>,
) -> Result<Start, StoreError> {
    let epoch = directory.epoch(person);
    let last_seq = reader.last_seq()?;
    let Some(after) = after.filter(|cursor| cursor.epoch == epoch && cursor.seq <= last_seq) else {
        return Ok(Start::Elsewhere(frame::RESET));
    };
    if after.ticket.is_some() {
        return Ok(Start::Elsewhere(frame::CATCH_UP));
    }
    let backlog = reader.log_after(&Sees::of(directory, person), after.seq, PAGE + 1)?;
    Ok(if backlog.len() > PAGE {
        Start::Elsewhere(frame::CATCH_UP)
    } else {
        Start::From {
            seq: after.seq,
            backlog,
        }
    })
}

/// What a stream says: first what was missed, then what happens, each update once.
#[derive(Debug)]
pub struct Follow {
    backlog: std::vec::IntoIter<StoredUpdate>,
    live: mpsc::Receiver<Said>,
    last_seq: u64,
}

impl Follow {
    /// Follows on from `seq`: the `backlog` after it and then the hub's `live` updates, which may
    /// have begun before the backlog ended.
    #[must_use]
    pub fn new(seq: u64, backlog: Vec<StoredUpdate>, live: mpsc::Receiver<Said>) -> Self {
        Self {
            backlog: backlog.into_iter(),
            live,
            last_seq: seq,
        }
    }

    /// What is said next; `None` when the hub ended the stream. Dropping the future loses nothing.
    pub async fn next(&mut self) -> Option<Said> {
        loop {
            let said = match self.backlog.next() {
                Some(update) => Said::Update(Arc::new(update)),
                None => self.live.recv().await?,
            };
            if let Said::Update(update) = &said {
                if update.seq <= self.last_seq {
                    continue;
                }
                self.last_seq = update.seq;
            }
            return Some(said);
        }
    }
}
