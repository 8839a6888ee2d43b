//! What a person may write, and what they are told when it cannot be meant.

mod common;

use common::*;
use jiff::civil::{Weekday, date, time};
use tocsin_rota::{MemberSpec, Rota, RotaSpec, When};

const FILE: &str = r#"
zone = "Europe/Berlin"
start = 2026-01-05
handoff = { weekday = "monday", time = 09:00 }
members = [
    { person = "anna" },
    { person = "ben", leaves = 2026-06-29 },
    { person = "chris", joins = "2026-06-29" },
]
overrides = [
    { person = "anna", from = 2026-03-28T10:00, until = "2026-03-29T22:00" },
    { person = "dora", from = 2026-03-30T10:00:00+02:00, until = "2026-03-30T10:00Z" },
]
"#;

#[test]
fn dates_and_times_are_read_quoted_or_as_toml_writes_them() {
    let spec: RotaSpec = toml::from_str(FILE).expect("a specification");
    assert_eq!(spec.start, date(2026, 1, 5));
    assert_eq!(spec.handoff.weekday, Some(Weekday::Monday));
    assert_eq!(spec.handoff.time, time(9, 0, 0, 0));
    assert_eq!(spec.members[0], stays("anna"));
    assert_eq!(spec.members[1], leaves("ben", date(2026, 6, 29)));
    assert_eq!(spec.members[2], joins("chris", date(2026, 6, 29)));
    let local = |text: &str| When::Local(text.parse().expect("a local time"));
    assert_eq!(spec.overrides[0].from, local("2026-03-28T10:00"));
    assert_eq!(spec.overrides[0].until, local("2026-03-29T22:00"));
    assert_eq!(
        spec.overrides[1].from,
        When::Instant(at("2026-03-30T08:00Z"))
    );
    assert_eq!(
        spec.overrides[1].until,
        When::Instant(at("2026-03-30T10:00Z"))
    );
    Rota::new(&spec).expect("a valid rota");
}

#[test]
fn a_specification_written_out_reads_back_the_same() {
    let spec: RotaSpec = toml::from_str(FILE).expect("a specification");
    let toml = toml::to_string(&spec).expect("TOML");
    assert_eq!(toml::from_str::<RotaSpec>(&toml).expect("readable"), spec);
    let json = serde_json::to_string(&spec).expect("JSON");
    assert_eq!(
        serde_json::from_str::<RotaSpec>(&json).expect("readable"),
        spec
    );
}

#[test]
fn the_first_three_letters_of_a_day_do_in_any_case() {
    let spec: RotaSpec = toml::from_str(&FILE.replace("monday", "SUN")).expect("a specification");
    assert_eq!(spec.handoff.weekday, Some(Weekday::Sunday));
}

#[test]
fn a_value_of_the_wrong_form_is_refused_with_what_was_expected() {
    for (written, instead, expected) in [
        ("09:00", "\"9 o'clock\"", "a time of day such as 09:00"),
        ("09:00", "2026-01-05", "a time of day such as 09:00"),
        ("09:00", "9", "a time of day such as 09:00"),
        ("\"monday\"", "\"moonday\"", "a day of the week such as"),
        ("\"monday\"", "\"mo\"", "a day of the week such as"),
        ("2026-01-05", "2026-01-05T09:00", "a date such as"),
        ("2026-01-05", "\"2026-02-30\"", "a date such as"),
        ("2026-01-05", "{ year = 2026 }", "a date such as"),
        ("2026-03-28T10:00", "2026-03-28", "a date and time such as"),
        ("2026-03-28T10:00", "10:00", "a date and time such as"),
        (
            "2026-03-28T10:00",
            "\"2026-03-28T10:00[Asia/Seoul]\"",
            "a date and time such as",
        ),
        (
            "leaves",
            "leafs",
            "expected one of `person`, `joins`, `leaves`, `mentor`",
        ),
        ("start = 2026-01-05", "", "missing field `start`"),
    ] {
        assert!(FILE.contains(written));
        let file = FILE.replacen(written, instead, 1);
        let error = toml::from_str::<RotaSpec>(&file).expect_err(instead);
        let text = error.to_string();
        assert!(text.contains(expected), "{instead}: {text}");
    }
}

/// What is said of a rota in Berlin with these members.
#[track_caller]
fn refusal(members: Vec<MemberSpec>) -> (String, String) {
    let error = Rota::new(&berlin(members)).expect_err("an invalid rota");
    (error.field().to_owned(), error.to_string())
}

#[test]
fn an_unknown_zone_is_refused_with_the_name_it_resembles() {
    let refusal = |zone: &str| {
        let mut spec = berlin(vec![stays("anna")]);
        spec.zone = zone.to_owned();
        Rota::new(&spec).expect_err("an unknown zone").to_string()
    };
    assert_eq!(
        refusal("Europe/Berln"),
        "zone: there is no IANA time zone \"Europe/Berln\"; did you mean \"Europe/Berlin\"?"
    );
    assert!(refusal("Seoul").ends_with("did you mean \"Asia/Seoul\"?"));
    assert!(refusal("new york").ends_with("did you mean \"America/New_York\"?"));
    for nothing_like_a_zone in ["the moon", "+02:00", "", "Etc/Unknown"] {
        assert!(
            refusal(nothing_like_a_zone).starts_with("zone: there is no IANA time zone"),
            "{nothing_like_a_zone}"
        );
    }
    assert!(refusal("the moon").ends_with("write one such as \"Europe/Berlin\""));
}

#[test]
fn a_rota_without_members_is_refused() {
    let (field, text) = refusal(Vec::new());
    assert_eq!(field, "members");
    assert!(text.contains("at least one person who is a member at the start, 2026-01-05"));
    let (field, _) = refusal(vec![joins("anna", date(2026, 1, 6))]);
    assert_eq!(field, "members");
}

#[test]
fn a_time_when_everybody_has_left_is_refused() {
    let (field, text) = refusal(vec![
        leaves("anna", date(2026, 3, 4)),
        leaves("ben", date(2026, 2, 2)),
        joins("chris", date(2026, 3, 4)),
    ]);
    assert_eq!(field, "members[0].leaves");
    assert!(
        text.contains("nobody is a member from 2026-03-04T00:00:00 until 2026-03-09T09:00:00"),
        "{text}"
    );
    let (field, text) = refusal(
        vec![stays("anna"), stays("ben")]
            .into_iter()
            .map(|stays| MemberSpec {
                leaves: Some(date(2026, 4, 6)),
                ..stays
            })
            .collect(),
    );
    assert_eq!(field, "members[1].leaves");
    assert!(
        text.contains("from 2026-04-06T09:00:00 until forever"),
        "{text}"
    );
}

#[test]
fn somebody_who_would_leave_before_their_first_turn_is_refused() {
    for (joins, leaves, turns_begin) in [
        (None, START, "2026-01-05"),
        (None, date(2025, 6, 1), "2026-01-05"),
        (Some(date(2026, 2, 3)), date(2026, 2, 5), "2026-02-09"),
        (Some(date(2026, 2, 3)), date(2026, 2, 9), "2026-02-09"),
        (Some(date(2026, 2, 3)), date(2026, 1, 20), "2026-02-09"),
    ] {
        let (field, text) = refusal(vec![stays("anna"), member("ben", joins, Some(leaves))]);
        assert_eq!(field, "members[1].leaves");
        assert!(
            text.contains(&format!("expected a date later than {turns_begin}")),
            "{text}"
        );
    }
}

#[test]
fn somebody_who_joins_while_a_member_is_refused() {
    let twice = [
        (vec![stays("anna"), stays("anna")], "members[1].joins"),
        (
            vec![leaves("anna", monday(9)), joins("anna", monday(8))],
            "members[1].joins",
        ),
        (
            vec![
                joins("anna", monday(8)),
                leaves("anna", monday(9)),
                stays("ben"),
            ],
            "members[0].joins",
        ),
    ];
    for (members, at) in twice {
        let (field, text) = refusal(members);
        assert_eq!(field, at);
        assert!(
            text.contains("\"anna\" is still a member by members["),
            "{text}"
        );
    }
}

#[test]
fn an_empty_or_padded_person_is_refused() {
    assert_eq!(
        refusal(vec![stays("anna"), stays("")]).0,
        "members[1].person"
    );
    assert_eq!(refusal(vec![stays(" anna")]).0, "members[0].person");
    let mut spec = berlin(vec![stays("anna")]);
    spec.overrides = vec![stand_in("", "2026-01-06T09:00", "2026-01-07T09:00")];
    let error = Rota::new(&spec).expect_err("nobody");
    assert_eq!(error.field(), "overrides[0].person");
}

#[test]
fn an_override_that_ends_before_it_begins_is_refused() {
    for until in ["2026-01-06T09:00", "2026-01-05T09:00"] {
        let mut spec = berlin(vec![stays("anna")]);
        spec.overrides = vec![
            stand_in("ben", "2026-01-06T09:00", "2026-01-07T09:00"),
            stand_in("ben", "2026-01-06T09:00", until),
        ];
        let error = Rota::new(&spec).expect_err("no time at all");
        assert_eq!(error.field(), "overrides[1].until");
        assert!(
            error
                .to_string()
                .contains("expected a moment later than `from`")
        );
    }
}

#[test]
fn dates_outside_the_years_of_the_zone_database_are_refused() {
    let mut early = berlin(vec![stays("anna")]);
    early.start = date(226, 1, 5);
    let mut late = berlin(vec![stays("anna")]);
    late.overrides = vec![stand_in("ben", "2026-01-06T09:00", "9999-12-31T09:00")];
    for (spec, field) in [
        (early, "start"),
        (late, "overrides[0].until"),
        (
            berlin(vec![stays("anna"), leaves("ben", date(9999, 1, 1))]),
            "members[1].leaves",
        ),
        (
            berlin(vec![stays("anna"), joins("ben", date(202, 1, 1))]),
            "members[1].joins",
        ),
    ] {
        let error = Rota::new(&spec).expect_err(field);
        assert_eq!(error.field(), field);
        assert!(error.to_string().contains("1970 to 9998"), "{error}");
    }
}

#[test]
fn a_shift_is_written_with_its_person_its_times_and_its_reason() {
    let mut spec = berlin(vec![stays("anna")]);
    spec.overrides = vec![stand_in("ben", "2026-01-06T09:00", "2026-01-07T09:00")];
    let shifts = rota(&spec).shifts(at("2026-01-06T00:00Z"), at("2026-01-06T12:00Z"));
    let json = serde_json::to_value(&shifts).expect("JSON");
    assert_eq!(
        json,
        serde_json::json!([
            {
                "person": "anna",
                "from": "2026-01-05T08:00:00Z",
                "until": "2026-01-06T08:00:00Z",
                "kind": { "rotation": { "turn": 0 } },
            },
            {
                "person": "ben",
                "from": "2026-01-06T08:00:00Z",
                "until": "2026-01-07T08:00:00Z",
                "kind": "override",
            },
        ])
    );
}
