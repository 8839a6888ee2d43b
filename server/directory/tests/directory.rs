//! What the server asks of a configuration in use.

use std::sync::Arc;

use proptest::prelude::*;
use tocsin_directory::{Config, Directory, Layer, TeamSwap};
use tocsin_ingest::SeverityMap;
use tocsin_rota::Swap;
use tocsin_ticket::{
    Chain, Level, Millis, PersonId, Policy, Role, ServiceId, Severity, ShadowMode, TeamId,
};

/// Two teams: the shop, with a secondary, and the bank, which shares its manager's manager.
const TWO_TEAMS: &str = r#"
people = [
    { id = "ana", name = "Ana", manager = "bea" },
    { id = "ben", name = "Ben", manager = "bea" },
    { id = "minjun", name = "조민준", manager = "bea" },
    { id = "bea", name = "Bea", manager = "carl" },
    { id = "carl", name = "Carl" },
    { id = "dora", name = "Dora", manager = "carl" },
    { id = "eve", name = "Eve" },
]

[[teams]]
id = "shop"
name = "Shop"
manager = "bea"
members = ["ana", "ben"]

[teams.rota]
zone = "Europe/Berlin"
start = 2026-01-05
handoff = { weekday = "monday", time = 09:00 }
members = ["ana", "ben"]
overrides = [{ person = "minjun", from = 2026-01-07T12:00:00.0005Z, until = 2026-01-07T14:00 }]

[teams.secondary]
zone = "Europe/Berlin"
start = 2026-01-05
handoff = { weekday = "wednesday", time = 09:00 }
members = ["ben", "ana"]

[[teams]]
id = "bank"
name = "Bank"
manager = "carl"
members = ["dora"]

[teams.rota]
zone = "UTC"
start = 2026-01-05
handoff = { weekday = "monday", time = 00:00 }
members = ["dora"]

[teams.policy.sev1]
check_in = "90s"
researching = "5m"
work_in_progress = "1h30m"
team = "30s"

[[services]]
id = "checkout"
name = "Checkout"
team = "shop"

[[services]]
id = "payments"
name = "Payments"
team = "shop"

[[services]]
id = "ledger"
name = "Ledger"
team = "bank"

[[integrations]]
id = "grafana"
team = "shop"
service = "checkout"
severities = { Broken = "SEV1" }
default_severity = "SEV3"

[[integrations]]
id = "bank-mail"
team = "bank"
service = "ledger"
"#;

fn directory() -> Directory {
    let config = Config::parse(TWO_TEAMS).unwrap_or_else(|errors| panic!("{errors}"));
    Directory::new(config)
}

fn at(text: &str) -> Millis {
    Millis(text.parse::<jiff::Timestamp>().unwrap().as_millisecond())
}

fn people(ids: &[&str]) -> Vec<PersonId> {
    ids.iter().map(|id| PersonId::from(*id)).collect()
}

/// Everybody who would be asked one after the other, if nobody answered.
fn escalation(chain: &Chain) -> Vec<(Role, Vec<PersonId>)> {
    let owner = chain.on_call().clone();
    let mut asked = Vec::new();
    let mut levels = Vec::new();
    while let Some(Level { role, people }) = chain.next_level(&owner, &asked) {
        asked.extend(people.clone());
        levels.push((role, people));
    }
    levels
}

#[test]
fn nobody_answers_so_the_page_climbs_from_on_call_to_everybody() {
    let directory = directory();
    let chain = directory.chain(&"shop".into(), at("2026-01-05T12:00Z"));
    assert_eq!(
        escalation(&chain.unwrap()),
        [
            (Role::Owner, people(&["ana"])),
            (Role::Secondary, people(&["ben"])),
            (Role::Manager, people(&["bea"])),
            (Role::ManagersManager, people(&["carl"])),
        ]
    );
    // From Wednesday Ana is on both rotas, and is not asked twice.
    let chain = directory.chain(&"shop".into(), at("2026-01-07T08:00Z"));
    assert_eq!(
        escalation(&chain.unwrap()),
        [
            (Role::Owner, people(&["ana"])),
            (Role::Manager, people(&["bea"])),
            (Role::ManagersManager, people(&["carl"])),
            (Role::Team, people(&["ben"])),
        ]
    );
}

#[test]
fn a_manager_without_a_manager_leads_straight_to_the_whole_team() {
    let chain = directory().chain(&"bank".into(), at("2026-01-05T12:00Z"));
    assert_eq!(
        escalation(&chain.unwrap()),
        [
            (Role::Owner, people(&["dora"])),
            (Role::Manager, people(&["carl"])),
        ]
    );
}

#[test]
fn the_chain_changes_with_the_very_millisecond_of_a_handoff() {
    let directory = directory();
    let on_call = |text| {
        let chain = directory.chain(&"shop".into(), at(text)).unwrap();
        chain.on_call().to_string()
    };
    for (moment, person) in [
        ("2026-01-07T12:00:00.000Z", "ana"),
        // The override begins half a millisecond after noon.
        ("2026-01-07T12:00:00.001Z", "minjun"),
        ("2026-01-07T12:00:00.000Z", "ana"),
        ("2026-01-07T12:59:59.999Z", "minjun"),
        ("2026-01-07T13:00:00.000Z", "ana"),
        ("2026-01-12T07:59:59.999Z", "ana"),
        ("2026-01-12T08:00:00.000Z", "ben"),
        // A clock that is set back.
        ("2026-01-12T07:59:59.999Z", "ana"),
    ] {
        assert_eq!(on_call(moment), person, "{moment}");
    }
}

#[test]
fn alarms_of_one_shift_share_one_chain() {
    let directory = directory();
    let chain = |text| directory.chain(&"shop".into(), at(text)).unwrap();
    let first = chain("2026-01-13T12:00Z");
    assert!(Arc::ptr_eq(&first, &chain("2026-01-13T12:01Z")));
    // The secondary hands over on Wednesday; the primary does not.
    let after = chain("2026-01-14T12:00Z");
    assert_eq!(first.on_call(), after.on_call());
    assert_ne!(first, after);
}

proptest! {
    #[test]
    fn what_was_asked_before_never_changes_an_answer(
        minutes in prop::collection::vec(0..60 * 24 * 30_i64, 1..40)
    ) {
        let start = at("2026-01-01T00:00Z");
        let reused = directory();
        for minute in minutes {
            let now = Millis(start.0 + minute * 60_000);
            for team in [TeamId::from("shop"), TeamId::from("bank")] {
                prop_assert_eq!(reused.chain(&team, now), directory().chain(&team, now));
            }
            let ana = PersonId::from("ana");
            prop_assert_eq!(reused.on_call(reused.teams_of(&ana), now), directory().on_call(reused.teams_of(&ana), now));
        }
    }

    #[test]
    fn whoever_is_paged_may_see_the_ticket(minute in -60 * 24 * 365..60 * 24 * 365_i64) {
        let directory = directory();
        let now = Millis(at("2026-01-01T00:00Z").0 + minute * 60_000);
        for team in directory.config().teams().keys() {
            let chain = directory.chain(team, now).unwrap();
            for person in escalation(&chain).into_iter().flat_map(|(_, people)| people) {
                prop_assert!(directory.pageable(team).contains(&person));
                prop_assert!(directory.audience(team).contains(&person));
                prop_assert!(directory.teams_of(&person).contains(team));
            }
        }
    }
}

#[test]
fn many_threads_asking_at_handoff_all_get_the_right_answer() {
    let directory = directory();
    let handoff = at("2026-01-12T08:00Z").0;
    std::thread::scope(|scope| {
        for thread in 0..4 {
            let directory = &directory;
            scope.spawn(move || {
                for step in 0..2_000 {
                    let offset = (step * 7 + thread) % 11 - 5;
                    let chain = directory.chain(&"shop".into(), Millis(handoff + offset));
                    let expected = if offset < 0 { "ana" } else { "ben" };
                    assert_eq!(chain.unwrap().on_call().as_str(), expected);
                }
            });
        }
    });
}

#[test]
fn at_the_ends_of_time_somebody_is_still_on_call() {
    let directory = directory();
    for now in [i64::MIN, -1, 0, 253_402_300_799_999, i64::MAX] {
        let chain = directory.chain(&"shop".into(), Millis(now));
        assert!(chain.is_some(), "{now}");
        assert_eq!(
            directory
                .on_call(directory.teams_of(&"ana".into()), Millis(now))
                .len(),
            1
        );
    }
}

#[test]
fn a_team_that_is_gone_is_nobodys_and_breaks_nothing() {
    let directory = directory();
    let gone = TeamId::from("gone");
    assert_eq!(directory.chain(&gone, Millis(0)), None);
    assert_eq!(directory.policy(&gone), None);
    assert!(directory.pageable(&gone).is_empty());
    let stranger = PersonId::from("stranger");
    assert!(directory.teams_of(&stranger).is_empty());
    assert!(
        directory
            .on_call(directory.teams_of(&stranger), Millis(0))
            .is_empty()
    );
    assert_eq!(directory.wire_directory(&stranger), Default::default());
    assert!(directory.person(&stranger).is_none());
    assert!(directory.service(&ServiceId::from("gone")).is_none());
    assert!(directory.integration("gone").is_none());
}

#[test]
fn a_server_before_its_first_configuration_knows_nobody() {
    let directory = Directory::new(Config::default());
    assert_eq!(directory.chain(&"shop".into(), Millis(0)), None);
    assert!(directory.config().people().is_empty());
}

#[test]
fn tickets_are_seen_by_whoever_may_be_paged_and_nobody_else() {
    let directory = directory();
    assert_eq!(
        directory.audience(&"shop".into()),
        people(&["ana", "bea", "ben", "carl", "minjun"])
    );
    assert_eq!(
        directory.audience(&"bank".into()),
        people(&["carl", "dora"])
    );
    let teams = |person: &str| directory.teams_of(&person.into()).to_vec();
    assert_eq!(teams("ana"), [TeamId::from("shop")]);
    assert_eq!(teams("carl"), [TeamId::from("bank"), TeamId::from("shop")]);
    assert_eq!(teams("eve"), []);
}

#[test]
fn names_of_another_team_are_not_given_away() {
    let names = directory().wire_directory(&"dora".into());
    let people: Vec<&str> = names.people.values().map(String::as_str).collect();
    assert_eq!(people, ["Carl", "Dora"]);
    assert_eq!(names.teams.into_values().collect::<Vec<_>>(), ["Bank"]);
    assert_eq!(names.services.into_values().collect::<Vec<_>>(), ["Ledger"]);
    let own = directory().wire_directory(&"eve".into());
    assert_eq!(own.people.into_values().collect::<Vec<_>>(), ["Eve"]);
}

#[test]
fn a_phone_knows_where_to_look_also_in_what_another_team_runs() {
    let text = TWO_TEAMS.replace(
        "name = \"Checkout\"\n",
        "name = \"Checkout\"\nrunbook = \"https://wiki.example.org/checkout\"\n\
         downstream = [\"payments\", \"ledger\"]\n",
    );
    let directory = Directory::new(Config::parse(&text).unwrap());
    let names = directory.wire_directory(&"ana".into());
    let checkout = ServiceId::from("checkout");
    assert_eq!(
        names.runbooks,
        [(
            checkout.clone(),
            "https://wiki.example.org/checkout".to_owned()
        )]
        .into()
    );
    let downstream = ["payments".into(), "ledger".into()].to_vec();
    assert_eq!(names.downstream, [(checkout, downstream)].into());
    assert_eq!(names.services[&"ledger".into()], "Ledger");
    assert!(!names.people.contains_key(&PersonId::from("dora")));
}

#[test]
fn the_epoch_changes_with_the_teams_one_may_see_and_with_nothing_else() {
    let epoch = |text: &str, person: &str| {
        Directory::new(Config::parse(text).unwrap()).epoch(&person.into())
    };
    // FNV-1a of "shop\0", by the reference code of draft-eastlake-fnv: another version must not
    // send every phone back to the beginning.
    assert_eq!(epoch(TWO_TEAMS, "ana"), 0x9226_AA0B);
    assert_eq!(epoch(TWO_TEAMS, "ana"), epoch(TWO_TEAMS, "ben"));
    assert_ne!(epoch(TWO_TEAMS, "ana"), epoch(TWO_TEAMS, "carl"));
    assert_ne!(epoch(TWO_TEAMS, "ana"), epoch(TWO_TEAMS, "eve"));
    let renamed = TWO_TEAMS.replace("name = \"Shop\"", "name = \"The Shop\"");
    assert_eq!(epoch(&renamed, "ana"), epoch(TWO_TEAMS, "ana"));
    let moved = TWO_TEAMS.replace(
        "members = [\"dora\"]\n\n",
        "members = [\"dora\", \"ana\"]\n\n",
    );
    assert_ne!(epoch(&moved, "ana"), epoch(TWO_TEAMS, "ana"));
}

#[test]
fn a_phone_shows_who_is_on_call_until_when_and_who_is_next() {
    let [shop] =
        &directory().on_call(directory().teams_of(&"ana".into()), at("2026-01-13T12:00Z"))[..]
    else {
        panic!("ana sees one team");
    };
    assert_eq!(
        (shop.team.as_str(), shop.team_name.as_str()),
        ("shop", "Shop")
    );
    assert_eq!(shop.primary.name, "Ben");
    assert_eq!(shop.until, at("2026-01-19T08:00Z"), "09:00 in Berlin");
    assert_eq!(shop.next.name, "Ana");
    assert_eq!(shop.secondary.as_ref().unwrap().name, "Ana");
    assert_eq!(shop.manager.as_ref().unwrap().name, "Bea");
    let of_carl = directory().on_call(
        directory().teams_of(&"carl".into()),
        at("2026-01-07T12:30Z"),
    );
    assert_eq!(of_carl.len(), 2);
    assert_eq!(of_carl[1].primary.name, "조민준", "who stands in");
}

#[test]
fn limits_are_the_teams_own() {
    let directory = directory();
    assert_eq!(directory.policy(&"shop".into()), Some(&Policy::default()));
    let bank = directory.policy(&"bank".into()).unwrap();
    let sev1 = bank.limits(Severity::Sev1).unwrap();
    assert_eq!(sev1.check_in.as_secs(), 90);
    assert_eq!(sev1.work_in_progress.as_secs(), 5400);
    assert_eq!(
        sev1.manager.as_secs(),
        90,
        "as check_in unless said otherwise"
    );
    assert_eq!(sev1.team.as_secs(), 30);
    assert_eq!(bank.limits(Severity::Sev2), None, "pages nobody");
}

/// The two teams, once each `from` reads `to`.
fn changed(replacements: &[(&str, &str)]) -> Directory {
    let text = replacements
        .iter()
        .fold(TWO_TEAMS.to_owned(), |text, (from, to)| {
            assert_eq!(text.matches(from).count(), 1, "{from:?} stands there once");
            text.replace(from, to)
        });
    Directory::new(Config::parse(&text).unwrap_or_else(|errors| panic!("{errors}")))
}

#[test]
fn a_services_own_limits_stand_on_its_teams() {
    let directory = changed(&[
        (
            "name = \"Ledger\"\nteam = \"bank\"",
            "name = \"Ledger\"\nteam = \"bank\"\npolicy = { sev1 = { researching = \"4m\" } }",
        ),
        (
            "name = \"Payments\"\nteam = \"shop\"",
            "name = \"Payments\"\nteam = \"shop\"\npolicy = { sev2 = false }",
        ),
    ]);
    let bank = directory.policy(&"bank".into()).unwrap();
    let ledger = directory.policy_of(&"ledger".into()).unwrap();
    let [of_team, own] = [bank, ledger].map(|policy| policy.limits(Severity::Sev1).unwrap());
    assert_eq!(own.researching.as_secs(), 240);
    assert_eq!(of_team.researching.as_secs(), 300);
    assert_eq!(own.check_in, of_team.check_in);
    assert_eq!(own.team, of_team.team);
    let payments = directory.policy_of(&"payments".into()).unwrap();
    assert_eq!(payments.limits(Severity::Sev2), None, "pages nobody");
    assert_eq!(
        directory.policy_of(&"checkout".into()),
        directory.policy(&"shop".into()),
        "without its own it has its team's"
    );
    assert_eq!(directory.policy_of(&"gone".into()), None);
}

#[test]
fn a_services_words_for_severity_count_before_those_of_the_source() {
    let directory = changed(&[(
        "name = \"Payments\"\nteam = \"shop\"",
        "name = \"Payments\"\nteam = \"shop\"\nseverities = { slow = \"SEV2\", broken = \"SEV4\" }\ndefault_severity = \"SEV5\"",
    )]);
    let grafana = directory.integration("grafana").unwrap();
    assert_eq!(grafana.severities.read("broken"), Some(Severity::Sev1));
    let payments = &grafana.severities_by_service[&ServiceId::from("payments")];
    assert_eq!(payments.read("Slow"), Some(Severity::Sev2));
    assert_eq!(payments.read("broken"), Some(Severity::Sev4));
    assert_eq!(payments.default_severity(), Severity::Sev5);
    assert_eq!(grafana.severities_by_service.len(), 1);
    // Through the parser, as an alarm comes in.
    for (service, expected) in [("payments", Severity::Sev4), ("checkout", Severity::Sev1)] {
        let body = format!(r#"{{"title": "T", "severity": "broken", "service": "{service}"}}"#);
        let batch = tocsin_ingest::json::parse(body.as_bytes(), grafana).unwrap();
        let [tocsin_ingest::Signal::Fired(alarm)] = &batch.signals[..] else {
            panic!("one alarm: {batch:?}");
        };
        assert_eq!(alarm.severity, expected, "{service}");
    }
}

#[test]
fn further_layers_are_paged_after_the_secondary() {
    let further = "[[teams.further]]\nzone = \"UTC\"\nstart = 2026-01-05\n\
                   handoff = { time = 00:00 }\nmembers = [{ person = \"minjun\", leaves = 2027-01-01 }, \"ben\"]\n\n\
                   [[teams]]\nid = \"bank\"";
    let directory = changed(&[("[[teams]]\nid = \"bank\"", further)]);
    let chain = directory.chain(&"shop".into(), at("2026-01-05T12:00Z"));
    assert_eq!(
        escalation(&chain.unwrap()),
        [
            (Role::Owner, people(&["ana"])),
            (Role::Secondary, people(&["ben"])),
            (Role::Secondary, people(&["minjun"])),
            (Role::Manager, people(&["bea"])),
            (Role::ManagersManager, people(&["carl"])),
        ]
    );
    // A third layer that hands over every midnight changes the chain every midnight.
    let next = directory.chain(&"shop".into(), at("2026-01-06T00:00Z"));
    assert!(!escalation(&next.unwrap()).contains(&(Role::Secondary, people(&["minjun"]))));
    let layers: Vec<usize> = directory
        .team_shifts(
            &"shop".into(),
            at("2026-01-05T12:00Z"),
            at("2026-01-05T13:00Z"),
        )
        .iter()
        .map(|shift| shift.layer.0)
        .collect();
    assert_eq!(layers, [0, 1, 2]);
}

#[test]
fn a_newcomers_shift_has_a_shadow_who_may_see_and_be_paged() {
    let mentored = |mode: &str| {
        let member = format!(
            "members = [\"ana\", {{ person = \"ben\", mentor = {{ person = \"eve\", shifts = 1, mode = \"{mode}\" }} }}]\noverrides"
        );
        changed(&[("members = [\"ana\", \"ben\"]\noverrides", &member)])
    };
    let shop = TeamId::from("shop");
    let shift = at("2026-01-13T12:00Z");
    for (mode, known, on_call) in [
        ("mentor_shadows", ShadowMode::MentorShadows, "ben"),
        ("newcomer_shadows", ShadowMode::NewcomerShadows, "eve"),
    ] {
        let directory = mentored(mode);
        let shadow = directory.shadow(&shop, shift).expect("ben's first shift");
        assert_eq!(
            (shadow.newcomer, shadow.mentor, shadow.mode),
            ("ben".into(), "eve".into(), known)
        );
        let chain = directory.chain(&shop, shift).unwrap();
        assert_eq!(chain.on_call().as_str(), on_call);
        assert_eq!(directory.shadow(&shop, at("2026-01-06T12:00Z")), None);
        assert_eq!(directory.shadow(&shop, at("2026-01-27T12:00Z")), None);
        assert!(directory.pageable(&shop).contains(&"eve".into()));
        // Both are told of the shift, so that both have a device that rings.
        for person in ["ben", "eve"] {
            let shifts = directory.shifts(&person.into(), shift, Millis(shift.0 + 1));
            assert!(
                shifts
                    .iter()
                    .any(|shift| shift.until == at("2026-01-19T08:00Z")),
                "{person}"
            );
        }
    }
}

#[test]
fn an_accepted_swap_changes_who_is_paged_and_one_of_somebody_who_left_does_not() {
    let config = Config::parse(TWO_TEAMS).unwrap();
    let [gives, takes, now] = [
        "2026-01-12T12:00Z",
        "2026-01-19T12:00Z",
        "2026-01-06T12:00Z",
    ]
    .map(|text| text.parse().unwrap());
    let rota = &directory().rotas(&"shop".into())[0].clone();
    let proposed = Swap::propose(rota, "ben", gives, takes, now).unwrap();
    let accepted = proposed.accept(rota, "ana", now).unwrap();
    let with = |config: Config, swap: &Swap, layer| {
        let swap = TeamSwap {
            team: "shop".into(),
            layer,
            swap: swap.clone(),
        };
        let directory = Directory::with_swaps(config, vec![swap]);
        let chain = directory.chain(&"shop".into(), at("2026-01-12T12:00Z"));
        chain.unwrap().on_call().to_string()
    };
    assert_eq!(with(config.clone(), &proposed, Layer::PRIMARY), "ben");
    assert_eq!(with(config.clone(), &accepted, Layer::PRIMARY), "ana");
    assert_eq!(with(config, &accepted, Layer::SECONDARY), "ben");
    // Ana left the company: what she agreed to is void.
    let without_ana = TWO_TEAMS
        .replace(
            "    { id = \"ana\", name = \"Ana\", manager = \"bea\" },\n",
            "",
        )
        .replace("\"ana\"", "\"minjun\"");
    let without_ana = Config::parse(&without_ana).unwrap_or_else(|errors| panic!("{errors}"));
    assert_eq!(with(without_ana, &accepted, Layer::PRIMARY), "ben");
}

#[test]
fn somebody_lives_in_their_own_zone_or_in_their_teams() {
    let directory = changed(&[(
        "{ id = \"ben\", name = \"Ben\",",
        "{ id = \"ben\", name = \"Ben\", zone = \"Asia/Seoul\",",
    )]);
    let zone = |person: &str| directory.config().zone_of(&person.into()).to_owned();
    assert_eq!(zone("ben"), "Asia/Seoul");
    assert_eq!(zone("ana"), "Europe/Berlin");
    assert_eq!(zone("eve"), "UTC", "she is in no team");
}

#[test]
fn somebody_unknown_is_called_by_their_id() {
    let directory = directory();
    assert_eq!(directory.name_of(&"minjun".into()), "조민준");
    assert_eq!(directory.name_of(&"gone".into()), "gone");
}

#[test]
fn an_integration_speaks_for_the_services_of_its_team_only() {
    let directory = directory();
    let grafana = directory.integration("grafana").unwrap();
    assert_eq!(grafana.team, TeamId::from("shop"));
    assert_eq!(grafana.service, ServiceId::from("checkout"));
    let services: Vec<&str> = grafana.services.iter().map(ServiceId::as_str).collect();
    assert_eq!(services, ["checkout", "payments"]);
    assert_eq!(grafana.severities.read("BROKEN"), Some(Severity::Sev1));
    assert_eq!(grafana.severities.default_severity(), Severity::Sev3);
    let mail = directory.integration("bank-mail").unwrap();
    assert_eq!(mail.severities, SeverityMap::default());
}

#[test]
fn an_observer_sees_the_teams_tickets_and_is_never_paged_for_them() {
    let text = TWO_TEAMS.replacen(
        "members = [\"dora\"]",
        "members = [\"dora\"]\nobservers = [\"eve\"]",
        1,
    );
    let directory = Directory::new(Config::parse(&text).unwrap());
    let (bank, eve) = (TeamId::from("bank"), PersonId::from("eve"));
    assert!(directory.audience(&bank).contains(&eve));
    assert_eq!(directory.teams_of(&eve), std::slice::from_ref(&bank));
    assert!(!directory.pageable(&bank).contains(&eve));
    assert!(directory.manages(&"carl".into(), &bank));
    assert!(
        directory.manages(&"carl".into(), &"shop".into()),
        "the manager's manager"
    );
    assert!(!directory.manages(&eve, &bank));
}
