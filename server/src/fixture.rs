//! The shop of this crate's tests: ana and whoever else is a member take weekly turns from Monday
//! 5 January 2026, 09:00 in Berlin, bea leads, and olga looks on.

use tocsin_directory::{Config, Directory};

/// The shop with these members, of whom ana can also be called and written to.
pub fn directory(members: &[&str]) -> Directory {
    Directory::new(config(members, ""))
}

/// The shop with these members and these lines of its own.
pub fn config(members: &[&str], lines: &str) -> Config {
    let text = format!(
        r#"
        [[people]]
        id = "ana"
        name = "Ana"
        email = "ana@example.org"
        telephone = "+493012345678"
        [[people]]
        id = "ben"
        name = "Ben"
        [[people]]
        id = "bea"
        name = "Bea"
        [[people]]
        id = "olga"
        name = "Olga"
        [[teams]]
        id = "shop"
        name = "Shop"
        manager = "bea"
        members = {members:?}
        observers = ["olga"]
        {lines}
        [teams.rota]
        zone = "Europe/Berlin"
        start = 2026-01-05
        handoff = {{ weekday = "monday", time = 09:00 }}
        members = {members:?}
        "#
    );
    Config::parse(&text).expect("a configuration")
}
