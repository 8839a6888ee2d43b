use serde_json::{Value, json};
use tocsin_import::goalert;

use crate::{at, file, on_call, only_team, options, parsed, says, says_nothing_of};

fn weekly() -> Value {
    serde_json::from_str(&file("goalert/weekly-and-office-hours.json")).expect("JSON")
}

#[test]
fn a_daily_rotation_hands_over_when_goalerts_own_test_says_through_the_end_of_summer_time() {
    let text = file("goalert/daily-over-dst.json");
    let import = goalert(&text, &options()).expect("an import");
    let config = parsed(&import);
    let team = only_team(&config);
    let shifts = team
        .rota
        .rota
        .shifts(at("2020-10-30T06:30Z"), at("2020-11-03T07:30Z"));
    let handoffs: Vec<_> = shifts.iter().map(|shift| shift.from).collect();
    // schedule/rotation/rotation_test.go: "Daily & 24 hour should be identical".
    assert_eq!(
        handoffs,
        [
            at("2020-10-30T01:30:00-05:00"),
            at("2020-10-31T01:30:00-05:00"),
            at("2020-11-01T01:30:00-05:00"),
            at("2020-11-02T01:30:00-06:00"),
        ]
    );
    // The next handoff is on the 31st, and the second of the two is active.
    assert_eq!(shifts[0].person, "ben-okafor");
    assert_eq!(shifts[1].person, "ana-silva");
}

#[test]
fn who_is_active_now_stays_so_and_shifts_overrides_and_temporary_schedules_are_goalerts() {
    let import = goalert(&weekly().to_string(), &options()).expect("an import");
    let config = parsed(&import);
    let team = only_team(&config);
    for (instant, person, why) in [
        ("2026-11-23T12:00+01:00", "dora-weiss", "office hours"),
        ("2026-11-23T18:00+01:00", "ben-okafor", "active in the file"),
        ("2026-11-28T12:00+01:00", "dora-weiss", "for Ben"),
        (
            "2026-11-30T08:59+01:00",
            "dora-weiss",
            "for Ben, to the end of his week",
        ),
        (
            "2026-11-30T18:00+01:00",
            "ana-silva",
            "it is Ben who is replaced",
        ),
        (
            "2026-12-24T12:00+01:00",
            "ana-silva",
            "the temporary schedule",
        ),
        (
            "2026-12-25T12:00+01:00",
            "ben-okafor",
            "the temporary schedule",
        ),
    ] {
        assert_eq!(on_call(team, instant), person, "{instant}: {why}");
    }
    says_nothing_of(&import, "Tocsin will have");
    says(
        &import,
        "data.userOverrides.nodes[1]: not carried over: it takes somebody off call",
    );
    says(
        &import,
        "data.schedule.targets: GoAlert pages everybody whose rule holds",
    );
    says(
        &import,
        "data.schedule.temporarySchedules: from 2026-12-24T08:00:00Z",
    );
}

#[test]
fn months_and_hours_are_said() {
    for (kind, expected) in [
        (
            "monthly",
            "turns of 1 months have no counterpart, they last four weeks instead",
        ),
        (
            "hourly",
            "turns of 1 h have no counterpart, they last a day instead",
        ),
    ] {
        let mut json = weekly();
        json["data"]["rotations"]["nodes"][0]["type"] = json!(kind);
        says(
            &goalert(&json.to_string(), &options()).expect("an import"),
            expected,
        );
    }
}

#[test]
fn malformed_files_are_refused_with_the_field_and_what_was_expected() {
    let with = |change: fn(&mut Value)| {
        let mut json = weekly();
        change(&mut json["data"]);
        json.to_string()
    };
    for (text, expected) in [
        (
            json!({"errors": [{"message": "access denied"}]}).to_string(),
            "errors[0]: expected an answer, got an error of GoAlert's: access denied",
        ),
        (json!([]).to_string(), "expected a JSON object"),
        (with(|it| it["schedule"] = Value::Null), "data.schedule: "),
        (
            json!({"schedule": {}}).to_string(),
            "file: expected GoAlert's answer to the query, an object with `data`",
        ),
        (
            with(|it| it["rotations"]["nodes"] = json!([])),
            "data.rotations.nodes: expected the rotation \"weeks\" of data.schedule.targets[1], got others",
        ),
        (
            with(|it| it["rotations"]["nodes"][0]["activeUserIndex"] = json!(9)),
            "activeUserIndex: expected one of 2 users, got 9",
        ),
        (
            with(|it| it["rotations"]["nodes"][0]["nextHandoffTimes"] = json!([])),
            "nextHandoffTimes: expected when it hands over next, got nothing",
        ),
        (
            with(|it| it["schedule"]["targets"][0]["rules"][0]["start"] = json!("nine")),
            "data.schedule.targets[0].rules[0].start: expected a time of day such as 08:00, got \"nine\"",
        ),
        (
            with(|it| it["schedule"]["targets"][0]["rules"][0]["weekdayFilter"] = json!([true])),
            "data.schedule.targets[0].rules[0].weekdayFilter",
        ),
    ] {
        let error = goalert(&text, &options()).expect_err(expected).to_string();
        assert!(
            error.contains(expected),
            "expected {expected:?} in {error:?}"
        );
    }
}
