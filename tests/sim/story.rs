//! What happened in a run: every line is hashed, the last ones are kept, and all of them are printed
//! for whoever replays a seed.

use std::collections::VecDeque;
use std::fmt::{self, Write};
use std::hash::{DefaultHasher, Hash, Hasher};

use serde::Deserialize;
use tocsin_ticket::{Event, Ticket};

/// Lines kept for the report of a failure.
const KEPT: usize = 60;

/// The story of one run.
#[derive(Debug)]
pub struct Story {
    hasher: DefaultHasher,
    lines: VecDeque<String>,
    begin_ms: i64,
    aloud: bool,
}

impl Story {
    /// A story that begins at an instant. `aloud` prints each line at once.
    pub fn new(begin_ms: i64, aloud: bool) -> Self {
        Self {
            hasher: DefaultHasher::new(),
            lines: VecDeque::with_capacity(KEPT),
            begin_ms,
            aloud,
        }
    }

    /// Adds a line.
    pub fn tell(&mut self, now_ms: i64, who: &str, what: fmt::Arguments<'_>) {
        let mut line = if self.lines.len() == KEPT {
            self.lines.pop_front().unwrap_or_default()
        } else {
            String::new()
        };
        line.clear();
        let since = now_ms - self.begin_ms;
        let (minutes, seconds, millis) = (since / 60_000, since / 1000 % 60, since % 1000);
        write!(
            line,
            "{minutes:02}:{seconds:02}.{millis:03}  {who:<14} {what}"
        )
        .unwrap();
        line.hash(&mut self.hasher);
        if self.aloud {
            println!("{line}");
        }
        self.lines.push_back(line);
    }

    /// Hashes what is too long to tell.
    pub fn note(&mut self, what: &(impl Hash + ?Sized)) {
        what.hash(&mut self.hasher);
    }

    /// A number that stands for everything told and noted so far.
    pub fn hash(&self) -> u64 {
        self.hasher.finish()
    }

    /// The last lines.
    pub fn end(&self) -> String {
        let mut end = String::new();
        for line in &self.lines {
            writeln!(end, "  {line}").unwrap();
        }
        end
    }
}

#[derive(Deserialize)]
struct Update {
    seq: u64,
    events: Vec<Event>,
    ticket: Ticket,
}

/// An update in a few words.
pub struct Told<'a>(pub &'a str);

impl fmt::Display for Told<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let entry: Update = serde_json::from_str(self.0).map_err(|_| fmt::Error)?;
        let ticket = &entry.ticket;
        write!(f, "{} on {}", entry.seq, ticket.id)?;
        for event in &entry.events {
            match event {
                Event::Opened { alarm, owner, .. } => {
                    write!(
                        f,
                        ", opened {} of {} for {owner}",
                        alarm.severity, alarm.service
                    )?;
                }
                Event::Repeated { .. } => write!(f, ", fired again")?,
                Event::SeverityChanged { to, .. } => write!(f, ", now {to}")?,
                Event::CheckedIn { by } => write!(f, ", {by} checked in")?,
                Event::Acknowledged { by } => write!(f, ", {by} answered")?,
                Event::WorkStarted { by } => write!(f, ", {by} started work")?,
                Event::Resolved { by } => write!(f, ", {by} resolved it")?,
                Event::Reopened { by, owner } => write!(f, ", {by} reopened it for {owner}")?,
                Event::Reassigned { by, to, .. } => write!(f, ", {by} gave it to {to}")?,
                Event::NoteAdded { by, .. } => write!(f, ", {by} wrote a note")?,
                Event::Escalated { level, role, .. } => write!(f, ", level {level}: {role}")?,
                Event::Paged { page } => write!(f, ", page {} to {}", page.id, page.person)?,
                Event::PageEnded { page, why, .. } => write!(f, ", end of {page} ({why:?})")?,
                Event::PageReceipt { page, receipt } => {
                    write!(f, ", {page} {} on {}", receipt.rung, receipt.device)?;
                }
                Event::DeliveryFailed { page, failure } => {
                    let (device, way) = (&failure.device, failure.transport);
                    write!(
                        f,
                        ", {page} not delivered to {device} by {way}: {}",
                        failure.problem
                    )?;
                }
                Event::DeadlineSet { deadline } => {
                    let in_s = (deadline.due.0 - ticket.state_since.0) / 1000;
                    write!(f, ", limit {} at +{in_s} s", deadline.generation)?;
                }
                Event::DeadlineCleared => write!(f, ", no limit")?,
                Event::Declined { by, .. } => write!(f, ", {by} cannot")?,
                Event::LimitExtended { by, .. } => write!(f, ", {by} extended the limit")?,
                Event::ConferenceConvened { bridge } => write!(f, ", conference {}", bridge.url)?,
                Event::ConferenceJoined { by } => write!(f, ", {by} joined")?,
                Event::ConferenceClosed => write!(f, ", conference over")?,
                Event::RoleNamed { person, role, .. } => write!(f, ", {person} is {role}")?,
                Event::StatusUpdated { by, .. } => write!(f, ", {by} gave a status update")?,
                Event::HelpAsked { help } => {
                    write!(
                        f,
                        ", call {} by {} to {:?}",
                        help.number, help.by, help.asked
                    )?;
                }
                Event::HelpAnswered {
                    number, by, comes, ..
                } => {
                    let comes = if *comes { "comes" } else { "cannot" };
                    write!(f, ", {by} {comes} for call {number}")?;
                }
                Event::HelpPassedOn { number, level } => {
                    write!(f, ", call {number} goes on to {:?}", level.people)?;
                }
                Event::HelpExhausted { number } => write!(f, ", call {number} reached nobody")?,
                Event::TimerSet { timer } => {
                    let in_s = (timer.due.0 - ticket.state_since.0) / 1000;
                    write!(
                        f,
                        ", timer {} ({:?}) at +{in_s} s",
                        timer.generation, timer.kind
                    )?;
                }
                Event::TimerCleared { generation } => write!(f, ", no timer {generation}")?,
                // Nothing in the simulated teams leads to these, so their names will do.
                event => write!(f, ", {event:?}")?,
            }
        }
        Ok(())
    }
}
