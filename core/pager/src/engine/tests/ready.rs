//! What the server is told about the device: how to push to it, and whether it would wake its person.

use super::*;
use tocsin_readiness::{Code, Facts, Permission, Platform};
use tocsin_wire::{ApnsEnvironment, PushAddress, PushChannel, PushWhen};

fn channel(token: &str) -> PushChannel {
    PushChannel {
        address: PushAddress::Apns {
            token: token.to_owned(),
            environment: ApnsEnvironment::Production,
            topic: "org.example.pager".to_owned(),
            key: "key".to_owned(),
        },
        when: PushWhen::AtOnce,
    }
}

fn tell(night: &mut Night, token: &str) {
    night.step(Input::PushChannels(vec![channel(token)]));
}

fn answer(night: &mut Night, result: Result<(), NetworkError>) {
    let registration = night.registrations.last().unwrap().clone();
    night.step(Input::PushRegistered {
        registration,
        result,
    });
}

fn rejected(status: u16) -> NetworkError {
    NetworkError::Rejected {
        status,
        detail: "no such thing".to_owned(),
    }
}

fn is_shown(night: &Night, problem: &Problem) -> bool {
    night
        .view()
        .problems
        .iter()
        .any(|it| it.problem == *problem)
}

#[test]
fn the_ways_to_push_are_sent_once_and_again_when_they_change() {
    let mut night = Night::live();
    tell(&mut night, "a");
    assert_eq!(night.registrations.len(), 1);
    answer(&mut night, Ok(()));
    tell(&mut night, "a");
    night.sleep(secs(3600));
    night.crash();
    tell(&mut night, "a");
    assert_eq!(night.registrations.len(), 0, "the server has exactly these");
    tell(&mut night, "b");
    assert_eq!(night.registrations.len(), 1);
}

#[test]
fn ways_that_change_while_the_old_ones_are_on_their_way_follow() {
    let mut night = Night::live();
    tell(&mut night, "a");
    tell(&mut night, "b");
    assert_eq!(
        night.registrations.len(),
        1,
        "one at a time, so that the last one counts"
    );
    answer(&mut night, Ok(()));
    assert_eq!(night.registrations[1].channels, [channel("b")]);
}

#[test]
fn ways_that_the_server_did_not_take_survive_a_restart_and_are_sent_again() {
    let mut night = Night::live();
    tell(&mut night, "a");
    night.crash();
    assert_eq!(night.registrations.len(), 1);
    answer(&mut night, Err(offline()));
    night.hello();
    assert_eq!(night.registrations.len(), 2, "the network is back");
    for _ in 0..5 {
        answer(&mut night, Err(offline()));
        let sent = night.registrations.len();
        night.sleep(secs(301));
        assert_eq!(night.registrations.len(), sent + 1);
    }
}

#[test]
fn a_server_that_does_not_know_the_device_or_the_route_is_asked_again_and_it_shows() {
    for status in [404, 410] {
        let mut night = Night::live();
        tell(&mut night, "a");
        answer(&mut night, Err(rejected(status)));
        assert!(is_shown(&night, &Problem::PushNotRegistered));
        night.sleep(secs(601));
        assert_eq!(night.registrations.len(), 2);
        answer(&mut night, Ok(()));
        assert!(!is_shown(&night, &Problem::PushNotRegistered));
    }
}

#[test]
fn a_phone_that_became_another_device_registers_again() {
    let mut night = Night::live();
    tell(&mut night, "a");
    answer(&mut night, Ok(()));
    night.stream(StreamEvent::Reset);
    let mut page = night.snapshot(&[], 9);
    page.me.device = DeviceId::from("d2");
    night.synced(page);
    assert_eq!(night.registrations.len(), 2);
}

fn report(night: &mut Night, change: impl FnOnce(&mut Facts)) {
    let mut facts = Facts {
        platform: Platform::Android,
        ..Facts::default()
    };
    change(&mut facts);
    night.step(Input::Device(DeviceStatus {
        facts,
        obstacles: Vec::new(),
    }));
}

#[test]
fn the_facts_are_completed_by_what_the_engine_knows() {
    let mut night = Night::live();
    tell(&mut night, "a");
    answer(&mut night, Ok(()));
    report(&mut night, |_| {});
    let facts = &night.statuses[0];
    assert_eq!(facts.platform, Platform::Android);
    assert_eq!(facts.network.stream_live, Some(true));
    assert_eq!(facts.network.push_registered, Some(true));
    assert_eq!(facts.clock_skew_ms, Some(0));
    assert_eq!(facts.reported_at, Some(START));
}

#[test]
fn the_facts_are_sent_when_they_change_in_substance_and_every_hour() {
    let mut night = Night::live();
    report(&mut night, |facts| facts.battery.level = Some(0.815));
    night.step(Input::StatusAnswered(Ok(())));
    report(&mut night, |facts| facts.battery.level = Some(0.811));
    assert_eq!(night.statuses.len(), 1, "nothing has changed");
    report(&mut night, |facts| {
        facts.permissions.notifications = Permission::Denied;
    });
    assert_eq!(night.statuses.len(), 2);
    night.step(Input::StatusAnswered(Ok(())));
    night.sleep(STATUS_EVERY - secs(1));
    assert_eq!(night.statuses.len(), 2);
    night.sleep(secs(2));
    assert_eq!(night.statuses.len(), 3);
}

#[test]
fn a_report_that_did_not_arrive_is_sent_again_and_none_while_offline() {
    let mut night = Night::live();
    report(&mut night, |_| {});
    night.step(Input::StatusAnswered(Err(offline())));
    assert!(is_shown(&night, &Problem::StatusNotTaken));
    night.sleep(secs(10));
    assert_eq!(night.statuses.len(), 2);
    night.step(Input::StatusAnswered(Ok(())));
    let Effect::Stream { link, .. } = night.last_link() else {
        panic!("no stream")
    };
    night.step(Input::StreamEnded {
        link,
        error: offline(),
    });
    report(&mut night, |facts| facts.sound.output_present = Some(false));
    assert_eq!(night.statuses.len(), 2);
}

#[test]
fn the_screen_says_in_the_persons_language_what_is_wrong_and_what_to_do() {
    let mut shown = Vec::new();
    for language in [Language::English, Language::Korean] {
        let mut night = Night::speaking(language);
        night.go_live();
        report(&mut night, |facts| {
            facts.permissions.notifications = Permission::Denied;
        });
        let view = night.view();
        assert_eq!(view.readiness.light, tocsin_readiness::Light::Red);
        let finding = &view.readiness.findings[0];
        assert_eq!(finding.code, Code::NotificationsBlocked);
        assert!(!finding.next.is_empty());
        shown.push(finding.what.clone());
    }
    assert_ne!(shown[0], shown[1]);
}

#[test]
fn a_phone_whose_language_is_changed_during_a_page_shows_the_page_in_it_at_once() {
    let mut night = Night::live();
    night.update(&World::alarm(1, START).1);
    assert_eq!(night.view().pages[0].state_text, "Assigned");
    let effects = night.step(Input::Language(Language::Korean));
    assert!(effects.contains(&Effect::Show));
    assert_eq!(night.view().pages[0].state_text, "배정됨");
}

#[test]
fn who_is_paged_because_nobody_could_be_reached_is_told_so() {
    for (language, text) in [
        (
            Language::English,
            "Nobody's device could ring for the page before you in time.",
        ),
        (
            Language::Korean,
            "앞서 호출된 사람의 기기가 제시간에 울리지 못했습니다.",
        ),
    ] {
        let mut night = Night::speaking(language);
        night.go_live();
        let (_, mut update) = World::alarm(1, START);
        update.ticket.pages[0].reason = tocsin_ticket::PageReason::Unreachable.into();
        night.update(&update);
        assert_eq!(night.view().pages[0].reason_text, text);
    }
}
