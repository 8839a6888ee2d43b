//! Holds what is on a server's disk to the promises of the log.

use std::path::Path;

use rusqlite::{Connection, OpenFlags};
use tocsin_ticket::{Event, Millis, Ticket};

/// One line of a ticket's log.
#[derive(Debug, Clone)]
pub struct Line {
    /// Its number.
    pub seq: u64,
    /// When.
    pub at: Millis,
    /// What happened.
    pub events: Vec<Event>,
}

/// A ticket and how it came about.
#[derive(Debug, Clone)]
pub struct Story {
    /// Its row.
    pub ticket: Ticket,
    /// Its log, oldest first.
    pub lines: Vec<Line>,
}

impl Story {
    /// Every event with its line's instant, oldest first.
    pub fn events(&self) -> impl Iterator<Item = (Millis, &Event)> {
        self.lines
            .iter()
            .flat_map(|line| line.events.iter().map(move |event| (line.at, event)))
    }
}

/// Reads every ticket in a data folder, whose server may be running, and checks that
///
/// - the file is sound, and log numbers are given in the order of time;
/// - replaying a ticket's log reproduces its row, columns included;
/// - no trouble is open twice.
///
/// # Panics
/// When one of it does not hold.
#[must_use]
pub fn read(data: &Path) -> Vec<Story> {
    let file = data.join("tocsin.db");
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE;
    let mut connection = Connection::open_with_flags(file, flags).expect("the server's database");
    // One transaction, so that what is read is of one moment.
    let connection = connection.transaction().expect("a transaction");
    let sound: String = connection
        .query_row("PRAGMA quick_check", [], |row| row.get(0))
        .expect("a verdict");
    assert_eq!(sound, "ok");

    let mut log = connection
        .prepare("SELECT ticket, seq, at, events FROM log ORDER BY ticket, seq")
        .expect("the log");
    let mut lines = log
        .query_map([], |row| {
            let events: String = row.get(3)?;
            let line = Line {
                seq: row.get(1)?,
                at: Millis(row.get(2)?),
                events: serde_json::from_str(&events).expect("events as JSON"),
            };
            Ok((row.get::<_, u64>(0)?, line))
        })
        .expect("the log")
        .map(|line| line.expect("a line of the log"))
        .peekable();
    let mut rows = connection
        .prepare("SELECT id, body, owner, open, due, service, dedup_key FROM tickets ORDER BY id")
        .expect("the tickets");
    let mut open = std::collections::HashSet::new();
    let mut rows = rows.query([]).expect("the tickets");
    let mut stories = Vec::new();
    while let Some(row) = rows.next().expect("a ticket") {
        let get = |column: &str| row.get::<_, String>(column).expect("a column");
        let id: u64 = row.get("id").expect("a number");
        let ticket: Ticket = serde_json::from_str(&get("body")).expect("a ticket as JSON");
        let story = Story {
            lines: std::iter::from_fn(|| lines.next_if(|(of, _)| *of == id))
                .map(|(_, line)| line)
                .collect(),
            ticket,
        };
        let ticket = &story.ticket;
        let replayed = story
            .events()
            .fold(None, |ticket, (at, event)| Ticket::apply(ticket, event, at));
        assert_eq!(
            replayed.as_ref(),
            Some(ticket),
            "the log of {} replayed",
            ticket.id
        );
        assert_eq!(ticket.id.0, id);
        assert_eq!(
            get("owner"),
            ticket.owner.as_str(),
            "owner of {}",
            ticket.id
        );
        assert_eq!(
            row.get::<_, bool>("open"),
            Ok(ticket.state.is_open()),
            "{}",
            ticket.id
        );
        let due: Option<i64> = row.get("due").expect("an instant");
        assert_eq!(
            due,
            ticket.next_due().map(|(due, _)| due.0),
            "{}",
            ticket.id
        );
        if ticket.state.is_open() {
            let trouble = (get("service"), get("dedup_key"));
            assert!(open.insert(trouble.clone()), "{trouble:?} is open twice");
        }
        stories.push(story);
    }
    assert!(lines.next().is_none(), "a line in the log of no ticket");
    let mut times: Vec<_> = stories
        .iter()
        .flat_map(|story| story.lines.iter().map(|line| (line.seq, line.at)))
        .collect();
    times.sort_unstable();
    assert!(
        times.is_sorted_by_key(|(_, at)| *at),
        "the log runs back in time"
    );
    stories
}
