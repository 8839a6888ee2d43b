//! Learning at work: the index of past tickets, and the weekly word on what is overdue.
//!
//! The librarian follows the log beside the writer and hands what it found to it in small jobs, with
//! pauses in between: in a storm it falls behind, and the alarms do not. The rules are
//! `tocsin-learning`'s.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use jiff::tz::{TimeZone, TimeZoneDatabase};
use jiff::{Timestamp, ToSpan};
use serde::{Deserialize, Serialize};
use tocsin_directory::{Directory, Team};
use tocsin_learning::{Coe, IndexText, Names, WrittenDown, overdue, weekly_text};
use tocsin_ticket::{Event, Millis, PersonId, ServiceId, TeamId, Ticket, TicketId};
use tocsin_wire::Entry;

use crate::engine::{Clock, Job, Writer};
use crate::store::learning::{DocumentKey, Learn, Shelf, StoredDocument};
use crate::store::{Reader, StoreError};

/// How often the log is looked at for tickets that were resolved. A look that finds nothing is two
/// look-ups by key.
const LOOK_EVERY: Duration = Duration::from_secs(2);

/// Log entries in one job for the writer. A ticket takes 60 µs (measured with 100,000 of them on a
/// busy machine), so an alarm behind such a job waits for 4 ms at the most.
const ENTRIES_PER_JOB: u64 = 64;

/// The pause after such a job, which leaves more than nine tenths of the writer to alarms.
const PAUSE: Duration = Duration::from_millis(50);

/// The local hour on Mondays from which the weekly word is said.
const WEEKLY_HOUR: i8 = 9;

/// A COE as it is kept.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct KeptCoe {
    /// Who wrote it first; nobody yet while it is the server's draft.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub author: Option<PersonId>,
    /// What they wrote.
    pub coe: Coe,
}

/// The draft of a COE that fell due, in its owner's name.
///
/// # Errors
/// Never: what is written has only text for keys.
pub(crate) fn first_draft(ticket: &Ticket) -> Result<Learn, StoreError> {
    Ok(Learn::Save {
        key: DocumentKey::coe(ticket),
        base: 0,
        by: ticket.owner.clone(),
        body: serde_json::to_string(&KeptCoe::default())?,
    })
}

/// The directory's names.
pub(crate) struct NamesOf<'a>(pub &'a Directory);

impl Names for NamesOf<'_> {
    fn person(&self, id: &PersonId) -> String {
        let person = self.0.person(id);
        person.map_or_else(|| id.to_string(), |person| person.name.clone())
    }

    fn service(&self, id: &ServiceId) -> String {
        let service = self.0.service(id);
        service.map_or_else(|| id.to_string(), |service| service.name.clone())
    }
}

/// Everything that happened to a ticket, oldest first.
///
/// # Errors
/// [`StoreError`].
pub(crate) fn log_of(
    reader: &dyn Reader,
    ticket: TicketId,
) -> Result<Vec<(Millis, Event)>, StoreError> {
    let mut log = Vec::new();
    for json in reader.timeline(ticket)? {
        let entry: Entry = serde_json::from_str(&json)?;
        let known = entry.events.iter().filter_map(|event| event.get());
        log.extend(known.map(|event| (entry.at, event.clone())));
    }
    Ok(log)
}

/// The COEs among these documents.
///
/// # Errors
/// [`StoreError`] when one cannot be read.
pub(crate) fn written_down(documents: &[StoredDocument]) -> Result<Vec<WrittenDown>, StoreError> {
    documents
        .iter()
        .map(|document| {
            let kept: KeptCoe = serde_json::from_str(&document.body)?;
            Ok(WrittenDown {
                ticket: TicketId(document.name.parse().map_err(StoreError::new)?),
                team: document.team.clone(),
                coe: kept.coe,
            })
        })
        .collect()
}

/// The zone of a name, or UTC.
pub(crate) fn zone(name: &str) -> TimeZone {
    TimeZoneDatabase::bundled()
        .get(name)
        .unwrap_or(TimeZone::UTC)
}

/// Keeps the index and says what is overdue.
pub(crate) struct Librarian {
    /// What there is.
    pub reader: Arc<dyn Reader>,
    /// Who manages whom.
    pub directory: Arc<ArcSwap<Directory>>,
    /// Where what was found goes.
    pub writer: Writer,
    /// The time.
    pub clock: Arc<dyn Clock>,
}

/// What one look found to do.
#[derive(Debug, Default)]
struct Found {
    jobs: Vec<Job>,
    /// Whether the index is behind the log.
    behind: bool,
    /// The weeks for which the jobs say what there is to say.
    weeks: Vec<Week>,
}

/// A team's week.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Week {
    team: TeamId,
    /// As ISO 8601 numbers it: `2026-W48`.
    week: String,
}

impl Librarian {
    /// Works until it is aborted.
    pub(crate) async fn run(self) {
        let librarian = Arc::new(self);
        let mut said = HashSet::new();
        loop {
            let (eyes, known) = (Arc::clone(&librarian), said.clone());
            let look = tokio::task::spawn_blocking(move || eyes.look(&known));
            let Ok(found) = look.await else {
                return;
            };
            let pause = match found {
                Ok(found) => {
                    if librarian.submit(found.jobs).await {
                        said.extend(found.weeks);
                    }
                    if found.behind { PAUSE } else { LOOK_EVERY }
                }
                Err(error) => {
                    tracing::error!(%error, "the log could not be read to learn from it");
                    LOOK_EVERY
                }
            };
            tokio::time::sleep(pause).await;
        }
    }

    /// `false`: it is to be tried again.
    async fn submit(&self, jobs: Vec<Job>) -> bool {
        for job in jobs {
            if let Err(error) = self.writer.submit(job).await {
                tracing::warn!(%error, "what was learnt could not be written; it is tried again");
                return false;
            }
        }
        true
    }

    fn look(&self, said: &HashSet<Week>) -> Result<Found, StoreError> {
        let mut found = Found::default();
        if let Some(unindexed) = self.reader.unindexed(ENTRIES_PER_JOB)? {
            found.behind = true;
            let rows = unindexed.tickets.iter();
            found.jobs.push(Job::Learn(Learn::Index {
                tickets: rows
                    .map(|it| (it.id, it.team.clone(), IndexText::of(it)))
                    .collect(),
                until: unindexed.until,
            }));
        }
        let (now, directory) = (self.clock.now(), self.directory.load());
        let weeks = weeks(&directory, now).filter(|week| !said.contains(week));
        for week in weeks {
            let coes = self
                .reader
                .documents(Shelf::Coe, std::slice::from_ref(&week.team))?;
            let word = weekly_word(&directory, &week, &written_down(&coes)?, now);
            found.jobs.extend(word);
            found.weeks.push(week);
        }
        Ok(found)
    }
}

/// The zone in which a team's manager lives, or its rota's.
fn managers_zone(directory: &Directory, team: &Team) -> TimeZone {
    let manager = directory.person(&team.manager);
    let own = manager.and_then(|manager| manager.zone.as_deref());
    zone(own.unwrap_or(&team.rota.spec.zone))
}

/// The week of each team whose weekly word should have been said by now: it begins on Monday at
/// nine, where the manager lives.
fn weeks(directory: &Directory, now: Millis) -> impl Iterator<Item = Week> {
    let instant = Timestamp::from_millisecond(now.0).unwrap_or_default();
    let teams = directory.config().teams().values();
    teams.map(move |team| {
        let begun =
            instant.to_zoned(managers_zone(directory, team)).datetime() - WEEKLY_HOUR.hours();
        let week = begun.date().iso_week_date();
        Week {
            team: team.id.clone(),
            week: format!("{:04}-W{:02}", week.year(), week.week()),
        }
    })
}

/// Tells the team's manager what is overdue. Said once a week, however often it is asked for.
fn weekly_word(
    directory: &Directory,
    week: &Week,
    coes: &[WrittenDown],
    now: Millis,
) -> Option<Job> {
    let team = directory.config().teams().get(&week.team)?;
    let late = overdue(coes, now, &managers_zone(directory, team));
    Some(Job::Notify {
        people: vec![team.manager.clone()],
        key: format!("overdue-actions {} {}", week.team, week.week),
        subject: format!("{}: action items that are overdue", team.name),
        body: weekly_text(&late, &NamesOf(directory))?,
    })
}

#[cfg(test)]
mod tests {
    use tocsin_learning::ActionItem;

    use super::*;
    use crate::fixture::directory;

    fn at(time: &str) -> Millis {
        Millis(time.parse::<Timestamp>().unwrap().as_millisecond())
    }

    fn week_at(time: &str) -> String {
        let shop = directory(&["ana"]);
        let mut weeks = weeks(&shop, at(time));
        weeks.next().unwrap().week
    }

    #[test]
    fn a_managers_week_begins_on_monday_at_nine_where_they_live() {
        // Berlin is an hour ahead of UTC in November and two in July.
        assert_eq!(week_at("2026-11-23T07:59:59Z"), "2026-W47");
        assert_eq!(week_at("2026-11-23T08:00:00Z"), "2026-W48");
        assert_eq!(week_at("2026-07-06T06:59:59Z"), "2026-W27");
        assert_eq!(week_at("2026-07-06T07:00:00Z"), "2026-W28");
        assert_eq!(week_at("2027-01-01T12:00:00Z"), "2026-W53");
    }

    #[test]
    fn the_manager_is_told_what_is_overdue_and_nothing_when_nothing_is() {
        let shop = directory(&["ana"]);
        let week = Week {
            team: "shop".into(),
            week: "2026-W48".to_owned(),
        };
        let coe = |due| WrittenDown {
            ticket: TicketId(7),
            team: "shop".into(),
            coe: Coe {
                actions: vec![ActionItem {
                    text: "Set lock_timeout".to_owned(),
                    owner: "ana".into(),
                    due,
                    done_on: None,
                }],
                ..Coe::default()
            },
        };
        let monday = at("2026-11-23T08:00:00Z");
        let word = |due| weekly_word(&shop, &week, &[coe(due)], monday);
        let Some(Job::Notify {
            people, key, body, ..
        }) = word(jiff::civil::date(2026, 11, 20))
        else {
            panic!("nothing is said");
        };
        assert_eq!(people, [PersonId::from("bea")]);
        assert_eq!(key, "overdue-actions shop 2026-W48");
        assert!(body.contains("Ana:\n- Set lock_timeout (COE of #7, due 2026-11-20, 3 days late)"));
        assert!(word(jiff::civil::date(2026, 11, 23)).is_none());
    }
}
