//! The teams that the tests are about: a shop and, to have somebody who must not see it, a bank.
//!
//! In the shop Ana is on call, Ben is in the team with her, Bea is the manager and Carl is Bea's.
//! In the bank Dora is on call and Eve is the manager.

use std::fmt::Write;

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
    format!(
        r#"{people}
[[teams]]
id = "shop"
name = "Shop"
manager = "bea"
members = {members:?}

[teams.rota]
zone = "Europe/Berlin"
start = 2024-01-01
handoff = {{ weekday = "monday", time = 09:00 }}
members = [{on_call:?}]
{shop_policy}
[[teams]]
id = "bank"
name = "Bank"
manager = "eve"
members = ["dora"]

[teams.rota]
zone = "America/New_York"
start = 2024-01-01
handoff = {{ weekday = "monday", time = 09:00 }}
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
