//! What comes of other pagers' files: the configuration parses, the shifts are those that the vendor
//! documents or shows, and what could not be carried over is said.

mod goalert;
mod holidays;
mod hostile;
mod ical;
mod opsgenie;
mod pagerduty;

use jiff::Timestamp;
use tocsin_directory::{Config, Team};
use tocsin_import::{Import, ImportError, Options};

type Importer = fn(&str, &Options<'_>) -> Result<Import, ImportError>;

fn at(text: &str) -> Timestamp {
    text.parse().expect("an instant")
}

fn file(path: &str) -> String {
    let path = format!("{}/../../tests/data/{path}", env!("CARGO_MANIFEST_DIR"));
    std::fs::read_to_string(path).expect("a fixture")
}

fn options() -> Options<'static> {
    Options {
        team: None,
        now: at("2026-11-23T12:00:00Z"),
    }
}

#[track_caller]
fn parsed(import: &Import) -> Config {
    match Config::parse(&import.toml) {
        Ok(config) => config,
        Err(errors) => panic!("{errors}\n{}", import.toml),
    }
}

#[track_caller]
fn only_team(config: &Config) -> &Team {
    assert_eq!(config.teams().len(), 1);
    config.teams().values().next().expect("a team")
}

/// Who is on call, by id.
fn on_call(team: &Team, instant: &str) -> String {
    team.rota.rota.on_call(at(instant)).person
}

fn said(import: &Import) -> Vec<String> {
    import.left_out.iter().map(ToString::to_string).collect()
}

#[track_caller]
fn says(import: &Import, expected: &str) {
    let said = said(import);
    assert!(
        said.iter().any(|line| line.contains(expected)),
        "expected {expected:?} in {said:#?}"
    );
}

#[track_caller]
fn says_nothing_of(import: &Import, unexpected: &str) {
    let said = said(import);
    assert!(
        !said.iter().any(|line| line.contains(unexpected)),
        "{unexpected:?} in {said:#?}"
    );
}
