use super::*;

fn ended(night: &mut Night, error: NetworkError) {
    let Effect::Stream { link, .. } = night.last_link() else {
        panic!("no stream")
    };
    night.step(Input::StreamEnded { link, error });
}

#[test]
fn a_new_phone_syncs_a_snapshot_and_then_streams_from_it() {
    let mut night = Night::begin();
    night.step(Input::Started);
    assert!(matches!(
        night.last_link(),
        Effect::Sync { after: None, .. }
    ));
    night.synced(night.snapshot(&[], 5));
    assert!(matches!(night.last_link(), Effect::Stream { after, .. } if after == cursor(5)));
    assert!(matches!(
        night.view().connection,
        Connection::Connecting { .. }
    ));
    night.hello();
    assert_eq!(night.view().connection, Connection::Live { since: START });
}

#[test]
fn a_phone_that_was_here_before_streams_from_where_it_left_off() {
    let mut night = Night::live();
    let (_, update) = World::alarm(1, START);
    night.update(&update);
    night.crash();
    let seq = update.entry.seq;
    assert!(matches!(night.last_link(), Effect::Stream { after, .. } if after == cursor(seq)));
}

#[test]
fn a_push_does_not_move_the_cursor_past_what_was_not_read() {
    let mut night = Night::live();
    night.step(push(&World::alarm(1, START).1));
    night.crash();
    assert!(matches!(night.last_link(), Effect::Stream { after, .. } if after == cursor(1)));
}

#[test]
fn a_fresh_snapshot_in_several_pages_does_not_pause_the_siren_between_them() {
    let mut night = Night::live();
    let (one, first) = World::alarm(1, START);
    let (_, second) = World::alarm(2, START);
    night.update(&first);
    night.update(&second);
    night.siren.clear();
    night.stream(StreamEvent::Reset);
    let (_, third) = World::alarm(3, START);
    let mut pages = [
        night.snapshot(std::slice::from_ref(&third.ticket), 9),
        night.snapshot(&[one.view()], 9),
    ];
    pages[0].cursor.ticket = Some(3);
    pages[0].more = true;
    pages[1].reset = false;
    let [head, tail] = pages;
    night.synced(head);
    assert_eq!(night.view().tickets.len(), 3);
    night.synced(tail);
    let view = night.view();
    let ids: Vec<TicketId> = view.tickets.iter().map(|item| item.ticket.id).collect();
    assert_eq!(ids, [TicketId(1), TicketId(3)], "and what it lacks is gone");
    assert_eq!(night.siren, []);
    assert!(matches!(night.last_link(), Effect::Stream { after, .. } if after == cursor(9)));
}

#[test]
fn a_crash_in_the_middle_of_a_snapshot_goes_on_in_the_middle() {
    let mut night = Night::live();
    let (_, gone) = World::alarm(1, START);
    night.update(&gone);
    night.stream(StreamEvent::Reset);
    let (_, kept) = World::alarm(2, START);
    let mut head = night.snapshot(&[kept.ticket], 9);
    head.cursor.ticket = Some(2);
    head.more = true;
    let middle = head.cursor;
    night.synced(head);
    night.crash();
    assert!(matches!(night.last_link(), Effect::Sync { after: Some(at), .. } if at == middle));
    assert!(night.rings());
    let mut tail = night.snapshot(&[], 9);
    tail.reset = false;
    night.synced(tail);
    night.crash();
    let view = night.view();
    assert_eq!(view.tickets.len(), 1);
    assert_eq!(view.tickets[0].ticket.id, TicketId(2));
}

#[test]
fn a_crash_just_before_the_end_of_a_snapshot_leaves_no_ticket_that_is_gone() {
    let mut night = Night::live();
    let (_, gone) = World::alarm(1, START);
    night.update(&gone);
    night.stream(StreamEvent::Reset);
    let mut tickets = night.snapshot(&[], 9);
    tickets.more = true; // the updates since are still to come
    night.synced(tickets);
    night.crash();
    assert!(night.rings(), "until the snapshot is whole");
    let mut rest = night.snapshot(&[], 9);
    rest.reset = false;
    night.synced(rest);
    assert!(!night.rings() && night.view().tickets.is_empty());
    assert!(matches!(night.last_link(), Effect::Stream { after, .. } if after == cursor(9)));
}

#[test]
fn a_server_restored_from_an_old_backup_is_believed() {
    let mut night = Night::live();
    let (mut world, update) = World::alarm(1, START);
    let restored = update.ticket.clone();
    night.update(&update);
    night.update(&world.check_in("ben", START));
    assert!(!night.rings());
    night.stream(StreamEvent::Reset);
    night.synced(night.snapshot(&[restored], 1));
    assert!(night.rings());
}

#[test]
fn a_phone_sent_back_catches_up_from_its_cursor() {
    let mut night = Night::live();
    night.stream(StreamEvent::CatchUp);
    assert!(matches!(night.last_link(), Effect::Sync { after: Some(at), .. } if at == cursor(1)));
    let (_, update) = World::alarm(1, START);
    let mut page = night.snapshot(&[], 1001);
    page.reset = false;
    page.updates.push(update);
    night.synced(page);
    assert!(night.rings());
    assert!(matches!(night.last_link(), Effect::Stream { after, .. } if after == cursor(1001)));
}

#[test]
fn a_server_that_only_sends_back_is_not_asked_in_a_tight_loop() {
    let mut night = Night::live();
    night.stream(StreamEvent::CatchUp);
    let mut page = night.snapshot(&[], 1);
    page.reset = false;
    night.synced(page.clone());
    night.stream(StreamEvent::CatchUp);
    assert!(matches!(
        night.view().connection,
        Connection::Offline { .. }
    ));

    night.sleep(secs(30));
    night.stream(StreamEvent::CatchUp);
    page.more = true;
    night.synced(page);
    assert!(matches!(
        night.view().connection,
        Connection::Offline { .. }
    ));
}

#[test]
fn a_stream_that_ends_is_opened_again_later_and_later() {
    let mut night = Night::live();
    let mut waits = Vec::new();
    for _ in 0..12 {
        ended(&mut night, offline());
        let links = night.links.len();
        let failed_at = night.now;
        while night.links.len() == links {
            night.sleep_until(night.now + Duration::from_millis(50));
        }
        waits.push(night.now.since(failed_at));
    }
    assert!(waits[0] <= Duration::from_millis(500), "{waits:?}");
    assert!(waits.iter().all(|wait| *wait <= RETRY_CAP), "{waits:?}");
    assert!(*waits.last().unwrap() >= RETRY_CAP / 2, "{waits:?}");

    night.hello();
    night.sleep(secs(20));
    ended(&mut night, offline());
    let Connection::Offline { retry_at, .. } = night.view().connection else {
        panic!()
    };
    assert!(
        retry_at.since(night.now) <= Duration::from_millis(500),
        "a new reason"
    );
}

#[test]
fn a_stream_without_a_sign_of_life_is_replaced() {
    let mut night = Night::live();
    let links = night.links.len();
    night.sleep(secs(300));
    assert_eq!(night.links.len(), links, "keep-alives are a sign of life");
    night.sleep_until(night.now + STREAM_SILENCE);
    assert_eq!(night.links.len(), links + 1);
}

#[test]
fn what_a_replaced_stream_still_brings_is_ignored() {
    let mut night = Night::live();
    let Effect::Stream { link, .. } = night.last_link() else {
        panic!()
    };
    ended(&mut night, offline());
    let (_, update) = World::alarm(1, START);
    let event = StreamEvent::Update {
        cursor: cursor(99),
        update: Box::new(update),
    };
    night.step(Input::Stream { link, event });
    let error = offline();
    night.step(Input::StreamEnded { link, error });
    night.crash();
    assert!(matches!(night.last_link(), Effect::Stream { after, .. } if after == cursor(1)));
}

#[test]
fn a_push_makes_a_phone_without_a_stream_ask_at_once() {
    let foreign = Input::Push {
        transport: Transport::Fcm,
        opened: Err("sealed to other keys".to_owned()),
    };
    for input in [push(&World::alarm(1, START).1), foreign] {
        let mut night = Night::live();
        for _ in 0..8 {
            ended(&mut night, offline());
            night.sleep_until(night.now + secs(31));
        }
        ended(&mut night, offline());
        let links = night.links.len();
        night.step(input);
        assert_eq!(night.links.len(), links + 1);
    }
}

#[test]
fn a_late_push_about_what_is_over_already_wakes_nobody() {
    let mut night = Night::begin();
    night.step(Input::Started);
    let (_, update) = World::alarm(1, START);
    night.now = START + secs(1);
    let page = night.snapshot(&[], update.entry.seq);
    night.synced(page);
    night.hello();
    night.step(push(&update));
    assert!(night.siren.is_empty());
    assert!(night.view().tickets.is_empty());
}

#[test]
fn a_page_by_push_just_before_the_snapshot_rings_on_when_the_snapshot_is_there() {
    let mut night = Night::begin();
    night.step(Input::Started);
    let (_, update) = World::alarm(1, START);
    night.step(push(&update));
    let mut page = night.snapshot(&[], update.entry.seq - 1);
    page.more = true;
    night.synced(page);
    let mut page = night.snapshot(&[], update.entry.seq);
    page.reset = false;
    page.updates = vec![update];
    night.synced(page);
    assert_eq!(night.siren, [SirenCommand::Start(Loudness::Ramp)]);
    assert_eq!(night.view().siren.pages, 1);
}

#[test]
fn a_late_push_in_the_middle_of_a_snapshot_does_not_keep_a_ticket_that_is_gone() {
    let mut night = Night::live();
    let (mut world, update) = World::alarm(1, START);
    night.update(&update);
    let late = push(&world.deadline_passes());
    night.now = START + secs(301);
    night.stream(StreamEvent::Reset);
    let mut page = night.snapshot(&[], 5000);
    page.more = true;
    night.synced(page);
    night.step(late);
    let mut page = night.snapshot(&[], 5000);
    page.reset = false;
    night.synced(page);
    assert!(night.view().tickets.is_empty());
    assert!(!night.view().siren.ringing);
}

#[test]
fn a_phone_offline_for_minutes_says_that_it_may_not_be_pageable() {
    let mut night = Night::live();
    ended(&mut night, offline());
    assert!(night.view().problems.is_empty());
    night.now = night.now + OFFLINE_PROBLEM;
    let view = night.view();
    assert_eq!(view.problems[0].problem, Problem::Offline);
    let Connection::Offline { since, .. } = view.connection else {
        panic!()
    };
    assert_eq!(since, START);
}

#[test]
fn old_resolved_tickets_give_way_and_open_ones_never_do() {
    let mut night = Night::live();
    let (_, open) = World::alarm(1, START);
    night.update(&open);
    for id in 2..=RESOLVED_KEPT as u64 + 50 {
        let (mut world, _) = World::alarm(id, START);
        let at = START + secs(id);
        let resolved = world.run(&Command::Resolve { by: person("ben") }, at);
        night.update(&resolved);
    }
    let view = night.view();
    assert_eq!(view.tickets.len(), RESOLVED_KEPT + 1);
    assert_eq!(view.tickets[0].ticket.id, TicketId(1));
    assert_eq!(
        view.tickets[1].ticket.id,
        TicketId(RESOLVED_KEPT as u64 + 50)
    );
    assert_eq!(night.store.load().unwrap().tickets.len(), RESOLVED_KEPT + 1);
    assert!(night.store.timeline(TicketId(2)).unwrap().is_empty());
}
