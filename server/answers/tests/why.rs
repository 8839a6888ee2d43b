//! Why was I paged, and why was somebody else not?

mod common;

use common::{Night, SHOP, at, directory, minutes};
use tocsin_answers::{Deed, Rule};
use tocsin_ticket::{
    Command, DeliveryFailure, DeliveryProblem, Hold, HoldRule, Role, Severity, TicketState,
    Transport,
};

const TWO_AT_NIGHT: &str = "2026-01-06T02:00:00+01:00";

#[test]
fn each_level_is_told_with_the_limit_that_was_missed() {
    let shop = directory(SHOP);
    let mut night = Night::begins(&shop, at(TWO_AT_NIGHT));
    night.alarm(Severity::Sev1).phone_of("ana", 1.0);
    night.after(minutes(5)).phone_of("dora", 1.0);
    night.after(minutes(2)).check_in("dora");
    assert_eq!(
        night.told(),
        [
            "Ana is paged: a new ticket is the on-call's; time to check in until 02:05:00",
            "the siren of Ana goes on until 02:10:00: nobody has answered",
            "Dora (secondary) is paged: Assigned since 02:00:00, limit 02:05:00 missed",
            "Dora checked in: the siren of Ana and Dora stops, and Bea, next at 02:10:00, was not \
             paged",
        ]
    );
    let decisions = night.why();
    let second = &decisions[2];
    assert_eq!((second.role, second.level), (Some(Role::Secondary), 1));
    assert_eq!(
        second.rule,
        Rule::LimitMissed {
            state: TicketState::Assigned,
            since: at(TWO_AT_NIGHT),
            limit: at(TWO_AT_NIGHT) + minutes(5),
        }
    );
    let Rule::InHand { deed, spared, .. } = &decisions[3].rule else {
        panic!("{:?}", decisions[3]);
    };
    assert_eq!(
        (*deed, spared.as_slice()),
        (Deed::CheckedIn, &["bea".into()][..])
    );
}

#[test]
fn a_check_in_spares_the_next_level_however_soon_the_nudge_is() {
    let slow = "[teams.policy.sev1]\ncheck_in = \"20m\"\nresearching = \"5m\"\nwork_in_progress = \
                \"1h\"\n\n[[services]]\nid = \"checkout\"";
    let shop = directory(&SHOP.replace("[[services]]\nid = \"checkout\"", slow));
    let mut night = Night::begins(&shop, at(TWO_AT_NIGHT));
    night
        .alarm(Severity::Sev1)
        .phone_of("ana", 1.0)
        .check_in("ana");
    assert_eq!(
        night.told()[1],
        "Ana checked in: the siren of Ana stops, and Dora, next at 02:20:00, was not paged"
    );
}

#[test]
fn a_missing_receipt_is_told_with_what_went_wrong_on_the_way() {
    let shop = directory(SHOP);
    let mut night = Night::begins(&shop, at(TWO_AT_NIGHT));
    let failure = DeliveryFailure {
        device: "phone".into(),
        transport: Transport::Fcm,
        problem: DeliveryProblem::DeadToken,
        why: "404 UNREGISTERED".to_owned(),
        at: night.now,
    };
    night.alarm(Severity::Sev1).push_fails("ana", failure);
    night.after(minutes(1));
    let told = night.told();
    assert!(
        told.contains(
            &"Dora (secondary) is paged: no device of Ana could ring by 02:01:00 (the address is dead)"
                .to_owned()
        ),
        "{told:#?}"
    );
}

#[test]
fn an_exhausted_chain_says_that_it_begins_again() {
    let shop = directory(SHOP);
    let mut night = Night::begins(&shop, at(TWO_AT_NIGHT));
    night.alarm(Severity::Sev1);
    for person in ["ana", "dora", "bea", "carl", "ben"] {
        night.phone_of(person, 1.0).after(minutes(5));
    }
    let decisions = night.why();
    let again = decisions.iter().find(|it| it.new_round).unwrap();
    assert_eq!(again.people, ["ana".into()]);
    assert!(
        again.text.ends_with("the chain begins again"),
        "{}",
        again.text
    );
    let team = decisions.iter().find(|it| it.role == Some(Role::Team));
    assert_eq!(team.unwrap().people, ["ben".into(), "minjun".into()]);
}

#[test]
fn a_held_ticket_says_by_which_rule_and_that_it_was_over_before() {
    let shop = directory(SHOP);
    let now = at(TWO_AT_NIGHT);
    let hold = Hold {
        until: now + minutes(2),
        rule: HoldRule::HoldOff,
    };
    let mut night = Night::begins(&shop, now).held(hold);
    night
        .alarm(Severity::Sev1)
        .alarm(Severity::Sev1)
        .alarm(Severity::Sev1);
    night.after(minutes(1)).does(&Command::AlarmRecovered {
        source: "prometheus".to_owned(),
        dedup_key: "down".to_owned(),
    });
    assert_eq!(
        night.told(),
        [
            "Ana is not paged before 02:02:00, by the service's hold-off",
            "nobody is paged: the alarm came again 2 times, and its ticket is open",
            "monitoring (prometheus) resolved it: Ana, next at 02:02:00, was not paged",
        ]
    );
    assert!(night.paged().is_empty());
}

#[test]
fn a_severity_that_pages_nobody_says_so() {
    let shop = directory(SHOP);
    let mut night = Night::begins(&shop, at(TWO_AT_NIGHT));
    night.alarm(Severity::Sev4);
    assert_eq!(
        night.told(),
        ["Ana is not paged: tickets of SEV4 page nobody on this service"]
    );
}

#[test]
fn a_nudge_and_a_hand_over_are_told() {
    let shop = directory(SHOP);
    let mut night = Night::begins(&shop, at(TWO_AT_NIGHT));
    night
        .alarm(Severity::Sev1)
        .phone_of("ana", 1.0)
        .check_in("ana");
    night.after(minutes(8));
    night.does(&Command::Reassign {
        by: "bea".into(),
        to: "ben".into(),
    });
    let told = night.told();
    assert_eq!(
        told[2..],
        [
            "Ana is paged once more: the own limit is over at 02:10:00, and then the next level is \
             paged",
            "Bea gave it to somebody else: the siren of Ana stops, and Dora, next at 02:10:00, was \
             not paged",
            "Ben is paged: Bea gave it to them",
        ],
        "{told:#?}"
    );
}

#[test]
fn a_log_without_its_beginning_says_nothing() {
    let shop = directory(SHOP);
    let mut night = Night::begins(&shop, at(TWO_AT_NIGHT));
    night.alarm(Severity::Sev1).check_in("ana");
    night.log.remove(0);
    assert!(night.told().is_empty());
}

#[test]
fn decisions_survive_their_way_to_a_program() {
    let shop = directory(SHOP);
    let mut night = Night::begins(&shop, at(TWO_AT_NIGHT));
    night
        .alarm(Severity::Sev1)
        .after(minutes(30))
        .check_in("carl");
    let decisions = night.why();
    let json = serde_json::to_string(&decisions).unwrap();
    let read: Vec<tocsin_answers::Decision> = serde_json::from_str(&json).unwrap();
    assert_eq!(read, decisions);
}
