//! Tokens, the audit log, backups: what an administrator does with them.

use rusqlite::Connection;

use crate::common::{Home, Server, ask};

#[test]
fn a_token_does_what_it_is_for_and_nothing_more_until_it_is_revoked() {
    let home = Home::new();
    let server = Server::with_team(&home);
    let made = home
        .run(&[
            "token",
            "create",
            "board",
            "--scope",
            "read",
            "--expires",
            "90d",
            "--json",
        ])
        .done()
        .json();
    let secret = made["secret"].as_str().unwrap();
    let status =
        |method: &str, path: &str| ask(server.address(), method, path, Some(secret), "{}").0;
    assert_eq!(status("GET", "/v1/tickets"), 200);
    assert_eq!(status("POST", "/v1/alarms"), 403);
    assert_eq!(status("GET", "/v1/config"), 403);
    let listed = home.run(&["token", "list"]).done().out;
    assert!(
        listed.contains("board") && listed.contains("read"),
        "{listed}"
    );
    assert!(!listed.contains(secret));
    let id = made["token"]["id"].as_str().unwrap();
    home.run(&["token", "revoke", &id[..8]]).done();
    assert_eq!(status("GET", "/v1/tickets"), 401);
    let again = home.run(&["token", "revoke", id]);
    assert_eq!(again.code, 3, "{again:?}");
    let wrong = home.run(&["token", "create", "board", "--scope", "everything"]);
    assert_eq!(wrong.code, 2, "{wrong:?}");
    assert!(
        wrong.err.contains("expected one of read, report"),
        "{wrong:?}"
    );
}

#[test]
fn the_audit_log_is_shown_and_checked_and_a_change_on_the_disk_is_named() {
    let home = Home::new();
    let mut server = Server::with_team(&home);
    home.run(&["enroll", "ana"]).done();
    let list = home.run(&["audit", "list"]).done().out;
    assert!(list.contains("applied a configuration"), "{list}");
    assert!(list.contains("administrator on device"), "{list}");
    assert!(
        list.trim_end().ends_with("gave out a code for ana"),
        "{list}"
    );
    let said = home.run(&["audit", "verify"]).done().out;
    let head = said.trim_end().rsplit(' ').next().unwrap().to_owned();
    home.run(&["enroll", "bea"]).done();
    home.run(&["audit", "verify", "--head", &head]).done();
    let forged = head.replace(|digit: char| digit.is_ascii_hexdigit() && digit > '4', "0");
    let unknown = home.run(&["audit", "verify", "--head", &forged]);
    assert_eq!(unknown.code, 3, "{unknown:?}");

    home.run(&["audit", "verify", "--file", "data/tocsin.db"])
        .done();
    server.process.signal("-TERM");
    server.process.wait();
    let database = Connection::open(home.path("data/tocsin.db")).unwrap();
    let changed = database.execute(
        "UPDATE audit SET entry = replace(entry, 'administrator', 'nobody') WHERE number = 2",
        [],
    );
    assert_eq!(changed, Ok(1));
    drop(database);
    let broken = home.run(&["audit", "verify", "--file", "data/tocsin.db"]);
    assert_eq!(broken.code, 3, "{broken:?}");
    assert!(broken.err.contains("broken at entry 2"), "{broken:?}");
}

#[test]
fn a_backup_is_made_beside_a_running_server_and_restored_without_one() {
    let home = Home::new();
    let mut server = Server::with_team(&home);
    home.run(&["alarm", "--service", "checkout", "It broke"])
        .done();
    home.run(&["backup", "--data", "data", "copy.db"]).done();
    let twice = home.run(&["backup", "--data", "data", "copy.db"]);
    assert_eq!(twice.code, 3, "{twice:?}");
    let running = home.run(&["restore", "--data", "data", "copy.db"]);
    assert_eq!(running.code, 3, "{running:?}");
    assert!(running.err.contains("stop it first"), "{running:?}");
    home.run(&["alarm", "--service", "checkout", "Later"])
        .done();
    server.process.signal("-TERM");
    server.process.wait();
    let said = home
        .run(&["restore", "--data", "data", "copy.db"])
        .done()
        .out;
    assert!(said.contains("data/tocsin.db.replaced-1"), "{said}");
    let address = server.address().to_owned();
    let _server = Server::start_with(&home, &address, &[]);
    let tickets = home.run(&["tickets", "--json"]).done().json();
    let titles: Vec<_> = tickets["tickets"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| &it["title"])
        .collect();
    assert_eq!(titles, ["It broke"]);
}
