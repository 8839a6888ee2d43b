//! Pushes: late, twice, before the stream and after it, and from nobody.

use super::*;
use tocsin_wire::ServerNotice;

fn foreign(reason: &str) -> Input {
    Input::Push {
        transport: Transport::Fcm,
        opened: Err(reason.to_owned()),
    }
}

fn syncs(night: &Night) -> usize {
    let links = night.links.iter();
    links
        .filter(|link| matches!(link, Effect::Sync { .. }))
        .count()
}

fn update_with_details(id: u64) -> (World, Update) {
    let (world, mut update) = World::alarm(id, START);
    update
        .ticket
        .details
        .insert("graph".to_owned(), "https://x".to_owned());
    (world, update)
}

#[test]
fn a_push_rings_and_the_stream_brings_what_it_left_out() {
    let mut night = Night::live();
    let (_, update) = update_with_details(1);
    night.step(push(&update));
    assert!(night.rings());
    assert!(night.view().tickets[0].ticket.details.is_empty());
    night.update(&update);
    assert_eq!(night.view().tickets[0].ticket.details.len(), 1);
    assert!(!night.view().tickets[0].ticket.partial);
    assert_eq!(night.siren, [SirenCommand::Start(Loudness::Ramp)]);
    let before = syncs(&night);
    night.sleep(secs(30));
    assert_eq!(
        syncs(&night),
        before,
        "nothing is missing, so nothing is asked for"
    );
}

#[test]
fn a_push_after_the_stream_takes_nothing_away() {
    let mut night = Night::live();
    let (_, update) = update_with_details(1);
    night.update(&update);
    night.step(push(&update));
    assert_eq!(night.view().tickets[0].ticket.details.len(), 1);
    night.crash();
    assert_eq!(night.view().tickets[0].ticket.details.len(), 1);
}

#[test]
fn a_push_that_a_dead_stream_does_not_complete_is_completed_by_a_sync() {
    let mut night = Night::live();
    let (_, update) = update_with_details(1);
    night.step(push(&update));
    let before = syncs(&night);
    night.sleep_until(night.now + STREAM_HEALS_WITHIN);
    assert_eq!(syncs(&night), before + 1);
    let mut page = night.snapshot(&[], update.entry.seq);
    page.reset = false;
    page.updates = vec![update];
    night.synced(page);
    assert_eq!(night.view().tickets[0].ticket.details.len(), 1);
    assert_eq!(night.siren, [SirenCommand::Start(Loudness::Ramp)]);
}

#[test]
fn a_push_about_a_ticket_that_the_log_does_not_know_rings_no_longer_than_a_snapshot_takes() {
    let mut night = Night::live();
    let (_, update) = update_with_details(1);
    night.step(push(&update));
    assert!(night.rings());
    night.sleep_until(night.now + STREAM_HEALS_WITHIN);
    let mut nothing_newer = night.snapshot(&[], update.entry.seq);
    nothing_newer.reset = false;
    night.synced(nothing_newer);
    assert!(night.rings(), "until the server is sure");
    assert!(
        matches!(night.last_link(), Effect::Sync { after: None, .. }),
        "a snapshot says what is true"
    );
    let nothing = night.snapshot(&[], update.entry.seq);
    night.synced(nothing);
    assert!(!night.rings());
    assert!(night.view().tickets.is_empty());
}

#[test]
fn a_phone_without_a_stream_asks_for_the_rest_at_once_after_the_siren() {
    let mut night = Night::live();
    let Effect::Stream { link, .. } = night.last_link() else {
        panic!("no stream")
    };
    night.step(Input::StreamEnded {
        link,
        error: offline(),
    });
    let effects = night.step(push(&World::alarm(1, START).1));
    let siren = effects.iter().position(|it| matches!(it, Effect::Siren(_)));
    let sync = effects
        .iter()
        .position(|it| matches!(it, Effect::Sync { .. }));
    assert!(siren.unwrap() < sync.unwrap());
}

#[test]
fn a_push_of_a_storm_asks_for_the_others_until_they_are_there() {
    let mut night = Night::live();
    let (_, one) = World::alarm(1, START);
    night.update(&one);
    let mut storm = payload(&one);
    if let Known::Yes(PushMessage::Ticket { others, .. }) = &mut storm.message {
        *others = 2;
    }
    night.step(pushed(&storm));
    let before = syncs(&night);
    night.update(&World::alarm(2, START).1);
    night.sleep_until(night.now + STREAM_HEALS_WITHIN);
    assert_eq!(syncs(&night), before + 1, "one of three is still missing");
    night.synced(night.snapshot(&[one.ticket], 9000));
    night.hello();
    night.sleep(secs(60));
    assert_eq!(syncs(&night), before + 1, "asked for once, not for ever");
}

#[test]
fn a_check_in_by_push_silences_and_an_older_page_does_not_bring_it_back() {
    let mut night = Night::live();
    let (mut world, update) = World::alarm(1, START);
    night.step(push(&update));
    let silence = push(&world.check_in("ben", START + secs(3)));
    night.step(silence);
    assert!(!night.rings());
    night.step(push(&update));
    night.update(&update);
    assert!(!night.rings(), "whatever comes late, however it comes");
}

#[test]
fn a_push_held_back_until_its_page_expired_stays_silent() {
    let mut night = Night::live();
    let (_, update) = World::alarm(1, START);
    night.sleep(secs(421));
    night.step(push(&update));
    assert!(!night.rings());
    assert_eq!(night.view().pages[0].status, PageStatus::Expired);
}

#[test]
fn what_does_not_open_is_told_once_and_never_rings() {
    let mut night = Night::live();
    night.step(foreign("sealed to other keys"));
    let stored = night.store.load().unwrap().notices;
    for attempt in 0..50 {
        night.step(foreign(&format!("attempt {attempt}")));
    }
    assert!(!night.rings());
    assert_eq!(night.view().notices.len(), 1);
    assert_eq!(night.store.load().unwrap().notices, stored);
}

#[test]
fn an_unsealed_update_of_old_is_no_push() {
    let mut night = Night::live();
    night.step(Input::Push {
        transport: Transport::WebPush,
        opened: Ok(serde_json::to_vec(&World::alarm(1, START).1).unwrap()),
    });
    assert!(!night.rings());
    assert_eq!(night.view().notices[0].kind, NoticeKind::Unreadable);
}

#[test]
fn what_only_a_newer_server_pushes_is_told() {
    let mut night = Night::live();
    night.step(pushed(&PushPayload {
        v: 9,
        server_time: START,
        message: Known::No(serde_json::json!({"type": "song"})),
    }));
    assert_eq!(night.view().notices[0].kind, NoticeKind::Unreadable);
}

#[test]
fn a_phone_that_never_heard_the_server_takes_a_push_for_its_clock() {
    for wrong_by_s in [-600_i64, 600, 86_400] {
        let mut night = Night::begin();
        night.now = Millis(START.0 + wrong_by_s * 1000);
        night.step(Input::Started);
        night.step(push(&World::alarm(1, START).1));
        assert!(night.rings(), "{wrong_by_s} s ahead");
        night.sleep_until(night.now + secs(421));
        assert!(!night.rings(), "and falls silent when the page expires");
    }
}

#[test]
fn a_push_that_was_held_back_does_not_set_a_clock_that_is_known() {
    let mut night = Night::live();
    let (_, update) = World::alarm(1, START - secs(900));
    night.step(push(&update));
    assert!(!night.rings(), "it is over");
    assert_eq!(night.view().clock_offset_ms, 0);
}

#[test]
fn a_clock_that_fell_behind_is_moved_forward_by_a_push() {
    let mut night = Night::live();
    let Effect::Stream { link, .. } = night.last_link() else {
        panic!("no stream")
    };
    night.step(Input::StreamEnded {
        link,
        error: offline(),
    });
    let sent = START + secs(3600);
    night.step(push(&World::alarm(1, sent).1));
    assert!(night.rings());
    assert_eq!(night.view().clock_offset_ms, 3_600_000);
}

#[test]
fn received_says_how_the_page_came_first() {
    for by_push in [true, false] {
        let mut night = Night::live();
        let (_, update) = World::alarm(1, START);
        if by_push {
            night.step(push(&update));
            night.update(&update);
        } else {
            night.update(&update);
            night.step(push(&update));
        }
        let expected = if by_push {
            Transport::WebPush
        } else {
            Transport::Stream
        };
        let receipt = night.batches[0].receipts[0];
        assert_eq!(
            (receipt.rung, receipt.transport),
            (Rung::Received, Some(expected))
        );
        assert_eq!(night.batches.len(), 1);
    }
}

#[test]
fn sounding_says_how_loud_and_what_stood_in_the_way() {
    let mut night = Night::live();
    let mut facts = tocsin_readiness::Facts::default();
    facts.sound.ringer = tocsin_readiness::Ringer::Silent;
    facts.sound.do_not_disturb = tocsin_readiness::DoNotDisturb::AlarmsOnly;
    night.step(Input::Device(DeviceStatus {
        facts,
        obstacles: Vec::new(),
    }));
    night.update(&World::alarm(1, START).1);
    assert_eq!(
        night.batches[0].receipts[0].do_not_disturb,
        Some(tocsin_ticket::DoNotDisturb::AlarmsOnly),
        "with the page already, for the server to look for somebody else"
    );
    let id = night.batches[0].id.clone();
    night.step(Input::ReceiptsAnswered { id, result: Ok(()) });
    night.sounding(Some(0.7));
    let receipt = night.batches[1].receipts[0];
    assert_eq!(receipt.rung, Rung::Sounding);
    assert_eq!(receipt.effective_volume, Some(0.7));
    assert_eq!(receipt.ringer, Some(tocsin_ticket::Ringer::Silent));
    assert_eq!(
        receipt.do_not_disturb,
        Some(tocsin_ticket::DoNotDisturb::AlarmsOnly)
    );
}

#[test]
fn what_the_server_has_to_say_is_one_notice_by_whichever_ways_it_comes() {
    let mut night = Night::live();
    let notice = ServerNotice {
        id: 7,
        at: START,
        subject: "A drill did not arrive".to_owned(),
        body: "Open the app.".to_owned(),
    };
    night.step(pushed(&PushPayload {
        v: PUSH_VERSION,
        server_time: START,
        message: Known::Yes(PushMessage::Notice(notice.clone())),
    }));
    night.stream(StreamEvent::Notice(notice));
    let view = night.view();
    assert_eq!(view.notices.len(), 1);
    assert_eq!(view.notices[0].kind, NoticeKind::FromServer);
    assert!(view.notices[0].text.contains("Open the app."));
    assert!(!night.rings());
}
