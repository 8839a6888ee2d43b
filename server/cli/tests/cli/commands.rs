//! The commands as an administrator, a person on call and a script use them.

use std::time::Duration;

use crate::common::{Home, Server, TEAM, read};

#[test]
fn a_file_with_mistakes_names_every_line_and_field_and_sends_nothing() {
    let home = Home::new();
    let text = read(TEAM).replace("manager = \"bea\"\nmembers", "manager = \"zoe\"\nmembers");
    let text = text.replace("check_in = \"10s\"", "check_in = \"soon\"");
    let file = home.write("team.toml", &text);
    let line = |of: &str| text.lines().position(|line| line.contains(of)).unwrap() + 1;
    let said = home.run(&["apply", &file, "--yes"]);
    assert_eq!(said.code, 3, "{said:?}");
    for (of, field) in [
        ("\"zoe\"", "teams.shop.manager"),
        ("soon", "teams.shop.policy.sev1.check_in"),
    ] {
        let place = format!("{file}:{}:", line(of));
        let told = said
            .err
            .lines()
            .any(|told| told.starts_with(&place) && told.contains(field));
        assert!(told, "{place} {field} in {}", said.err);
    }
    // It says so although there is no server to say anything.
    assert!(said.err.contains("2 mistakes"), "{}", said.err);
}

#[test]
fn applying_the_same_file_again_changes_nothing() {
    let home = Home::new();
    let server = Server::start(&home);
    home.run(&["login", &server.url, server.code.as_deref().unwrap()])
        .done();

    let shown = home.run(&["apply", TEAM, "--dry-run"]).done();
    assert!(
        shown.out.contains("+ people.ana (Ana Silva)"),
        "{}",
        shown.out
    );
    let unasked = home.run(&["apply", TEAM]);
    assert_eq!(unasked.code, 2, "nobody was there to say yes: {unasked:?}");

    let applied = home.run(&["apply", TEAM, "--yes"]).done();
    let url = format!("{}/in/", server.url);
    assert!(
        applied.out.contains(&url) && applied.out.contains("/alertmanager"),
        "{}",
        applied.out
    );
    let again = home.run(&["apply", TEAM, "--yes"]).done();
    assert_eq!(
        again.out, "nothing to change\n",
        "and no key is shown a second time"
    );
    let json = home.run(&["apply", TEAM, "--yes", "--json"]).done().json();
    assert_eq!(json["changes"].as_array().map(Vec::len), Some(0));
}

#[test]
fn a_key_takes_alarms_until_a_new_one_is_made() {
    let home = Home::new();
    let server = Server::with_team(&home);
    let new_key = || {
        let made = home.run(&["key", "alertmanager", "--json"]).done().json();
        made["key"].as_str().unwrap().to_owned()
    };
    let post = |key: &str| server.post(&format!("/in/{key}/json"), r#"{"title": "It broke"}"#);
    let first = new_key();
    assert_eq!(post(&first), 200);
    let second = new_key();
    assert_eq!((post(&first), post(&second)), (404, 200));
    let unknown = home.run(&["key", "nagios"]);
    assert_eq!(unknown.code, 3, "{unknown:?}");
}

#[test]
fn an_enrolment_code_works_once() {
    let home = Home::new();
    let server = Server::with_team(&home);
    let given = home.run(&["enroll", "ana", "--json"]).done().json();
    let code = given["code"].as_str().unwrap();
    assert!(
        given["link"]
            .as_str()
            .unwrap()
            .starts_with("tocsin://enroll?server=http%3A%2F%2F127")
    );
    let login = |file: &str| home.run(&["login", &server.url, code, "--config", file]);
    login("ana.toml").done();
    let second = login("thief.toml");
    assert_eq!(second.code, 3, "{second:?}");
    assert!(second.err.contains("ask for a new one"), "{}", second.err);
    assert!(!home.path("thief.toml").exists());

    // Ana is no administrator: what she may not do is refused in the server's words.
    let refused = home.run(&["enroll", "bea", "--config", "ana.toml"]);
    assert_eq!(refused.code, 3);
    assert!(refused.err.contains("administrator"), "{}", refused.err);
}

#[test]
fn an_enrolment_is_shown_as_a_code_and_a_qr_and_the_command_to_run() {
    let home = Home::new();
    let server = Server::with_team(&home);
    let said = home.run(&["enroll", "bea"]).done();
    let command = format!("tocsin pager --server {} --code ", server.url);
    assert!(said.out.contains(&command), "{}", said.out);
    assert!(
        said.out.contains('▀') && said.out.contains('█'),
        "a QR code: {}",
        said.out
    );
    assert!(
        said.err.contains("--reach"),
        "phones cannot reach 127.0.0.1: {}",
        said.err
    );
}

#[test]
fn an_alarm_by_hand_is_a_ticket_that_scripts_and_people_can_read() {
    let home = Home::new();
    let _server = Server::with_team(&home);
    let raised = ["alarm", "--service", "checkout", "Checkout is down"];
    assert!(home.run(&raised).done().out.contains("#1"));
    assert!(home.run(&raised).done().out.contains("open already"));

    let list = home.run(&["tickets", "--json"]).done().json();
    let ticket = &list["tickets"][0];
    assert_eq!(
        ticket["severity"], "SEV1",
        "who raises an alarm by hand wants somebody woken"
    );
    assert_eq!(ticket["owner"], "ana");
    let story = home.run(&["ticket", "#1"]).done().out;
    for told in [
        "Ana Silva",
        "page 1.1 to Ana Silva",
        "reported once more",
        "then Bea Lindqvist",
    ] {
        assert!(story.contains(told), "{told} in {story}");
    }
    assert!(
        !story.contains('\u{1b}'),
        "no colours for a pipe: {story:?}"
    );
    let on_call = home.run(&["oncall", "--json"]).done().json();
    assert_eq!(on_call[0]["primary"]["id"], "ana");
    assert_eq!(on_call[0]["manager"]["id"], "bea");

    let over = [
        "alarm",
        "--service",
        "checkout",
        "Checkout is down",
        "--resolved",
    ];
    assert!(home.run(&over).done().out.contains("resolved"));
    assert_eq!(
        home.run(&["tickets", "--json"]).done().json()["tickets"],
        serde_json::json!([])
    );
    assert_eq!(
        home.run(&["tickets", "--all", "--json"]).done().json()["tickets"][0]["id"],
        1
    );
    let unknown = home.run(&["ticket", "4711"]);
    assert_eq!(unknown.code, 3, "{unknown:?}");
}

#[test]
fn a_script_needs_no_login_file() {
    let home = Home::new();
    let server = Server::with_team(&home);
    let login = read(home.path(".config/tocsin/login.toml"));
    let token = login
        .split('"')
        .find(|text| text.starts_with("tcs_"))
        .unwrap();
    let elsewhere = Home::new();
    let asked = elsewhere
        .command()
        .args(["oncall", "--json"])
        .envs([("TOCSIN_URL", server.url.as_str()), ("TOCSIN_TOKEN", token)])
        .output()
        .unwrap();
    assert!(asked.status.success(), "{asked:?}");
}

#[cfg(unix)]
#[test]
fn a_login_can_be_read_by_its_owner_alone() {
    use std::os::unix::fs::PermissionsExt;
    let home = Home::new();
    let _server = Server::with_team(&home);
    let mode = home
        .path(".config/tocsin/login.toml")
        .metadata()
        .unwrap()
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[test]
fn a_log_at_debug_level_holds_no_secret() {
    let home = Home::new();
    let server = Server::with_team(&home);
    let code = home.run(&["enroll", "ana", "--json"]).done().json()["code"].clone();
    let code = code.as_str().unwrap();
    home.run(&["login", &server.url, code, "--config", "ana.toml"])
        .done();
    let key = home.run(&["key", "alertmanager", "--json"]).done().json()["key"].clone();
    let login = read(home.path("ana.toml"));
    let token = login
        .split('"')
        .find(|text| text.starts_with("tcs_"))
        .unwrap();
    let log = server.process.log();
    assert!(
        log.contains("a device was enrolled"),
        "the log is on: {log}"
    );
    for secret in [
        server.code.as_deref().unwrap(),
        code,
        key.as_str().unwrap(),
        token,
    ] {
        assert!(!log.contains(secret), "{secret} in the log");
    }
}

#[cfg(unix)]
#[test]
fn a_hang_up_is_harmless_and_a_termination_ends_the_server_in_order() {
    let home = Home::new();
    let mut server = Server::with_team(&home);
    server.process.signal("-HUP");
    std::thread::sleep(Duration::from_millis(200));
    home.run(&["oncall"]).done();
    assert!(server.process.is_running());
    server.process.signal("-TERM");
    assert_eq!(server.process.wait(), Some(0), "{}", server.process.log());
    assert!(server.process.log().contains("everything taken is on disk"));

    // Its folder has an administrator now, so it prints no code again.
    let again = Server::start(&home);
    assert_eq!(again.code, None);
}

#[test]
fn a_server_that_is_not_there_is_no_mistake_of_the_person() {
    let home = Home::new();
    let said = home.run(&["login", "http://127.0.0.1:9", "7KQ2M-9XWTA"]);
    assert_eq!(said.code, 1, "{said:?}");
    assert!(
        said.err.contains("tocsin serve"),
        "it says what to check: {}",
        said.err
    );
    let said = home.run(&["login", "http://pager.example.org", "7KQ2M-9XWTA"]);
    assert_eq!(said.code, 2, "{said:?}");
    assert!(said.err.contains("https://"), "{}", said.err);
    let said = home.run(&["tickets"]);
    assert_eq!(said.code, 1);
    assert!(said.err.contains("tocsin login"), "{}", said.err);
}

#[test]
fn a_pager_that_is_not_enrolled_says_how_to_enrol_it() {
    let said = Home::new().run(&["pager"]);
    assert_eq!(said.code, 1, "{said:?}");
    assert!(said.err.contains("tocsin enroll"), "{}", said.err);
}

#[test]
fn a_demo_without_a_terminal_says_how_it_plays_itself() {
    let said = Home::new().run(&["demo"]);
    assert_eq!(said.code, 2, "{said:?}");
    assert!(said.err.contains("--auto"), "{}", said.err);
}

#[test]
fn the_siren_is_written_as_a_file_of_24_seconds() {
    let home = Home::new();
    home.run(&["siren", "--wav", "siren.wav"]).done();
    let bytes = std::fs::read(home.path("siren.wav")).unwrap();
    assert_eq!(bytes.get(..4), Some(&b"RIFF"[..]));
    assert_eq!(bytes.len(), 44 + 24 * 48_000 * 2);
}

#[test]
fn every_shell_gets_completions() {
    let home = Home::new();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let said = home.run(&["completions", shell]).done();
        assert!(said.out.contains("oncall"), "{shell}: {}", said.out);
    }
}

#[test]
fn help_shows_how_each_command_is_used_and_what_its_exit_codes_mean() {
    let home = Home::new();
    let help = home.run(&["--help"]).done().out;
    assert!(
        help.contains("Exit codes:") && help.contains("tocsin apply team.toml"),
        "{help}"
    );
    for command in [
        "serve",
        "gateway",
        "watch",
        "login",
        "apply",
        "enroll",
        "key",
        "oncall",
        "devices",
        "drill",
        "tickets",
        "ticket",
        "alarm",
        "siren",
        "pager",
        "demo",
        "completions",
    ] {
        let help = home.run(&[command, "--help"]).done().out;
        assert!(help.contains("Example"), "{command}: {help}");
    }
    assert_eq!(home.run(&["sing"]).code, 2);
}
