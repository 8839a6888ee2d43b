use super::*;
use tocsin_ticket::{Actor, Refusal, TicketState};

fn paged() -> (Night, World) {
    let mut night = Night::live();
    let (world, update) = World::alarm(1, START);
    night.update(&update);
    (night, world)
}

fn faster(by: &str, at: Millis) -> Outcome {
    Outcome::Refused {
        refusal: Known::Yes(Refusal::AlreadyCheckedIn {
            by: Actor::Person(person(by)),
            at,
        }),
        message: format!("{by} checked in already; the ticket is in hand"),
    }
}

#[test]
fn a_check_in_silences_at_once_and_shows_as_pending_until_the_server_answers() {
    let (mut night, mut world) = paged();
    let id = night.tap(world.id(), Action::CheckIn);
    assert!(!night.rings());
    let view = night.view();
    assert_eq!(view.tickets[0].state, Known::Yes(TicketState::Researching));
    assert!(view.tickets[0].pending);
    assert_eq!(view.pages[0].status, PageStatus::Answered);
    assert_eq!(view.taps[0].text, "Check in");

    world.check_in("ana", START + secs(1));
    night.answer(&id, Outcome::Accepted, Some(world.view()));
    let view = night.view();
    assert!(!view.tickets[0].pending && view.taps.is_empty() && view.pages.is_empty());
    assert_eq!(view.tickets[0].state, Known::Yes(TicketState::Researching));
    assert!(!night.rings());
}

#[test]
fn starting_work_resolving_and_handing_over_silence_too_but_a_note_does_not() {
    for (action, silences) in [
        (Action::StartWork, true),
        (Action::Resolve, true),
        (Action::Reassign { to: person("ben") }, true),
        (Action::Reassign { to: person("ana") }, true),
        (
            Action::Note {
                text: "looking".to_owned(),
            },
            false,
        ),
    ] {
        let (mut night, world) = paged();
        night.tap(world.id(), action.clone());
        assert_eq!(night.rings(), !silences, "{action:?}");
    }
}

#[test]
fn a_tap_made_offline_survives_a_crash_and_is_sent_under_the_same_id() {
    let (mut night, world) = paged();
    let id = night.tap(world.id(), Action::CheckIn);
    night.tap_fails(&id, offline());
    night.crash();
    assert!(
        !night.rings(),
        "the answered page stays silent after the crash"
    );
    assert_eq!(night.sent.len(), 1);
    assert_eq!(night.sent[0].id, id);
    assert_eq!(night.sent[0].at, START, "and says when it was tapped");

    let mut world = world;
    world.check_in("ana", START + secs(9));
    night.answer(&id, Outcome::Accepted, Some(world.view()));
    night.crash();
    assert_eq!(night.sent, [], "an answered tap is not sent again");
}

#[test]
fn a_tap_is_on_disk_before_it_is_sent() {
    let (mut night, world) = paged();
    let effects = night.step(Input::Tap {
        id: CommandId::new("tap-disk"),
        ticket: world.id(),
        action: Action::CheckIn,
    });
    let stored = effects.iter().position(|effect| {
        matches!(effect, Effect::Store(changes)
            if changes.iter().any(|change| matches!(change, Change::AddTap(_))))
    });
    let sent = effects
        .iter()
        .position(|effect| matches!(effect, Effect::SendCommand(_)));
    assert!(stored.unwrap() < sent.unwrap());
}

#[test]
fn taps_on_one_ticket_are_sent_in_order_and_other_tickets_do_not_wait() {
    let (mut night, mut world) = paged();
    let first = night.tap(world.id(), Action::CheckIn);
    let second = night.tap(world.id(), Action::StartWork);
    let other = night.tap(TicketId(9), Action::Resolve);
    let sent: Vec<&CommandId> = night.sent.iter().map(|request| &request.id).collect();
    assert_eq!(sent, [&first, &other]);
    night.tap_fails(&first, offline());
    night.sleep(secs(60));
    assert!(night.sent.iter().all(|request| request.id != second));
    world.check_in("ana", START + secs(1));
    night.answer(&first, Outcome::Accepted, Some(world.view()));
    assert_eq!(night.sent.last().unwrap().id, second);
}

#[test]
fn a_check_in_that_came_second_is_told_who_was_faster_and_by_how_much() {
    for (language, expected) in [
        (
            Language::English,
            "Ben checked in 40 s before your tap; the ticket is in hand.",
        ),
        (
            Language::Korean,
            "탭하기 40초 전에 Ben 님이 먼저 확인했습니다. 티켓은 처리 중입니다.",
        ),
    ] {
        let mut night = Night::speaking(language);
        night.go_live();
        let (mut world, update) = World::alarm(1, START);
        night.update(&update);
        night.sleep(secs(50));
        let id = night.tap(world.id(), Action::CheckIn);
        let at = START + secs(10);
        world.check_in("ben", at);
        night.answer(&id, faster("ben", at), Some(world.view()));
        let view = night.view();
        assert_eq!(view.notices[0].text, expected);
        assert_eq!(view.notices[0].happened_at, Some(at));
        assert_eq!(view.tickets[0].owner, "Ben");
        assert!(!night.rings());

        night.crash();
        let number = night.view().notices[0].number;
        night.step(Input::NoticeDismissed { number });
        night.crash();
        assert!(night.view().notices.is_empty());
    }
}

#[test]
fn a_check_in_that_reached_the_server_late_says_what_happened_in_between() {
    let (mut night, mut world) = paged();
    let id = night.tap(world.id(), Action::CheckIn);
    let at = START + secs(180);
    world.check_in("ben", at);
    night.answer(&id, faster("ben", at), Some(world.view()));
    assert_eq!(
        night.view().notices[0].text,
        "Ben checked in 3 min after your tap, before it reached the server; the ticket is in hand."
    );
}

#[test]
fn a_refusal_that_leaves_the_person_paged_rings_again_at_full_level() {
    let (mut night, world) = paged();
    night.sounding(None);
    let id = night.tap(world.id(), Action::Reassign { to: person("zoe") });
    assert!(!night.rings());
    let outcome = Outcome::Refused {
        refusal: Known::Yes(Refusal::UnknownPerson {
            person: person("zoe"),
        }),
        message: String::new(),
    };
    night.answer(&id, outcome, Some(world.view()));
    assert_eq!(
        night.siren.last(),
        Some(&SirenCommand::Start(Loudness::Full))
    );
    assert!(
        night.view().notices[0]
            .text
            .starts_with("zoe cannot be paged")
    );
}

#[test]
fn a_check_in_that_the_person_made_on_another_device_needs_no_notice() {
    let (mut night, mut world) = paged();
    let id = night.tap(world.id(), Action::CheckIn);
    world.check_in("ana", START);
    night.answer(&id, faster("ana", START), Some(world.view()));
    assert!(night.view().notices.is_empty() && !night.rings());
}

#[test]
fn a_refusal_from_the_future_is_shown_in_the_servers_words() {
    let (mut night, world) = paged();
    let id = night.tap(world.id(), Action::Resolve);
    let outcome = Outcome::Refused {
        refusal: Known::No(serde_json::json!({"code": "moon_phase"})),
        message: "the moon is wrong; wait".to_owned(),
    };
    night.answer(&id, outcome, Some(world.view()));
    assert_eq!(
        night.view().notices[0].text,
        "“Resolve” was not done: the moon is wrong; wait"
    );
    assert!(night.rings());
}

#[test]
fn a_revoked_device_says_so_loudly_and_keeps_everything() {
    let (mut night, world) = paged();
    let id = night.tap(world.id(), Action::CheckIn);
    night.tap_fails(&id, NetworkError::Unauthorized);
    let Effect::Stream { link, .. } = night.last_link() else {
        panic!()
    };
    let error = NetworkError::Unauthorized;
    night.step(Input::StreamEnded { link, error });
    let view = night.view();
    assert_eq!(view.problems[0].problem, Problem::Revoked);
    let revoked = |notice: &&Notice| notice.kind == NoticeKind::Revoked;
    assert_eq!(view.notices.iter().filter(revoked).count(), 1);
    assert_eq!((view.tickets.len(), view.taps.len()), (1, 1));

    let links = night.links.len();
    night.sleep_until(night.now + secs(601));
    assert_eq!(
        night.links.len(),
        links + 1,
        "an administrator may have been mistaken"
    );
    night.hello();
    assert!(night.view().problems.is_empty());
    assert_eq!(night.sent.last().unwrap().id, id);
}

#[test]
fn a_tap_that_the_server_cannot_understand_is_given_up_with_a_notice_and_rings_again() {
    let (mut night, world) = paged();
    let id = night.tap(world.id(), Action::CheckIn);
    let detail = "action.type: expected check_in".to_owned();
    let error = NetworkError::Rejected {
        status: 422,
        detail,
    };
    night.tap_fails(&id, error);
    assert!(night.view().notices[0].text.contains("HTTP 422"));
    assert!(night.view().taps.is_empty());
    assert!(night.rings());
}

#[test]
fn a_busy_server_is_given_the_time_it_asks_for() {
    let (mut night, world) = paged();
    let id = night.tap(world.id(), Action::CheckIn);
    let error = NetworkError::Busy {
        status: 503,
        retry_after: Some(secs(20)),
    };
    night.tap_fails(&id, error);
    night.sleep(secs(19));
    assert_eq!(night.sent.len(), 1);
    night.sleep(secs(1));
    assert_eq!(night.sent.len(), 2);
}

#[test]
fn retries_slow_down_to_half_a_minute_and_never_stop() {
    let (mut night, world) = paged();
    let id = night.tap(world.id(), Action::CheckIn);
    let mut waits = Vec::new();
    for sent in 1..=20 {
        assert_eq!(night.sent.len(), sent);
        night.tap_fails(&id, offline());
        let failed_at = night.now;
        while night.sent.len() == sent {
            night.sleep(Duration::from_millis(50));
        }
        waits.push(night.now.since(failed_at));
    }
    assert!(waits[0] <= Duration::from_millis(500), "{waits:?}");
    assert!(waits.iter().all(|wait| *wait <= RETRY_CAP), "{waits:?}");
    assert!(waits[10..].iter().all(|wait| *wait >= RETRY_CAP / 2));
    assert!(waits[10..].iter().any(|wait| *wait != waits[10]), "jitter");
}

#[test]
fn a_live_stream_sends_waiting_taps_at_once() {
    let (mut night, world) = paged();
    let id = night.tap(world.id(), Action::CheckIn);
    for _ in 0..10 {
        night.tap_fails(&id, offline());
    }
    night.hello();
    assert_eq!(night.sent.len(), 2);
}

#[test]
fn an_impatient_second_tap_is_the_same_tap() {
    let (mut night, world) = paged();
    night.tap(world.id(), Action::CheckIn);
    night.tap(world.id(), Action::CheckIn);
    assert_eq!(night.view().taps.len(), 1);
    let note = || Action::Note {
        text: "again".to_owned(),
    };
    night.tap(world.id(), note());
    night.tap(world.id(), note());
    assert_eq!(
        night.view().taps.len(),
        3,
        "but a note may be written twice"
    );
}

#[test]
fn a_ticket_that_the_server_no_longer_has_goes_from_the_screen() {
    let (mut night, world) = paged();
    let id = night.tap(world.id(), Action::CheckIn);
    let outcome = Outcome::Refused {
        refusal: Known::Yes(Refusal::NoSuchTicket),
        message: String::new(),
    };
    night.answer(&id, outcome, None);
    assert!(night.view().tickets.is_empty() && !night.rings());
    assert_eq!(night.view().notices.len(), 1);
}

#[test]
fn an_old_answer_does_not_undo_what_the_stream_already_told() {
    let (mut night, mut world) = paged();
    let id = night.tap(world.id(), Action::CheckIn);
    world.check_in("ana", START + secs(1));
    let answered = world.view();
    let resolved = world.run(&Command::Resolve { by: person("ben") }, START + secs(2));
    night.update(&resolved);
    night.answer(&id, Outcome::Accepted, Some(answered));
    assert_eq!(
        night.view().tickets[0].state,
        Known::Yes(TicketState::Resolved)
    );
}

fn storm(count: u64) -> (Night, Vec<World>) {
    let mut night = Night::live();
    let worlds = (1..=count)
        .map(|id| {
            let (world, update) = World::alarm(id, START);
            night.update(&update);
            world
        })
        .collect();
    (night, worlds)
}

fn check_in_all(night: &mut Night) -> CommandId {
    let id = CommandId::new("all-00000001");
    night.step(Input::CheckInAll { id: id.clone() });
    id
}

fn accept(night: &mut Night, id: &CommandId, first: TicketView, also_refused: Vec<TicketId>) {
    let reply = CommandReply {
        id: id.clone(),
        outcome: Outcome::Accepted,
        ticket: Some(first),
        also_refused,
    };
    let id = id.clone();
    let result = Ok(Box::new(reply));
    night.step(Input::CommandAnswered { id, result });
}

#[test]
fn a_storm_rings_one_siren_and_one_tap_checks_in_to_all_of_it() {
    let (mut night, mut worlds) = storm(5);
    assert_eq!((night.siren.len(), night.view().siren.pages), (1, 5));
    let id = check_in_all(&mut night);
    assert!(!night.rings());
    let view = night.view();
    assert!(
        view.pages
            .iter()
            .all(|page| page.status == PageStatus::Answered)
    );
    assert_eq!((view.taps.len(), view.taps[0].others), (1, 4));
    assert_eq!(view.taps[0].text, "Check in (and 4 more)");
    assert_eq!(night.sent.len(), 1);
    assert_eq!(night.sent[0].also.len(), 4);

    night.crash();
    assert!(!night.rings(), "the tap survives a restart");
    assert_eq!((night.sent.len(), &night.sent[0].id), (1, &id));

    for world in &mut worlds {
        world.check_in("ana", START + secs(2));
    }
    accept(&mut night, &id, worlds[0].view(), Vec::new());
    assert!(
        !night.rings(),
        "though the others' updates are still to come"
    );
    night.sleep(secs(5));
    assert!(!night.rings());
    for _ in 0..3 {
        if let Some(batch) = night.batches.last() {
            let (id, result) = (batch.id.clone(), Ok(()));
            night.step(Input::ReceiptsAnswered { id, result });
        }
    }
    let receipts = night.batches.iter().flat_map(|batch| &batch.receipts);
    let checked_in = receipts.filter(|receipt| receipt.rung == Rung::CheckedIn);
    assert_eq!(checked_in.count(), 5);
}

#[test]
fn a_page_that_comes_after_the_tap_to_all_rings() {
    let (mut night, mut worlds) = storm(2);
    let id = check_in_all(&mut night);
    night.update(&World::alarm(3, START).1);
    assert!(night.rings(), "before the answer");
    worlds[0].check_in("ana", START + secs(1));
    accept(&mut night, &id, worlds[0].view(), Vec::new());
    assert!(night.rings(), "and after it");
    assert_eq!(night.view().siren.pages, 1);
}

#[test]
fn tickets_that_the_tap_to_all_was_refused_for_ring_on_and_are_told_of() {
    let (mut night, mut worlds) = storm(3);
    let id = check_in_all(&mut night);
    let first = night.sent[0].ticket;
    let refused = *night.sent[0].also.last().unwrap();
    let world = worlds.iter_mut().find(|world| world.id() == first).unwrap();
    world.check_in("ana", START + secs(1));
    let view = world.view();
    accept(&mut night, &id, view, vec![refused]);
    assert!(night.rings());
    assert_eq!(night.view().siren.pages, 1);
    let notice = &night.view().notices[0];
    assert_eq!(
        (notice.kind, notice.ticket),
        (NoticeKind::Refused, Some(refused))
    );
}

#[test]
fn a_check_in_to_all_whose_updates_never_come_rings_again() {
    let (mut night, mut worlds) = storm(2);
    let id = check_in_all(&mut night);
    worlds[0].check_in("ana", START + secs(1));
    accept(&mut night, &id, worlds[0].view(), Vec::new());
    assert!(!night.rings());
    night.sleep(SETTLES_WITHIN);
    assert!(night.rings(), "better woken twice than not at all");
}

#[test]
fn a_check_in_to_all_with_nothing_ringing_is_nothing() {
    let mut night = Night::live();
    check_in_all(&mut night);
    assert_eq!(night.sent, []);
}

#[test]
fn a_storm_of_five_thousand_is_checked_in_without_a_pause() {
    let mut night = Night::live();
    let tickets: Vec<TicketView> = (1..=5000)
        .map(|id| World::alarm(id, START).1.ticket)
        .collect();
    night.stream(StreamEvent::Reset);
    night.synced(night.snapshot(&tickets, 9_000_000));
    night.hello();
    assert_eq!((night.siren.len(), night.view().siren.pages), (1, 5000));
    check_in_all(&mut night);
    assert!(!night.rings());
    assert_eq!(night.sent[0].also.len(), 4999);
}
