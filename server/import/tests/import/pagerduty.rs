use serde_json::{Value, json};
use tocsin_import::pagerduty;

use crate::{at, file, on_call, only_team, options, parsed, says, says_nothing_of};

fn two_layers() -> Value {
    serde_json::from_str(&file("pagerduty_schedule/two-layers.json")).expect("JSON")
}

#[test]
fn the_schedule_of_pagerdutys_documentation_gives_its_final_schedule() {
    let text = file("pagerduty_schedule/get-schedule.json");
    let import = pagerduty(&text, &options()).expect("an import");
    let config = parsed(&import);
    let team = only_team(&config);
    assert_eq!(team.name, "Daily Engineering Rotation");
    assert_eq!(team.rota.spec.zone, "America/New_York");
    assert_eq!(team.rota.spec.handoff.time.to_string(), "20:00:00");

    // final_schedule.rendered_schedule_entries, and the layer's own.
    for (from, until) in [
        ("2015-11-10T08:00:00-05:00", "2015-11-10T17:00:00-05:00"),
        ("2015-11-09T08:00:00-05:00", "2015-11-09T17:00:00-05:00"),
    ] {
        let shifts = team.rota.rota.shifts(at(from), at(until));
        assert!(shifts.iter().all(|shift| shift.person == "regina-phalange"));
        assert_eq!((shifts[0].from, shifts[0].until), (at(from), at(until)));
    }
    says(&import, "schedule.escalation_policies: has no counterpart");
    says(&import, "schedule.teams: has no counterpart");
    says(&import, "hours at which nobody is on call in PagerDuty");
    says(&import, ".manager: PagerDuty's schedule names no manager");
    says_nothing_of(&import, "Tocsin will have");
}

#[test]
fn a_list_of_schedules_is_a_team_for_each_and_one_that_has_ended_is_not_carried_over() {
    let text = file("pagerduty_schedule/list-schedules-with-layers.json");
    let error = pagerduty(&text, &options()).expect_err("the layer ended in 2016");
    assert_eq!(
        error.to_string(),
        "schedules[0]: expected people who take turns, got none; PagerDuty has nobody on call"
    );

    let mut options = options();
    options.now = at("2016-01-01T00:00:00Z");
    let import = pagerduty(&text, &options).expect("an import");
    assert_eq!(
        only_team(&parsed(&import)).members[0].as_str(),
        "pagerduty-admin"
    );
    says(
        &import,
        "Tocsin's rotations do not end, this one ends at 2016-11-07T01:00:00Z",
    );
    says(&import, "schedules[0].final_schedule: is empty");
}

#[test]
fn the_upper_layer_counts_in_its_hours_and_the_lower_at_all_others() {
    let import = pagerduty(&two_layers().to_string(), &options()).expect("an import");
    let config = parsed(&import);
    let team = only_team(&config);
    assert_eq!(on_call(team, "2026-03-23T08:30+01:00"), "ben-okafor");
    assert_eq!(on_call(team, "2026-03-23T09:00+01:00"), "dora-weiss");
    assert_eq!(
        on_call(team, "2026-03-25T09:00+01:00"),
        "ben-okafor",
        "a Wednesday"
    );
    assert_eq!(
        on_call(team, "2026-03-30T08:00+02:00"),
        "ana-silva",
        "the handoff keeps its local time when the clocks change"
    );
    assert_eq!(
        on_call(team, "2026-03-27T18:00+01:00"),
        "ben-okafor",
        "an override"
    );
    assert_eq!(team.rota.spec.overrides.len(), 1);
    says_nothing_of(&import, "Tocsin will have");
    says(&import, "schedule.description: has no counterpart");
}

#[test]
fn a_shift_that_tocsin_would_give_to_somebody_else_is_said() {
    let mut json = two_layers();
    let entries = &mut json["schedule"]["final_schedule"]["rendered_schedule_entries"];
    entries[0]["user"] = json!({"id": "PBEN002", "summary": "Ben Okafor"});
    let import = pagerduty(&json.to_string(), &options()).expect("an import");
    says(
        &import,
        "from 2026-03-22T19:00:00Z until 2026-03-23T07:00:00Z PagerDuty has ben-okafor on call, \
         Tocsin will have ana-silva",
    );
}

#[test]
fn a_restriction_over_the_weekend_is_the_same_hours() {
    let mut json = two_layers();
    // Friday 18:00 for 62 hours: until Monday 08:00.
    json["schedule"]["schedule_layers"][0]["restrictions"] = json!([{
        "type": "weekly_restriction", "start_day_of_week": 5,
        "start_time_of_day": "18:00:00", "duration_seconds": 62 * 3600,
    }]);
    json["schedule"]["final_schedule"]["rendered_schedule_entries"] = json!([]);
    let import = pagerduty(&json.to_string(), &options()).expect("an import");
    let config = parsed(&import);
    let team = only_team(&config);
    for (instant, person) in [
        ("2026-02-06T17:59+01:00", "ana-silva"),
        ("2026-02-06T18:00+01:00", "dora-weiss"),
        ("2026-02-08T12:00+01:00", "dora-weiss"),
        ("2026-02-09T07:59+01:00", "dora-weiss"),
        ("2026-02-09T08:00+01:00", "ben-okafor"),
    ] {
        assert_eq!(on_call(team, instant), person, "{instant}");
    }
}

#[test]
fn turns_of_two_weeks_and_of_three_days_are_as_long_and_turns_of_twelve_hours_are_said() {
    let with_turns = |seconds: u64| {
        let mut json = two_layers();
        let layers = json["schedule"]["schedule_layers"]
            .as_array_mut()
            .expect("layers");
        layers.remove(0);
        layers[0]["rotation_turn_length_seconds"] = json!(seconds);
        json["schedule"]["final_schedule"]["rendered_schedule_entries"] = json!([]);
        pagerduty(&json.to_string(), &options()).expect("an import")
    };
    let two_weeks = with_turns(2 * 7 * 86_400);
    let config = parsed(&two_weeks);
    let team = only_team(&config);
    assert_eq!(on_call(team, "2026-01-18T12:00+01:00"), "ana-silva");
    assert_eq!(on_call(team, "2026-01-19T08:00+01:00"), "ben-okafor");

    let three_days = with_turns(3 * 86_400);
    let config = parsed(&three_days);
    let team = only_team(&config);
    assert_eq!(on_call(team, "2026-01-08T07:59+01:00"), "ana-silva");
    assert_eq!(on_call(team, "2026-01-08T08:00+01:00"), "ben-okafor");
    says_nothing_of(&three_days, "counterpart, they last");

    says(
        &with_turns(12 * 3600),
        "schedule.schedule_layers[0]: turns of 12 h have no counterpart, they last a day instead",
    );
}

#[test]
fn a_layer_that_no_hour_is_left_for_and_a_person_with_two_turns_are_said() {
    let mut json = two_layers();
    let layers = &mut json["schedule"]["schedule_layers"];
    layers[0]["restrictions"] = json!([]);
    let dora = layers[0]["users"][0].clone();
    layers[0]["users"] = json!([dora.clone(), dora]);
    let import = pagerduty(&json.to_string(), &options()).expect("an import");
    says(
        &import,
        "schedule.schedule_layers[0]: dora-weiss has several turns in a round",
    );
    says(
        &import,
        "schedule.schedule_layers[1]: not carried over: the one before it",
    );
    says(&import, "Tocsin will have dora-weiss");
}

#[test]
fn the_team_gets_the_id_that_was_asked_for_and_a_field_that_nobody_knows_is_said() {
    let mut json = two_layers();
    json["schedule"]["schedule_layers"][0]["rotation_mood"] = json!("cheerful");
    let mut options = options();
    options.team = Some("shop-eu");
    let import = pagerduty(&json.to_string(), &options).expect("an import");
    assert_eq!(only_team(&parsed(&import)).id.as_str(), "shop-eu");
    says(
        &import,
        "schedule.schedule_layers[0].rotation_mood: has no counterpart",
    );
}

#[test]
fn an_id_that_no_configuration_takes_and_one_id_for_two_teams_are_refused() {
    let mut options = options();
    options.team = Some("Shop EU");
    let error = pagerduty(&two_layers().to_string(), &options).expect_err("no id");
    assert!(
        error
            .to_string()
            .starts_with("id: expected lower-case letters"),
        "{error}"
    );
    options.team = Some("shop");
    let schedule = two_layers()["schedule"].take();
    let two = json!({"schedules": [schedule.clone(), schedule]});
    let error = pagerduty(&two.to_string(), &options).expect_err("two teams");
    assert!(
        error.to_string().contains("expected one schedule"),
        "{error}"
    );
}

#[test]
fn an_override_without_length_is_said_and_the_rest_carried_over() {
    let mut json = two_layers();
    let entries = &mut json["schedule"]["overrides_subschedule"]["rendered_schedule_entries"];
    entries[0]["end"] = entries[0]["start"].clone();
    let import = pagerduty(&json.to_string(), &options()).expect("an import");
    assert_eq!(only_team(&parsed(&import)).rota.spec.overrides, []);
    says(
        &import,
        "schedule: has an override of ben-okafor from 2026-03-27T17:00:00Z until 2026-03-27T17:00:00Z",
    );
}

#[test]
fn malformed_files_are_refused_with_the_field_and_what_was_expected() {
    let with = |change: fn(&mut Value)| {
        let mut json = two_layers();
        change(&mut json["schedule"]);
        json.to_string()
    };
    for (text, expected) in [
        ("{".to_owned(), "line 1, column 1: expected a JSON object"),
        (
            json!({"error": {"code": 2100, "message": "Not Found"}}).to_string(),
            "file: expected the answer to GET /schedules/{id}, an object with `schedule`",
        ),
        (
            with(|it| it["schedule_layers"][1]["users"] = Value::Null),
            "schedule.schedule_layers[1].users: ",
        ),
        (
            with(|it| it["schedule_layers"][0]["start"] = json!("monday")),
            "expected a time such as 2026-03-28T10:00:00+01:00, got \"monday\"",
        ),
        (
            with(|it| it["time_zone"] = json!("Eastern Time (US & Canada)")),
            "schedule: expected an IANA time zone such as Europe/Berlin, got \"Eastern Time (US & Canada)\"",
        ),
        (
            with(|it| it["schedule_layers"][1]["rotation_turn_length_seconds"] = json!(0)),
            "schedule.schedule_layers[1].rotation_turn_length_seconds: expected the seconds of a turn, got 0",
        ),
        (
            with(|it| it["schedule_layers"][0]["restrictions"][1]["start_day_of_week"] = json!(8)),
            "schedule.schedule_layers[0].restrictions[1].start_day_of_week: expected a day from 1, Monday, to 7, Sunday",
        ),
        (
            with(|it| {
                it["schedule_layers"][0]["restrictions"][0]["type"] = json!("monthly_restriction")
            }),
            "restrictions[0].type: expected daily_restriction or weekly_restriction",
        ),
        (
            with(|it| it["schedule_layers"] = json!([])),
            "schedule: expected people who take turns, got none",
        ),
    ] {
        let error = pagerduty(&text, &options())
            .expect_err(expected)
            .to_string();
        assert!(
            error.contains(expected),
            "expected {expected:?} in {error:?}"
        );
    }
}
