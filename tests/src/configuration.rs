//! The teams that the tests are about: a shop and, to have somebody who must not see it, a bank.
//!
//! In the shop Ana is on call, Ben is in the team with her, Bea is the manager and Carl is Bea's.
//! In the bank Dora is on call and Eve is the manager.

use std::fmt::Write;

use jiff::{SignedDuration, Timestamp, tz::TimeZone};

/// The shop's integration that most tests send alarms through.
pub const SHOP: &str = "alertmanager";

/// The bank's only integration.
pub const BANK: &str = "bank-script";

/// The default limits, minutes long: nothing escalates while a test runs.
pub const UNHURRIED: &str = "";

/// Limits that a test can sit out: SEV1 has a second to check in, each level above three.
pub const QUICK: &str = r#"
[teams.policy.sev1]
check_in = "1s"
researching = "3s"
work_in_progress = "6s"
manager = "3s"
managers_manager = "3s"
team = "3s"

[teams.policy.sev2]
check_in = "2s"
researching = "4s"
work_in_progress = "8s"
manager = "4s"
managers_manager = "4s"
team = "4s"
"#;

/// The lines of a rota in this time zone whose shift began two to three hours ago.
///
/// So no turn passes on while a test runs, whatever the day and the hour.
///
/// # Panics
/// When there is no such zone.
#[must_use]
pub fn shift_begun(zone: &str) -> String {
    let began = Timestamp::now() - SignedDuration::from_hours(2);
    let began = began.to_zoned(TimeZone::get(zone).expect("a time zone"));
    format!(
        "zone = \"{zone}\"\nstart = 2024-01-01\nhandoff = {{ weekday = \"{}\", time = {} }}",
        began.strftime("%A").to_string().to_lowercase(),
        began.strftime("%H:00"),
    )
}

/// A time zone where it is about noon, so that the evening's drill is far away.
#[must_use]
pub fn noon_zone() -> String {
    let ahead = 12 - Timestamp::now().to_zoned(TimeZone::UTC).hour();
    // POSIX counts the hours behind Greenwich.
    format!("Etc/GMT{:+}", -ahead)
}

/// The configuration with Ana on call and these limits in the shop.
#[must_use]
pub fn with_policy(shop_policy: &str) -> String {
    with_on_call("ana", &["ana", "ben"], shop_policy)
}

/// The configuration with somebody else on call, or others in the shop.
#[must_use]
pub fn with_on_call(on_call: &str, members: &[&str], shop_policy: &str) -> String {
    let mut people = String::new();
    for (id, name, manager) in [
        ("ana", "Ana Silva", Some("bea")),
        ("ben", "Ben Okafor", Some("bea")),
        ("bea", "Bea Lindqvist", Some("carl")),
        ("carl", "Carl Meyer", None),
        ("dora", "Dora Novak", Some("eve")),
        ("eve", "Eve Larsen", None),
    ] {
        let elsewhere = matches!(id, "bea" | "carl" | "dora" | "eve");
        if !elsewhere && !members.contains(&id) && on_call != id {
            continue;
        }
        let manager =
            manager.map_or_else(String::new, |manager| format!("manager = {manager:?}\n"));
        let _ = write!(
            people,
            "[[people]]\nid = {id:?}\nname = {name:?}\n{manager}\n"
        );
    }
    let berlin = shift_begun("Europe/Berlin");
    let new_york = shift_begun("America/New_York");
    format!(
        r#"{people}
[[teams]]
id = "shop"
name = "Shop"
manager = "bea"
members = {members:?}

[teams.rota]
{berlin}
members = [{on_call:?}]
{shop_policy}
[[teams]]
id = "bank"
name = "Bank"
manager = "eve"
members = ["dora"]

[teams.rota]
{new_york}
members = ["dora"]

[[services]]
id = "checkout"
name = "Checkout"
team = "shop"

[[services]]
id = "orders"
name = "Orders"
team = "shop"

[[services]]
id = "search"
name = "Search"
team = "shop"

[[services]]
id = "ledger"
name = "Ledger"
team = "bank"

[[integrations]]
id = "alertmanager"
team = "shop"
service = "checkout"

[[integrations]]
id = "script"
team = "shop"
service = "orders"

[[integrations]]
id = "bank-script"
team = "bank"
service = "ledger"
"#
    )
}
