//! What is found in a file before the night finds it.

mod common;

use common::{SHOP, at, directory, minutes};
use tocsin_answers::{CheckRule, Finding, Grade, Pagers, check, check_devices, check_text};
use tocsin_ticket::Millis;

fn now() -> Millis {
    at("2026-01-06T02:00:00+01:00")
}

fn found(text: &str) -> Vec<Finding> {
    check_text(text, now())
}

#[track_caller]
fn one(findings: &[Finding], rule: CheckRule) -> &Finding {
    let mut of = findings.iter().filter(|it| it.rule == rule);
    let (first, second) = (of.next(), of.next());
    assert!(second.is_none(), "twice: {findings:#?}");
    first.unwrap_or_else(|| panic!("no {rule:?} in {findings:#?}"))
}

fn line_of(text: &str, part: &str) -> usize {
    text.lines().position(|line| line.contains(part)).unwrap() + 1
}

#[test]
fn a_good_file_gets_advice_at_most() {
    let findings = found(SHOP);
    let bad = findings.iter().find(|it| it.grade != Grade::Advice);
    // In every second week Ana is both on call and second.
    let twice = one(&findings, CheckRule::UnreachableLevel);
    assert_eq!(bad, Some(twice));
    assert_eq!(
        one(&findings, CheckRule::NoRunbook).place,
        "services.payments"
    );
}

#[test]
fn somebody_on_two_layers_at_once_makes_a_level_unreachable() {
    let findings = found(SHOP);
    let twice = one(&findings, CheckRule::UnreachableLevel);
    assert_eq!(
        (twice.grade, twice.place.as_str()),
        (Grade::Warning, "teams.shop.secondary")
    );
    assert_eq!(
        twice.what,
        "the level \u{201c}secondary\u{201d} is skipped from Mon 2026-01-26 09:00 and once more in \
         twelve weeks: Ana was asked before"
    );
    assert_eq!(twice.line, Some(line_of(SHOP, "[teams.secondary]")));
}

#[test]
fn a_manager_on_call_is_no_level_of_their_own() {
    let text = SHOP
        .replace("\"minjun\", \"dora\"]", "\"minjun\", \"dora\", \"bea\"]")
        .replace(
            "members = [\"ana\", \"ben\", \"minjun\"]",
            "members = [\"ana\", \"bea\"]",
        );
    let findings = found(&text);
    let manager = findings
        .iter()
        .find(|it| it.place == "teams.shop.manager")
        .unwrap();
    assert_eq!(manager.rule, CheckRule::UnreachableLevel);
    assert!(
        manager.what.contains("\u{201c}manager\u{201d} is skipped"),
        "{}",
        manager.what
    );
}

#[test]
fn one_person_for_everything_is_an_error() {
    let text = r#"
        [[people]]
        id = "ana"
        name = "Ana"
        [[teams]]
        id = "shop"
        name = "Shop"
        manager = "ana"
        members = ["ana"]
        [teams.rota]
        zone = "UTC"
        start = 2026-01-05
        handoff = { weekday = "monday", time = 09:00 }
        members = ["ana"]
    "#;
    let findings = found(text);
    assert_eq!(findings[0].rule, CheckRule::NobodyElse);
    assert_eq!(findings[0].grade, Grade::Error);
    let only = one(&findings, CheckRule::OnePerson);
    assert_eq!(
        (only.place.as_str(), only.line),
        ("teams.shop.rota", Some(line_of(text, "[teams.rota]")))
    );
    let devices = one(&findings, CheckRule::OnlyDevices);
    assert_eq!(
        (devices.grade, devices.place.as_str()),
        (Grade::Advice, "people.ana")
    );
}

#[test]
fn somebody_on_call_in_two_teams_at_once_is_found() {
    let text = format!(
        r#"{SHOP}
[[teams]]
id = "bank"
name = "Bank"
manager = "carl"
members = ["eve", "ben"]
[teams.rota]
zone = "Europe/Berlin"
start = 2026-01-05
handoff = {{ weekday = "monday", time = 09:00 }}
members = ["eve", "ben"]
"#
    );
    let findings = found(&text);
    let twice = one(&findings, CheckRule::TwoRotations);
    assert_eq!(
        (twice.grade, twice.place.as_str()),
        (Grade::Warning, "teams.bank.rota")
    );
    assert!(
        twice
            .what
            .starts_with("Ben has this duty (on call) from Mon 2026-01-12 09:00"),
        "{}",
        twice.what
    );
    // Whoever may only see one of the two teams does not hear of the other.
    let directory = directory(&text);
    let shop = check(&directory, &["shop".into()], now());
    assert!(shop.iter().all(|it| it.rule != CheckRule::TwoRotations));
}

#[test]
fn limits_longer_than_shifts_are_found_once_where_they_are_written() {
    let text = SHOP.replace(
        "handoff = { weekday = \"monday\", time = 09:00 }\nmembers = [\"ana\", \"ben\", \"minjun\"]",
        "handoff = { time = 09:00 }\nmembers = [\"ana\", \"ben\", \"minjun\"]\n\
         [teams.policy.sev1]\ncheck_in = \"5m\"\nresearching = \"10m\"\nwork_in_progress = \"1h\"\n\
         [teams.policy.sev2]\ncheck_in = \"15m\"\nresearching = \"2h\"\nwork_in_progress = \"30h\"",
    );
    let findings = found(&text);
    let long = one(&findings, CheckRule::LimitLongerThanShift);
    assert_eq!(long.place, "teams.shop.policy.sev2.work_in_progress");
    assert_eq!(long.line, Some(line_of(&text, "30h")));
    assert!(
        long.what.contains("1 d 6 h") && long.what.contains("23 h"),
        "{}",
        long.what
    );
}

#[test]
fn a_tier_one_service_that_wakes_nobody_is_an_error() {
    let text = SHOP.replace(
        "runbook = \"https://wiki.example.org/checkout\"",
        "[services.policy]\nsev1 = false\nsev2 = false",
    );
    let findings = found(&text);
    let silent = one(&findings, CheckRule::TierOneSilent);
    assert_eq!(
        (silent.grade, silent.place.as_str()),
        (Grade::Error, "services.checkout.policy")
    );
}

#[test]
fn a_heartbeat_nobody_hears_an_old_override_and_a_strange_mentor_are_found() {
    let text = SHOP.replace(
        "members = [\"ana\", \"ben\", \"minjun\"]",
        "members = [\"ana\", { person = \"ben\", mentor = { person = \"carl\", shifts = 9, mode = \
         \"mentor_shadows\" } }]\noverrides = [{ person = \"ben\", from = 2026-01-01T09:00, until = \
         2026-01-02T09:00 }, { person = \"ben\", from = 2026-01-08T09:00, until = 2026-01-09T09:00 }]",
    );
    let text = format!(
        "{text}\n[[integrations]]\nid = \"cron\"\nteam = \"shop\"\nservice = \"checkout\"\n\
         heartbeats = [{{ name = \"backup\", every = \"1d\", severity = \"SEV4\" }}, {{ name = \
         \"queue\", every = \"1h\", severity = \"SEV2\" }}]\n"
    );
    let findings = found(&text);
    assert_eq!(
        one(&findings, CheckRule::HeartbeatPagesNobody).place,
        "integrations.cron.heartbeats[0]"
    );
    assert_eq!(
        one(&findings, CheckRule::PastOverride).place,
        "teams.shop.rota.overrides[0]"
    );
    let mentor = one(&findings, CheckRule::MentorOnNoRota);
    assert_eq!(
        mentor.what,
        "Carl, the mentor of Ben, takes no turns in this team"
    );
}

#[test]
fn a_hold_off_longer_than_the_check_in_limit_is_found() {
    let text = SHOP.replace("tier = 1\n", "tier = 1\nhold_off = { sev1 = \"6m\" }\n");
    let findings = found(&text);
    let long = one(&findings, CheckRule::LongHoldOff);
    assert_eq!(long.place, "services.checkout.hold_off");
    assert_eq!(long.line, Some(line_of(&text, "hold_off")));
    let fine = found(&text.replace("\"6m\"", "\"4m\""));
    assert!(fine.iter().all(|it| it.rule != CheckRule::LongHoldOff));
}

#[test]
fn a_file_that_is_not_valid_has_its_mistakes_as_errors() {
    let text = SHOP.replace("manager = \"bea\"", "manager = \"zoe\"");
    let findings = found(&text);
    assert_eq!(findings.len(), 1);
    assert_eq!(
        (findings[0].grade, findings[0].rule),
        (Grade::Error, CheckRule::Invalid)
    );
    assert_eq!(findings[0].place, "teams.shop.manager");
    assert_eq!(findings[0].line, Some(line_of(&text, "zoe")));
    let gap = SHOP.replacen(
        "handoff = { weekday = \"monday\", time = 09:00 }",
        "handoff = { weekday = \"monday\", time = 09:00 }\nhours = [{ days = [\"monday\"], from = \
         08:00, until = 18:00 }]",
        1,
    );
    let gap = found(&gap);
    assert_eq!(
        (gap.len(), gap[0].place.as_str()),
        (1, "teams.shop.rota.hours")
    );
    assert!(
        gap[0].what.starts_with("nobody is on call from"),
        "{}",
        gap[0].what
    );
    let unreadable = found("[[");
    assert_eq!(unreadable[0].rule, CheckRule::Invalid);
}

#[test]
fn people_without_a_device_are_found_and_worse_when_they_are_on_call() {
    let shop = directory(SHOP);
    let findings = check_devices(
        &shop,
        &["shop".into()],
        now(),
        &|person| match person.as_str() {
            "ana" => Pagers::None,
            "bea" => Pagers::Unready,
            _ => Pagers::Ready,
        },
    );
    let places: Vec<(Grade, &str)> = findings
        .iter()
        .map(|it| (it.grade, it.place.as_str()))
        .collect();
    assert_eq!(
        places,
        [(Grade::Error, "people.ana"), (Grade::Warning, "people.bea")]
    );
    assert!(findings[0].advice.contains("tocsin enroll ana"));
}

#[test]
fn the_worst_comes_first_and_a_minute_later_nothing_else_is_found() {
    let findings = found(SHOP);
    let mut sorted = findings.clone();
    sorted.sort_by_key(|it| it.grade);
    assert_eq!(findings, sorted);
    assert_eq!(check_text(SHOP, now() + minutes(1)), findings);
}
