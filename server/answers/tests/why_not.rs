//! Why was I not paged?

mod common;

use common::{Night, SHOP, at, berlin, directory, minutes, names};
use tocsin_answers::{Because, Deed, Era, WhyNot, why_not};
use tocsin_ticket::{
    Actor, DeliveryFailure, DeliveryProblem, Hold, HoldRule, Millis, Role, Rung, Severity,
    Transport,
};

const TWO_AT_NIGHT: &str = "2026-01-06T02:00:00+01:00";

/// Asks about somebody, with these configurations in force since the given instants.
fn asked(night: &Night<'_>, person: &str, eras: &[(Millis, &str)], has_device: bool) -> WhyNot {
    let eras: Vec<Era> = eras
        .iter()
        .map(|(from, text)| Era {
            from: *from,
            directory: directory(text),
        })
        .collect();
    let names = names(night.directory);
    let history = night.history();
    why_not(
        &history,
        &person.into(),
        &eras,
        has_device,
        &names,
        &berlin(),
    )
}

fn ask(night: &Night<'_>, person: &str) -> WhyNot {
    asked(night, person, &[(Millis(0), SHOP)], true)
}

fn texts(answer: &WhyNot) -> Vec<&str> {
    answer.reasons.iter().map(|it| it.text.as_str()).collect()
}

#[test]
fn the_manager_slept_because_somebody_was_faster_than_the_limit() {
    let shop = directory(SHOP);
    let mut night = Night::begins(&shop, at(TWO_AT_NIGHT));
    night
        .alarm(Severity::Sev1)
        .phone_of("ana", 1.0)
        .after(minutes(4))
        .check_in("ana");
    let answer = ask(&night, "bea");
    assert!(!answer.paged && !answer.rang);
    assert_eq!(
        texts(&answer),
        [
            "Bea is paged as the manager, level 3 of 5, after Ana and Dora",
            "Ana checked in at 02:04:00, before the limit of 02:05:00 had passed",
        ]
    );
    assert_eq!(
        answer.reasons[1].because,
        Because::InHand {
            by: Actor::Person("ana".into()),
            deed: Deed::CheckedIn,
            limit: at(TWO_AT_NIGHT) + minutes(5),
        }
    );
}

#[test]
fn a_ticket_that_went_idle_again_says_who_is_next() {
    let shop = directory(SHOP);
    let mut night = Night::begins(&shop, at(TWO_AT_NIGHT));
    night
        .alarm(Severity::Sev1)
        .phone_of("ana", 1.0)
        .check_in("ana");
    night
        .after(minutes(8))
        .phone_of("ana", 1.0)
        .after(minutes(2));
    night.phone_of("dora", 1.0);
    assert_eq!(
        texts(&ask(&night, "carl")),
        [
            "Carl is paged as the manager's manager, level 4 of 5, after Ana, Dora and Bea",
            "Ana checked in at 02:00:00, before the limit of 02:05:00 had passed",
            "the limit until 02:15:00 has not passed; Bea is next",
        ]
    );
}

#[test]
fn whoever_takes_turns_hears_when_theirs_is() {
    let shop = directory(SHOP);
    let mut night = Night::begins(&shop, at(TWO_AT_NIGHT));
    night.alarm(Severity::Sev1).phone_of("ana", 1.0);
    let answer = ask(&night, "ben");
    assert_eq!(
        texts(&answer),
        [
            "Ben is paged as the whole team, level 5 of 5, after Ana, Dora, Bea and Carl",
            "the limit until 02:05:00 has not passed; Dora is next",
            "Ben is on call (on call) only from Mon 2026-01-12 09:00",
        ]
    );
    assert!(matches!(
        answer.reasons[0].because,
        Because::LaterLevel {
            role: Role::Team,
            place: 5,
            ..
        }
    ));
}

#[test]
fn observers_strangers_and_unknown_people_hear_what_they_were() {
    let shop = directory(SHOP);
    let mut night = Night::begins(&shop, at(TWO_AT_NIGHT));
    night.alarm(Severity::Sev1);
    for (person, text) in [
        (
            "olga",
            "Olga observes the team Shop, and observers are never paged",
        ),
        (
            "eve",
            "Eve was not in the team Shop, which answers for this service",
        ),
        (
            "zoe",
            "zoe was not in the team Shop, which answers for this service",
        ),
    ] {
        assert_eq!(texts(&ask(&night, person)), [text]);
    }
}

#[test]
fn the_configuration_that_held_then_decides_who_had_left_or_came_later() {
    let without_ben = SHOP
        .replace(
            "members = [\"ana\", \"ben\", \"minjun\", \"dora\"]",
            "members = [\"ana\", \"minjun\", \"dora\"]",
        )
        .replace(
            "members = [\"ana\", \"ben\", \"minjun\"]",
            "members = [\"ana\", \"minjun\"]",
        );
    let now = at(TWO_AT_NIGHT);
    let shop = directory(&without_ben);
    let mut night = Night::begins(&shop, now);
    night.alarm(Severity::Sev1);
    let (before, after) = (Millis(now.0 - 1000), now + minutes(600));
    let left = asked(
        &night,
        "ben",
        &[(Millis(0), SHOP), (before, &without_ben)],
        true,
    );
    assert_eq!(left.reasons[0].because, Because::Left { at: before });
    let came = asked(
        &night,
        "ben",
        &[(Millis(0), &without_ben), (after, SHOP)],
        true,
    );
    assert_eq!(came.reasons[0].because, Because::CameLater { from: after });
    let lost = asked(&night, "ben", &[], true);
    assert_eq!(lost.reasons[0].because, Because::NoConfiguration);
}

#[test]
fn whoever_left_the_rota_hears_since_when() {
    let left = SHOP.replace(
        "members = [\"ana\", \"ben\", \"minjun\"]",
        "members = [\"ana\", \"minjun\", { person = \"ben\", leaves = 2026-01-06 }]",
    );
    let shop = directory(&left);
    let mut night = Night::begins(&shop, at("2026-02-03T02:00:00+01:00"));
    night.alarm(Severity::Sev1);
    let answer = asked(&night, "ben", &[(Millis(0), &left)], true);
    let at = at("2026-01-06T00:00:00+01:00");
    let last = answer.reasons.last().unwrap();
    assert_eq!(last.because, Because::Left { at }, "{:#?}", texts(&answer));
}

#[test]
fn a_page_that_did_not_get_through_says_where_it_stopped() {
    let shop = directory(SHOP);
    let mut night = Night::begins(&shop, at(TWO_AT_NIGHT));
    let failure = DeliveryFailure {
        device: "phone".into(),
        transport: Transport::Fcm,
        problem: DeliveryProblem::Refused,
        why: "403 SENDER_ID_MISMATCH".to_owned(),
        at: night.now,
    };
    night.alarm(Severity::Sev1).push_fails("ana", failure);
    let answer = ask(&night, "ana");
    assert!(answer.paged && !answer.rang);
    assert_eq!(
        texts(&answer),
        [
            "Ana was paged on Tue 2026-01-06 02:00 (page 7.1): nothing has been heard of it",
            "FCM did not deliver page 7.1 to Ana: the service refused (\u{201c}403 \
             SENDER_ID_MISMATCH\u{201d})",
            "no device of Ana said that it has page 7.1",
        ]
    );
    let without = asked(&night, "ana", &[(Millis(0), SHOP)], false);
    assert_eq!(without.reasons[2].because, Because::NoDevice);
}

#[test]
fn a_siren_that_nobody_can_hear_is_no_secret() {
    let shop = directory(SHOP);
    let mut night = Night::begins(&shop, at(TWO_AT_NIGHT));
    night.alarm(Severity::Sev1).phone_of("ana", 0.0);
    let answer = ask(&night, "ana");
    assert!(answer.paged && answer.rang);
    let rung = Some(Rung::Sounding);
    assert!(matches!(answer.reasons[0].because, Because::Paged { rung: it, .. } if it == rung));
    assert!(matches!(
        answer.reasons[1].because,
        Because::Inaudible { .. }
    ));
}

#[test]
fn a_ticket_that_paged_nobody_gives_the_rule_that_held_it() {
    let shop = directory(SHOP);
    let now = at(TWO_AT_NIGHT);
    let hold = Hold {
        until: now + minutes(10),
        rule: HoldRule::Maintenance {
            window: "new database".to_owned(),
        },
    };
    let mut held = Night::begins(&shop, now).held(hold.clone());
    held.alarm(Severity::Sev1).after(minutes(1)).check_in("ana");
    let answer = ask(&held, "ana");
    assert_eq!(answer.reasons[0].because, Because::Held { hold });
    assert!(matches!(answer.reasons[1].because, Because::InHand { .. }));

    let mut mild = Night::begins(&shop, now);
    mild.alarm(Severity::Sev5);
    let severity = Severity::Sev5;
    assert_eq!(
        ask(&mild, "bea").reasons[0].because,
        Because::DoesNotPage { severity }
    );
}
