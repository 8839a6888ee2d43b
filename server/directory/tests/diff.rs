//! What somebody is shown before a configuration is applied.

use tocsin_directory::{Change, Config, Directory, diff, moved_shifts};
use tocsin_ticket::Millis;

const EXAMPLE: &str = include_str!("../example.toml");

fn parse(text: &str) -> Config {
    Config::parse(text).unwrap_or_else(|errors| panic!("{errors}"))
}

fn now() -> Millis {
    let now: jiff::Timestamp = "2026-04-01T12:00+02:00".parse().unwrap();
    Millis(now.as_millisecond())
}

/// What changes once each `from` of the example reads `to`.
fn changes(replacements: &[(&str, &str)]) -> Vec<String> {
    let mut text = EXAMPLE.to_owned();
    for (from, to) in replacements {
        assert_eq!(text.matches(from).count(), 1, "{from:?} stands there once");
        text = text.replace(from, to);
    }
    diff(&parse(EXAMPLE), &parse(&text), now())
        .iter()
        .map(Change::to_string)
        .collect()
}

#[test]
fn applying_the_same_file_again_changes_nothing() {
    assert_eq!(changes(&[]), [] as [&str; 0]);
    let reworded = changes(&[
        (
            "handoff = { weekday = \"monday\", time = 09:00 }     # when",
            "handoff = { weekday = \"mon\", time = \"09:00:00\" } #",
        ),
        (
            "work_in_progress = \"1h\" ",
            "work_in_progress = \"60 minutes\"",
        ),
        (
            "# ------------------------------------------------------------------------------------------ people",
            "",
        ),
    ]);
    assert_eq!(reworded, [] as [&str; 0]);
}

#[test]
fn a_first_configuration_adds_everything() {
    let first: Vec<String> = diff(&Config::default(), &parse(EXAMPLE), now())
        .iter()
        .map(Change::to_string)
        .collect();
    assert_eq!(
        first,
        [
            "+ people.ana (Ana Silva)",
            "+ people.bea (Bea Lindqvist)",
            "+ people.ben (Ben Okafor)",
            "+ people.carl (Carl Meyer)",
            "+ people.minjun (조민준)",
            "+ teams.shop (Shop)",
            "+ services.checkout (Checkout)",
            "+ services.payments (Payments)",
            "+ integrations.alertmanager (alertmanager)",
            "+ integrations.uptime (uptime)",
            "+ holidays.berlin (berlin)",
            "+ webhooks.chat (chat)",
            "+ maintenance.new switch (new switch)",
        ]
    );
}

#[test]
fn every_field_that_changes_is_shown_from_old_to_new() {
    assert_eq!(
        changes(&[
            ("name = \"Ana Silva\"", "name = \"Ana Souza\""),
            ("email = \"ana@example.org\"", ""),
            (
                "name = \"Carl Meyer\"",
                "name = \"Carl Meyer\"\nlanguage = \"en\""
            ),
            ("check_in = \"5m\" ", "check_in = \"4m30s\" "),
            (
                "id = \"payments\"\nname = \"Payments\"",
                "id = \"refunds\"\nname = \"Refunds\""
            ),
            ("tier = 1", "tier = 2"),
            ("page = \"SEV1\"", "page = \"SEV2\""),
            ("default_severity = \"SEV2\"", ""),
            ("zone = \"Europe/Lisbon\" ", "zone = \"Asia/Seoul\" "),
            ("researching = \"8m\"", "researching = \"9m\""),
            ("downstream = [\"payments\"]", "downstream = []"),
            (
                "severity = \"SEV2\", service = \"payments\"",
                "severity = \"SEV2\", service = \"refunds\"",
            ),
            ("degraded = \"SEV2\"", "degraded = \"SEV3\""),
            ("2026-12-26, ", ""),
            (
                "hold_off = \"90s\" ",
                "hold_off = { sev1 = \"30s\", sev2 = \"90s\" } "
            ),
            ("\"alertname\", \"cluster\"", "\"alertname\""),
            (
                "until = 2026-04-13T02:00+02:00",
                "until = 2026-04-13T03:00+02:00"
            ),
        ]),
        [
            "- people.ana.email: ana@example.org",
            "~ people.ana.name: Ana Silva -> Ana Souza",
            "~ people.ana.zone: Europe/Lisbon -> Asia/Seoul",
            "+ people.carl.language: en",
            "~ teams.shop.policy.sev1.check_in: 5m -> 4m 30s",
            "~ teams.shop.policy.sev1.manager: 5m -> 4m 30s",
            "~ teams.shop.policy.sev1.managers_manager: 5m -> 4m 30s",
            "~ teams.shop.policy.sev1.secondary: 5m -> 4m 30s",
            "~ teams.shop.policy.sev1.team: 5m -> 4m 30s",
            "- services.checkout.downstream: payments",
            "- services.checkout.group_by: cluster",
            "+ services.checkout.hold_off.sev1: 30s",
            "- services.checkout.hold_off.sev3: 1m 30s",
            "- services.checkout.hold_off.sev4: 1m 30s",
            "- services.checkout.hold_off.sev5: 1m 30s",
            // What a service takes from its team changes with it.
            "~ services.checkout.policy.sev1.check_in: 5m -> 4m 30s",
            "~ services.checkout.policy.sev1.manager: 5m -> 4m 30s",
            "~ services.checkout.policy.sev1.managers_manager: 5m -> 4m 30s",
            "~ services.checkout.policy.sev1.researching: 8m -> 9m",
            "~ services.checkout.policy.sev1.secondary: 5m -> 4m 30s",
            "~ services.checkout.policy.sev1.team: 5m -> 4m 30s",
            "~ services.checkout.severities.degraded: SEV2 -> SEV3",
            "~ services.checkout.tier: 1 -> 2",
            "- services.payments (Payments)",
            "+ services.refunds (Refunds)",
            "- integrations.alertmanager.default_severity: SEV2",
            "~ integrations.alertmanager.heartbeats.nightly-backup: every 24h, grace 2h, SEV2, payments -> every 24h, grace 2h, SEV2, refunds",
            "~ integrations.alertmanager.severities.page: SEV1 -> SEV2",
            "- holidays.berlin.dates: 2026-12-26",
            "~ maintenance.new switch.until: 2026-04-13T00:00:00Z -> 2026-04-13T01:00:00Z",
        ]
    );
}

#[test]
fn an_override_shows_whose_hours_it_takes_and_nobody_elses() {
    assert_eq!(
        changes(&[(
            "overrides = [",
            "overrides = [\n{ person = \"carl\", from = 2026-04-01T09:00, until = 2026-04-01T18:00 },"
        )]),
        [
            "+ teams.shop.rota.overrides: carl from 2026-04-01T09:00 until 2026-04-01T18:00",
            // From now on; what has passed has passed.
            "~ teams.shop: on call from Wed 2026-04-01 12:00 until Wed 2026-04-01 18:00 (Europe/Berlin): ana -> carl",
        ]
    );
}

#[test]
fn turning_the_order_of_a_rota_around_shows_every_shift_that_moves_for_two_weeks() {
    let moved = changes(&[(
        "    \"ana\",\n    \"ben\",\n",
        "    \"ben\",\n    \"ana\",\n",
    )]);
    assert_eq!(
        moved,
        [
            "~ teams.shop.rota.members: ana, ben, minjun joins 2026-03-02 with ana for 2 shifts (mentor_shadows) -> ben, ana, minjun joins 2026-03-02 with ana for 2 shifts (mentor_shadows)",
            // Ben stands in from Friday to Sunday anyway, and the week after is 민준's either way.
            "~ teams.shop: on call from Wed 2026-04-01 12:00 until Fri 2026-04-03 09:00 (Europe/Berlin): ana -> ben",
            "~ teams.shop: on call from Sun 2026-04-05 21:00 until Mon 2026-04-06 09:00 (Europe/Berlin): ana -> ben",
            "~ teams.shop: on call from Mon 2026-04-13 09:00 until Mon 2026-04-20 09:00 (Europe/Berlin): ana -> ben",
        ]
    );
}

#[test]
fn weeks_that_go_from_one_person_to_another_in_a_row_are_told_as_one() {
    let lone = |person: &str| {
        let secondary = format!(
            "[teams.secondary]\nzone = \"Asia/Seoul\"\nstart = 2026-01-05\n\
             handoff = {{ weekday = \"monday\", time = 09:00 }}\nmembers = [\"{person}\"]\n\n\
             [teams.policy.sev1]"
        );
        parse(&EXAMPLE.replace("[teams.policy.sev1]", &secondary))
    };
    let changes = diff(&lone("ben"), &lone("minjun"), now());
    let changes: Vec<String> = changes.iter().map(Change::to_string).collect();
    assert_eq!(
        changes,
        [
            "- teams.shop.secondary.members: ben",
            "+ teams.shop.secondary.members: minjun",
            "~ teams.shop: secondary from Wed 2026-04-01 19:00 until Mon 2026-04-20 09:00 (Asia/Seoul): ben -> minjun",
        ]
    );
}

#[test]
fn a_change_crosses_the_wire_unchanged() {
    let old = parse(EXAMPLE);
    let new = parse(
        &EXAMPLE
            .replace("tier = 1", "tier = 2")
            .replace("person = \"ben\", from", "person = \"ana\", from"),
    );
    let changes = diff(&old, &new, now());
    assert!(matches!(changes.last(), Some(Change::ShiftMoves { .. })));
    let json = serde_json::to_string(&changes).unwrap();
    assert_eq!(serde_json::from_str::<Vec<Change>>(&json).unwrap(), changes);
}

#[test]
fn hours_and_what_is_otherwise_are_shown_field_by_field() {
    let hours = "hours = [{ days = [\"monday\", \"friday\"], from = 08:00, until = 18:00 }]\n\
                 [[teams.rota.otherwise]]\nzone = \"Asia/Seoul\"\nstart = 2026-01-05\n\
                 handoff = { time = 09:00, every = 3 }\nmembers = [\"minjun\"]\n";
    let changes = changes(&[(
        "# Optional: who is paged second",
        &format!("{hours}# Optional: who is paged second"),
    )]);
    let written: Vec<&String> = changes.iter().filter(|it| it.starts_with('+')).collect();
    assert_eq!(
        written,
        [
            "+ teams.shop.rota.hours: monday, friday 08:00 to 18:00",
            "+ teams.shop.rota.otherwise[0].handoff: daily 09:00 every 3 days",
            "+ teams.shop.rota.otherwise[0].members: minjun",
            "+ teams.shop.rota.otherwise[0].start: 2026-01-05",
            "+ teams.shop.rota.otherwise[0].zone: Asia/Seoul",
        ]
    );
}

/// Whose shifts move once `from` of the example reads `to`.
fn moved(from: &str, to: &str) -> Vec<String> {
    let [old, new] =
        [EXAMPLE.to_owned(), EXAMPLE.replace(from, to)].map(|text| Directory::new(parse(&text)));
    let moved = moved_shifts(&old, &new, now());
    moved.iter().map(ToString::to_string).collect()
}

#[test]
fn whose_shift_moves_is_told_person_by_person_from_when_to_when() {
    assert_eq!(
        moved("person = \"ben\", from", "person = \"minjun\", from"),
        [
            "shop, on call: ben loses Fri 2026-04-03 09:00 until Sun 2026-04-05 21:00 (Europe/Berlin)",
            "shop, on call: minjun gets Fri 2026-04-03 09:00 until Sun 2026-04-05 21:00 as well (Europe/Berlin)",
        ]
    );
    assert_eq!(
        moved("until = 2026-04-05T21:00", "until = 2026-04-05T20:00"),
        [
            "shop, on call: ana had Sun 2026-04-05 21:00 until Mon 2026-04-06 09:00, gets Sun 2026-04-05 20:00 until Mon 2026-04-06 09:00 instead (Europe/Berlin)",
            "shop, on call: ben had Fri 2026-04-03 09:00 until Sun 2026-04-05 21:00, gets Fri 2026-04-03 09:00 until Sun 2026-04-05 20:00 instead (Europe/Berlin)",
        ]
    );
    assert_eq!(moved("tier = 1", "tier = 2"), [] as [&str; 0]);
}
