//! What a file may say, and what it is told when it may not.

use proptest::prelude::*;
use tocsin_directory::{Config, Directory, Language, diff};
use tocsin_report::Hours;
use tocsin_ticket::{Millis, PersonId, Policy, ServiceId, Severity, TeamId};

const EXAMPLE: &str = include_str!("../example.toml");

/// The smallest file there is; each test breaks it in its own way.
const SMALL: &str = r#"[[people]]
id = "ana"
name = "Ana"
manager = "bea"

[[people]]
id = "bea"
name = "Bea"

[[teams]]
id = "shop"
name = "Shop"
manager = "bea"
members = ["ana"]

[teams.rota]
zone = "Europe/Berlin"
start = 2026-01-05
handoff = { weekday = "monday", time = 09:00 }
members = ["ana"]

[[services]]
id = "checkout"
name = "Checkout"
team = "shop"

[[integrations]]
id = "prometheus"
team = "shop"
service = "checkout"
"#;

fn errors(text: &str) -> Vec<String> {
    match Config::parse(text) {
        Ok(_) => Vec::new(),
        Err(errors) => errors.iter().map(ToString::to_string).collect(),
    }
}

/// What the small file is told once `from` reads `to`.
fn broken(from: &str, to: &str) -> Vec<String> {
    assert_eq!(SMALL.matches(from).count(), 1, "{from:?} stands there once");
    errors(&SMALL.replace(from, to))
}

#[test]
fn the_example_that_newcomers_copy_is_accepted() {
    let config = Config::parse(EXAMPLE).unwrap_or_else(|errors| panic!("{errors}"));
    assert_eq!(config.people()[&PersonId::from("minjun")].name, "조민준");
    assert_eq!(
        config.people()[&PersonId::from("minjun")].language,
        Some(Language::Korean)
    );
    let shop = &config.teams()[&TeamId::from("shop")];
    assert_eq!(shop.manager, PersonId::from("bea"));
    assert_eq!(
        shop.policy,
        Policy::default(),
        "it says these are the defaults"
    );
    assert_eq!(shop.rota.spec.overrides.len(), 1);
    assert_eq!(
        config.services()[&ServiceId::from("checkout")].tier,
        Some(1)
    );
    let alertmanager = &config.integrations()["alertmanager"];
    assert_eq!(alertmanager.severities["5"], Severity::Sev1);
    assert_eq!(alertmanager.default_severity, Some(Severity::Sev2));
}

#[test]
fn what_the_example_has_commented_out_is_accepted_too() {
    let text: String = EXAMPLE
        .lines()
        .map(|line| match line.strip_prefix("# ") {
            Some(code) if code.contains(" = ") || code.starts_with('[') => format!("{code}\n"),
            _ => format!("{line}\n"),
        })
        .collect();
    let config = Config::parse(&text).unwrap_or_else(|errors| panic!("{errors}"));
    let shop = &config.teams()[&TeamId::from("shop")];
    assert!(shop.secondary.is_some());
    assert_eq!(shop.further.len(), 1);
    assert_eq!(shop.rota.spec.otherwise.len(), 1);
    assert_eq!(shop.rota.spec.holidays.len(), 3);
    assert_eq!(shop.hours, Hours::default());
    let checkout = config.services()[&ServiceId::from("checkout")].clone();
    assert_eq!(
        checkout.policy.unwrap().limits(Severity::Sev2),
        None,
        "pages nobody"
    );
}

#[test]
fn a_team_says_when_its_people_work_and_sleep_and_what_cannot_be_is_refused() {
    let with = |hours: &str| {
        broken(
            "name = \"Shop\"",
            &format!("name = \"Shop\"\nhours = {hours}"),
        )
    };
    assert_eq!(
        with("{ sleep = { from = 01:00, until = 09:00 } }"),
        Vec::<String>::new()
    );
    let refused = with("{ sleep = { from = 01:00, until = 01:00 } }");
    assert!(
        refused[0].contains("teams.shop.hours: sleep hours: expected an end other than 01:00:00"),
        "{refused:?}"
    );
    let refused = with("{ business = { days = [\"monday\"], from = 18:00, until = 09:00 } }");
    assert!(
        refused[0].contains("business hours: expected an end after 18:00:00, on the same day"),
        "{refused:?}"
    );
}

#[test]
fn the_smallest_file_is_accepted_and_gets_the_default_policy() {
    let config = Config::parse(SMALL).unwrap_or_else(|errors| panic!("{errors}"));
    assert_eq!(
        config.teams()[&TeamId::from("shop")].policy,
        Policy::default()
    );
    let windows = SMALL.replace('\n', "\r\n");
    assert_eq!(errors(&windows), [] as [&str; 0], "line ends of Windows");
    let marked = format!("\u{feff}{SMALL}");
    assert_eq!(errors(&marked), [] as [&str; 0], "byte order mark");
}

#[test]
fn each_mistake_is_told_with_its_place_its_field_and_its_mending() {
    for (from, to, expected) in [
        // Ids and names.
        (
            "id = \"ana\"",
            "id = \"Ana\"",
            "2:6: people[0].id: expected an id of 1 to 40 lower-case letters",
        ),
        (
            "id = \"shop\"",
            "id = 7",
            "11:6: teams[0].id: expected an id in quotes, such as \"ana\", got the number 7",
        ),
        (
            "name = \"Shop\"",
            "name = \" \"",
            "12:8: teams.shop.name: expected a name, got nothing",
        ),
        (
            "name = \"Shop\"",
            "name = \"Shop\\n\"",
            "12:8: teams.shop.name: expected one line without blanks",
        ),
        (
            "name = \"Checkout\"",
            "",
            "22:1: services.checkout.name: expected a name in quotes, got nothing; add it",
        ),
        (
            "id = \"bea\"",
            "id = \"ana\"",
            "7:6: people.ana.id: \"ana\" is already the id of the item at line 1; choose another",
        ),
        // Lists and tables.
        (
            "[[services]]",
            "[services]",
            "22:1: services: expected a list written as [[services]], got a table",
        ),
        (
            "[teams.rota]",
            "[[teams.rota]]",
            "16:1: teams.shop.rota: expected a table, got a list",
        ),
        (
            "members = [\"ana\"]\n\n[teams.rota]",
            "members = \"ana\"\n\n[teams.rota]",
            "14:11: teams.shop.members: expected a list of whoever is paged when nobody answers, got the text \"ana\"",
        ),
        // Unknown fields.
        (
            "manager = \"bea\"\n\n",
            "manger = \"bea\"\n\n",
            "4:1: people.ana.manger: unknown field; did you mean `manager`?",
        ),
        (
            "name = \"Checkout\"",
            "name = \"Checkout\"\ncolour = \"red\"",
            "25:1: services.checkout.colour: unknown field; expected one of id, name, team, runbook, tier, downstream, ",
        ),
        (
            "[[services]]",
            "[[service]]",
            "22:3: service: unknown field; did you mean `services`?",
        ),
        // References.
        (
            "manager = \"bea\"\nmembers",
            "manager = \"bae\"\nmembers",
            "13:11: teams.shop.manager: expected the id of one of [[people]], got \"bae\"; did you mean \"bea\"?",
        ),
        (
            "manager = \"bea\"\n\n",
            "manager = \"zoe\"\n\n",
            "4:11: people.ana.manager: expected the id of one of [[people]], got \"zoe\"; add it as a [[people]] or name another",
        ),
        (
            "manager = \"bea\"\n\n",
            "manager = \"ana\"\n\n",
            "4:11: people.ana.manager: expected somebody who does not report to \"ana\", got a circle: ana -> ana; leave out the manager of whoever is at the top",
        ),
        (
            "name = \"Bea\"",
            "name = \"Bea\"\nmanager = \"ana\"",
            "4:11: people.ana.manager: expected somebody who does not report to \"ana\", got a circle: ana -> bea -> ana; leave",
        ),
        (
            "team = \"shop\"\n\n",
            "team = \"shopp\"\n\n",
            "25:8: services.checkout.team: expected the id of one of [[teams]], got \"shopp\"; did you mean \"shop\"?",
        ),
        (
            "service = \"checkout\"",
            "service = \"chekout\"",
            "30:11: integrations.prometheus.service: expected the id of one of [[services]], got \"chekout\"; did you mean \"checkout\"?",
        ),
        (
            "members = [\"ana\"]\n\n[teams.rota]",
            "members = [\"ana\"]\nobservers = [\"ana\"]\n\n[teams.rota]",
            "15:14: teams.shop.observers[0]: \"ana\" is listed already, here or in `members`, who see everything; remove one of the two",
        ),
        // Members and rotas.
        (
            "members = [\"ana\"]\n\n[teams.rota]",
            "members = []\n\n[teams.rota]",
            "14:11: teams.shop.members: expected a list of whoever is paged when nobody answers, got none; add one",
        ),
        (
            "members = [\"ana\"]\n\n[teams.rota]",
            "members = [\"ana\", \"ana\"]\n\n[teams.rota]",
            "14:19: teams.shop.members[1]: \"ana\" is listed already; remove one of the two",
        ),
        (
            "members = [\"ana\"]\n\n[[services]]",
            "members = []\n\n[[services]]",
            "20:11: teams.shop.rota.members: expected a list of the people who take turns, got none; add one",
        ),
        (
            "members = [\"ana\"]\n\n[[services]]",
            "members = [\"bea\"]\n\n[[services]]",
            "20:12: teams.shop.rota.members[0]: expected one of the team's `members`, got \"bea\"; add them there, or say when they leave the rota",
        ),
        (
            "members = [\"ana\"]\n\n[[services]]",
            "members = [{ person = \"ana\", joins = 2027-01-01 }]\n\n[[services]]",
            "20:11: teams.shop.rota.members: expected at least one person who is a member at the start, 2026-01-05; add one",
        ),
        (
            "members = [\"ana\"]\n\n[[services]]",
            "members = [\"ana\", { person = \"bea\", leaves = 2025-01-01 }]\n\n[[services]]",
            "20:46: teams.shop.rota.members[1].leaves: expected a date later than 2026-01-05",
        ),
        (
            "members = [\"ana\"]\n\n[[services]]",
            "members = [{ person = \"ana\", leaves = 2026-05-04 }]\n\n[[services]]",
            "20:39: teams.shop.rota.members[0].leaves: nobody is a member from 2026-05-04T09:00:00 until forever",
        ),
        (
            "members = [\"ana\"]\n\n[[services]]",
            "members = [\"ana\", { person = \"bea\", leaves = 2026-05-04T10:00 }]\n\n[[services]]",
            "20:46: teams.shop.rota.members[1].leaves: expected a date such as 2026-01-05, got the time 2026-05-04T10:00",
        ),
        (
            "members = [\"ana\"]\n\n[[services]]",
            "members = [\"ana\"]\noverrides = [{ person = \"bea\", from = 2026-05-04T10:00, until = 2026-05-04T09:00 }]\n\n[[services]]",
            "21:65: teams.shop.rota.overrides[0].until: expected a moment later than `from`",
        ),
        (
            "members = [\"ana\"]\n\n[[services]]",
            "members = [\"ana\"]\noverrides = [{ person = \"bea\", from = 2026-05-04, until = 2026-05-05T09:00 }]\n\n[[services]]",
            "21:39: teams.shop.rota.overrides[0].from: expected a date and time such as 2026-03-28T10:00",
        ),
        (
            "Europe/Berlin",
            "Europe/Berln",
            "17:8: teams.shop.rota.zone: there is no IANA time zone \"Europe/Berln\"; did you mean \"Europe/Berlin\"?",
        ),
        ("2026-01-05", "2026-01-32", "18:"),
        (
            "\"monday\"",
            "\"mondey\"",
            "19:23: teams.shop.rota.handoff.weekday: expected a day of the week such as \"monday\", got \"mondey\"; did you mean \"monday\"?",
        ),
        (
            "09:00",
            "2026-01-05",
            "19:40: teams.shop.rota.handoff.time: expected a time of day such as 09:00, got the time 2026-01-05",
        ),
        (
            "[teams.rota]",
            "[teams.rotor]",
            "10:1: teams.shop.rota: expected who is on call as [teams.rota], got nothing; add it",
        ),
        // Turns, hours, holidays, mentors, layers.
        (
            "time = 09:00 }",
            "time = 09:00, every = 0 }",
            "19:55: teams.shop.rota.handoff.every: expected a whole number from 1 to 52, got the number 0",
        ),
        (
            "members = [\"ana\"]\n\n[[services]]",
            "members = [\"ana\"]\nhours = [{ days = [\"monday\"], from = 09:00, until = 17:00 }]\n\n[[services]]",
            "21:9: teams.shop.rota.hours: nobody is on call from 2026-01-05T17:00:00 until 2026-01-12T09:00:00 (Europe/Berlin); widen the hours, or add a rotation without hours under `otherwise`",
        ),
        (
            "members = [\"ana\"]\n\n[[services]]",
            "members = [\"ana\"]\nhours = [{ days = [], from = 09:00, until = 17:00 }]\n\n[[services]]",
            "21:19: teams.shop.rota.hours[0].days: expected a list of days of the week such as [\"monday\", \"tuesday\"], got none; add one",
        ),
        (
            "members = [\"ana\"]\n\n[[services]]",
            "members = [\"ana\"]\nhours = [{ days = [\"monday\"], from = \"nine\", until = 17:00 }]\n\n[[services]]",
            "21:38: teams.shop.rota.hours[0].from: expected a time of day such as 09:00",
        ),
        (
            "members = [\"ana\"]\n\n[[services]]",
            "members = [\"ana\"]\nholidays = \"berlin\"\n\n[[holidays]]\nid = \"berlin\"\ndates = [2026-12-25]\n\n[[services]]",
            "21:12: teams.shop.rota.holidays: expected `hours` beside it, got none",
        ),
        (
            "members = [\"ana\"]\n\n[[services]]",
            "members = [\"ana\"]\nhours = [{ days = [\"monday\"], from = 09:00, until = 17:00 }]\nholidays = \"berlin\"\n\n[[services]]",
            "22:12: teams.shop.rota.holidays: expected the id of one of [[holidays]], got \"berlin\"; add it as a [[holidays]] or name another",
        ),
        (
            "[[services]]",
            "[[holidays]]\nid = \"berlin\"\ndates = [\"Christmas\"]\n\n[[services]]",
            "24:10: holidays.berlin.dates[0]: expected a date such as 2026-01-05",
        ),
        (
            "[[services]]",
            "[[teams.rota.otherwise]]\nzone = \"Asia/Soul\"\nstart = 2026-01-05\nhandoff = { time = 09:00 }\nmembers = [\"ana\"]\n\n[[services]]",
            "23:8: teams.shop.rota.otherwise[0].zone: there is no IANA time zone \"Asia/Soul\"; did you mean \"Asia/Seoul\"?",
        ),
        (
            "members = [\"ana\"]\n\n[[services]]",
            "members = [{ person = \"ana\", mentor = { person = \"zoe\", shifts = 2, mode = \"mentor_shadows\" } }]\n\n[[services]]",
            "20:50: teams.shop.rota.members[0].mentor.person: expected the id of one of [[people]], got \"zoe\"",
        ),
        (
            "members = [\"ana\"]\n\n[[services]]",
            "members = [{ person = \"ana\", mentor = { shifts = 2, mode = \"mentor_shadows\" } }]\n\n[[services]]",
            "20:39: teams.shop.rota.members[0].mentor.person: expected the id of one of [[people]], got nothing; add it",
        ),
        (
            "members = [\"ana\"]\n\n[[services]]",
            "members = [{ person = \"ana\", mentor = { person = \"ana\", shifts = 2, mode = \"mentor_shadows\" } }]\n\n[[services]]",
            "20:50: teams.shop.rota.members[0].mentor.person: expected somebody else than \"ana\"",
        ),
        (
            "members = [\"ana\"]\n\n[[services]]",
            "members = [{ person = \"ana\", mentor = { person = \"bea\", shifts = 2, mode = \"both\" } }]\n\n[[services]]",
            "20:76: teams.shop.rota.members[0].mentor.mode: expected \"mentor_shadows\" (the newcomer is on call) or \"newcomer_shadows\" (the mentor is), got \"both\"",
        ),
        (
            "[[services]]",
            "[[teams.further]]\nzone = \"Asia/Seoul\"\nstart = 2026-01-05\nhandoff = { time = 09:00 }\nmembers = [\"ana\"]\n\n[[services]]",
            "22:1: teams.shop.further: expected a [teams.secondary] before further layers",
        ),
        (
            "name = \"Bea\"",
            "name = \"Bea\"\nzone = \"Lisbon\"",
            "9:8: people.bea.zone: there is no IANA time zone \"Lisbon\"; did you mean \"Europe/Lisbon\"?",
        ),
        // What a service needs, and its own limits.
        (
            "name = \"Checkout\"",
            "name = \"Checkout\"\ndownstream = [\"chekout\"]",
            "25:15: services.checkout.downstream[0]: expected the id of one of [[services]], got \"chekout\"; did you mean \"checkout\"?",
        ),
        (
            "name = \"Checkout\"",
            "name = \"Checkout\"\ndownstream = [\"checkout\"]",
            "25:15: services.checkout.downstream[0]: expected another service, got \"checkout\" itself; remove it",
        ),
        (
            "name = \"Checkout\"",
            "name = \"Checkout\"\npolicy = { sev1 = { check_in = \"20m\" } }",
            "25:32: services.checkout.policy.sev1.check_in: expected less than policy.sev2.check_in",
        ),
        (
            "name = \"Checkout\"",
            "name = \"Checkout\"\npolicy = { sev1 = false }",
            "25:19: services.checkout.policy.sev1: it must page, because sev2 does",
        ),
        (
            "name = \"Checkout\"",
            "name = \"Checkout\"\npolicy = { sev3 = { check_in = \"30m\" } }",
            "25:19: services.checkout.policy.sev3.researching: expected a length of time such as \"5m\", got nothing; add it",
        ),
        (
            "name = \"Checkout\"",
            "name = \"Checkout\"\nseverities = { bad = \"worse\" }",
            "25:22: services.checkout.severities.bad: expected one of \"SEV1\", ",
        ),
        // Policies.
        (
            "[[services]]",
            "[teams.policy]\n\n[[services]]",
            "22:1: teams.shop.policy: expected the limits of at least one severity",
        ),
        (
            "[[services]]",
            "[teams.policy.sev1]\ncheck_in = \"5 minuets\"\nresearching = \"10m\"\nwork_in_progress = \"1h\"\n\n[[services]]",
            "23:12: teams.shop.policy.sev1.check_in: expected a length of time such as \"90s\", \"5m\" or \"1h30m\", got \"5 minuets\"",
        ),
        (
            "[[services]]",
            "[teams.policy.sev1]\ncheck_in = 300\nresearching = \"10m\"\nwork_in_progress = \"1h\"\n\n[[services]]",
            "23:12: teams.shop.policy.sev1.check_in: expected a length of time such as \"90s\", \"5m\" or \"1h30m\", got the number 300",
        ),
        (
            "[[services]]",
            "[teams.policy.sev1]\ncheck_in = \"5ms\"\nresearching = \"10m\"\nwork_in_progress = \"1h\"\n\n[[services]]",
            "23:12: teams.shop.policy.sev1.check_in: expected at least 1 s; give the person time to react",
        ),
        (
            "[[services]]",
            "[teams.policy.sev1]\ncheck_in = \"5m\"\nresearching = \"10m\"\nwork_in_progress = \"1000h\"\n\n[[services]]",
            "25:20: teams.shop.policy.sev1.work_in_progress: expected at most 720 h",
        ),
        (
            "[[services]]",
            "[teams.policy.sev1]\ncheck_in = \"5m\"\nresearching = \"10m\"\nwork_in_progress = \"10m\"\n\n[[services]]",
            "25:20: teams.shop.policy.sev1.work_in_progress: expected more than check_in and researching",
        ),
        (
            "[[services]]",
            "[teams.policy.sev2]\ncheck_in = \"5m\"\nresearching = \"10m\"\nwork_in_progress = \"1h\"\n\n[[services]]",
            "22:8: teams.shop.policy.sev1: it must page, because sev2 does",
        ),
        // Services and integrations.
        (
            "name = \"Checkout\"",
            "name = \"Checkout\"\nrunbook = \"javascript:alert(1)\"",
            "25:11: services.checkout.runbook: expected an address that begins with https:// or http://",
        ),
        (
            "name = \"Checkout\"",
            "name = \"Checkout\"\ntier = 5",
            "25:8: services.checkout.tier: expected a whole number from 1 to 4, got the number 5",
        ),
        (
            "name = \"Bea\"",
            "name = \"Bea\"\nemail = \"bea\"",
            "9:9: people.bea.email: expected an e-mail address such as \"ana@example.org\", got \"bea\"; correct it",
        ),
        (
            "name = \"Bea\"",
            "name = \"Bea\"\nlanguage = \"de\"",
            "9:12: people.bea.language: expected \"en\" or \"ko\", got \"de\"",
        ),
        (
            "service = \"checkout\"",
            "service = \"checkout\"\nseverities = { critical = \"SEV9\" }",
            "31:27: integrations.prometheus.severities.critical: expected one of \"SEV1\", ",
        ),
        (
            "service = \"checkout\"",
            "service = \"checkout\"\nseverities = { Page = \"SEV1\", page = \"SEV2\" }",
            "31:38: integrations.prometheus.severities.page: this word is there already",
        ),
        (
            "service = \"checkout\"",
            "service = \"checkout\"\ndefault_severity = 2",
            "31:20: integrations.prometheus.default_severity: expected one of \"SEV1\", ",
        ),
        // TOML itself.
        ("name = \"Bea\"", "name = \"Bea", "8:"),
        (
            "name = \"Bea\"",
            "name = \"Bea\"\nname = \"Bee\"",
            "9:1: not valid TOML: duplicate key",
        ),
    ] {
        let errors = broken(from, to);
        assert!(
            errors.iter().any(|error| error.starts_with(expected)),
            "{to}\nexpected: {expected}\ngot: {errors:#?}"
        );
        // Where something is missing, others may miss it; nothing else is blamed.
        assert!(errors.len() <= 3, "{to}\n{errors:#?}");
    }
}

#[test]
fn a_service_may_hold_its_alarms_and_a_sev1_only_by_name() {
    let checkout = |hold_off: &str| {
        let line = format!("name = \"Checkout\"\nhold_off = {hold_off}");
        let text = SMALL.replace("name = \"Checkout\"", &line);
        let config = Config::parse(&text).unwrap_or_else(|errors| panic!("{errors}"));
        let directory = Directory::new(config);
        Severity::ALL.map(|severity| {
            let held = directory.hold_off(&ServiceId::from("checkout"), severity);
            held.map_or(0, |length| length.as_secs())
        })
    };
    assert_eq!(checkout("\"90s\""), [0, 90, 90, 90, 90]);
    assert_eq!(
        checkout("{ sev1 = \"30s\", sev2 = \"2m\" }"),
        [30, 120, 0, 0, 0]
    );
}

#[test]
fn announced_work_covers_its_services_from_its_first_instant_until_its_last() {
    let window = |name: &str, until: &str| {
        format!(
            "[[maintenance]]\nname = \"{name}\"\nservices = [\"checkout\"]\n\
             from = 2026-04-12T22:00:00+02:00\nuntil = {until}\n"
        )
    };
    let text = format!(
        "{SMALL}{}{}",
        window("cables", "2026-04-13T00:00:00Z"),
        window("new switch", "2026-04-13T01:00:00Z")
    );
    let config = Config::parse(&text).unwrap_or_else(|errors| panic!("{errors}"));
    let directory = Directory::new(config);
    let at = |time: &str, service: &str| {
        let time: jiff::Timestamp = time.parse().unwrap();
        let window = directory.maintenance(&service.into(), Millis(time.as_millisecond()));
        window.map(|window| window.name.clone())
    };
    let longest = Some("new switch".to_owned());
    assert_eq!(at("2026-04-12T19:59:59Z", "checkout"), None);
    assert_eq!(at("2026-04-12T20:00:00Z", "checkout"), longest);
    assert_eq!(at("2026-04-13T00:59:59Z", "checkout"), longest);
    assert_eq!(at("2026-04-13T01:00:00Z", "checkout"), None);
    assert_eq!(at("2026-04-12T23:00:00Z", "ledger"), None);
}

#[test]
fn what_would_silence_a_service_by_mistake_is_refused() {
    let service = |line: &str| {
        broken(
            "name = \"Checkout\"",
            &format!("name = \"Checkout\"\n{line}"),
        )
    };
    let window = |lines: &str| {
        let text = format!("{SMALL}[[maintenance]]\n{lines}");
        errors(&text)
    };
    let times = "from = 2026-04-12T22:00:00Z\nuntil = 2026-04-12T23:00:00Z\n";
    for (told, expected) in [
        (
            service("hold_off = \"16m\""),
            "services.checkout.hold_off: expected from \"1s\" to \"15m\"",
        ),
        (
            service("hold_off = { sev2 = \"0s\" }"),
            "services.checkout.hold_off.sev2: expected from \"1s\"",
        ),
        (
            service("hold_off = { sev7 = \"30s\" }"),
            "services.checkout.hold_off.sev7: unknown field",
        ),
        (
            service("hold_off = {}"),
            "services.checkout.hold_off: expected a length of time for at least one severity",
        ),
        (
            service("hold_off = 90"),
            "services.checkout.hold_off: expected a length of time such as",
        ),
        (
            service("group_by = []"),
            "services.checkout.group_by: expected a list of the names of labels",
        ),
        (
            service("group_by = [\"a\", \"a\"]"),
            "services.checkout.group_by[1]: \"a\" is listed already",
        ),
        (
            service("group_by = [\"a=b\"]"),
            "services.checkout.group_by[0]: expected the name of a label",
        ),
        (
            service("group_by = [\"a\",\"b\",\"c\",\"d\",\"e\",\"f\",\"g\",\"h\",\"i\"]"),
            "services.checkout.group_by: expected at most 8 labels, got 9",
        ),
        (
            window(&format!("name = \"W\"\nservices = []\n{times}")),
            "maintenance[0].services: expected a list of the ids of [[services]], got none",
        ),
        (
            window(&format!("name = \"W\"\nservices = [\"chekout\"]\n{times}")),
            "maintenance[0].services[0]: expected the id of one of [[services]], got \"chekout\"; did you mean \"checkout\"?",
        ),
        (
            window(&format!("services = [\"checkout\"]\n{times}")),
            "maintenance[0].name: expected a name in quotes",
        ),
        (
            window(
                "name = \"W\"\nservices = [\"checkout\"]\nfrom = 2026-04-12T22:00:00\nuntil = 2026-04-12T23:00:00Z",
            ),
            "maintenance[0].from: expected a date and time with its offset",
        ),
        (
            window(
                "name = \"W\"\nservices = [\"checkout\"]\nfrom = 2026-04-12T22:00:00Z\nuntil = 2026-04-20T23:00:00Z",
            ),
            "maintenance[0].until: expected a time after `from` and at most 7 days after it",
        ),
        (
            window(&format!(
                "name = \"W\"\nservices = [\"checkout\"]\n{times}[[maintenance]]\nname = \"W\"\nservices = [\"checkout\"]\n{times}"
            )),
            "maintenance[1].name: \"W\" is the name of another window",
        ),
    ] {
        assert!(
            told.iter().any(|error| error.contains(expected)),
            "{expected:?} in {told:#?}"
        );
    }
}

#[test]
fn a_service_of_another_team_is_refused_to_an_integration() {
    let other = SMALL
        .replace("[[services]]", "[[teams]]\nid = \"bank\"\nname = \"Bank\"\nmanager = \"bea\"\nmembers = [\"ana\"]\nrota = { zone = \"UTC\", start = 2026-01-05, handoff = { weekday = \"fri\", time = \"17:00\" }, members = [\"ana\"] }\n\n[[services]]")
        .replace("id = \"prometheus\"\nteam = \"shop\"", "id = \"prometheus\"\nteam = \"bank\"");
    assert_eq!(
        errors(&other),
        [
            "37:11: integrations.prometheus.service: expected a service of team \"bank\", got \"checkout\", which is \"shop\"'s; name another service or team"
        ]
    );
}

#[test]
fn all_mistakes_are_told_at_once_in_the_order_of_the_file() {
    let text = SMALL
        .replace("id = \"ana\"", "id = \"ana\"\nage = 40")
        .replace("Europe/Berlin", "Mars/Olympus")
        .replace("members = [\"ana\"]\n\n[[services]]", "members = [\"ana\", { person = \"bea\", leaves = 2025-01-01 }, { person = \"ana\", leaves = 2027-01-04 }]\noverrides = [{ person = \"bea\", from = 2026-05-04T10:00, until = 2026-05-04T09:00 }, { person = \"bee\", from = 2026-05-04T10:00, until = 2026-05-04T12:00 }]\n[teams.policy.sev1]\ncheck_in = \"5m\"\nresearching = \"10m\"\nwork_in_progress = \"1h\"\n[teams.policy.sev2]\ncheck_in = \"5m\"\nresearching = \"9m\"\nwork_in_progress = \"4h\"\nmanager = \"3m\"\n[[services]]")
        .replace("service = \"checkout\"", "");
    let fields: Vec<String> = Config::parse(&text)
        .unwrap_err()
        .iter()
        .map(|error| error.path.clone())
        .collect();
    let expected = [
        "people.ana.age",
        "teams.shop.rota.zone",
        "teams.shop.rota.members[1].leaves",
        "teams.shop.rota.members[2].joins",
        "teams.shop.rota.overrides[0].until",
        "teams.shop.rota.overrides[1].person",
        "teams.shop.policy.sev1.manager",
        "teams.shop.policy.sev1.check_in",
        "teams.shop.policy.sev1.researching",
        "integrations.prometheus.service",
    ];
    assert_eq!(fields, expected);
}

#[test]
fn an_error_in_a_named_file_reads_as_editors_expect() {
    let text = SMALL.replace("manager = \"bea\"\nmembers", "manager = \"bae\"\nmembers");
    let errors = Config::parse(&text).unwrap_err();
    assert_eq!(
        errors.in_file("team.toml"),
        "team.toml:13:11: teams.shop.manager: expected the id of one of [[people]], got \"bae\"; did you mean \"bea\"?"
    );
}

#[test]
fn a_file_cut_off_at_any_byte_never_panics_and_an_empty_one_is_refused() {
    for end in (0..EXAMPLE.len()).filter(|end| EXAMPLE.is_char_boundary(*end)) {
        let _ = Config::parse(&EXAMPLE[..end]);
    }
    assert_eq!(
        errors(""),
        [
            "1:1: people: expected at least one [[people]], got nothing; add it",
            "1:1: teams: expected at least one [[teams]], got nothing; add it",
        ]
    );
}

/// The example after a few slips of the hand: lines lost, doubled or swapped, characters mistyped.
fn slips() -> impl Strategy<Value = String> {
    let slip = (
        0..4,
        any::<prop::sample::Index>(),
        any::<prop::sample::Index>(),
        any::<char>(),
    );
    prop::collection::vec(slip, 1..6).prop_map(|slips| {
        let mut lines: Vec<String> = EXAMPLE
            .lines()
            .filter(|line| !line.is_empty() && !line.starts_with('#'))
            .map(str::to_owned)
            .collect();
        for (kind, here, there, typed) in slips {
            let (here, there) = (here.index(lines.len()), there.index(lines.len()));
            match kind {
                0 => drop(lines.remove(here)),
                1 => lines.insert(there, lines[here].clone()),
                2 => lines.swap(here, there),
                _ => {
                    let line = &mut lines[here];
                    let place = there % (line.len() + 1);
                    let typed = if there % 2 == 0 { typed } else { '1' };
                    line.insert(line.floor_char_boundary(place), typed);
                }
            }
        }
        lines.join("\n")
    })
}

proptest! {
    #[test]
    fn a_file_with_slips_is_refused_with_places_or_works_at_any_time(
        text in slips(),
        now in any::<i64>(),
        offset in 0..1000 * 3600 * 24 * 365_i64,
    ) {
        match Config::parse(&text) {
            Ok(config) => {
                let directory = Directory::new(config);
                for now in [now, 1_767_225_600_000 + offset] {
                    for team in directory.config().teams().keys() {
                        let chain = directory.chain(team, Millis(now)).expect("a known team");
                        prop_assert!(directory.person(chain.on_call()).is_some());
                    }
                }
                for integration in directory.config().integrations().keys() {
                    prop_assert!(directory.integration(integration).is_some());
                }
                let again = Config::parse(&text).unwrap();
                prop_assert_eq!(diff(directory.config(), &again, Millis(offset)), []);
            }
            Err(errors) => {
                prop_assert!(errors.iter().len() > 0);
                for error in &errors {
                    let line = text.lines().nth(error.line - 1).unwrap_or_default();
                    prop_assert!(error.column <= line.chars().count() + 1, "{error}");
                    prop_assert!(!error.message.is_empty());
                }
            }
        }
    }
}

#[test]
fn columns_are_counted_in_characters() {
    let text = SMALL.replace("name = \"Ana\"", "name = \"조민준\" x");
    assert_eq!(errors(&text).len(), 1);
    assert!(
        errors(&text)[0].starts_with("3:14: not valid TOML"),
        "{:?}",
        errors(&text)
    );
}
