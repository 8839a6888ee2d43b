use serde_json::{Value, json};
use tocsin_import::opsgenie;

use crate::{file, on_call, only_team, options, parsed, says};

fn schedule() -> Value {
    serde_json::from_str(&file("opsgenie_export/get-schedule.json")).expect("JSON")
}

#[test]
fn hours_on_days_and_over_the_weekend_count_before_the_rotation_for_the_rest() {
    let import = opsgenie(&schedule().to_string(), &options()).expect("an import");
    let config = parsed(&import);
    let team = only_team(&config);
    assert_eq!(team.name, "Shop_schedule");
    for (instant, person) in [
        ("2026-01-05T09:00+01:00", "dora"),
        ("2026-01-05T17:00+01:00", "ana"),
        ("2026-01-09T18:29+01:00", "ana"),
        ("2026-01-09T18:30+01:00", "dora"),
        ("2026-01-11T11:59+01:00", "dora"),
        ("2026-01-11T12:00+01:00", "ana"),
        ("2026-01-19T08:30+01:00", "ana"),
        ("2026-01-20T12:00+01:00", "ben"),
        ("2026-02-03T12:00+01:00", "ana"),
    ] {
        assert_eq!(on_call(team, instant), person, "{instant}");
    }
    let people = config.people();
    let emails: Vec<&str> = people
        .values()
        .filter_map(|it| it.email.as_deref())
        .collect();
    assert_eq!(
        emails,
        ["ana@example.org", "ben@example.org", "dora@example.org"]
    );
    says(&import, "data.ownerTeam: has no counterpart");
    says(
        &import,
        "data.rotations: Opsgenie pages everybody whose rotation holds",
    );
}

#[test]
fn a_file_of_the_configuration_backup_has_its_overrides_and_says_who_is_no_person() {
    let text = file("opsgenie_export/backup-schedule.json");
    let import = opsgenie(&text, &options()).expect("an import");
    let config = parsed(&import);
    let team = only_team(&config);
    // Ana's and Ben's days, handed over at 09:00 in Berlin.
    assert_eq!(on_call(team, "2026-01-05T23:00+01:00"), "ana");
    assert_eq!(on_call(team, "2026-01-06T23:00+01:00"), "ben");
    assert_eq!(
        on_call(team, "2026-04-04T12:00+02:00"),
        "dora",
        "the override"
    );
    says(
        &import,
        "schedule.rotations[0].participants[1]: not carried over: a turn of nobody",
    );
    says(
        &import,
        "participants[3]: not carried over: the team network_team",
    );
    says(&import, "scheduleOverrideList[0]: is of Days only");
    says(
        &import,
        "schedule: has hours at which nobody is on call in Opsgenie",
    );
}

#[test]
fn a_list_of_schedules_is_a_team_for_each() {
    let one = schedule()["data"].take();
    let mut other = one.clone();
    other["name"] = json!("Bank");
    let import = opsgenie(&json!({"data": [one, other]}).to_string(), &options());
    let config = parsed(&import.expect("an import"));
    let ids: Vec<&str> = config.teams().keys().map(|id| id.as_str()).collect();
    assert_eq!(ids, ["bank", "shop-schedule"]);
    assert_eq!(config.people().len(), 3, "the same people");
}

#[test]
fn two_rotations_at_all_hours_a_disabled_schedule_and_a_missing_zone_are_said() {
    let mut json = schedule();
    json["data"]["enabled"] = json!(false);
    json["data"]["timezone"] = Value::Null;
    json["data"]["rotations"][0]["timeRestriction"] = Value::Null;
    let import = opsgenie(&json.to_string(), &options()).expect("an import");
    says(&import, "data.enabled: is false");
    says(&import, "data.timezone: is missing, so handoffs are in UTC");
    says(
        &import,
        "data.rotations[1]: not carried over: the one before it is on call at all hours",
    );
}

#[test]
fn malformed_files_are_refused_with_the_field_and_what_was_expected() {
    let with = |change: fn(&mut Value)| {
        let mut json = schedule();
        change(&mut json["data"]);
        json.to_string()
    };
    for (text, expected) in [
        (
            json!({"message": "Could not authenticate"}).to_string(),
            "file: expected the answer to GET /v2/schedules",
        ),
        (
            with(|it| it["rotations"][1]["type"] = json!("monthly")),
            "data.rotations[1].type: expected hourly, daily or weekly, got \"monthly\"",
        ),
        (
            with(|it| it["rotations"][1]["startDate"] = json!(1_767_600_000_000_u64)),
            "data.rotations[1].startDate",
        ),
        (
            with(|it| {
                it["rotations"][0]["timeRestriction"]["restrictions"][0]["startHour"] = json!(25)
            }),
            "data.rotations[0].timeRestriction.restrictions[0]: expected hours from 0 to 24",
        ),
        (
            with(|it| {
                it["rotations"][0]["timeRestriction"]["restrictions"][0]["endDay"] =
                    json!("someday")
            }),
            "restrictions[0].endDay: expected a day such as monday, got \"someday\"",
        ),
        (
            with(|it| it["rotations"][0]["timeRestriction"]["type"] = json!("time-of-day")),
            "data.rotations[0].timeRestriction: expected type time-of-day with a `restriction`",
        ),
    ] {
        let error = opsgenie(&text, &options()).expect_err(expected).to_string();
        assert!(
            error.contains(expected),
            "expected {expected:?} in {error:?}"
        );
    }
}
