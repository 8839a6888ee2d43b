//! Payloads that are tried, and mails that are piped in.

use std::io::Write;
use std::process::Stdio;

use crate::common::{Home, Server};

#[test]
fn a_payload_is_tried_without_paging_anybody() {
    let home = Home::new();
    let _server = Server::with_team(&home);
    let payload =
        r#"{"title": "Checkout is slow", "severity": "purple", "details": {"p99": "7 s"}}"#;
    let file = home.write("payload.json", payload);
    let try_it = ["alarm", "--dry-run", &file, "--integration", "alertmanager"];
    let shown = home.run(&try_it).done().out;
    for part in [
        "SEV2 Checkout is slow",
        "SEV2, the default",
        "service   checkout",
        "would be paged now",
        "p99: 7 s",
        "odd: severity: expected SEV1 to SEV5, got \"purple\"",
    ] {
        assert!(shown.contains(part), "{part} in {shown}");
    }
    let json = home.run(&[&try_it[..], &["--json"]].concat()).done().json();
    assert_eq!(json["alarms"][0]["does"], "fires");
    let wrong = home.run(&[&try_it[..], &["--format", "alertmanager"]].concat());
    assert_eq!(wrong.code, 3, "{wrong:?}");
    let tickets = home.run(&["tickets", "--json"]).done().json();
    assert_eq!(
        tickets["tickets"].as_array().map(Vec::len),
        Some(0),
        "{tickets}"
    );
    for usage in [
        &["alarm", "--dry-run", &file][..],
        &[
            "alarm",
            "--dry-run",
            &file,
            "--integration",
            "a",
            "--format",
            "smoke",
        ],
        &["alarm", "Title without a service"],
    ] {
        assert_eq!(home.run(usage).code, 2, "{usage:?}");
    }
}

#[test]
fn a_mail_server_pipes_a_mail_in_and_is_told_whether_to_try_again() {
    let home = Home::new();
    let server = Server::with_team(&home);
    let key = home.run(&["key", "alertmanager", "--json"]).done().json();
    let key = key["key"].as_str().expect("a key").to_owned();
    let mail_in = |server: &str, to: &str, mail: &str| {
        let mut command = home.command();
        command
            .args(["mail-in", "--server", server])
            .env("RECIPIENT", to)
            .stdin(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = command.spawn().expect("a process");
        let mut stdin = child.stdin.take().expect("stdin");
        // It may have hung up before reading.
        let _ = stdin.write_all(mail.as_bytes());
        drop(stdin);
        let done = child.wait_with_output().expect("an end");
        done.status.code()
    };
    let mail = "From: backup@shop.example\r\nSubject: Nightly backup failed\r\n\r\nDisk full.\r\n";
    let to = format!("{key}@pager.shop.example");
    assert_eq!(mail_in(&server.url, &to, mail), Some(0));
    let tickets = home.run(&["tickets", "--json"]).done().json();
    assert_eq!(tickets["tickets"][0]["title"], "Nightly backup failed");
    for (url, to, mail, code) in [
        (server.url.as_str(), to.as_str(), "no mail", 65),
        (&server.url, "0123@pager.shop.example", mail, 65),
        (&server.url, "nobody", mail, 65),
        ("http://127.0.0.1:9", &to, mail, 75),
    ] {
        assert_eq!(mail_in(url, to, mail), Some(code), "{url} {to}");
    }
}
