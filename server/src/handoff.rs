//! What goes from one person on call to the next: one page of text, and words while it waits.
//!
//! The engine decides who has the pager; the herald here brings the next person the page, says again
//! that a handoff waits, at growing intervals, and goes on testing the phones that it waits for.
//!
//! Open tickets stay with whoever has them: half-done work is handed over by people, one ticket at a
//! time, and the page says which there are.

use std::collections::HashSet;
use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};
use tocsin_directory::Directory;
use tocsin_directory::handoff::{Handoff, Outcome};
use tocsin_report::{Report, Tally};
use tocsin_ticket::{DrillId, Millis, PersonId, TeamId, Ticket};
use tocsin_wire::Person;

use crate::engine::{Clock, Job, Writer, concerned};
use crate::learning::zone;
use crate::load;
use crate::store::guests::Sees;
use crate::store::handoffs::{HandoffNote, StoredHandoff};
use crate::store::{DrillReason, Reader, StoreError, TicketFilter};
use crate::watch::{DRILL_LASTS, drill_for};

/// How often it is looked whether something is to be brought.
const LOOK_EVERY: Duration = Duration::from_secs(5);

/// The next person's devices are tested again after this time.
const TEST_EVERY: Duration = Duration::from_secs(10 * 60);

/// A handoff that is over is the one that is shown for this long after its turn began.
const SHOWN_FOR: Duration = Duration::from_secs(24 * 3600);

/// What happened, and which notes, in milliseconds: a week, as the common turn is.
const LOOKED_BACK_MS: i64 = 7 * 24 * 3600 * 1000;

/// Open tickets on the page; the list has all of them.
const TICKETS_SHOWN: usize = 50;

/// Alarms on the page that cost the most.
const PATTERNS_SHOWN: usize = 3;

/// A note for the next person on call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct NoteView {
    /// Who wrote it.
    pub by: Person,
    /// When.
    pub at: Millis,
    /// What.
    pub text: String,
}

/// `GET /v1/teams/{team}/handoff`: the handoff that is going on, or was within a day, or comes next.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct HandoffView {
    /// Of which team.
    pub team: TeamId,
    /// Who hands over.
    pub from: Person,
    /// Who takes over.
    pub to: Person,
    /// When the turn of `to` begins, or began.
    pub at: Millis,
    /// Whether the turn has begun and `from` stays on call, because no phone of `to` has proved that
    /// it can ring.
    pub pending: bool,
    /// The notes of the last week, oldest first.
    pub notes: Vec<NoteView>,
    /// The page.
    pub text: String,
}

/// From whom to whom, and when.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Turn {
    from: PersonId,
    to: PersonId,
    at: Millis,
    pending: bool,
}

impl From<&Handoff> for Turn {
    fn from(handoff: &Handoff) -> Self {
        Self {
            from: handoff.from.clone(),
            to: handoff.to.clone(),
            at: handoff.at,
            pending: handoff.is_pending(),
        }
    }
}

/// A team's handoff; `None`: there is no such team.
///
/// # Errors
/// [`StoreError`].
pub fn view(
    reader: &dyn Reader,
    directory: &Directory,
    team: &TeamId,
    now: Millis,
) -> Result<Option<HandoffView>, StoreError> {
    let Some(on_call) = directory.team_on_call(team, now) else {
        return Ok(None);
    };
    let newest = reader.handoffs()?.into_iter().map(|it| it.handoff);
    let recent = newest
        .filter(|it| it.team == *team && it.from != it.to)
        .find(|it| it.is_pending() || now.since(it.at) < SHOWN_FOR);
    let turn = recent.as_ref().map_or_else(
        || Turn {
            from: on_call.primary.id,
            to: on_call.next.id,
            at: on_call.until,
            pending: false,
        },
        Turn::from,
    );
    page(reader, directory, team, turn, now).map(Some)
}

fn page(
    reader: &dyn Reader,
    directory: &Directory,
    team: &TeamId,
    turn: Turn,
    now: Millis,
) -> Result<HandoffView, StoreError> {
    let since = Millis(now.0 - LOOKED_BACK_MS);
    let teams = std::slice::from_ref(team);
    let notes = reader.handoff_notes(team, since)?;
    let open = TicketFilter {
        open_only: true,
        limit: TICKETS_SHOWN + 1,
        ..TicketFilter::default()
    };
    let tickets = reader.tickets(&Sees::from(teams), &open)?;
    let tickets: Vec<Ticket> = tickets
        .iter()
        .map(|json| Ok(serde_json::from_str(json)?))
        .collect::<Result<_, StoreError>>()?;
    let question = load::question(directory, teams, since, now, now);
    let tally = Tally::new(question).map_err(StoreError::new)?;
    let report = load::count(reader, teams, tally)?;
    let words = Words::of(directory, team);
    let mut text = words.heading(&turn, now);
    text += &words.notes(&notes);
    text += &words.tickets(&tickets);
    text += &words.week(&report);
    let person = |id: &PersonId| Person {
        id: id.clone(),
        name: directory.name_of(id),
    };
    Ok(HandoffView {
        team: team.clone(),
        from: person(&turn.from),
        to: person(&turn.to),
        at: turn.at,
        pending: turn.pending,
        notes: notes
            .into_iter()
            .map(|note| NoteView {
                by: person(&note.by),
                at: note.at,
                text: note.text,
            })
            .collect(),
        text,
    })
}

/// The page's words, by the clock of the team's rota.
struct Words<'a> {
    directory: &'a Directory,
    team: String,
    zone: TimeZone,
    zone_name: &'a str,
}

impl<'a> Words<'a> {
    fn of(directory: &'a Directory, team: &TeamId) -> Self {
        let known = directory.config().teams().get(team);
        let zone_name = known.map_or("UTC", |team| team.rota.spec.zone.as_str());
        Self {
            directory,
            team: known.map_or_else(|| team.to_string(), |team| team.name.clone()),
            zone: zone(zone_name),
            zone_name,
        }
    }

    fn name(&self, person: &PersonId) -> String {
        self.directory.name_of(person)
    }

    fn clock(&self, at: Millis) -> String {
        let instant = Timestamp::from_millisecond(at.0).unwrap_or_default();
        let local = instant.to_zoned(self.zone.clone());
        local.strftime("%a %Y-%m-%d %H:%M").to_string()
    }

    fn heading(&self, turn: &Turn, now: Millis) -> String {
        let [from, to] = [&turn.from, &turn.to].map(|it| self.name(it));
        let begins = if turn.at > now { "begins" } else { "began" };
        let mut text = format!(
            "{}: {from} hands over to {to}\nThe turn of {to} {begins} on {} ({}).\n",
            self.team,
            self.clock(turn.at),
            self.zone_name
        );
        if turn.pending {
            let _ = writeln!(
                text,
                "{from} stays on call until a phone of {to} has proved that it can ring."
            );
        }
        text
    }

    fn notes(&self, notes: &[HandoffNote]) -> String {
        let mut text = "\nNotes\n".to_owned();
        if notes.is_empty() {
            text += "None.\n";
        }
        for note in notes {
            let lines = note.text.trim().replace('\n', "\n  ");
            let _ = writeln!(
                text,
                "- {}, {}: {lines}",
                self.name(&note.by),
                self.clock(note.at)
            );
        }
        text
    }

    fn tickets(&self, tickets: &[Ticket]) -> String {
        let mut text = "\nOpen tickets\n".to_owned();
        if tickets.is_empty() {
            text += "None.\n";
            return text;
        }
        text += "They stay with whoever has them; give on what you want to give on.\n";
        for ticket in tickets.iter().take(TICKETS_SHOWN) {
            let _ = writeln!(
                text,
                "- {} {} {}, {}, opened {}: {}",
                ticket.id,
                ticket.severity,
                ticket.state,
                self.name(&ticket.owner),
                self.clock(ticket.opened_at),
                ticket.title
            );
        }
        if tickets.len() > TICKETS_SHOWN {
            text += "- and older ones.\n";
        }
        text
    }

    fn week(&self, report: &Report) -> String {
        let total = &report.total;
        let mut text = "\nThis week\n".to_owned();
        let _ = writeln!(
            text,
            "Tickets: {}. Pages that rang: {}, in sleep hours: {}; that rang nowhere: {}.",
            total.tickets,
            total.pages.total(),
            total.pages.sleep,
            total.unheard
        );
        if let Some(check_in) = &total.times.check_in {
            let seconds = check_in.median_ms / 1000;
            let _ = writeln!(
                text,
                "Half of the check-ins took no longer than {} min {} s.",
                seconds / 60,
                seconds % 60
            );
        }
        let noise = &total.noise;
        let _ = writeln!(
            text,
            "Tickets that recovered untouched: {}; on which nobody had to do anything: {}.",
            noise.recovered, noise.no_action
        );
        for pattern in report.patterns.iter().take(PATTERNS_SHOWN) {
            let _ = writeln!(
                text,
                "- \"{}\" ({}), tickets: {}, the newest {}",
                pattern.title,
                report.names.service(&pattern.service),
                pattern.load.tickets,
                pattern.example
            );
        }
        text
    }
}

/// Brings pages to whoever takes over, and repeats that a handoff waits.
pub(crate) struct Herald {
    /// What there is.
    pub reader: Arc<dyn Reader>,
    /// Who is who.
    pub directory: Arc<ArcSwap<Directory>>,
    /// Where the words go.
    pub writer: Writer,
    /// The time.
    pub clock: Arc<dyn Clock>,
}

impl Herald {
    /// Works until it is aborted.
    pub(crate) async fn run(self) {
        let herald = Arc::new(self);
        let mut brought = HashSet::new();
        loop {
            let (eyes, mut known) = (Arc::clone(&herald), brought.clone());
            let look = tokio::task::spawn_blocking(move || {
                let (directory, now) = (eyes.directory.load_full(), eyes.clock.now());
                errands(&*eyes.reader, &directory, &mut known, now).map(|jobs| (jobs, known))
            });
            match look.await {
                Ok(Ok((jobs, known))) => {
                    if herald.submit(jobs).await {
                        brought = known;
                    }
                }
                Ok(Err(error)) => tracing::error!(%error, "handoffs cannot be read"),
                Err(_) => return,
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }

    /// `false`: it is to be tried again.
    async fn submit(&self, jobs: Vec<Job>) -> bool {
        for job in jobs {
            if let Err(error) = self.writer.submit(job).await {
                tracing::warn!(%error, "a handoff could not be told; it is tried again");
                return false;
            }
        }
        true
    }
}

/// What is to be done at `now`. `brought` has the handoffs whose page was brought already; a notice
/// is said once anyway, so forgetting it only costs work.
fn errands(
    reader: &dyn Reader,
    directory: &Directory,
    brought: &mut HashSet<u64>,
    now: Millis,
) -> Result<Vec<Job>, StoreError> {
    let mut jobs = Vec::new();
    for StoredHandoff { id, handoff } in reader.handoffs()? {
        let turned_back = matches!(
            &handoff.done,
            Some(done) if done.outcome == Outcome::TurnedBack
        );
        let goes_on = handoff.from != handoff.to && !turned_back;
        if goes_on && now.since(handoff.at) < SHOWN_FOR && brought.insert(id) {
            let turn = Turn::from(&handoff);
            let page = page(reader, directory, &handoff.team, turn, now)?;
            jobs.push(Job::Notify {
                people: vec![handoff.to.clone()],
                key: format!("handoff {id} page"),
                subject: format!("{}: {} hands over to you", handoff.team, page.from.name),
                body: page.text,
            });
        }
        if !handoff.is_pending() || !directory.handoffs().contains(&handoff) {
            continue;
        }
        jobs.push(Job::HandOver);
        jobs.extend(reminder(directory, id, &handoff, now));
        jobs.extend(test(reader, id, &handoff, now)?);
    }
    Ok(jobs)
}

/// After one hour, two, four, eight and sixteen, and then daily.
fn reminder(directory: &Directory, id: u64, handoff: &Handoff, now: Millis) -> Option<Job> {
    let hours = now.since(handoff.at).as_secs() / 3600;
    let due = hours.is_power_of_two() && hours < 24 || hours > 0 && hours.is_multiple_of(24);
    let team = directory.config().teams().get(&handoff.team)?;
    let [from, to] = [&handoff.from, &handoff.to].map(|it| directory.name_of(it));
    due.then(|| Job::Notify {
        people: concerned(handoff, Some(team.manager.clone())),
        key: format!("handoff {id} hour {hours}"),
        subject: format!("{}: {from} is still on call for {to}", team.name),
        body: format!(
            "For {hours} h no phone of {to} has proved that it can ring. {to}: open the app and \
             run a drill. {to} or a manager can also say that they have it: `tocsin handoff {} \
             --have-it`.",
            team.id
        ),
    })
}

/// The next person's devices, tested again.
fn test(
    reader: &dyn Reader,
    id: u64,
    handoff: &Handoff,
    now: Millis,
) -> Result<Option<Job>, StoreError> {
    let round = now.since(handoff.at).as_secs() / TEST_EVERY.as_secs();
    if round == 0 {
        // The engine ordered the first.
        return Ok(None);
    }
    let lately = now - TEST_EVERY - DRILL_LASTS;
    let known: HashSet<DrillId> = reader
        .drills_since(lately)?
        .into_iter()
        .map(|drill| drill.drill.id)
        .collect();
    let drills: Vec<_> = reader
        .devices()?
        .iter()
        .filter(|device| device.person == handoff.to)
        .map(|device| {
            let id = DrillId::new(format!("handoff-{id}-{round}-{}", device.id));
            drill_for(device, DrillReason::Handoff, id, now, false)
        })
        .filter(|drill| !known.contains(&drill.drill.id))
        .collect();
    Ok((!drills.is_empty()).then_some(Job::Drill(drills)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture;
    use crate::store::{SqliteStore, Store};

    /// Monday 12 January 2026, 09:00 in Berlin: Ben's week begins.
    const HANDOFF: Millis = Millis(1_768_204_800_000);

    fn pending() -> Handoff {
        Handoff {
            team: "shop".into(),
            from: "ana".into(),
            to: "ben".into(),
            at: HANDOFF,
            done: None,
        }
    }

    /// The keys of what is said after so many minutes.
    fn said(brought: &mut HashSet<u64>, reader: &dyn Reader, minutes: u64) -> Vec<String> {
        let now = HANDOFF + Duration::from_secs(minutes * 60);
        let directory = fixture::directory(&["ana", "ben"]).with_handoffs(vec![pending()]);
        let jobs = errands(reader, &directory, brought, now).unwrap();
        assert!(jobs.iter().any(|job| matches!(job, Job::HandOver)));
        let notices = jobs.into_iter().filter_map(|job| match job {
            Job::Notify { key, people, .. } => Some((key, people)),
            _ => None,
        });
        notices
            .map(|(key, people)| format!("{key}: {}", people.len()))
            .collect()
    }

    #[test]
    fn the_page_is_brought_once_and_the_waiting_is_said_again_at_growing_intervals() {
        let mut store = SqliteStore::in_memory("herald").unwrap();
        let reader = store.reader().unwrap();
        store
            .transaction(&mut |transaction| transaction.handoffs().add(&pending()).map(drop))
            .unwrap();
        let mut brought = HashSet::new();
        let mut say = |minutes| said(&mut brought, &reader, minutes);
        assert_eq!(say(0), ["handoff 1 page: 1"]);
        assert_eq!(say(1), [""; 0]);
        let mut hours = Vec::new();
        for hour in 1..=72 {
            if say(hour * 60) != [""; 0] {
                hours.push(hour);
            }
        }
        assert_eq!(hours, [1, 2, 4, 8, 16, 24, 48, 72]);
        assert_eq!(say(60), ["handoff 1 hour 1: 3"], "both and the manager");
    }
}
