//! What every store promises, as tests. A store runs them all with [`conformance!`].

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use tocsin_learning::IndexText;
use tocsin_ticket::{
    Actor, Alarm, Deadline, DeadlineKind, DeviceId, Event, Group, GroupLabels, Hold, HoldRule,
    Millis, Page, PageEnd, PageId, PageReason, PersonId, Role, Severity, TeamId, Ticket, TicketId,
};
use tocsin_wire::{CommandId, Drill, PushAddress, PushChannel, PushWhen};

use super::guests::{GuestTicket, Sees};
use super::heartbeats::StoredHeartbeat;
use super::holds::{Announced, Quiet};
use super::learning::{DocumentKey, Learn, Learned, Shelf};
use super::outbound::{DeadLetter, Place, Standing, StoredEndpoint};
use super::{
    Answered, Code, Device, DrillReason, DrillRecord, HeldBy, Reader, Store, StoreError,
    StoredConfig, TicketFilter, Transaction,
};
use crate::audit::{Act, Doer, Head};
use crate::rights::{ApiToken, Right};
use crate::secret::Secret;

const NOW: Millis = Millis(1_800_000_000_000);

/// Runs the whole suite on the stores that `$make` opens: each call opens the same, at first empty,
/// store again.
macro_rules! conformance {
    ($module:ident, $make:expr) => {
        mod $module {
            use super::*;

            $crate::store::conformance::conformance!(@tests $make,
                a_ticket_is_found_by_number_and_by_its_trouble,
                a_second_open_ticket_for_the_same_trouble_cannot_be,
                a_failed_transaction_leaves_nothing,
                what_was_committed_is_there_after_a_restart,
                the_earliest_deadline_is_known_and_due_tickets_come_in_order,
                a_readers_log_is_in_order_and_only_of_its_teams,
                a_guest_sees_one_ticket_from_when_they_were_asked_and_nothing_else,
                histories_are_whole_and_of_tickets_to_which_something_happened_then,
                lists_are_newest_first_and_only_of_the_asked_teams,
                a_code_works_once_and_not_when_it_is_old,
                a_new_code_makes_the_persons_older_one_worthless,
                an_answer_is_remembered_until_it_is_forgotten,
                devices_keys_and_configurations_are_kept,
                the_configuration_that_held_at_an_instant_is_known,
                a_revoked_device_or_token_is_gone_with_all_that_was_its_own,
                the_audit_log_is_one_chain_of_what_was_committed,
                a_registration_replaces_the_one_before_and_a_dead_address_stays_dead,
                what_is_owed_comes_most_severe_first_and_only_while_it_is,
                who_was_silenced_lately_is_known,
                drills_and_facts_are_kept_as_they_stand,
                a_notice_is_said_once_and_until_it_was_heard,
                a_secret_is_made_once_and_kept,
                heartbeats_are_kept_as_they_stand_and_come_due_in_order,
                what_is_told_outside_is_kept_with_place_secrets_and_dead_letters,
                a_bridge_is_in_use_while_a_conference_is_open_there,
                a_held_ticket_is_found_by_its_rule_and_by_its_team_alone,
                how_often_a_trouble_was_over_lately_is_known,
                an_alarm_of_a_group_leads_to_its_open_ticket_while_it_fires,
                announced_work_and_quiet_times_are_kept_until_they_are_over,
                a_document_keeps_every_version_and_a_save_on_an_old_one_changes_nothing,
                past_tickets_are_found_by_their_words_and_by_their_team_alone,
            );
        }
    };
    (@tests $make:expr, $($test:ident),+ $(,)?) => {
        $(#[test]
        fn $test() {
            let make = $make;
            $crate::store::conformance::$test(&make);
        })+
    };
}
pub(super) use conformance;

fn alarm(team: &str, service: &str, key: &str) -> Alarm {
    Alarm {
        team: team.into(),
        service: service.into(),
        dedup_key: key.to_owned(),
        severity: Severity::Sev1,
        title: "it is slow".to_owned(),
        source: "prometheus".to_owned(),
        url: None,
        details: BTreeMap::new(),
    }
}

/// A ticket and the events that made it, with a deadline at `due` if given.
fn ticket(id: u64, alarm: Alarm, due: Option<Millis>) -> (Ticket, Vec<Event>) {
    let mut events = vec![Event::Opened {
        id: TicketId(id),
        alarm,
        owner: PersonId::from("ana"),
    }];
    if let Some(due) = due {
        let next = vec![PersonId::from("bea")];
        let deadline = Deadline {
            generation: 1,
            due,
            kind: DeadlineKind::Escalate,
            next,
            reach: None,
        };
        events.push(Event::DeadlineSet { deadline });
    }
    (apply(None, &events), events)
}

fn apply(ticket: Option<Ticket>, events: &[Event]) -> Ticket {
    let folded = events
        .iter()
        .fold(ticket, |ticket, event| Ticket::apply(ticket, event, NOW));
    folded.expect("the events open a ticket")
}

fn sees(teams: &[TeamId]) -> Sees {
    Sees::from(teams)
}

fn commit(
    store: &mut impl Store,
    mut work: impl FnMut(&mut dyn Transaction) -> Result<(), StoreError>,
) {
    store
        .transaction(&mut |transaction| work(transaction))
        .expect("the store takes it");
}

fn put(store: &mut impl Store, id: u64, alarm: Alarm, due: Option<Millis>) -> Ticket {
    let (ticket, events) = ticket(id, alarm, due);
    commit(store, |transaction| {
        transaction.append(&ticket, &events, NOW).map(drop)
    });
    ticket
}

fn resolve(store: &mut impl Store, ticket: Ticket) -> Ticket {
    let by = Actor::Person(PersonId::from("ana"));
    let events = [Event::Resolved { by }, Event::DeadlineCleared];
    let ticket = apply(Some(ticket), &events);
    commit(store, |transaction| {
        transaction.append(&ticket, &events, NOW).map(drop)
    });
    ticket
}

fn id_of(json: &str) -> u64 {
    serde_json::from_str::<Ticket>(json)
        .expect("a ticket as JSON")
        .id
        .0
}

pub(super) fn a_ticket_is_found_by_number_and_by_its_trouble<S: Store, R: Reader>(
    make: &impl Fn() -> (S, R),
) {
    let (mut store, reader) = make();
    let made = put(&mut store, 7, alarm("shop", "checkout", "slow"), None);
    commit(&mut store, |transaction| {
        assert_eq!(transaction.ticket(TicketId(7))?.as_ref(), Some(&made));
        assert_eq!(
            transaction
                .open_ticket(&"checkout".into(), "slow")?
                .as_ref(),
            Some(&made)
        );
        assert_eq!(transaction.open_ticket(&"checkout".into(), "down")?, None);
        assert_eq!(transaction.open_ticket(&"payments".into(), "slow")?, None);
        Ok(())
    });
    assert_eq!(store.last_ticket().unwrap(), 7);
    let resolved = resolve(&mut store, made);
    commit(&mut store, |transaction| {
        assert_eq!(transaction.open_ticket(&"checkout".into(), "slow")?, None);
        assert_eq!(transaction.ticket(TicketId(7))?.as_ref(), Some(&resolved));
        Ok(())
    });
    let shop = [TeamId::from("shop")];
    assert_eq!(
        reader
            .ticket(&sees(&shop), TicketId(7))
            .unwrap()
            .map(|json| id_of(&json)),
        Some(7)
    );
    assert_eq!(
        reader.ticket(&sees(&["bank".into()]), TicketId(7)).unwrap(),
        None
    );
    assert_eq!(reader.timeline(TicketId(7)).unwrap().len(), 2);
}

pub(super) fn a_held_ticket_is_found_by_its_rule_and_by_its_team_alone<S: Store, R: Reader>(
    make: &impl Fn() -> (S, R),
) {
    let (mut store, reader) = make();
    let mut held = |id: u64, team: &str, rule: HoldRule| {
        let (_, mut events) = ticket(id, alarm(team, "checkout", &id.to_string()), None);
        events.push(Event::Held {
            hold: Hold { until: NOW, rule },
        });
        let ticket = apply(None, &events);
        commit(&mut store, |transaction| {
            transaction.append(&ticket, &events, NOW).map(drop)
        });
        ticket
    };
    let first = held(1, "shop", HoldRule::HoldOff);
    let quiet = || HoldRule::Quiet {
        person: "ana".into(),
    };
    let second = held(2, "shop", quiet());
    held(3, "bank", quiet());
    put(&mut store, 4, alarm("shop", "checkout", "4"), None);
    let ended = [Event::HoldEnded { owner: None }];
    let fifth = held_then(&mut store, 5, &ended);
    assert_eq!(fifth.hold, None);
    let first = resolve(&mut store, first);
    let shop = [TeamId::from("shop")];
    let ids = |by: HeldBy| -> Vec<u64> {
        let filter = TicketFilter {
            held: Some(by),
            limit: 10,
            ..TicketFilter::default()
        };
        let tickets = reader.tickets(&sees(&shop), &filter).unwrap();
        tickets.iter().map(|json| id_of(json)).collect()
    };
    assert_eq!(ids(HeldBy::Any), [2, 1]);
    assert_eq!(ids(HeldBy::HoldOff), [first.id.0]);
    assert_eq!(ids(HeldBy::Quiet), [second.id.0]);
    assert_eq!(ids(HeldBy::Maintenance), [] as [u64; 0]);
    commit(&mut store, |transaction| {
        let open = |tickets: Vec<Ticket>| -> Vec<u64> {
            tickets.iter().map(|ticket| ticket.id.0).collect()
        };
        assert_eq!(open(transaction.holds().held(None)?), [2, 3]);
        assert_eq!(open(transaction.holds().held(Some("quiet"))?), [2, 3]);
        assert_eq!(
            open(transaction.holds().held(Some("hold_off"))?),
            [] as [u64; 0]
        );
        Ok(())
    });
    let until = Millis(NOW.0 + 5);
    commit(&mut store, |transaction| {
        transaction.holds().set_quiet(&Quiet {
            person: "ana".into(),
            from: NOW,
            until,
        })
    });
    let (_, waiting) = reader.quiet_of(&"ana".into(), NOW).unwrap().unwrap();
    assert_eq!(waiting, 2);
}

/// A ticket that was held, and what happened then.
fn held_then(store: &mut impl Store, id: u64, then: &[Event]) -> Ticket {
    let (_, mut events) = ticket(id, alarm("shop", "checkout", &id.to_string()), None);
    let rule = HoldRule::HoldOff;
    events.push(Event::Held {
        hold: Hold { until: NOW, rule },
    });
    let held = apply(None, &events);
    commit(store, |transaction| {
        transaction.append(&held, &events, NOW).map(drop)
    });
    let after = apply(Some(held), then);
    commit(store, |transaction| {
        transaction.append(&after, then, NOW).map(drop)
    });
    after
}

pub(super) fn how_often_a_trouble_was_over_lately_is_known<S: Store, R: Reader>(
    make: &impl Fn() -> (S, R),
) {
    let (mut store, _) = make();
    for id in 1..=3 {
        let made = put(&mut store, id, alarm("shop", "checkout", "slow"), None);
        resolve(&mut store, made);
    }
    put(&mut store, 4, alarm("shop", "checkout", "slow"), None);
    let other = put(&mut store, 5, alarm("shop", "checkout", "down"), None);
    resolve(&mut store, other);
    commit(&mut store, |transaction| {
        let mut count = |service: &str, key: &str, since: i64| {
            let since = Millis(NOW.0 + since);
            transaction
                .holds()
                .recent_tickets(&service.into(), key, since)
        };
        assert_eq!(count("checkout", "slow", 0)?, 3, "the open one is not over");
        assert_eq!(count("checkout", "down", 0)?, 1);
        assert_eq!(count("checkout", "slow", 1)?, 0, "not lately");
        assert_eq!(count("search", "slow", 0)?, 0);
        Ok(())
    });
}

pub(super) fn an_alarm_of_a_group_leads_to_its_open_ticket_while_it_fires<S: Store, R: Reader>(
    make: &impl Fn() -> (S, R),
) {
    let (mut store, _) = make();
    let (_, mut events) = ticket(1, alarm("shop", "checkout", "disk-1"), None);
    let labels = GroupLabels::from([("alertname".to_owned(), "DiskFull".to_owned())]);
    let key = Group::key(&labels);
    events.push(Event::Grouped {
        dedup_key: key.clone(),
        labels,
    });
    let mut group = apply(None, &events);
    commit(&mut store, |transaction| {
        transaction.append(&group, &events, NOW).map(drop)
    });
    let mut happens = |store: &mut S, event: Event| {
        group = apply(Some(group.clone()), std::slice::from_ref(&event));
        commit(store, |transaction| {
            let events = std::slice::from_ref(&event);
            transaction.append(&group, events, NOW).map(drop)
        });
    };
    let leads = |store: &mut S, key: &str| {
        let mut found = None;
        commit(store, |transaction| {
            found = transaction.open_ticket(&"checkout".into(), key)?;
            Ok(())
        });
        found.map(|ticket| ticket.id.0)
    };
    assert_eq!(leads(&mut store, &key), Some(1));
    assert_eq!(leads(&mut store, "disk-1"), Some(1));
    assert_eq!(leads(&mut store, "disk-2"), None);
    let joined = Event::AlarmJoined {
        dedup_key: "disk-2".to_owned(),
        title: "full".to_owned(),
        severity: Severity::Sev2,
        source: "prometheus".to_owned(),
    };
    happens(&mut store, joined);
    assert_eq!(leads(&mut store, "disk-2"), Some(1));
    let over = Event::AlarmRecovered {
        dedup_key: "disk-1".to_owned(),
        source: "prometheus".to_owned(),
    };
    happens(&mut store, over);
    assert_eq!(leads(&mut store, "disk-1"), None);
    let by = Actor::Person("ana".into());
    happens(&mut store, Event::Resolved { by });
    assert_eq!(leads(&mut store, "disk-2"), None);
    let reopened = Event::Reopened {
        by: "ana".into(),
        owner: "ana".into(),
    };
    happens(&mut store, reopened);
    assert_eq!(leads(&mut store, "disk-2"), Some(1), "it fires still");
}

pub(super) fn announced_work_and_quiet_times_are_kept_until_they_are_over<S: Store, R: Reader>(
    make: &impl Fn() -> (S, R),
) {
    let (mut store, reader) = make();
    let window = |name: &str, until: i64| Announced {
        team: "shop".into(),
        name: name.to_owned(),
        services: vec!["checkout".into()],
        from: NOW,
        until: Millis(NOW.0 + until),
        reason: None,
        by: "ana".into(),
    };
    let quiet = |until: i64| Quiet {
        person: "ana".into(),
        from: NOW,
        until: Millis(NOW.0 + until),
    };
    commit(&mut store, |transaction| {
        let rows = transaction.holds();
        assert_eq!(rows.announce(&window("long", 20))?, 1);
        assert_eq!(rows.announce(&window("short", 10))?, 2);
        rows.set_quiet(&quiet(10))?;
        rows.set_quiet(&quiet(20))
    });
    drop(store);
    let (mut store, _) = make();
    let names = |at: i64| -> Vec<String> {
        let windows = reader.windows_at(Millis(NOW.0 + at)).unwrap();
        windows.into_iter().map(|it| it.window.name).collect()
    };
    assert_eq!(names(9), ["short", "long"]);
    assert_eq!(names(10), ["long"]);
    commit(&mut store, |transaction| {
        let at = |at: i64| Millis(NOW.0 + at);
        assert_eq!(transaction.holds().quiet(at(19))?, [quiet(20)]);
        assert_eq!(transaction.holds().quiet(at(20))?, []);
        let mut ended = transaction.holds().windows(at(0))?;
        ended[1].window.until = at(5);
        transaction.holds().put_window(&ended[1])
    });
    assert_eq!(names(5), ["short"]);
    let ana = PersonId::from("ana");
    assert_eq!(reader.quiet_of(&ana, NOW).unwrap(), Some((quiet(20), 0)));
    assert_eq!(reader.quiet_of(&"ben".into(), NOW).unwrap(), None);
}

pub(super) fn a_second_open_ticket_for_the_same_trouble_cannot_be<S: Store, R: Reader>(
    make: &impl Fn() -> (S, R),
) {
    let (mut store, _) = make();
    put(&mut store, 1, alarm("shop", "checkout", "slow"), None);
    let (twin, events) = ticket(2, alarm("shop", "checkout", "slow"), None);
    let result =
        store.transaction(&mut |transaction| transaction.append(&twin, &events, NOW).map(drop));
    assert!(result.is_err());
}

pub(super) fn a_failed_transaction_leaves_nothing<S: Store, R: Reader>(make: &impl Fn() -> (S, R)) {
    let (mut store, reader) = make();
    let (made, events) = ticket(1, alarm("shop", "checkout", "slow"), Some(NOW));
    let result = store.transaction(&mut |transaction| {
        transaction.append(&made, &events, NOW)?;
        assert!(
            transaction.ticket(TicketId(1))?.is_some(),
            "it sees its own writes"
        );
        Err(StoreError::new("the power failed"))
    });
    assert!(result.is_err());
    assert_eq!(reader.last_seq().unwrap(), 0);
    assert_eq!(store.last_ticket().unwrap(), 0);
    assert_eq!(store.next_due().unwrap(), None);
}

pub(super) fn what_was_committed_is_there_after_a_restart<S: Store, R: Reader>(
    make: &impl Fn() -> (S, R),
) {
    let (mut store, _anchor) = make();
    let made = put(&mut store, 1, alarm("shop", "checkout", "slow"), Some(NOW));
    drop(store);
    let (mut store, reader) = make();
    assert_eq!(
        (store.last_ticket().unwrap(), reader.last_seq().unwrap()),
        (1, 1)
    );
    assert_eq!(store.next_due().unwrap(), Some(NOW));
    commit(&mut store, |transaction| {
        assert_eq!(transaction.ticket(TicketId(1))?.as_ref(), Some(&made));
        Ok(())
    });
}

pub(super) fn the_earliest_deadline_is_known_and_due_tickets_come_in_order<S: Store, R: Reader>(
    make: &impl Fn() -> (S, R),
) {
    let (mut store, _) = make();
    assert_eq!(store.next_due().unwrap(), None);
    let mut made = Vec::new();
    for (id, later) in [(1, 300), (2, 100), (3, 200)] {
        let due = Millis(NOW.0 + later);
        made.push(put(
            &mut store,
            id,
            alarm("shop", "checkout", &id.to_string()),
            Some(due),
        ));
    }
    put(&mut store, 4, alarm("shop", "checkout", "none"), None);
    assert_eq!(store.next_due().unwrap(), Some(Millis(NOW.0 + 100)));
    let due = |store: &mut S, later: i64, limit| {
        let mut ids = Vec::new();
        commit(store, |transaction| {
            let tickets = transaction.due(Millis(NOW.0 + later), limit)?;
            ids = tickets.iter().map(|ticket| ticket.id.0).collect();
            Ok(())
        });
        ids
    };
    assert_eq!(due(&mut store, 99, 10), [0; 0]);
    assert_eq!(due(&mut store, 200, 10), [2, 3]);
    assert_eq!(due(&mut store, 900, 2), [2, 3]);
    resolve(&mut store, made.remove(1));
    assert_eq!(store.next_due().unwrap(), Some(Millis(NOW.0 + 200)));
}

pub(super) fn a_readers_log_is_in_order_and_only_of_its_teams<S: Store, R: Reader>(
    make: &impl Fn() -> (S, R),
) {
    let (mut store, reader) = make();
    for id in 1..=6 {
        let team = if id % 2 == 0 { "bank" } else { "shop" };
        put(
            &mut store,
            id,
            alarm(team, &format!("{team}-api"), &id.to_string()),
            None,
        );
    }
    let (shop, bank) = (TeamId::from("shop"), TeamId::from("bank"));
    let seqs = |teams: &[TeamId], after, limit| -> Vec<u64> {
        let log = reader.log_after(&sees(teams), after, limit).unwrap();
        for update in &log {
            let parsed: tocsin_wire::Update = serde_json::from_str(&update.json).unwrap();
            assert_eq!(parsed.entry.seq, update.seq);
            assert_eq!(parsed.ticket.team, update.team);
        }
        log.iter().map(|update| update.seq).collect()
    };
    assert_eq!(seqs(std::slice::from_ref(&shop), 0, 10), [1, 3, 5]);
    assert_eq!(seqs(std::slice::from_ref(&shop), 1, 1), [3]);
    assert_eq!(seqs(&[shop, bank], 2, 10), [3, 4, 5, 6]);
    assert_eq!(seqs(&[], 0, 10), [0; 0]);
}

pub(super) fn a_guest_sees_one_ticket_from_when_they_were_asked_and_nothing_else<
    S: Store,
    R: Reader,
>(
    make: &impl Fn() -> (S, R),
) {
    let (mut store, reader) = make();
    let made: Vec<Ticket> = (1..=3)
        .map(|id| {
            let team = if id == 3 { "bank" } else { "shop" };
            put(&mut store, id, alarm(team, team, &id.to_string()), None)
        })
        .collect();
    let dora = PersonId::from("dora");
    let note = |text: &str| Event::NoteAdded {
        by: "ana".into(),
        text: text.to_owned(),
    };
    let mut append = |ticket: &Ticket, text: &str, asked: bool| {
        let events = [note(text)];
        let ticket = apply(Some(ticket.clone()), &events);
        let mut seq = 0;
        commit(&mut store, |transaction| {
            seq = transaction.append(&ticket, &events, NOW)?.seq;
            if asked {
                transaction.guests().invite(ticket.id, &dora, seq)?;
                transaction.guests().invite(ticket.id, &dora, seq + 100)?;
                assert_eq!(transaction.guests().of(ticket.id)?, vec![dora.clone()]);
            }
            Ok(())
        });
        seq
    };
    let asked = append(&made[0], "come", true);
    append(&made[1], "not for strangers", false);
    let after = append(&made[0], "look here", false);
    let guest = |teams: &[&str]| Sees {
        teams: teams.iter().map(|team| TeamId::from(*team)).collect(),
        guest: Some(dora.clone()),
    };
    let seqs = |sees: &Sees, after, limit| -> Vec<u64> {
        let log = reader.log_after(sees, after, limit).unwrap();
        log.iter().map(|update| update.seq).collect()
    };
    assert_eq!(seqs(&guest(&[]), 0, 10), [asked, after]);
    assert_eq!(seqs(&guest(&["bank"]), 0, 10), [3, asked, after]);
    assert_eq!(seqs(&guest(&["bank"]), 3, 1), [asked]);
    assert_eq!(
        seqs(&guest(&["shop"]), 0, 10),
        [1, 2, asked, asked + 1, after],
        "what the team sees anyway comes once"
    );
    let ids = |sees: &Sees| -> Vec<u64> {
        let open = reader.open_after(sees, 0, 10).unwrap();
        open.into_iter().map(|(id, _)| id).collect()
    };
    assert_eq!(ids(&guest(&["bank"])), [1, 3]);
    assert_eq!(ids(&guest(&["shop"])), [1, 2]);
    let listed = |sees: &Sees, open_only| {
        let filter = TicketFilter {
            open_only,
            limit: 10,
            ..TicketFilter::default()
        };
        reader.tickets(sees, &filter).unwrap().len()
    };
    assert_eq!(listed(&guest(&["bank"]), true), 2);
    assert_eq!(listed(&guest(&[]), false), 1);
    let seen = |sees: &Sees, id| reader.ticket(sees, TicketId(id)).unwrap().is_some();
    assert!(seen(&guest(&[]), 1));
    assert!(!seen(&guest(&[]), 2));
    assert!(!seen(&sees(&[]), 1));
    let stranger = Sees {
        guest: Some("eve".into()),
        ..Sees::default()
    };
    assert!(!seen(&stranger, 1));
    assert_eq!(
        reader.open_as_guest(&dora).unwrap(),
        [GuestTicket {
            team: "shop".into(),
            service: "shop".into(),
        }]
    );
    let events = [Event::Resolved {
        by: Actor::Person("ana".into()),
    }];
    let over = apply(Some(made[0].clone()), &events);
    commit(&mut store, |transaction| {
        transaction.append(&over, &events, NOW).map(drop)
    });
    assert_eq!(reader.open_as_guest(&dora).unwrap(), []);
    assert_eq!(ids(&guest(&[])), [0; 0]);
    assert!(seen(&guest(&[]), 1), "it was their night as well");
    assert_eq!(reader.open_tickets_at(&"shop".into()).unwrap().len(), 1);
}

pub(super) fn histories_are_whole_and_of_tickets_to_which_something_happened_then<
    S: Store,
    R: Reader,
>(
    make: &impl Fn() -> (S, R),
) {
    let (mut store, reader) = make();
    let at = |minute: i64| Millis(NOW.0 + minute * 60_000);
    let mut open = |id: u64, team: &str, minute: i64| {
        let (ticket, events) = ticket(id, alarm(team, team, &id.to_string()), None);
        commit(&mut store, |transaction| {
            transaction.append(&ticket, &events, at(minute)).map(drop)
        });
        ticket
    };
    let (early, late) = (open(1, "shop", 0), open(2, "shop", 30));
    open(3, "bank", 30);
    open(4, "mill", 30);
    for (ticket, minute) in [(&early, 20), (&late, 40), (&early, 50)] {
        let (by, text) = (PersonId::from("ana"), minute.to_string());
        let events = [Event::NoteAdded { by, text }];
        let ticket = apply(Some(ticket.clone()), &events);
        commit(&mut store, |transaction| {
            transaction.append(&ticket, &events, at(minute)).map(drop)
        });
    }
    let found = |teams: &[&str], from: i64, until: i64| {
        let teams: Vec<TeamId> = teams.iter().map(|team| TeamId::from(*team)).collect();
        let mut found = Vec::new();
        reader
            .histories(&teams, at(from), at(until), &mut |history| {
                assert_eq!(history.team.as_str(), history.service.as_str());
                let entries = history.entries.iter();
                let minutes: Vec<i64> = entries.map(|it| (it.at.0 - NOW.0) / 60_000).collect();
                found.push((history.ticket.0, minutes));
            })
            .unwrap();
        found
    };
    assert_eq!(found(&["shop"], 20, 21), [(1, vec![0, 20, 50])]);
    assert_eq!(
        found(&["shop"], 50, 51),
        [(1, vec![0, 20, 50])],
        "whole, back to its beginning"
    );
    assert_eq!(
        found(&["shop", "bank"], 0, 60),
        [(1, vec![0, 20, 50]), (2, vec![30, 40]), (3, vec![30])]
    );
    assert_eq!(found(&["shop"], 21, 30), []);
    assert_eq!(found(&["shop"], 51, 90), []);
    assert_eq!(found(&[], 0, 60), []);
}

pub(super) fn lists_are_newest_first_and_only_of_the_asked_teams<S: Store, R: Reader>(
    make: &impl Fn() -> (S, R),
) {
    let (mut store, reader) = make();
    let mut made = Vec::new();
    for id in 1..=4 {
        made.push(put(
            &mut store,
            id,
            alarm("shop", "checkout", &id.to_string()),
            None,
        ));
    }
    put(&mut store, 5, alarm("bank", "ledger", "5"), None);
    resolve(&mut store, made.remove(2));
    let shop = [TeamId::from("shop")];
    let ids = |filter: &TicketFilter| -> Vec<u64> {
        let tickets = reader.tickets(&sees(&shop), filter).unwrap();
        tickets.iter().map(|json| id_of(json)).collect()
    };
    let all = TicketFilter {
        limit: 10,
        ..TicketFilter::default()
    };
    assert_eq!(ids(&all), [4, 3, 2, 1]);
    assert_eq!(
        ids(&TicketFilter {
            open_only: true,
            ..all.clone()
        }),
        [4, 2, 1]
    );
    assert_eq!(
        ids(&TicketFilter {
            before: Some(4),
            limit: 2,
            ..all
        }),
        [3, 2]
    );
    let open: Vec<u64> = reader
        .open_after(&sees(&shop), 1, 10)
        .unwrap()
        .into_iter()
        .map(|(id, _)| id)
        .collect();
    assert_eq!(open, [2, 4]);
}

fn code(person: &str, secret: &Secret, expires_at: Millis) -> Code {
    Code {
        hash: secret.hash(),
        person: person.into(),
        admin: false,
        expires_at,
    }
}

fn take(store: &mut impl Store, secret: &Secret, now: Millis) -> Option<Code> {
    let mut taken = None;
    commit(store, |transaction| {
        taken = transaction.take_code(secret.hash(), now)?;
        Ok(())
    });
    taken
}

pub(super) fn a_code_works_once_and_not_when_it_is_old<S: Store, R: Reader>(
    make: &impl Fn() -> (S, R),
) {
    let (mut store, _) = make();
    let secret = Secret::enrolment_code();
    let later = Millis(NOW.0 + 1000);
    commit(&mut store, |transaction| {
        transaction.add_code(&code("ana", &secret, later))
    });
    assert_eq!(take(&mut store, &Secret::enrolment_code(), NOW), None);
    assert_eq!(take(&mut store, &secret, later), None, "expired");
    assert_eq!(
        take(&mut store, &secret, NOW),
        Some(code("ana", &secret, later))
    );
    assert_eq!(take(&mut store, &secret, NOW), None, "used");
}

pub(super) fn a_new_code_makes_the_persons_older_one_worthless<S: Store, R: Reader>(
    make: &impl Fn() -> (S, R),
) {
    let (mut store, _) = make();
    let later = Millis(NOW.0 + 1000);
    let secrets = [(); 3].map(|()| Secret::enrolment_code());
    for (person, secret) in ["ana", "bea", "ana"].into_iter().zip(&secrets) {
        commit(&mut store, |transaction| {
            transaction.add_code(&code(person, secret, later))
        });
    }
    assert_eq!(take(&mut store, &secrets[0], NOW), None);
    assert!(take(&mut store, &secrets[1], NOW).is_some());
    assert!(take(&mut store, &secrets[2], NOW).is_some());
}

pub(super) fn an_answer_is_remembered_until_it_is_forgotten<S: Store, R: Reader>(
    make: &impl Fn() -> (S, R),
) {
    let (mut store, _) = make();
    let id = CommandId::new("0123456789abcdef");
    let answered = Answered {
        ticket: TicketId(3),
        refusal: Some("{}".to_owned()),
        also_refused: vec![TicketId(4)],
    };
    commit(&mut store, |transaction| {
        assert_eq!(transaction.answered(&id)?, None);
        transaction.remember(&id, &answered, NOW)?;
        transaction.forget_answers_before(NOW)
    });
    commit(&mut store, |transaction| {
        assert_eq!(transaction.answered(&id)?.as_ref(), Some(&answered));
        transaction.forget_answers_before(Millis(NOW.0 + 1))?;
        assert_eq!(transaction.answered(&id)?, None);
        Ok(())
    });
}

pub(super) fn devices_keys_and_configurations_are_kept<S: Store, R: Reader>(
    make: &impl Fn() -> (S, R),
) {
    let (mut store, reader) = make();
    let device = Device {
        id: DeviceId::from("d1"),
        person: "ana".into(),
        name: "Ana's phone".to_owned(),
        admin: true,
        token: Secret::device_token().hash(),
    };
    let (old, new) = (
        Secret::integration_key().hash(),
        Secret::integration_key().hash(),
    );
    commit(&mut store, |transaction| {
        transaction.add_device(&device, NOW)?;
        transaction.set_integration_key("prometheus", old)?;
        transaction.set_integration_key("prometheus", new)?;
        transaction.set_calendar_key(&"ana".into(), old)?;
        transaction.set_calendar_key(&"ana".into(), new)?;
        transaction.add_config("first", &"ana".into(), NOW)?;
        transaction.add_config("second", &"ana".into(), NOW)
    });
    assert_eq!(reader.devices().unwrap(), [device]);
    assert_eq!(
        reader.integration_keys().unwrap(),
        [(new, "prometheus".to_owned())]
    );
    assert_eq!(reader.calendar_keys().unwrap(), [(new, "ana".into())]);
    assert_eq!(reader.config().unwrap().as_deref(), Some("second"));
}

pub(super) fn the_configuration_that_held_at_an_instant_is_known<S: Store, R: Reader>(
    make: &impl Fn() -> (S, R),
) {
    let (mut store, reader) = make();
    let at = |ms: i64| Millis(NOW.0 + ms);
    for (text, ms) in [("first", 0), ("second", 10), ("third", 20)] {
        commit(&mut store, |transaction| {
            transaction.add_config(text, &"ana".into(), at(ms))
        });
    }
    let until = |ms: i64, most: usize| {
        let mut found = Vec::new();
        let visit = &mut |config: &StoredConfig| {
            found.push((config.at.0 - NOW.0, config.text.clone()));
            if found.len() == most {
                ControlFlow::Break(())
            } else {
                ControlFlow::Continue(())
            }
        };
        reader.configs(at(ms), visit).unwrap();
        found
    };
    assert_eq!(until(-1, 9), []);
    assert_eq!(
        until(19, 9),
        [(10, "second".to_owned()), (0, "first".to_owned())]
    );
    assert_eq!(
        until(20, 1),
        [(20, "third".to_owned())],
        "no more than is wanted"
    );
}

pub(super) fn a_revoked_device_or_token_is_gone_with_all_that_was_its_own<S: Store, R: Reader>(
    make: &impl Fn() -> (S, R),
) {
    let (mut store, reader) = make();
    let device = |id: &str| Device {
        id: DeviceId::from(id),
        person: "ana".into(),
        name: "phone".to_owned(),
        admin: false,
        token: Secret::device_token().hash(),
    };
    let (lost, kept) = (device("lost"), device("kept"));
    let token = |id: &str| ApiToken {
        id: id.to_owned(),
        person: "ana".into(),
        name: "board".to_owned(),
        admin: false,
        scopes: vec![Right::Read, Right::Report],
        hash: Secret::api_token().hash(),
        created_at: NOW,
        expires_at: Millis(NOW.0 + 1),
    };
    let (old, new) = (token("1"), token("2"));
    commit(&mut store, |transaction| {
        for device in [&lost, &kept] {
            transaction.add_device(device, NOW)?;
            transaction.set_channels(&device.id, &[channel("a")], NOW)?;
            transaction.set_facts(&device.id, "{}", NOW)?;
        }
        transaction.add_token(&old)?;
        transaction.add_token(&new)
    });
    assert_eq!(reader.tokens().unwrap(), [old.clone(), new.clone()]);
    commit(&mut store, |transaction| {
        assert_eq!(transaction.remove_device(&lost.id)?.as_ref(), Some(&lost));
        assert_eq!(transaction.remove_device(&lost.id)?, None);
        assert_eq!(transaction.remove_token(&old.id)?.as_ref(), Some(&old));
        assert_eq!(transaction.remove_token(&old.id)?, None);
        Ok(())
    });
    assert_eq!(reader.tokens().unwrap(), [new]);
    assert_eq!(reader.devices().unwrap(), [kept]);
    assert_eq!(reader.channels().unwrap().len(), 1);
    assert_eq!(reader.facts().unwrap().len(), 1);
}

pub(super) fn the_audit_log_is_one_chain_of_what_was_committed<S: Store, R: Reader>(
    make: &impl Fn() -> (S, R),
) {
    let (mut store, reader) = make();
    let act = |number: u64| Act::KeySet {
        integration: format!("integration-{number}"),
    };
    commit(&mut store, |transaction| {
        transaction.audit(NOW, &Doer::Server, &act(1))?;
        transaction.audit(NOW, &Doer::Server, &act(2))
    });
    let failed = store.transaction(&mut |transaction| {
        transaction.audit(NOW, &Doer::Server, &act(3))?;
        Err(StoreError::new("it failed"))
    });
    assert!(failed.is_err());
    drop(store);
    let (mut store, _) = make();
    commit(&mut store, |transaction| {
        transaction.audit(NOW, &Doer::Server, &act(4))
    });
    let log = reader.audit_after(0, 9).unwrap();
    let said = log.iter().map(|entry| entry.entry().unwrap().what);
    assert_eq!(said.collect::<Vec<_>>(), [act(1), act(2), act(4)]);
    let head = log.iter().try_fold(Head::START, Head::follow).unwrap();
    assert_eq!(head.number, 3);
    assert_eq!(reader.audit_after(1, 1).unwrap(), log[1..2]);
}

fn channel(name: &str) -> PushChannel {
    PushChannel {
        address: PushAddress::Fcm {
            token: name.to_owned(),
            key: "key".to_owned(),
        },
        when: PushWhen::AtOnce,
    }
}

pub(super) fn a_registration_replaces_the_one_before_and_a_dead_address_stays_dead<
    S: Store,
    R: Reader,
>(
    make: &impl Fn() -> (S, R),
) {
    let (mut store, reader) = make();
    let (phone, tablet) = (DeviceId::from("phone"), DeviceId::from("tablet"));
    commit(&mut store, |transaction| {
        transaction.set_channels(&phone, &[channel("old")], NOW)?;
        transaction.set_channels(&tablet, &[channel("tablet")], NOW)?;
        transaction.set_channels(&phone, &[channel("b"), channel("a")], NOW)?;
        assert!(!transaction.retire_channel(&phone, &channel("old").address, "gone", NOW)?);
        assert!(transaction.retire_channel(&phone, &channel("b").address, "gone", NOW)?);
        assert!(!transaction.retire_channel(&phone, &channel("b").address, "again", NOW)?);
        Ok(())
    });
    let known: Vec<_> = reader
        .channels()
        .unwrap()
        .into_iter()
        .map(|stored| (stored.device, stored.channel, stored.dead))
        .collect();
    let dead = Some((NOW, "gone".to_owned()));
    assert_eq!(
        known,
        [
            (phone.clone(), channel("b"), dead),
            (phone.clone(), channel("a"), None),
            (tablet.clone(), channel("tablet"), None),
        ]
    );
    commit(&mut store, |transaction| {
        transaction.set_channels(&phone, &[channel("b")], NOW)
    });
    let alive = reader.channels().unwrap();
    assert!(
        alive.iter().all(|stored| stored.dead.is_none()),
        "registered anew"
    );
}

/// A ticket whose owner is paged.
fn paging(id: u64, severity: Severity) -> (Ticket, Vec<Event>) {
    let alarm = Alarm {
        severity,
        ..alarm("shop", "checkout", &format!("key-{id}"))
    };
    let (ticket, mut events) = ticket(id, alarm, Some(NOW));
    let paged = Event::Paged {
        page: Page {
            id: PageId {
                ticket: TicketId(id),
                number: 1,
            },
            person: "ana".into(),
            role: Role::Owner,
            reason: PageReason::Assigned,
            at: NOW,
            expires_at: Millis(NOW.0 + 1000),
            missed: None,
            help: None,
            receipts: Vec::new(),
        },
    };
    let ticket = apply(Some(ticket), std::slice::from_ref(&paged));
    events.push(paged);
    (ticket, events)
}

pub(super) fn what_is_owed_comes_most_severe_first_and_only_while_it_is<S: Store, R: Reader>(
    make: &impl Fn() -> (S, R),
) {
    let (mut store, reader) = make();
    commit(&mut store, |transaction| {
        for (id, severity) in [
            (1, Severity::Sev2),
            (2, Severity::Sev1),
            (3, Severity::Sev2),
            (4, Severity::Sev1),
        ] {
            let (ticket, events) = paging(id, severity);
            transaction.append(&ticket, &events, NOW)?;
        }
        let (quiet, events) = ticket(5, alarm("shop", "checkout", "quiet"), None);
        transaction.append(&quiet, &events, NOW)?;
        Ok(())
    });
    let ids = |tickets: Vec<Ticket>| tickets.iter().map(|it| it.id.0).collect::<Vec<_>>();
    assert_eq!(ids(reader.paging_after(None, 10).unwrap()), [2, 4, 1, 3]);
    let after = Some((Severity::Sev1, TicketId(2)));
    assert_eq!(ids(reader.paging_after(after, 2).unwrap()), [4, 1]);
    let (owed, _) = paging(2, Severity::Sev1);
    let ended = [Event::PageEnded {
        page: owed.pages[0].id,
        person: "ana".into(),
        why: PageEnd::CheckedIn,
    }];
    commit(&mut store, |transaction| {
        let answered = apply(Some(owed.clone()), &ended);
        transaction.append(&answered, &ended, NOW)?;
        Ok(())
    });
    assert_eq!(ids(reader.paging_after(None, 10).unwrap()), [4, 1, 3]);
}

pub(super) fn who_was_silenced_lately_is_known<S: Store, R: Reader>(make: &impl Fn() -> (S, R)) {
    let (mut store, reader) = make();
    let (owed, opened) = paging(1, Severity::Sev1);
    let ended = [Event::PageEnded {
        page: owed.pages[0].id,
        person: "ana".into(),
        why: PageEnd::CheckedIn,
    }];
    let later = Millis(NOW.0 + 10);
    commit(&mut store, |transaction| {
        transaction.append(&owed, &opened, NOW)?;
        let answered = apply(Some(owed.clone()), &ended);
        transaction.append(&answered, &ended, later)?;
        Ok(())
    });
    let silenced = reader.silenced_since(later).unwrap();
    assert_eq!(silenced.len(), 1);
    assert_eq!(
        (silenced[0].0.id, silenced[0].1.as_str()),
        (TicketId(1), "ana")
    );
    assert!(
        reader
            .silenced_since(Millis(later.0 + 1))
            .unwrap()
            .is_empty()
    );
}

pub(super) fn drills_and_facts_are_kept_as_they_stand<S: Store, R: Reader>(
    make: &impl Fn() -> (S, R),
) {
    let (mut store, reader) = make();
    let mut drill = DrillRecord {
        drill: Drill {
            id: "d".into(),
            at: NOW,
            expires_at: Millis(NOW.0 + 1),
            audible: false,
        },
        person: "ana".into(),
        device: "phone".into(),
        why: DrillReason::Nightly,
        receipts: Vec::new(),
        failures: Vec::new(),
    };
    commit(&mut store, |transaction| {
        transaction.put_drill(&drill)?;
        drill.why = DrillReason::Asked;
        transaction.put_drill(&drill)?;
        assert_eq!(transaction.drill(&"d".into())?.as_ref(), Some(&drill));
        assert_eq!(transaction.drill(&"other".into())?, None);
        transaction.set_facts(&"phone".into(), "{\"a\":1}", NOW)?;
        transaction.set_facts(&"phone".into(), "{}", Millis(NOW.0 + 1))
    });
    assert_eq!(reader.drills_since(NOW).unwrap(), [drill.clone()]);
    assert!(reader.drills_since(Millis(NOW.0 + 1)).unwrap().is_empty());
    let facts = ("phone".into(), "{}".to_owned(), Millis(NOW.0 + 1));
    assert_eq!(reader.facts().unwrap(), [facts]);
}

pub(super) fn a_notice_is_said_once_and_until_it_was_heard<S: Store, R: Reader>(
    make: &impl Fn() -> (S, R),
) {
    let (mut store, reader) = make();
    let mut id = 0;
    commit(&mut store, |transaction| {
        let first = transaction.add_notice(&"ana".into(), "key", "subject", "body", NOW)?;
        let again = transaction.add_notice(&"ana".into(), "key", "subject", "body", NOW)?;
        let other = transaction.add_notice(&"bea".into(), "key", "subject", "body", NOW)?;
        assert!(first.is_some() && again.is_none() && other.is_some());
        id = first.unwrap().id;
        Ok(())
    });
    assert_eq!(reader.notices().unwrap().len(), 2);
    commit(&mut store, |transaction| {
        transaction.end_notice(id, NOW)?;
        let again = transaction.add_notice(&"ana".into(), "key", "subject", "body", NOW)?;
        assert!(again.is_none(), "it has been heard");
        Ok(())
    });
    let left = reader.notices().unwrap();
    assert_eq!(left.len(), 1);
    assert_eq!(left[0].person, "bea".into());
}

pub(super) fn a_secret_is_made_once_and_kept<S: Store, R: Reader>(make: &impl Fn() -> (S, R)) {
    let (mut store, _reader) = make();
    let first = store.secret("name", &|| Ok(vec![1])).unwrap();
    let again = store.secret("name", &|| Ok(vec![2])).unwrap();
    let other = store.secret("other", &|| Ok(vec![3])).unwrap();
    assert_eq!((first, again, other), (vec![1], vec![1], vec![3]));
}

pub(super) fn heartbeats_are_kept_as_they_stand_and_come_due_in_order<S: Store, R: Reader>(
    make: &impl Fn() -> (S, R),
) {
    let (mut store, reader) = make();
    let heartbeat = |name: &str, due: Option<i64>| StoredHeartbeat {
        integration: "cron".to_owned(),
        name: name.to_owned(),
        last_beat: due.map(|due| Millis(due - 70)),
        due: due.map(Millis),
        every_ms: 60,
        grace_ms: 10,
    };
    let (late, soon, missed) = (
        heartbeat("late", Some(900)),
        heartbeat("soon", Some(300)),
        heartbeat("missed", None),
    );
    assert_eq!(store.next_heartbeat().unwrap(), None);
    commit(&mut store, |transaction| {
        for one in [&late, &soon, &missed, &heartbeat("gone", Some(100))] {
            transaction.heartbeats().put(one)?;
        }
        transaction.heartbeats().forget("cron", "gone")
    });
    assert_eq!(store.next_heartbeat().unwrap(), Some(Millis(300)));
    assert_eq!(
        reader.heartbeats().unwrap(),
        [late.clone(), missed.clone(), soon.clone()]
    );
    commit(&mut store, |transaction| {
        let rows = transaction.heartbeats();
        assert_eq!(rows.one("cron", "soon")?, Some(soon.clone()));
        assert_eq!(rows.one("other", "soon")?, None);
        assert_eq!(rows.due(Millis(299), 9)?, []);
        assert_eq!(rows.due(Millis(900), 9)?, [soon.clone(), late.clone()]);
        assert_eq!(rows.due(Millis(900), 1)?.len(), 1);
        assert_eq!(rows.all()?.len(), 3);
        rows.put(&heartbeat("soon", None))
    });
    assert_eq!(store.next_heartbeat().unwrap(), Some(Millis(900)));
}

fn learn(store: &mut impl Store, what: &Learn) -> Learned {
    let mut learned = None;
    commit(store, |transaction| {
        learned = Some(transaction.learn(what, NOW)?);
        Ok(())
    });
    learned.expect("an answer")
}

pub(super) fn a_document_keeps_every_version_and_a_save_on_an_old_one_changes_nothing<
    S: Store,
    R: Reader,
>(
    make: &impl Fn() -> (S, R),
) {
    let (mut store, reader) = make();
    let key = |team: &str| DocumentKey {
        shelf: Shelf::Runbook,
        team: team.into(),
        name: "down".to_owned(),
    };
    let save = |team: &str, base, by: &str, body: &str| Learn::Save {
        key: key(team),
        base,
        by: by.into(),
        body: body.to_owned(),
    };
    let newer = |version, by: Option<&str>| Learned::Newer {
        version,
        by: by.map(PersonId::from),
    };
    let mut say = |what: Learn| learn(&mut store, &what);
    assert_eq!(say(save("shop", 1, "ana", "1")), newer(0, None));
    assert_eq!(say(save("shop", 0, "ana", "1")), Learned::Saved(1));
    assert_eq!(say(save("shop", 0, "ben", "lost?")), newer(1, Some("ana")));
    assert_eq!(say(save("shop", 1, "ben", "2")), Learned::Saved(2));
    // Sent again because the answer was lost.
    assert_eq!(say(save("shop", 1, "ben", "2")), Learned::Saved(2));
    assert_eq!(say(save("shop", 1, "ana", "2")), newer(2, Some("ben")));
    assert_eq!(say(save("bank", 0, "dora", "other")), Learned::Saved(1));

    let body = |version| {
        let document = reader.document(&key("shop"), version).unwrap();
        document.map(|it| (it.version, it.body))
    };
    assert_eq!(body(None), Some((2, "2".to_owned())));
    assert_eq!(body(Some(1)), Some((1, "1".to_owned())));
    assert_eq!(body(Some(3)), None);
    let versions = reader.versions(&key("shop")).unwrap();
    let versions: Vec<_> = versions.iter().map(|it| (it.version, &it.by)).collect();
    assert_eq!(versions, [(2, &"ben".into()), (1, &"ana".into())]);
    let all = |shelf, teams: &[TeamId]| {
        let all = reader.documents(shelf, teams).unwrap();
        all.into_iter().map(|it| it.body).collect::<Vec<_>>()
    };
    assert_eq!(all(Shelf::Runbook, &["shop".into()]), ["2"]);
    assert_eq!(
        all(Shelf::Runbook, &["shop".into(), "bank".into()]),
        ["other", "2"]
    );
    assert_eq!(all(Shelf::Runbook, &[]), [""; 0]);
    assert_eq!(all(Shelf::Coe, &["shop".into()]), [""; 0]);
}

/// Follows the log to its end, as the librarian does; how many steps that took.
fn index(store: &mut impl Store, reader: &impl Reader) -> usize {
    let mut steps = 0;
    while let Some(unindexed) = reader.unindexed(2).unwrap() {
        let rows = unindexed.tickets.iter();
        let tickets = rows
            .map(|it| (it.id, it.team.clone(), IndexText::of(it)))
            .collect();
        let until = unindexed.until;
        learn(store, &Learn::Index { tickets, until });
        steps += 1;
    }
    steps
}

pub(super) fn past_tickets_are_found_by_their_words_and_by_their_team_alone<S: Store, R: Reader>(
    make: &impl Fn() -> (S, R),
) {
    let (mut store, reader) = make();
    let titled = |team: &str, key: &str, title: &str| Alarm {
        title: title.to_owned(),
        ..alarm(team, "checkout", key)
    };
    let lag = put(
        &mut store,
        1,
        titled("shop", "1", "Replica lag, failing"),
        None,
    );
    let lag = resolve(&mut store, lag);
    let newer = put(
        &mut store,
        2,
        titled("shop", "2", "Replica lag, failing"),
        None,
    );
    let newer = resolve(&mut store, newer);
    let foreign = put(&mut store, 3, titled("bank", "3", "Replica lag"), None);
    resolve(&mut store, foreign);
    put(
        &mut store,
        4,
        titled("shop", "4", "Replica lag, open"),
        None,
    );
    let disk = put(&mut store, 5, titled("shop", "5", "Disk failed"), None);
    let disk = resolve(&mut store, disk);
    assert_eq!(index(&mut store, &reader), 5, "nine entries, two a step");
    assert_eq!(index(&mut store, &reader), 0);

    let found = |words: &[&str], limit| {
        let words: Vec<_> = words.iter().map(|it| (*it).to_owned()).collect();
        reader.past_tickets(&"shop".into(), &words, limit).unwrap()
    };
    assert_eq!(found(&["replica", "lag"], 9), [newer.clone(), lag.clone()]);
    assert_eq!(found(&["replica", "lag"], 1), std::slice::from_ref(&newer));
    assert_eq!(
        found(&["checkout"], 9).len(),
        3,
        "the service is searched too"
    );
    // "failed" and "failing" are one word to a reader.
    assert_eq!(found(&["fails"], 9), [disk, newer.clone(), lag.clone()]);
    assert_eq!(
        found(&["or", "near", "title"], 9),
        [],
        "no word is a command"
    );
    assert_eq!(found(&[], 9), []);

    // What is open again is no past ticket, and one that ends twice is found once.
    let reopening = [Event::Reopened {
        by: "ana".into(),
        owner: "ana".into(),
    }];
    let reopened = apply(Some(newer), &reopening);
    commit(&mut store, |transaction| {
        transaction.append(&reopened, &reopening, NOW).map(drop)
    });
    assert_eq!(found(&["replica"], 9), std::slice::from_ref(&lag));
    let again = resolve(&mut store, reopened);
    index(&mut store, &reader);
    assert_eq!(found(&["replica"], 9), [again, lag]);
}

pub(super) fn what_is_told_outside_is_kept_with_place_secrets_and_dead_letters<
    S: Store,
    R: Reader,
>(
    make: &impl Fn() -> (S, R),
) {
    let (mut store, reader) = make();
    put(&mut store, 1, alarm("shop", "checkout", "one"), None);
    put(&mut store, 2, alarm("bank", "ledger", "two"), None);
    let place = Place { seq: 3, nth: 0 };
    let chat = StoredEndpoint {
        id: "chat".to_owned(),
        secret: Some(Secret::received("whsec_new")),
        previous: Some((Secret::received("whsec_old"), Millis(7))),
        standing: Standing {
            failures: 2,
            attempts: 1,
            next_at: Millis(9),
            why: Some("HTTP 503".to_owned()),
            gone: Some(Millis(8)),
            ..Standing::new(place)
        },
    };
    let mail = StoredEndpoint {
        id: "mail:shop:a@b".to_owned(),
        secret: None,
        previous: None,
        standing: Standing::new(place),
    };
    let letter = |nth| DeadLetter {
        id: 0,
        endpoint: "chat".to_owned(),
        place: Place { seq: 1, nth },
        ticket: TicketId(1),
        event: "ticket.opened".to_owned(),
        at: NOW,
        died_at: NOW,
        attempts: 10,
        why: "HTTP 503".to_owned(),
        wanted: false,
    };
    commit(&mut store, |transaction| {
        let rows = transaction.outbound();
        assert_eq!(rows.end_of_log()?, place);
        for endpoint in [&chat, &mail] {
            rows.put(endpoint)?;
        }
        for nth in [0, 1, 0] {
            rows.bury(&letter(nth))?;
        }
        assert_eq!(rows.one("chat")?, Some(chat.clone()));
        assert_eq!(rows.one("nobody")?, None);
        assert_eq!(rows.all()?.len(), 2);
        Ok(())
    });
    let known = reader.endpoints().unwrap();
    assert_eq!(known, [(chat.clone(), 2), (mail, 0)]);
    assert_eq!(reader.endpoint("chat").unwrap(), Some(chat));
    let dead = reader.dead_letters("chat", 0, 10).unwrap();
    assert_eq!(
        dead.iter().map(|it| it.place.nth).collect::<Vec<_>>(),
        [0, 1]
    );
    assert_eq!(
        reader.dead_letters("chat", dead[0].id, 10).unwrap(),
        dead[1..]
    );
    assert_eq!(reader.dead_letters("chat", u64::MAX, 10).unwrap(), []);
    assert_eq!(reader.wanted_letter("chat").unwrap(), None);
    commit(&mut store, |transaction| {
        let rows = transaction.outbound();
        assert_eq!(rows.want("chat", Some(99))?, 0);
        assert_eq!(rows.want("chat", Some(dead[1].id))?, 1);
        assert_eq!(rows.want("chat", None)?, 2);
        rows.unbury("chat", dead[0].place)
    });
    let wanted = reader.wanted_letter("chat").unwrap().map(|it| it.id);
    assert_eq!(wanted, Some(dead[1].id));
    commit(&mut store, |transaction| {
        transaction.outbound().forget("chat")
    });
    assert_eq!(reader.endpoints().unwrap().len(), 1);
    assert_eq!(reader.dead_letters("chat", 0, 10).unwrap(), []);

    let seqs = |team: &str, seq| -> Vec<u64> {
        let log = reader.team_log(&team.into(), seq, 10).unwrap();
        log.iter().map(|entry| entry.seq).collect()
    };
    assert_eq!((seqs("shop", 0), seqs("shop", 2)), (vec![1], vec![]));
    assert_eq!(seqs("bank", 2), [2]);
    assert_eq!(reader.ticket_log(TicketId(2), 2).unwrap().len(), 1);
    assert_eq!(reader.ticket_log(TicketId(2), 1).unwrap(), []);
}

pub(super) fn a_bridge_is_in_use_while_a_conference_is_open_there<S: Store, R: Reader>(
    make: &impl Fn() -> (S, R),
) {
    let (mut store, _) = make();
    let bridge = tocsin_ticket::Bridge {
        url: "https://meet.example.org/1".to_owned(),
        dial_in: None,
    };
    let (quiet, mut events) = ticket(1, alarm("shop", "checkout", "one"), None);
    let convened = Event::ConferenceConvened {
        bridge: bridge.clone(),
    };
    let convened = [convened];
    let meeting = apply(Some(quiet), &convened);
    events.extend(convened);
    let over = apply(Some(meeting.clone()), &[Event::ConferenceClosed]);
    commit(&mut store, |transaction| {
        let is_met = |transaction: &mut dyn Transaction, except| {
            transaction
                .outbound()
                .is_met_at(&bridge.url, TicketId(except))
        };
        transaction.append(&meeting, &events, NOW)?;
        assert!(is_met(transaction, 2)?);
        assert!(!is_met(transaction, 1)?, "by nobody else");
        transaction.append(&over, &[Event::ConferenceClosed], NOW)?;
        assert!(!is_met(transaction, 2)?);
        Ok(())
    });
}
