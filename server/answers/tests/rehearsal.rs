//! Who would ring when, without anybody being woken.

mod common;

use common::{Night, SHOP, at, berlin, directory, minutes, names, paged};
use proptest::prelude::*;
use tocsin_answers::{
    ClockNote, Ending, Question, Rehearsal, Rule, Way, local_time, rehearse, rehearsed_log,
};
use tocsin_directory::Directory;
use tocsin_ticket::{Hold, HoldRule, Millis, Role, Severity, ShadowMode};

fn question(at: Millis) -> Question {
    Question {
        service: "checkout".into(),
        at,
        severity: Severity::Sev1,
        phones_off: false,
        checked_in_after: None,
        holds: Vec::new(),
    }
}

fn rehearsed(shop: &Directory, question: &Question) -> Rehearsal {
    rehearse(shop, question, &names(shop), &berlin()).unwrap()
}

/// `+300 ana` for whom, and after how many seconds.
fn rows(rehearsal: &Rehearsal) -> Vec<String> {
    let steps = rehearsal.steps.iter();
    steps
        .map(|step| {
            let people: Vec<&str> = step.decision.people.iter().map(|it| it.as_str()).collect();
            format!("+{} {}", step.after_ms / 1000, people.join(" "))
        })
        .collect()
}

#[test]
fn a_time_that_the_clocks_skip_is_said_and_means_what_it_means_in_a_rota() {
    let zone = berlin();
    let read = local_time("2027-03-28T02:30", &zone).unwrap();
    assert_eq!(read.at, at("2027-03-28T03:30:00+02:00"));
    let note = read.note.unwrap();
    assert_eq!(
        note,
        ClockNote::Skipped {
            written: "2027-03-28T02:30".to_owned(),
            means: "2027-03-28T03:30+02:00".to_owned(),
        }
    );
    assert!(
        note.text("Europe/Berlin")
            .contains("does not exist in Europe/Berlin")
    );
    let shop = directory(SHOP);
    let rehearsal = rehearsed(&shop, &question(read.at));
    assert_eq!(rehearsal.local, "2027-03-28T03:30:00+02:00");
    assert_eq!(rehearsal.steps[1].local, "2027-03-28T03:35:00+02:00");
}

#[test]
fn a_time_that_the_clocks_show_twice_means_the_first() {
    let zone = berlin();
    let read = local_time("2026-10-25T02:30", &zone).unwrap();
    assert_eq!(read.at, at("2026-10-25T02:30:00+02:00"));
    assert_eq!(
        read.note.unwrap(),
        ClockNote::Twice {
            first: "2026-10-25T02:30+02:00".to_owned(),
            second: "2026-10-25T02:30+01:00".to_owned(),
        }
    );
    let second = local_time("2026-10-25T02:30+01:00", &zone).unwrap();
    assert_eq!((second.at.0 - read.at.0, second.note), (3_600_000, None));
    for text in ["2026-10-25", "soon", "2026-13-01T09:00", ""] {
        assert!(local_time(text, &zone).is_err(), "{text}");
    }
}

#[test]
fn the_hour_that_is_missing_makes_no_limit_shorter() {
    let shop = directory(SHOP);
    let rehearsal = rehearsed(&shop, &question(at("2027-03-28T01:58:00+01:00")));
    let local: Vec<&str> = rehearsal.steps.iter().map(|it| it.local.as_str()).collect();
    assert_eq!(local[0], "2027-03-28T01:58:00+01:00");
    assert_eq!(local[1], "2027-03-28T03:03:00+02:00", "five minutes later");
}

#[test]
fn the_chain_is_told_level_by_level_until_it_begins_again() {
    let shop = directory(SHOP);
    let rehearsal = rehearsed(&shop, &question(at("2026-01-06T02:00:00+01:00")));
    assert_eq!(
        rows(&rehearsal),
        [
            "+0 ana",
            "+300 dora",
            "+600 bea",
            "+900 carl",
            "+1200 ben minjun",
            "+1500 ana"
        ]
    );
    assert_eq!(rehearsal.ending, Ending::BeginsAgain);
    let roles: Vec<Option<Role>> = rehearsal.steps.iter().map(|it| it.decision.role).collect();
    assert_eq!(roles[2], Some(Role::Manager));
    let ways = &rehearsal.steps[0].ways[&"ana".into()];
    assert_eq!(ways.as_slice(), [Way::Siren, Way::Telephone, Way::Email]);
}

#[test]
fn phones_that_are_off_wake_the_next_person_after_a_minute() {
    let shop = directory(SHOP);
    let mut asked = question(at("2026-01-06T02:00:00+01:00"));
    asked.phones_off = true;
    let rehearsal = rehearsed(&shop, &asked);
    assert_eq!(
        rows(&rehearsal),
        [
            "+0 ana",
            "+60 dora",
            "+120 bea",
            "+180 carl",
            "+240 ben minjun",
            "+300 ana"
        ]
    );
}

#[test]
fn a_check_in_is_not_the_end() {
    let shop = directory(SHOP);
    let mut asked = question(at("2026-01-06T02:00:00+01:00"));
    asked.checked_in_after = Some(minutes(4));
    let rehearsal = rehearsed(&shop, &asked);
    // In hand at 4 min; at 80 % of ten minutes her own siren asks; at the limit the next level.
    assert_eq!(
        rows(&rehearsal)[..4],
        ["+0 ana", "+240 ana dora", "+720 ana", "+840 dora"]
    );
    assert_eq!(rehearsal.ending, Ending::BeginsAgain);
}

#[test]
fn a_handoff_in_the_middle_pages_whoever_is_on_call_by_then() {
    let shop = directory(SHOP);
    let rehearsal = rehearsed(&shop, &question(at("2026-01-12T08:58:00+01:00")));
    assert_eq!(rows(&rehearsal)[..2], ["+0 ana", "+300 ben"]);
    assert_eq!(rehearsal.steps[1].decision.role, Some(Role::OnCall));
}

#[test]
fn a_newcomers_mentor_rings_after_half_of_the_limit() {
    let text = SHOP.replace(
        "members = [\"ana\", \"ben\", \"minjun\"]",
        "members = [\"ana\", { person = \"ben\", mentor = { person = \"minjun\", shifts = 9, mode = \
         \"mentor_shadows\" } }]",
    );
    let shop = directory(&text);
    let when = at("2026-01-13T02:00:00+01:00");
    let shadow = shop.shadow(&"shop".into(), when).unwrap();
    assert_eq!(shadow.mode, ShadowMode::MentorShadows);
    let rehearsal = rehearsed(&shop, &question(when));
    assert_eq!(rows(&rehearsal)[..2], ["+0 ben", "+150 minjun"]);
    assert_eq!(rehearsal.steps[1].decision.role, Some(Role::Mentor));
}

#[test]
fn a_hold_off_and_announced_work_put_the_first_siren_off() {
    let text = SHOP.replace("tier = 1\n", "tier = 1\nhold_off = { sev1 = \"2m\" }\n");
    let shop = directory(&text);
    let now = at("2026-01-06T02:00:00+01:00");
    let rehearsal = rehearsed(&shop, &question(now));
    assert_eq!(rows(&rehearsal)[..3], ["+0 ana", "+120 ana", "+420 dora"]);
    assert!(!rehearsal.steps[0].decision.pages, "held first");
    let mut asked = question(now);
    let window = HoldRule::Maintenance {
        window: "new switch".to_owned(),
    };
    let hold = Hold {
        until: now + minutes(10),
        rule: window,
    };
    asked.holds = vec![(now, hold)];
    assert_eq!(
        rows(&rehearsed(&shop, &asked))[..3],
        ["+0 ana", "+600 ana", "+900 dora"]
    );
}

#[test]
fn a_team_with_conferences_is_asked_for_status_updates() {
    let conference = "[teams.conference]\nlinks = [{ url = \"https://meet.example.org/shop\" }]\n\
                      [teams.policy.sev1]\ncheck_in = \"5m\"\nresearching = \"10m\"\n\
                      work_in_progress = \"1h\"\nstatus_updates = \"3m\"\n";
    let service = "[[services]]\nid = \"checkout\"";
    let shop = directory(&SHOP.replace(service, &format!("{conference}{service}")));
    let mut asked = question(at("2026-01-06T02:00:00+01:00"));
    asked.checked_in_after = Some(minutes(1));
    let rehearsal = rehearsed(&shop, &asked);
    assert_eq!(
        rows(&rehearsal)[..4],
        ["+0 ana", "+60 ana dora", "+180 ana", "+240 bea"]
    );
    let due = &rehearsal.steps[2].decision;
    assert_eq!(
        (due.role, &due.rule),
        (Some(Role::Commander), &Rule::StatusUpdateDue)
    );
}

#[test]
fn a_severity_that_pages_nobody_is_said() {
    let shop = directory(SHOP);
    let mut asked = question(at("2026-01-06T02:00:00+01:00"));
    asked.severity = Severity::Sev3;
    let rehearsal = rehearsed(&shop, &asked);
    assert_eq!(rehearsal.ending, Ending::PagesNobody);
    assert!(!rehearsal.steps[0].decision.pages);
    asked.service = "nothing".into();
    let refused = rehearse(&shop, &asked, &names(&shop), &berlin()).unwrap_err();
    assert!(refused.to_string().contains("\"nothing\""));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// At any instant of two years, a rehearsal is what the rules do when nobody answers.
    #[test]
    fn a_rehearsal_is_what_would_happen(second in 0i64..63_072_000, sev2: bool) {
        let shop = directory(SHOP);
        let now = Millis(at("2026-01-01T00:00:00+01:00").0 + second * 1000);
        let mut asked = question(now);
        asked.phones_off = true;
        asked.severity = if sev2 { Severity::Sev2 } else { Severity::Sev1 };
        let log = rehearsed_log(&shop, &asked).unwrap();
        let length = log.last().unwrap().at.since(now);
        let mut night = Night::begins(&shop, now);
        night.alarm(asked.severity).after(length);
        prop_assert_eq!(paged(&log), night.paged());
        let last = log.last().unwrap();
        let again = last.events.iter().any(|event| matches!(
            event, tocsin_ticket::Event::Escalated { new_round: true, .. }));
        prop_assert!(again, "it goes on until the chain begins again");
    }
}
