//! What teams ask of phones.

use tocsin_directory::{Change, Config, Directory, diff};
use tocsin_ticket::{Millis, PersonId, TeamId};
use tocsin_wire::PhoneRules;

/// Ana is in both teams; Bea manages the shop and Carl is hers; Olga looks on at the shop's.
const TEAMS: &str = r#"
[[people]]
id = "ana"
name = "Ana"

[[people]]
id = "ben"
name = "Ben"

[[people]]
id = "bea"
name = "Bea"
manager = "carl"

[[people]]
id = "carl"
name = "Carl"

[[people]]
id = "olga"
name = "Olga"

[[teams]]
id = "shop"
name = "Shop"
manager = "bea"
members = ["ana"]
observers = ["olga"]
SHOP
[teams.rota]
zone = "Europe/Berlin"
start = 2026-01-05
handoff = { time = 09:00 }
members = ["ana"]

[[teams]]
id = "bank"
name = "Bank"
manager = "ben"
members = ["ana", "ben"]
BANK
[teams.rota]
zone = "Europe/Berlin"
start = 2026-01-05
handoff = { time = 09:00 }
members = ["ana"]
"#;

/// The file with these lines in the two teams.
fn parse(shop: &str, bank: &str) -> Result<Config, Vec<String>> {
    let text = TEAMS
        .replacen("\nSHOP\n", &format!("\n{shop}\n"), 1)
        .replacen("\nBANK\n", &format!("\n{bank}\n"), 1);
    Config::parse(&text).map_err(|errors| errors.iter().map(ToString::to_string).collect())
}

fn config(shop: &str, bank: &str) -> Config {
    parse(shop, bank).unwrap_or_else(|errors| panic!("{errors:?}"))
}

fn asks(siren_floor: Option<f32>, hide_content: bool) -> PhoneRules {
    PhoneRules {
        siren_floor,
        hide_content,
    }
}

#[test]
fn a_team_says_how_loud_a_page_is_at_least_and_what_a_locked_phone_hides() {
    for (line, rules) in [
        ("", asks(None, false)),
        ("phones = {}", asks(None, false)),
        ("phones = { siren_floor = 0.8 }", asks(Some(0.8), false)),
        ("phones = { siren_floor = 1 }", asks(Some(1.0), false)),
        ("phones = { hide_content = true }", asks(None, true)),
        (
            "phones = { siren_floor = 0.0, hide_content = false }",
            asks(Some(0.0), false),
        ),
    ] {
        let config = config(line, "");
        assert_eq!(config.teams()[&TeamId::from("shop")].phones, rules);
    }
}

#[test]
fn a_mistake_is_told_by_its_field_with_what_is_expected() {
    const SHARE: &str = "teams.shop.phones.siren_floor: expected a share of full volume from 0.0 to \
                         1.0, such as 0.8, got ";
    for (line, expected) in [
        ("{ siren_floor = 80 }", format!("{SHARE}the number 80")),
        ("{ siren_floor = -0.1 }", format!("{SHARE}the number -0.1")),
        ("{ siren_floor = nan }", format!("{SHARE}the number nan")),
        ("{ siren_floor = inf }", format!("{SHARE}the number inf")),
        (
            "{ siren_floor = \"80%\" }",
            format!("{SHARE}the text \"80%\""),
        ),
        (
            "{ hide_content = \"yes\" }",
            "teams.shop.phones.hide_content: expected true or false without quotes, got the text \
             \"yes\""
                .to_owned(),
        ),
        (
            "{ siren_flor = 0.8 }",
            "teams.shop.phones.siren_flor: unknown field; did you mean `siren_floor`?".to_owned(),
        ),
        (
            "true",
            "teams.shop.phones: expected a table, got true".to_owned(),
        ),
    ] {
        let errors = parse(&format!("phones = {line}"), "").expect_err(line);
        assert_eq!(errors.len(), 1, "{errors:?}");
        assert!(errors[0].contains(&expected), "{}", errors[0]);
    }
}

#[test]
fn what_a_team_asks_of_phones_is_shown_before_it_is_applied() {
    let changes = |old: &str, new: &str| -> Vec<String> {
        let changes = diff(&config(old, ""), &config(new, ""), Millis(0));
        changes.iter().map(Change::to_string).collect()
    };
    let strict = "phones = { siren_floor = 0.8, hide_content = true }";
    assert_eq!(
        changes("", strict),
        [
            "+ teams.shop.phones.hide_content: true",
            "+ teams.shop.phones.siren_floor: 0.8",
        ]
    );
    assert_eq!(
        changes(strict, "phones = { siren_floor = 0.9 }"),
        [
            "- teams.shop.phones.hide_content: true",
            "~ teams.shop.phones.siren_floor: 0.8 -> 0.9",
        ]
    );
    assert_eq!(changes(strict, strict), [] as [&str; 0]);
    assert_eq!(
        changes("", "phones = { hide_content = false }"),
        [] as [&str; 0]
    );
}

#[test]
fn of_somebodys_several_teams_the_strictest_counts_and_who_is_never_paged_is_asked_nothing() {
    let directory = Directory::new(config(
        "phones = { siren_floor = 0.7, hide_content = true }",
        "phones = { siren_floor = 0.9 }",
    ));
    for (person, rules) in [
        ("ana", asks(Some(0.9), true)),
        ("ben", asks(Some(0.9), false)),
        ("bea", asks(Some(0.7), true)),
        ("carl", asks(Some(0.7), true)),
        ("olga", asks(None, false)),
        ("nobody", asks(None, false)),
    ] {
        let asked = directory.phone_rules(&PersonId::from(person));
        assert_eq!(asked, rules, "{person}");
    }
}
