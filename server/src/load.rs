//! The load report, and the word after a bad night.
//!
//! What `tocsin-report` counts is the log's; here it is asked about a team's people and shifts, for
//! whoever asks over the API, and every quarter of an hour by [`Relief`] on behalf of whoever did
//! not sleep: they are told who could take their next day, and so is their manager.

use std::collections::{BTreeSet, HashSet};
use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use jiff::Timestamp;
use jiff::civil::Date;
use tocsin_directory::Directory;
use tocsin_report::{BadNight, Person, Query, QueryError, Report, Shift, Swap, Tally, Team};
use tocsin_ticket::{Millis, PersonId, TeamId};

use crate::engine::{Clock, Job, Writer};
use crate::learning::zone;
use crate::store::{Reader, StoreError};

/// How far beyond the report's end shifts matter, in milliseconds; see [`Query::shifts`].
const SHIFTS_BEYOND_MS: i64 = 2 * 24 * 3600 * 1000;

/// How far back the night that is over may have begun, in milliseconds.
const NIGHT_MS: i64 = 24 * 3600 * 1000;

/// How long after a night a swap is still worth offering, in milliseconds: after that, the day is
/// half over.
const OFFERED_MS: i64 = 6 * 3600 * 1000;

/// How often nights are looked at. A night that is over stays over.
const LOOK_EVERY: Duration = Duration::from_secs(15 * 60);

/// What to count for these teams, and who lives where. Weeks are those of the first team.
pub(crate) fn question(
    directory: &Directory,
    teams: &[TeamId],
    from: Millis,
    until: Millis,
    now: Millis,
) -> Query {
    let config = directory.config();
    let calendar = teams
        .first()
        .and_then(|team| config.teams().get(team))
        .map_or("UTC", |team| team.rota.spec.zone.as_str());
    let mut question = Query::new(from, until, calendar);
    question.now = now;
    let everybody: BTreeSet<&PersonId> = teams
        .iter()
        .flat_map(|team| directory.audience(team))
        .collect();
    for id in everybody {
        let person = Person {
            name: directory.name_of(id),
            zone: Some(config.zone_of(id).to_owned()),
        };
        question.people.insert(id.clone(), person);
    }
    for service in config.services().values() {
        if teams.contains(&service.team) {
            let name = service.name.clone();
            question.services.insert(service.id.clone(), name);
        }
    }
    for id in teams {
        let Some(team) = config.teams().get(id) else {
            continue;
        };
        let known = Team {
            name: team.name.clone(),
            hours: team.hours.clone(),
            relief: team.members.clone(),
        };
        question.teams.insert(id.clone(), known);
        let shifts =
            directory.team_shifts(id, from, Millis(until.0.saturating_add(SHIFTS_BEYOND_MS)));
        question.shifts.extend(shifts.into_iter().map(|it| Shift {
            person: PersonId::from(it.duty.shift.person.as_str()),
            team: id.clone(),
            from: Millis(it.duty.shift.from.as_millisecond()),
            until: Millis(it.duty.shift.until.as_millisecond()),
        }));
    }
    question
}

/// Counts, one ticket in memory at a time.
///
/// # Errors
/// [`StoreError`].
pub(crate) fn count(
    reader: &dyn Reader,
    teams: &[TeamId],
    mut tally: Tally,
) -> Result<Report, StoreError> {
    let (from, until) = (tally.log_from(), tally.log_until());
    reader.histories(teams, from, until, &mut |history| tally.add(history))?;
    Ok(tally.report())
}

/// Offers swaps after bad nights.
pub(crate) struct Relief {
    /// What there is.
    pub reader: Arc<dyn Reader>,
    /// Who is on call when.
    pub directory: Arc<ArcSwap<Directory>>,
    /// Where the word goes.
    pub writer: Writer,
    /// The time.
    pub clock: Arc<dyn Clock>,
}

/// Whose night it was.
type Said = HashSet<(PersonId, Date)>;

impl Relief {
    /// Works until it is aborted.
    pub(crate) async fn run(self) {
        let relief = Arc::new(self);
        let mut said = Said::new();
        loop {
            let (eyes, known) = (Arc::clone(&relief), said.clone());
            let look = tokio::task::spawn_blocking(move || {
                let (directory, now) = (eyes.directory.load(), eyes.clock.now());
                look(&*eyes.reader, &directory, now, &known)
            });
            let Ok(found) = look.await else {
                return;
            };
            match found {
                Ok(found) => {
                    for (night, job) in found {
                        match relief.writer.submit(job).await {
                            Ok(_) => said.extend([night]),
                            Err(error) => tracing::warn!(%error, "a swap could not be offered"),
                        }
                    }
                }
                Err(error) => tracing::error!(%error, "last night could not be counted"),
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }
}

/// A night, and the word to say about it.
type Word = ((PersonId, Date), Job);

/// What is to be said about nights that are over and of which nothing was said.
fn look(
    reader: &dyn Reader,
    directory: &Directory,
    now: Millis,
    said: &Said,
) -> Result<Vec<Word>, StoreError> {
    let mut found = Vec::new();
    for team in directory.config().teams().keys() {
        let report = match last_night(reader, directory, team, now)? {
            Ok(report) => report,
            Err(error) => {
                tracing::error!(%team, %error, "last night could not be counted");
                continue;
            }
        };
        for night in &report.bad_nights {
            let key = (night.person.clone(), night.date);
            let offered = night.swaps.iter().find(|swap| is_due(swap, now));
            if let Some(swap) = offered.filter(|_| !said.contains(&key)) {
                found.extend(offer(directory, night, swap).map(|job| (key, job)));
            }
        }
    }
    Ok(found)
}

fn last_night(
    reader: &dyn Reader,
    directory: &Directory,
    team: &TeamId,
    now: Millis,
) -> Result<Result<Report, QueryError>, StoreError> {
    let teams = [team.clone()];
    let question = question(directory, &teams, Millis(now.0 - NIGHT_MS), now, now);
    match Tally::new(question) {
        Ok(tally) => count(reader, &teams, tally).map(Ok),
        Err(error) => Ok(Err(error)),
    }
}

/// Whether the night is over, and the day not yet.
fn is_due(swap: &Swap, now: Millis) -> bool {
    (swap.from.0..swap.from.0 + OFFERED_MS).contains(&now.0) && now < swap.until
}

/// The word to who did not sleep, and to the manager of their team. Said once a night, however often
/// it is asked for.
fn offer(directory: &Directory, night: &BadNight, swap: &Swap) -> Option<Job> {
    let team = directory.config().teams().get(&swap.team)?;
    let [first, ..] = swap.to.as_slice() else {
        return None;
    };
    let name = directory.name_of(&night.person);
    let zone = zone(directory.config().zone_of(&night.person));
    let until = |at: Millis| {
        Timestamp::from_millisecond(at.0)
            .unwrap_or_default()
            .to_zoned(zone.clone())
    };
    let times = match night.wake_ups {
        1 => "once".to_owned(),
        times => format!("{times} times"),
    };
    let minutes = night.interrupted_sleep_ms / 60_000;
    let others: Vec<String> = swap.to.iter().map(|id| directory.name_of(id)).collect();
    let mut body = format!(
        "{name} was woken {times} last night, lost {minutes} minutes of sleep and is still on \
         call. {} slept and could take over until {}. If they agree, this line among the overrides \
         of {} makes it so:\n\n",
        others.join(" or "),
        until(swap.until).strftime("%A %H:%M"),
        team.name,
    );
    let _ = writeln!(
        body,
        "{{ person = \"{first}\", from = {}, until = {} }}",
        until(swap.from).strftime("%Y-%m-%dT%H:%M%:z"),
        until(swap.until).strftime("%Y-%m-%dT%H:%M%:z"),
    );
    let mut people = vec![night.person.clone()];
    people.extend((team.manager != night.person).then(|| team.manager.clone()));
    Some(Job::Notify {
        people,
        key: format!("bad-night {} {}", night.person, night.date),
        subject: format!("{}: a bad night for {name}", team.name),
        body,
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use tocsin_ingest::Signal;
    use tocsin_ticket::{Alarm, PageId, Receipt, Rung, Severity, TicketId};

    use super::*;
    use crate::engine::{Delivery, DeliveryOf, Engine};
    use crate::fixture::directory;
    use crate::store::SqliteStore;

    fn at(time: &str) -> Millis {
        Millis(time.parse::<Timestamp>().unwrap().as_millisecond())
    }

    fn night() -> BadNight {
        BadNight {
            person: "ana".into(),
            date: "2026-01-05".parse().unwrap(),
            wake_ups: 3,
            interrupted_sleep_ms: 95 * 60_000,
            swaps: vec![Swap {
                team: "shop".into(),
                from: at("2026-01-06T06:00:00Z"),
                until: at("2026-01-07T06:00:00Z"),
                to: vec!["ben".into()],
            }],
        }
    }

    /// A page that rings at `from` and is over half an hour later.
    fn wake(engine: &mut Engine<SqliteStore>, number: u64, from: &str) {
        let alarm = Alarm {
            team: "shop".into(),
            service: "checkout".into(),
            dedup_key: number.to_string(),
            severity: Severity::Sev1,
            title: "Checkout is down".to_owned(),
            source: "test".to_owned(),
            url: None,
            details: BTreeMap::new(),
        };
        let alarms = |signal| Job::Alarms {
            source: "test".to_owned(),
            signals: vec![signal],
        };
        let from = at(from);
        engine
            .run(&[alarms(Signal::Fired(alarm))], from)
            .expect("an alarm");
        let rang = Delivery {
            of: DeliveryOf::Page(PageId {
                ticket: TicketId(number),
                number: 1,
            }),
            receipts: vec![Receipt {
                device: "phone".into(),
                transport: None,
                rung: Rung::Sounding,
                at: from,
                effective_volume: None,
                ringer: None,
                do_not_disturb: None,
            }],
            failures: Vec::new(),
        };
        engine
            .run(&[Job::Deliveries(vec![rang])], from)
            .expect("a receipt");
    }

    #[test]
    fn in_the_morning_the_night_is_counted_from_the_log_and_spoken_of_once() {
        let shop = directory(&["ana", "ben"]);
        let shared = Arc::new(ArcSwap::from_pointee(directory(&["ana", "ben"])));
        let store = SqliteStore::in_memory("bad-night").unwrap();
        let reader = store.reader().unwrap();
        let mut engine = Engine::new(store, shared).unwrap();
        let look = |now, said: &Said| look(&reader, &shop, at(now), said).unwrap();

        wake(&mut engine, 1, "2026-01-06T01:00:00Z");
        wake(&mut engine, 2, "2026-01-06T04:00:00Z");
        assert!(look("2026-01-06T05:30:00Z", &Said::new()).is_empty());
        let words = look("2026-01-06T06:30:00Z", &Said::new());
        let [(night, Job::Notify { subject, .. })] = words.as_slice() else {
            panic!("{words:?}");
        };
        assert_eq!(subject, "Shop: a bad night for Ana");
        let said = Said::from([night.clone()]);
        assert!(look("2026-01-06T06:45:00Z", &said).is_empty());
    }

    #[test]
    fn after_a_bad_night_the_sleeper_and_the_manager_are_told_who_could_take_over() {
        let night = night();
        let Some(Job::Notify {
            people,
            key,
            subject,
            body,
        }) = offer(&directory(&["ana", "ben"]), &night, &night.swaps[0])
        else {
            panic!("a word");
        };
        assert_eq!(people, [PersonId::from("ana"), "bea".into()]);
        assert_eq!(key, "bad-night ana 2026-01-05");
        assert_eq!(subject, "Shop: a bad night for Ana");
        assert_eq!(
            body,
            "Ana was woken 3 times last night, lost 95 minutes of sleep and is still on call. Ben \
             slept and could take over until Wednesday 07:00. If they agree, this line among the \
             overrides of Shop makes it so:\n\n{ person = \"ben\", from = 2026-01-06T07:00+01:00, \
             until = 2026-01-07T07:00+01:00 }\n"
        );
    }

    #[test]
    fn nothing_is_offered_in_the_night_itself_nor_when_the_day_is_half_over() {
        let swap = &night().swaps[0];
        assert!(!is_due(swap, at("2026-01-06T05:59:00Z")));
        assert!(is_due(swap, at("2026-01-06T06:00:00Z")));
        assert!(is_due(swap, at("2026-01-06T11:59:00Z")));
        assert!(!is_due(swap, at("2026-01-06T12:00:00Z")));
    }

    #[test]
    fn nobody_to_take_over_is_no_offer() {
        let mut night = night();
        night.swaps[0].to.clear();
        let shop = directory(&["ana", "ben"]);
        assert!(offer(&shop, &night, &night.swaps[0]).is_none());
    }
}
