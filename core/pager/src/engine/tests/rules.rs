//! What the owner of a phone chose, and what their teams ask of it.

use super::*;
use tocsin_readiness::Facts;
use tocsin_wire::{Duty, PhoneRules};

fn asks(siren_floor: Option<f32>, hide_content: bool) -> PhoneRules {
    PhoneRules {
        siren_floor,
        hide_content,
    }
}

fn told(night: &mut Night, rules: PhoneRules) {
    night.stream(StreamEvent::Duty(Duty {
        rules,
        ..Duty::default()
    }));
}

#[test]
fn a_page_is_as_loud_as_whoever_wants_it_louder() {
    for (own, asked, floor) in [
        (0.6, None, 0.6),
        (0.6, Some(0.8), 0.8),
        (0.9, Some(0.8), 0.9),
        (0.6, Some(0.0), 0.6),
        (0.6, Some(7.0), 1.0),
    ] {
        assert_eq!(siren_floor(own, &asks(asked, false)), floor);
    }
}

#[test]
fn a_locked_phone_hides_what_a_page_is_about_if_its_owner_or_their_team_says_so() {
    for (own, asked, hides) in [
        (false, false, false),
        (true, false, true),
        (false, true, true),
        (true, true, true),
    ] {
        assert_eq!(hides_content(own, &asks(None, asked)), hides);
    }
}

#[test]
fn what_the_team_asks_of_a_phone_outlives_its_process_and_ends_when_the_team_says_so() {
    let mut night = Night::live();
    assert!(night.view().rules.asks_nothing());
    let strict = asks(Some(0.8), true);
    told(&mut night, strict);
    assert_eq!(night.view().rules, strict);
    night.crash();
    assert_eq!(
        night.view().rules,
        strict,
        "known before the server is reached"
    );
    night.hello();
    told(&mut night, PhoneRules::default());
    night.crash();
    assert!(night.view().rules.asks_nothing());
}

#[test]
fn a_phone_that_syncs_learns_what_its_team_asks_and_one_that_is_told_nothing_keeps_it() {
    let mut night = Night::live();
    let strict = asks(Some(0.8), true);
    night.stream(StreamEvent::CatchUp);
    let duty = Duty {
        rules: strict,
        ..Duty::default()
    };
    night.synced(SyncPage {
        reset: false,
        duty: Some(duty),
        ..night.snapshot(&[], 1)
    });
    assert_eq!(night.view().rules, strict);
    night.hello();
    night.sleep(secs(60));
    night.stream(StreamEvent::CatchUp);
    night.synced(SyncPage {
        reset: false,
        ..night.snapshot(&[], 1)
    });
    assert_eq!(night.view().rules, strict, "an older server says nothing");
}

#[test]
fn a_siren_that_its_owner_wants_softer_than_the_team_is_reported_as_loud_as_it_will_be() {
    let mut night = Night::live();
    told(&mut night, asks(Some(0.8), false));
    let mut reported = |volume_floor| {
        let mut facts = Facts::default();
        facts.sound.volume_floor = volume_floor;
        let obstacles = Vec::new();
        night.step(Input::Device(DeviceStatus { facts, obstacles }));
        night.step(Input::StatusAnswered(Ok(())));
        night.statuses.last().unwrap().sound.volume_floor
    };
    assert_eq!(reported(Some(0.5)), Some(0.8));
    assert_eq!(reported(Some(1.0)), Some(1.0));
    assert_eq!(reported(None), None, "what is muted no team can raise");
}
