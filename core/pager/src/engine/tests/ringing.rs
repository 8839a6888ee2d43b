use super::*;

const RAMP: SirenCommand = SirenCommand::Start(Loudness::Ramp);
const FULL: SirenCommand = SirenCommand::Start(Loudness::Full);

#[test]
fn a_page_rings_before_anything_is_stored_sent_or_shown() {
    let mut night = Night::live();
    let (_, update) = World::alarm(1, START);
    let effects = night.step(push(&update));
    let order: Vec<u8> = effects
        .iter()
        .map(|effect| match effect {
            Effect::Siren(_) => 0,
            Effect::Store(_) => 1,
            Effect::SendCommand(_)
            | Effect::SendReceipts(_)
            | Effect::RegisterPush(_)
            | Effect::SendStatus(_)
            | Effect::Sync { .. }
            | Effect::Stream { .. } => 2,
            Effect::Wake(_) => 3,
            Effect::Show => 4,
        })
        .collect();
    assert_eq!(order, [0, 1, 2, 3, 4]);
    assert_eq!(effects[0], Effect::Siren(RAMP));
}

#[test]
fn the_page_screen_says_what_why_until_when_and_who_is_next() {
    let mut night = Night::live();
    let (_, update) = World::alarm(1, START);
    night.update(&update);
    let view = night.view();
    assert_eq!(view.me.name, "Ana");
    let [page] = &view.pages[..] else {
        panic!("{:?}", view.pages)
    };
    assert_eq!(page.status, PageStatus::Ringing);
    assert_eq!(page.title, "Checkout fails");
    assert_eq!(
        (page.service.as_str(), page.team.as_str()),
        ("Checkout", "Shop")
    );
    assert_eq!(page.reason_text, "A new ticket is yours.");
    assert_eq!(page.due, Some(START + secs(300)));
    assert_eq!(page.next, ["Ben"]);
}

#[test]
fn the_same_page_by_push_and_stream_and_push_again_rings_once() {
    let mut night = Night::live();
    let (_, update) = World::alarm(1, START);
    night.step(push(&update));
    night.update(&update);
    night.step(push(&update));
    assert_eq!(night.siren, [RAMP]);
    assert_eq!(night.view().siren.pages, 1);
}

#[test]
fn many_pages_ring_one_siren_with_a_live_count() {
    let mut night = Night::live();
    let (mut first, one) = World::alarm(1, START);
    let (mut second, two) = World::alarm(2, START);
    night.update(&one);
    night.update(&two);
    assert_eq!((night.siren.len(), night.view().siren.pages), (1, 2));
    night.update(&first.check_in("ben", START + secs(1)));
    assert_eq!((night.siren.len(), night.view().siren.pages), (1, 1));
    night.update(&second.check_in("ben", START + secs(2)));
    assert_eq!(night.siren, [RAMP, SirenCommand::Stop]);
}

#[test]
fn the_worst_page_is_shown_first_and_a_severity_from_the_future_before_it() {
    let mut night = Night::live();
    let mut mild = World::new(1);
    night.update(&mild.fire(Severity::Sev2, START));
    let (_, worse) = World::alarm(2, START);
    night.update(&worse);
    let (_, mut unknown) = World::alarm(3, START);
    unknown.ticket.severity = Known::No("SEV0".into());
    night.update(&unknown);
    let view = night.view();
    let shown: Vec<String> = view.pages.iter().map(|p| p.severity.to_string()).collect();
    assert_eq!(shown, ["SEV0", "SEV1", "SEV2"]);
}

#[test]
fn a_check_in_on_another_device_silences_this_one() {
    let mut night = Night::live();
    let (mut world, update) = World::alarm(1, START);
    night.update(&update);
    assert!(night.rings());
    night.update(&world.check_in("ana", START + secs(5)));
    assert!(!night.rings());
    night.step(push(&update));
    assert!(
        !night.rings(),
        "the page arriving late by push changes nothing"
    );
}

#[test]
fn somebody_elses_page_does_not_ring() {
    let mut night = Night::live();
    let (mut world, _) = World::alarm(1, START);
    let mut to_ben = world.run(
        &Command::Reassign {
            by: person("mia"),
            to: person("ben"),
        },
        START,
    );
    night.update(&to_ben);
    assert!(!night.rings());
    to_ben = world.deadline_passes();
    night.now = world.ticket.as_ref().unwrap().pages[0].at;
    night.update(&to_ben);
    assert!(night.rings(), "but the escalation to Ana does");
}

#[test]
fn a_new_page_in_place_of_the_old_one_keeps_the_siren_going() {
    let mut night = Night::live();
    let (mut world, update) = World::alarm(1, START);
    night.update(&update);
    night.sounding(None);
    night.sleep(secs(300));
    night.siren.clear();
    night.update(&world.deadline_passes());
    assert_eq!(night.siren, []);
    assert_eq!(night.view().pages[0].page, page(1, 2));
    assert!(night.view().siren.ringing);
}

#[test]
fn a_page_that_expired_on_its_way_stays_silent_and_is_reported_as_received() {
    let mut night = Night::live();
    let (_, update) = World::alarm(1, START);
    night.sleep(secs(420));
    night.update(&update);
    assert!(!night.rings());
    assert_eq!(night.view().pages[0].status, PageStatus::Expired);
    assert_eq!(night.batches.len(), 1);
}

#[test]
fn a_ringing_page_falls_silent_the_instant_it_expires() {
    let mut night = Night::live();
    let (_, update) = World::alarm(1, START);
    night.update(&update);
    night.sleep(Duration::from_millis(7_100)); // so that no other timer ends with it
    night.sounding(None);
    night.sleep(Duration::from_millis(419_999 - 7_100));
    assert!(night.rings());
    night.sleep_until(START + secs(420)); // nothing but the phone's own alarm clock
    assert!(!night.rings());
}

#[test]
fn a_phone_ten_minutes_fast_rings_for_a_fresh_page() {
    let mut night = Night::begin();
    night.now = START + secs(600);
    night.step(Input::Started);
    let mut snapshot = night.snapshot(&[], 1);
    snapshot.server_time = START;
    night.synced(snapshot);
    let (_, update) = World::alarm(1, START);
    night.update(&update);
    assert!(night.rings());
    assert!(
        night
            .view()
            .problems
            .iter()
            .any(|item| item.problem == Problem::ClockWrong && item.text.contains("10 min"))
    );
    night.hello_at(START);
    night.sleep(secs(419));
    assert!(night.rings());
    night.sleep(secs(1));
    assert!(
        !night.rings(),
        "and falls silent when it expires, by the server's clock"
    );
}

#[test]
fn a_phone_ten_minutes_slow_stays_silent_for_a_stale_page() {
    let mut night = Night::begin();
    night.step(Input::Started);
    let mut snapshot = night.snapshot(&[], 1);
    snapshot.server_time = START + secs(600);
    night.synced(snapshot);
    let (_, update) = World::alarm(1, START);
    night.update(&update);
    assert!(!night.rings());
}

#[test]
fn a_phone_with_a_wrong_clock_woken_by_a_push_remembers_how_wrong_it_is() {
    let mut night = Night::live();
    night.hello_at(START - secs(600));
    night.crash();
    let (_, update) = World::alarm(1, START - secs(600));
    night.step(push(&update));
    assert!(night.rings());
}

#[test]
fn a_clock_that_is_set_right_is_noticed_and_the_server_asked_for_the_time() {
    let mut night = Night::live();
    night.hello_at(START + secs(600));
    let links = night.links.len();
    night.now = START + secs(610); // ten seconds later, and ten minutes forward
    night.stream(StreamEvent::KeepAlive);
    assert_eq!(
        night.links.len(),
        links + 1,
        "a new stream brings a new hello"
    );
    night.hello();
    assert_eq!(night.view().clock_offset_ms, 0);

    let links = night.links.len();
    night.now = START; // and back again
    night.stream(StreamEvent::KeepAlive);
    assert_eq!(night.links.len(), links + 1);
}

#[test]
fn the_siren_is_asserted_every_minute_at_full_level_until_check_in() {
    let mut night = Night::live();
    let (mut world, update) = World::alarm(1, START);
    night.update(&update);
    night.sounding(None);
    night.sleep(secs(190));
    assert_eq!(night.siren, [RAMP, FULL, FULL, FULL]);
    night.update(&world.check_in("ana", night.now));
    night.sleep(secs(190));
    assert_eq!(night.siren, [RAMP, FULL, FULL, FULL, SirenCommand::Stop]);
}

#[test]
fn an_output_that_fails_is_told_again_quickly_and_the_screen_says_so() {
    let mut night = Night::live();
    let (_, update) = World::alarm(1, START);
    night.update(&update);
    night.sounding(Some(0.9));
    let reason = "headset unplugged".to_owned();
    night.step(Input::Siren(SirenEvent::Failed { reason }));
    let view = night.view();
    assert_eq!(view.siren.failure.as_deref(), Some("headset unplugged"));
    assert!(view.problems[0].text.contains("headset unplugged"));
    night.sleep_until(night.now + Duration::from_millis(250));
    assert_eq!(night.siren, [RAMP, FULL]);
    night.sounding(Some(0.9));
    assert_eq!(night.view().siren.failure, None);
}

#[test]
fn an_output_that_keeps_failing_is_told_less_and_less_often_but_never_given_up() {
    let mut night = Night::live();
    night.update(&World::alarm(1, START).1);
    let mut waits = Vec::new();
    while night.now < START + secs(400) {
        let told = night.siren.len();
        let reason = "no device".to_owned();
        night.step(Input::Siren(SirenEvent::Failed { reason }));
        let failed_at = night.now;
        while night.siren.len() == told {
            night.sleep(Duration::from_millis(50));
        }
        waits.push(night.now.since(failed_at));
    }
    assert!(waits[0] <= Duration::from_millis(250), "{waits:?}");
    assert!(waits.iter().all(|wait| *wait <= secs(10)), "{waits:?}");
    assert!(waits[8..].iter().all(|wait| *wait >= secs(5)), "{waits:?}");
}

#[test]
fn an_output_that_says_nothing_is_told_again_and_the_screen_says_so() {
    let mut night = Night::live();
    let (_, update) = World::alarm(1, START);
    night.update(&update);
    night.sleep(CONFIRM_WITHIN);
    assert_eq!(night.siren, [RAMP, FULL]);
    assert!(night.view().siren.failure.is_some());
}

#[test]
fn a_page_ramps_the_first_time_and_rings_at_full_level_after_a_restart() {
    let mut night = Night::live();
    let (_, update) = World::alarm(1, START);
    night.update(&update);
    night.sounding(None);
    assert_eq!(night.siren, [RAMP]);
    night.crash();
    assert_eq!(night.siren, [FULL], "it rings before the network is there");
}

#[test]
fn a_clock_set_back_by_an_hour_does_not_delay_the_next_assertion() {
    let mut night = Night::live();
    let (_, update) = World::alarm(1, START);
    night.update(&update);
    night.sounding(None);
    night.now = START - secs(3600);
    night.step(Input::Wake);
    assert_eq!(night.siren, [RAMP, FULL]);
}

#[test]
fn a_device_that_cannot_wake_its_person_says_what_is_in_the_way() {
    let mut night = Night::live();
    night.step(Input::Device(DeviceStatus {
        facts: tocsin_readiness::Facts {
            sound: tocsin_readiness::Sound {
                effective_volume: Some(0.1),
                ..Default::default()
            },
            ..Default::default()
        },
        obstacles: vec![Obstacle::VolumeLow],
    }));
    let view = night.view();
    assert_eq!(view.problems.len(), 1);
    assert_eq!(
        view.problems[0].text,
        "The siren's volume is low. Turn it up."
    );
    assert_eq!(view.siren.effective_volume, Some(0.1));
}

#[test]
fn a_disk_that_fails_is_shown_and_the_page_still_rings() {
    let mut night = Night::live();
    let reason = "disk full".to_owned();
    night.step(Input::StoreFailed { reason });
    let (_, update) = World::alarm(1, START);
    night.update(&update);
    assert!(night.rings());
    assert_eq!(night.view().problems[0].problem, Problem::StoreFailed);
    night.step(Input::StoreRecovered);
    assert!(night.view().problems.is_empty());
}
