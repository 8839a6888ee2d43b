//! What keeps alarms from paging, from a terminal.

use crate::common::{Home, Server, TEAM, read};

#[test]
fn announced_work_and_a_quiet_time_hold_tickets_that_are_found_with_their_rule() {
    let home = Home::new();
    let server = Server::start(&home);
    home.run(&["login", &server.url, server.code.as_deref().unwrap()])
        .done();
    let file = home.write("team.toml", &read(TEAM));
    home.run(&["apply", &file, "--yes"]).done();
    let given = home.run(&["enroll", "ana", "--json"]).done().json();
    let code = given["code"].as_str().unwrap();
    let ana = ["--config", "ana.toml"];
    home.run(&["login", &server.url, code, "--config", "ana.toml"])
        .done();
    let run = |words: &[&str]| home.run(&[words, &ana[..]].concat());

    let said = run(&["quiet"]).done().out;
    assert!(said.contains("woken for everything"), "{said}");
    let said = run(&["quiet", "90m"]).done().out;
    assert!(said.contains("a SEV1 still rings"), "{said}");
    let alarm = |title: &str| {
        let words = [
            "alarm",
            "--service",
            "checkout",
            "--severity",
            "SEV2",
            title,
        ];
        home.run(&words).done();
    };
    alarm("Disk is full");
    let said = run(&["quiet", "show"]).done().out;
    assert!(said.contains("1 ticket is waiting"), "{said}");
    let said = run(&["tickets", "--held"]).done().out;
    assert!(said.contains("held by the quiet time of ana"), "{said}");
    let story = run(&["ticket", "1"]).done().out;
    assert!(story.contains("by the quiet time of Ana"), "{story}");
    run(&["quiet", "off"]).done();
    let said = run(&["tickets", "--held"]).done();
    assert!(said.err.contains("no tickets"), "{said:?}");
    let story = run(&["ticket", "1"]).done().out;
    assert!(story.contains("the trouble is still there"), "{story}");
    assert_eq!(run(&["quiet", "5h"]).code, 3, "four hours at most");
    assert_eq!(run(&["quiet", "soon"]).code, 2);

    let add = ["maintenance", "add", "new switch", "--service", "checkout"];
    let said = run(&[&add[..], &["--for", "2h", "--reason", "cables"]].concat()).done();
    assert!(said.out.contains("new switch, Ana"), "{said:?}");
    alarm("Switch is gone");
    let said = run(&["tickets", "--held", "maintenance"]).done().out;
    assert!(
        said.contains("held by the maintenance window \"new switch\""),
        "{said}"
    );
    let listed = run(&["maintenance", "list", "--json"]).done().json();
    let id = listed[0]["id"].to_string();
    run(&["maintenance", "end", &id]).done();
    let said = run(&["maintenance", "list"]).done();
    assert!(said.err.contains("no maintenance"), "{said:?}");
    let again = run(&["maintenance", "end", &id]);
    assert_eq!(again.code, 3, "{again:?}");
    let missing = run(&add);
    assert_eq!(missing.code, 2, "until when? {missing:?}");
}
