//! Whoever is told outside, as an administrator sees it.

use crate::common::{Home, Server, TEAM, read};

#[test]
fn a_secret_is_shown_once_and_changed_and_whoever_is_told_is_listed_without_addresses() {
    let home = Home::new();
    let server = Server::start(&home);
    let code = server.code.as_deref().unwrap();
    home.run(&["login", &server.url, code]).done();
    let more = "\n[[webhooks]]\nid = \"door\"\nteam = \"shop\"\n\
                url = \"https://door.example.org/t0ps3cret\"\nevents = []\n";
    let file = home.write("team.toml", &format!("{}{more}", read(TEAM)));
    let applied = home.run(&["apply", &file, "--yes"]).done().out;
    let secret = applied
        .lines()
        .find_map(|line| line.strip_prefix("secret of door: "))
        .unwrap_or_else(|| panic!("{applied}"));
    assert!(secret.starts_with("whsec_"), "{secret}");
    let listed = home.run(&["webhooks", "list"]).done().out;
    let line = listed.lines().find(|line| line.starts_with("door "));
    let line = line.unwrap_or_else(|| panic!("{listed}"));
    assert!(
        line.ends_with("webhook at door.example.org: well"),
        "{line}"
    );
    assert!(!listed.contains("t0ps3cret") && !listed.contains("whsec_"));
    let rotated = home.run(&["webhooks", "rotate", "door", "--json"]).done();
    assert_ne!(rotated.json()["secret"], secret);
    assert!(rotated.json()["previous_until"].is_i64());
    assert_eq!(
        home.run(&["webhooks", "dead", "door", "--json"])
            .done()
            .json(),
        serde_json::json!([])
    );
    let redelivered = home.run(&["webhooks", "redeliver", "door", "--json"]);
    assert_eq!(redelivered.done().json()["letters"], 0);
    for words in [
        &["webhooks", "dead", "nobody"][..],
        &["webhooks", "rotate", "nobody"],
    ] {
        let unknown = home.run(words);
        assert_eq!(unknown.code, 3, "{unknown:?}");
        assert!(unknown.err.contains("no such webhook"), "{unknown:?}");
    }
    let log = home.run(&["audit", "list"]).done().out;
    assert!(log.contains("made a secret for door"), "{log}");
    assert!(
        log.contains("made a new secret for door, beside its older one"),
        "{log}"
    );
}
