//! What every store promises, as tests. A store runs them all with [`conformance!`].

use std::collections::BTreeMap;

use tocsin_ticket::{
    Actor, Alarm, Deadline, DeadlineKind, DeviceId, Event, Millis, Page, PageEnd, PageId,
    PageReason, PersonId, Role, Severity, TeamId, Ticket, TicketId,
};
use tocsin_wire::{CommandId, Drill, PushAddress, PushChannel, PushWhen};

use super::{
    Answered, Code, Device, DrillReason, DrillRecord, Reader, Store, StoreError, TicketFilter,
    Transaction,
};
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
                lists_are_newest_first_and_only_of_the_asked_teams,
                a_code_works_once_and_not_when_it_is_old,
                a_new_code_makes_the_persons_older_one_worthless,
                an_answer_is_remembered_until_it_is_forgotten,
                devices_keys_and_configurations_are_kept,
                a_registration_replaces_the_one_before_and_a_dead_address_stays_dead,
                what_is_owed_comes_most_severe_first_and_only_while_it_is,
                who_was_silenced_lately_is_known,
                drills_and_facts_are_kept_as_they_stand,
                a_notice_is_said_once_and_until_it_was_heard,
                a_secret_is_made_once_and_kept,
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
            .ticket(&shop, TicketId(7))
            .unwrap()
            .map(|json| id_of(&json)),
        Some(7)
    );
    assert_eq!(reader.ticket(&["bank".into()], TicketId(7)).unwrap(), None);
    assert_eq!(reader.timeline(TicketId(7)).unwrap().len(), 2);
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
        let log = reader.log_after(teams, after, limit).unwrap();
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
        let tickets = reader.tickets(&shop, filter).unwrap();
        tickets.iter().map(|json| id_of(json)).collect()
    };
    let all = TicketFilter {
        open_only: false,
        before: None,
        limit: 10,
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
        .open_after(&shop, 1, 10)
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
        transaction.add_config("first", &"ana".into(), NOW)?;
        transaction.add_config("second", &"ana".into(), NOW)
    });
    assert_eq!(reader.devices().unwrap(), [device]);
    assert_eq!(
        reader.integration_keys().unwrap(),
        [(new, "prometheus".to_owned())]
    );
    assert_eq!(reader.config().unwrap().as_deref(), Some("second"));
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
