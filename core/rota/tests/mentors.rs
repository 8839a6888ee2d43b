//! A newcomer's first shifts are done by two.

mod common;

use common::*;
use jiff::civil::date;
use tocsin_rota::{Duty, Rota, RotaSpec, Shadow, ShadowMode};

use ShadowMode::{MentorShadows, NewcomerShadows};

/// Anna and Ben, and Chris who joins with week 3 and has Anna as a mentor for two shifts.
fn with_newcomer(mode: ShadowMode) -> RotaSpec {
    berlin(vec![
        stays("anna"),
        stays("ben"),
        learns(joins("chris", monday(3)), "anna", 2, mode),
    ])
}

/// Who is on call in each week of the first twenty, and with whom.
fn weeks(rota: &Rota) -> Vec<(String, Option<Shadow>)> {
    let duties = rota.duties(at("2026-01-05T09:00+01:00"), at("2026-05-25T09:00+02:00"));
    let week = |Duty { shift, shadow }| (shift.person, shadow);
    duties.into_iter().map(week).collect()
}

#[test]
fn in_their_first_shifts_the_newcomer_leads_and_the_mentor_shadows() {
    let weeks = weeks(&rota(&with_newcomer(MentorShadows)));
    let of_chris: Vec<_> = weeks.iter().filter(|(who, _)| who == "chris").collect();
    assert!(of_chris.len() > 3);
    let shadow = Shadow {
        newcomer: "chris".to_owned(),
        mentor: "anna".to_owned(),
        mode: MentorShadows,
    };
    assert_eq!(of_chris[0].1.as_ref(), Some(&shadow));
    assert_eq!(of_chris[1].1.as_ref(), Some(&shadow));
    assert!(of_chris[2..].iter().all(|(_, shadow)| shadow.is_none()));
    let others = weeks.iter().filter(|(who, _)| who != "chris");
    assert!(others.clone().count() > 0);
    assert!(others.clone().all(|(_, shadow)| shadow.is_none()));
}

#[test]
fn or_the_mentor_leads_and_the_newcomer_shadows_and_then_takes_over() {
    let leading = weeks(&rota(&with_newcomer(MentorShadows)));
    let shadowing = weeks(&rota(&with_newcomer(NewcomerShadows)));
    let mut shadowed = 0;
    for ((leads, with), (on_call, shadow)) in leading.iter().zip(&shadowing) {
        match shadow {
            Some(shadow) => {
                shadowed += 1;
                assert_eq!((leads.as_str(), on_call.as_str()), ("chris", "anna"));
                assert_eq!(shadow.newcomer, "chris");
                assert!(with.is_some());
            }
            None => assert_eq!(leads, on_call),
        }
    }
    assert_eq!(shadowed, 2);
}

#[test]
fn somebody_new_from_the_start_has_a_mentor_from_the_start_and_not_before() {
    let rota = rota(&daily(
        "Europe/Berlin",
        vec![learns(stays("anna"), "ben", 1, MentorShadows), stays("ben")],
    ));
    assert!(rota.shadow(at("2026-01-05T12:00Z")).is_some());
    assert!(rota.shadow(at("2026-01-07T12:00Z")).is_none());
    assert!(rota.shadow(at("2026-01-03T12:00Z")).is_none());
}

#[test]
fn a_week_of_business_hours_is_one_shift() {
    let rota = rota(&RotaSpec {
        hours: vec![hours(&WORKDAYS, 9, 17)],
        otherwise: vec![berlin(vec![stays("nora")])],
        ..berlin(vec![
            learns(stays("anna"), "ben", 1, MentorShadows),
            stays("ben"),
        ])
    });
    for day in ["05", "06", "07", "08", "09"] {
        let noon = at(&format!("2026-01-{day}T12:00+01:00"));
        assert!(rota.shadow(noon).is_some(), "{day}");
        let night = at(&format!("2026-01-{day}T20:00+01:00"));
        assert!(rota.shadow(night).is_none(), "{day}");
    }
    assert!(rota.shadow(at("2026-01-19T12:00+01:00")).is_none());
}

#[test]
fn whoever_stands_in_for_a_newcomer_does_so_alone_and_the_shift_counts_all_the_same() {
    let mut spec = with_newcomer(MentorShadows);
    let first = {
        let rota = rota(&spec);
        let shifts = rota.shifts(at("2026-01-26T09:00+01:00"), at("2026-05-25T09:00+02:00"));
        shifts
            .into_iter()
            .find(|shift| shift.person == "chris")
            .expect("chris has a shift")
    };
    spec.overrides = vec![stand_in(
        "ben",
        &first.from.to_string(),
        &first.until.to_string(),
    )];
    let rota = rota(&spec);
    assert_eq!(rota.on_call(first.from).person, "ben");
    assert_eq!(rota.shadow(first.from), None);
    let mentored = weeks(&rota)
        .iter()
        .filter(|(_, shadow)| shadow.is_some())
        .count();
    assert_eq!(mentored, 1);
}

#[test]
fn what_a_newcomer_takes_over_within_a_turn_is_their_shift_too() {
    // Anna leaves on the Thursday of her week, and whoever follows has a mentor for one shift.
    let rota = rota(&berlin(vec![
        leaves("anna", date(2026, 1, 8)),
        stays("ben"),
        learns(stays("chris"), "ben", 1, MentorShadows),
    ]));
    let rest = rota.on_call(at("2026-01-09T12:00+01:00"));
    assert_eq!(rest.person, "chris");
    assert!(rota.shadow(at("2026-01-09T12:00+01:00")).is_some());
    let next = rota.shifts(at("2026-01-12T09:00+01:00"), at("2026-03-12T09:00+01:00"));
    let next = next.iter().find(|shift| shift.person == "chris");
    assert!(rota.shadow(next.expect("another").from).is_none());
}

#[test]
fn a_mentor_is_somebody_the_rota_knows_though_no_member() {
    let rota = rota(&berlin(vec![
        learns(stays("anna"), "mia", 1, NewcomerShadows),
        stays("ben"),
    ]));
    assert_eq!(rota.people().collect::<Vec<_>>(), ["anna", "ben", "mia"]);
    assert_eq!(rota.on_call(at("2026-01-06T12:00Z")).person, "mia");
}

#[test]
fn mentors_that_cannot_be_meant_are_refused() {
    let refusal = |newcomer| {
        let error = Rota::new(&berlin(vec![stays("ben"), newcomer])).expect_err("refused");
        (error.field().to_owned(), error.to_string())
    };
    let (field, text) = refusal(learns(stays("anna"), "anna", 1, MentorShadows));
    assert_eq!(field, "members[1].mentor.person");
    assert!(
        text.contains("expected somebody else than \"anna\""),
        "{text}"
    );
    let (field, _) = refusal(learns(stays("anna"), "ben", 0, MentorShadows));
    assert_eq!(field, "members[1].mentor.shifts");
    let (field, _) = refusal(learns(stays("anna"), " ", 1, MentorShadows));
    assert_eq!(field, "members[1].mentor.person");
}
