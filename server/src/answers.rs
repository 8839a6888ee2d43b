//! What answers need of the store: a ticket's whole log, and the configurations that held then.

use std::ops::ControlFlow;

use tocsin_answers::Era;
use tocsin_directory::{Config, Directory, TeamSwap};
use tocsin_report::{Entry, History, Names};
use tocsin_ticket::{Millis, PersonId, TeamId, Ticket, TicketId};
use tocsin_wire::Known;

use crate::store::guests::Sees;
use crate::store::{Reader, StoreError};

/// How many configurations from before a ticket are looked through for one that still had somebody
/// in the team.
const OLDER: usize = 64;

/// Everything that happened to a ticket, if it is seen. What only a newer version knows is left
/// out.
pub(crate) fn history(
    reader: &dyn Reader,
    sees: &Sees,
    id: TicketId,
) -> Result<Option<History>, StoreError> {
    let Some(ticket) = reader.ticket(sees, id)? else {
        return Ok(None);
    };
    let ticket: Ticket = serde_json::from_str(&ticket)?;
    let mut entries = Vec::new();
    for entry in reader.timeline(id)? {
        let entry: tocsin_wire::Entry = serde_json::from_str(&entry)?;
        let events = entry.events.into_iter().filter_map(|event| match event {
            Known::Yes(event) => Some(event),
            Known::No(_) => None,
        });
        entries.push(Entry {
            at: entry.at,
            events: events.collect(),
        });
    }
    Ok(Some(History {
        ticket: id,
        team: ticket.team,
        service: ticket.service,
        entries,
    }))
}

/// The names that those who see these teams know.
pub(crate) fn names(directory: &Directory, teams: &[TeamId]) -> Names {
    let config = directory.config();
    let mut names = Names::default();
    for id in teams {
        if let Some(team) = config.teams().get(id) {
            names.teams.insert(id.clone(), team.name.clone());
        }
        for person in directory.audience(id) {
            let name = directory.name_of(person);
            names.people.insert(person.clone(), name);
        }
    }
    names
}

/// The configurations that held from a ticket's opening until `now`, with the swaps of its team
/// that counted; before them, the last one that had `person` in the team, if one of those at the
/// ticket's opening had not.
pub(crate) fn eras(
    reader: &dyn Reader,
    team: &TeamId,
    person: &PersonId,
    opened: Millis,
    now: Millis,
) -> Result<Vec<Era>, StoreError> {
    let mut swaps: Vec<(Millis, TeamSwap)> = Vec::new();
    for stored in reader.swaps()? {
        let answered = stored.swap.swap.answered_at();
        if let Some(at) = answered.filter(|_| stored.swap.team == *team) {
            swaps.push((Millis(at.as_millisecond()), stored.swap));
        }
    }
    let mut configs: Vec<(Millis, Config)> = Vec::new();
    let mut older = 0;
    reader.configs(now, &mut |stored| {
        match Config::parse(&stored.text) {
            Ok(config) => configs.push((stored.at, config)),
            // An older version may have let pass what this one refuses.
            Err(errors) => tracing::warn!(at = stored.at.0, %errors, "an old configuration"),
        }
        if stored.at > opened {
            return ControlFlow::Continue(());
        }
        older += 1;
        let had_them = configs.last().is_some_and(|(_, config)| {
            let directory = Directory::new(config.clone());
            directory.pageable(team).contains(person)
        });
        if had_them || older >= OLDER {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    })?;
    configs.reverse();
    let mut times: Vec<Millis> = configs.iter().map(|(at, _)| *at).collect();
    let since = swaps.iter().map(|(at, _)| *at);
    times.extend(since.filter(|at| *at > opened && *at <= now));
    times.sort_unstable();
    times.dedup();
    let era = |from: Millis| {
        let (_, config) = configs.iter().rev().find(|(at, _)| *at <= from)?;
        let counted = swaps.iter().filter(|(at, _)| *at <= from);
        let counted = counted.map(|(_, swap)| swap.clone()).collect();
        Some(Era {
            from,
            directory: Directory::with_swaps(config.clone(), counted),
        })
    };
    Ok(times.into_iter().filter_map(era).collect())
}

#[cfg(test)]
mod tests {
    use core::time::Duration;
    use std::sync::Arc;

    use arc_swap::ArcSwap;
    use tocsin_answers::{Question, rehearsed_log};
    use tocsin_ingest::Signal;
    use tocsin_ticket::{
        Alarm, Event, Page, PageReason, Receipt, Role, Rung, Severity, TicketState,
    };
    use tocsin_wire::{Action, CommandId, CommandRequest};

    use super::*;
    use crate::engine::{Delivery, DeliveryOf, Engine, Job};
    use crate::rights::{Right, Who};
    use crate::secret::Secret;
    use crate::store::{Device, SqliteReader, SqliteStore, Store};

    /// A shop with all that changes who is paged: layers, a newcomer with a mentor, a handoff a day,
    /// hold-offs, announced work, conferences and limits of its own.
    const SHOP: &str = r#"
        [[people]]
        id = "ana"
        name = "Ana"
        [[people]]
        id = "ben"
        name = "Ben"
        [[people]]
        id = "minjun"
        name = "Minjun"
        [[people]]
        id = "bea"
        name = "Bea"
        manager = "carl"
        [[people]]
        id = "carl"
        name = "Carl"
        [[teams]]
        id = "shop"
        name = "Shop"
        manager = "bea"
        members = ["ana", "ben", "minjun"]
        [teams.conference]
        links = [{ url = "https://meet.example.org/shop" }]
        [teams.rota]
        zone = "Europe/Berlin"
        start = 2026-01-05
        handoff = { time = 02:30 }
        members = ["ana", { person = "ben", mentor = { person = "minjun", shifts = 200, mode = "mentor_shadows" } }]
        [teams.secondary]
        zone = "Asia/Seoul"
        start = 2026-01-05
        handoff = { weekday = "monday", time = 09:00 }
        members = ["minjun", "ana"]
        [[services]]
        id = "checkout"
        name = "Checkout"
        team = "shop"
        hold_off = "90s"
        [services.policy.sev1]
        manager = "3m"
        [[maintenance]]
        name = "new switch"
        services = ["checkout"]
        from = 2027-03-28T01:20+01:00
        until = 2027-03-28T03:45+02:00
    "#;

    /// What a log says of each page: when, for whom, as what and why.
    fn pages(entries: &[Entry]) -> Vec<(Millis, PersonId, Role, PageReason)> {
        let events = entries
            .iter()
            .flat_map(|entry| entry.events.iter().map(|event| (entry.at, event)));
        events
            .filter_map(|(at, event)| match event {
                Event::Paged { page } => Some((at, page.person.clone(), page.role, page.reason)),
                _ => None,
            })
            .collect()
    }

    /// The real engine on a real store, to which the same alarm came.
    struct Night {
        engine: Engine<SqliteStore>,
        reader: SqliteReader,
    }

    impl Night {
        fn new() -> Self {
            let directory = Directory::new(Config::parse(SHOP).unwrap());
            let store = SqliteStore::in_memory(&Secret::identifier()).unwrap();
            let reader = store.reader().unwrap();
            let directory = Arc::new(ArcSwap::from_pointee(directory));
            Self {
                engine: Engine::new(store, directory).unwrap(),
                reader,
            }
        }

        fn entries(&self) -> Vec<Entry> {
            let team: &[TeamId] = &["shop".into()];
            let found = history(&self.reader, &team.into(), TicketId(1)).unwrap();
            found.unwrap().entries
        }

        fn ticket(&self) -> Ticket {
            let entries = self.entries();
            let events = entries
                .iter()
                .flat_map(|entry| entry.events.iter().map(|event| (entry.at, event)));
            let ticket = events.fold(None, |ticket, (at, event)| Ticket::apply(ticket, event, at));
            ticket.unwrap()
        }

        fn phones_ring(&mut self, now: Millis) {
            let silent = |page: &&Page| page.receipts.is_empty();
            let ticket = self.ticket();
            let heard = ticket.pages.iter().filter(silent).map(|page| Delivery {
                of: DeliveryOf::Page(page.id),
                receipts: vec![Receipt {
                    device: "phone".into(),
                    transport: None,
                    rung: Rung::Sounding,
                    at: now,
                    effective_volume: None,
                    ringer: None,
                    do_not_disturb: None,
                }],
                failures: Vec::new(),
            });
            let job = Job::Deliveries(heard.collect());
            self.engine.run(&[job], now).unwrap();
        }

        fn check_in(&mut self, now: Millis) {
            let device = Device {
                id: "phone".into(),
                person: self.ticket().owner,
                name: "phone".to_owned(),
                admin: false,
                token: Secret::device_token().hash(),
            };
            let job = Job::Tap {
                who: Who::on(&device, Right::Respond),
                request: CommandRequest {
                    id: CommandId::new("0123456789abcdef"),
                    ticket: TicketId(1),
                    at: now,
                    action: Action::CheckIn,
                    also: Vec::new(),
                },
            };
            self.engine.run(&[job], now).unwrap();
        }
    }

    /// What the engine does about an alarm until the instant at which the rehearsal ended.
    fn engine_pages(
        question: &Question,
        until: Millis,
    ) -> Vec<(Millis, PersonId, Role, PageReason)> {
        let mut night = Night::new();
        let alarm = Alarm {
            team: "shop".into(),
            service: question.service.clone(),
            dedup_key: "down".to_owned(),
            severity: question.severity,
            title: "Checkout is down".to_owned(),
            source: "prometheus".to_owned(),
            url: None,
            details: Default::default(),
        };
        let job = Job::Alarms {
            source: "prometheus".to_owned(),
            signals: vec![Signal::Fired(alarm)],
        };
        let mut now = question.at;
        night.engine.run(&[job], now).unwrap();
        let mut answers_at = question.checked_in_after.map(|length| question.at + length);
        loop {
            if !question.phones_off {
                night.phones_ring(now);
            }
            let due = night.engine.next_due().unwrap();
            let answers = answers_at.filter(|at| due.is_none_or(|due| *at <= due));
            let Some(next) = answers.or(due).filter(|next| *next <= until) else {
                return pages(&night.entries());
            };
            now = next;
            if answers.is_some() {
                answers_at = None;
                if night.ticket().state == TicketState::Assigned {
                    night.check_in(now);
                }
            } else {
                night.engine.run(&[], now).unwrap();
            }
        }
    }

    #[test]
    fn a_rehearsal_is_what_the_engine_does_with_the_same_alarm_when_nobody_answers() {
        const HOUR_MS: i64 = 3_600_000;
        let directory = Directory::new(Config::parse(SHOP).unwrap());
        // 2027-03-28T00:28+01:00: the clocks skip an hour, the duty changes hands in it, and work on
        // the service is announced; then every 7 hours and 13 minutes for a fortnight.
        let first = 1_806_190_080_000;
        let night_of_the_clocks = (0..8).map(|half| first + half * HOUR_MS / 2);
        let fortnight = (1..47).map(|step| first + step * (7 * HOUR_MS + 13 * 60_000));
        let check_ins = [None, Some(4), Some(40)];
        for (index, at) in night_of_the_clocks.chain(fortnight).enumerate() {
            for severity in [Severity::Sev1, Severity::Sev2, Severity::Sev3] {
                let question = Question {
                    service: "checkout".into(),
                    at: Millis(at),
                    severity,
                    phones_off: index % 2 == 0,
                    checked_in_after: check_ins[index % 3]
                        .map(|minutes| Duration::from_secs(60 * minutes)),
                    holds: Vec::new(),
                };
                let rehearsed = rehearsed_log(&directory, &question).unwrap();
                let until = rehearsed.last().map_or(question.at, |entry| entry.at);
                let expected = pages(&rehearsed);
                assert_eq!(engine_pages(&question, until), expected, "{question:?}");
                assert_eq!(expected.is_empty(), severity == Severity::Sev3);
            }
        }
    }

    #[test]
    fn the_configuration_and_the_swaps_that_held_then_are_found() {
        let mut store = SqliteStore::in_memory(&Secret::identifier()).unwrap();
        let reader = store.reader().unwrap();
        let without_ben = SHOP
            .replace("[\"ana\", \"ben\", \"minjun\"]", "[\"ana\", \"minjun\"]")
            .replace(
                "{ person = \"ben\", mentor",
                "{ person = \"minjun\", mentor",
            )
            .replace(
                "mentor = { person = \"minjun\"",
                "mentor = { person = \"ana\"",
            );
        let texts = [
            (10, SHOP),
            (20, "not a configuration"),
            (30, &without_ben),
            (50, SHOP),
        ];
        store
            .transaction(&mut |transaction| {
                texts.iter().try_for_each(|(at, text)| {
                    transaction.add_config(text, &"bea".into(), Millis(*at))
                })
            })
            .unwrap();
        let team = TeamId::from("shop");
        let found = |person: &str, opened: i64| -> Vec<i64> {
            let eras = eras(&reader, &team, &person.into(), Millis(opened), Millis(60)).unwrap();
            eras.iter().map(|era| era.from.0).collect()
        };
        assert_eq!(
            found("ana", 40),
            [30, 50],
            "the one in force then, and what came later"
        );
        assert_eq!(
            found("ben", 40),
            [10, 30, 50],
            "and the last one that had him"
        );
        assert_eq!(found("zoe", 5), [10, 30, 50]);
        let names = names(
            &Directory::new(Config::parse(SHOP).unwrap()),
            std::slice::from_ref(&team),
        );
        assert_eq!(names.person(&"bea".into()), "Bea");
    }
}
