//! What a server and a gateway need to be told, and what they tell of themselves.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::sync::mpsc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use tocsin_push::jwt::SigningKey;

use crate::common::{Home, Server, ask};

/// Guards against hanging.
const LONG: Duration = Duration::from_secs(60);

#[test]
fn a_mistake_in_the_transports_file_is_named_with_its_line_and_field() {
    let home = Home::new();
    let serve = |text: &str| {
        let file = home.write("transports.toml", text);
        let said = home.run(&["serve", "--data", "data", "--transports", &file]);
        assert_eq!(said.code, 3, "{said:?}");
        (file, said.err)
    };
    // It cannot be read.
    let (file, err) = serve("[email]\nhost = 'localhost'\nport = 'many'\nfrom = 'a@b.example'\n");
    assert!(err.contains(&format!("{file}:3:")), "{err}");
    assert!(err.contains("email.port"), "{err}");
    // It reads well and cannot be used.
    let (file, err) = serve(
        "[webpush]\ncontact = 'mailto:oncall@example.org'\n\n[gateway.sms.seven_sms]\n\
         from = 'Tocsin'\napi_key = { env = 'NOBODY_HAS_SET_THIS' }\n",
    );
    assert!(
        err.contains(&format!("{file}:6: gateway.sms.api_key: ")),
        "{err}"
    );
    assert!(err.contains("NOBODY_HAS_SET_THIS"), "{err}");
}

#[test]
fn a_key_to_apple_that_cannot_be_asked_about_is_named_with_its_place() {
    let home = Home::new();
    let push = |text: &str| {
        let file = home.write("transports.toml", text);
        let said = home.run(&["push", "apns", "--transports", &file]);
        assert_eq!(said.code, 3, "{said:?}");
        (file, said.err)
    };
    let (_, err) = push("[webpush]\ncontact = 'mailto:oncall@example.org'\n");
    assert!(err.contains("apns.own is missing: expected key"), "{err}");
    let gateway = "[apns.gateway]\nurl = 'https://push.example.com'\n\
                   contact = 'mailto:oncall@example.org'\n";
    let (_, err) = push(gateway);
    assert!(err.contains("the key is the gateway's"), "{err}");
    let (file, err) = push(
        "[apns.own]\nkey = { file = '/nowhere.p8' }\nkey_id = 'ABC123DEFG'\n\
         team_id = 'DEF123GHIJ'\ntopics = ['org.example.tocsin']\n",
    );
    assert!(err.contains(&format!("{file}:2: apns.own.key: ")), "{err}");
    assert!(err.contains("/nowhere.p8"), "{err}");
}

#[test]
fn the_log_says_by_what_pages_go_out() {
    let home = Home::new();
    let alone = Server::start(&home);
    let log = alone.process.log();
    assert!(log.contains("live stream alone"), "{log}");
    drop(alone);
    let file = home.write(
        "transports.toml",
        "[webpush]\ncontact = 'mailto:oncall@example.org'\n",
    );
    let server = Server::start_with(&home, "127.0.0.1:0", &["--transports", &file]);
    let log = server.process.log();
    assert!(
        log.contains("pages go out by live stream, WebPush"),
        "{log}"
    );
    assert!(!log.contains("live stream alone"), "{log}");
}

#[test]
fn somebody_outside_hears_the_heartbeat_and_then_that_it_stops() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/ping/4711", listener.local_addr().unwrap());
    let (beat, beats) = mpsc::channel();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut request = [0; 4096];
            let length = stream.read(&mut request).unwrap_or(0);
            let line = String::from_utf8_lossy(&request[..length]).into_owned();
            let _ = stream
                .write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
            if beat.send(line).is_err() {
                return;
            }
        }
    });
    let home = Home::new();
    let server = Server::start_with(
        &home,
        "127.0.0.1:0",
        &["--heartbeat", &url, "--heartbeat-every", "1s"],
    );
    for _ in 0..2 {
        let heard = beats.recv_timeout(LONG).unwrap();
        assert!(heard.starts_with("GET /ping/4711 "), "{heard}");
    }
    let log = server.process.log();
    assert!(!log.contains("4711"), "the address is a capability: {log}");
    drop(server);
    while beats.try_recv().is_ok() {}
    let silence = beats.recv_timeout(Duration::from_secs(3));
    assert!(silence.is_err(), "a dead server beats no more: {silence:?}");
}

#[test]
fn a_heartbeat_that_cannot_be_is_refused_before_the_server_starts() {
    let home = Home::new();
    let said = home.run(&["serve", "--data", "data", "--heartbeat", "hc.example.org"]);
    assert_eq!(said.code, 2, "{said:?}");
    assert!(said.err.contains("https://"), "{}", said.err);
    assert!(!home.path("data").exists());
}

#[test]
fn a_gateway_listens_and_takes_nothing_from_whom_it_does_not_know() {
    let home = Home::new();
    let der = STANDARD.encode(SigningKey::generate_es256().unwrap());
    let key = home.write(
        "apns.p8",
        &format!("-----BEGIN PRIVATE KEY-----\n{der}\n-----END PRIVATE KEY-----\n"),
    );
    let text = format!(
        "origin = 'https://push.example.com'\n[apns]\nkey = {{ file = '{key}' }}\n\
         key_id = 'ABC123DEFG'\nteam_id = 'DEF123GHIJ'\ntopics = ['org.example.tocsin']\n"
    );
    let settings = home.write("gateway.toml", &text);
    let mut command = home.command();
    command.args([
        "gateway",
        "--settings",
        &settings,
        "--listen",
        "127.0.0.1:0",
    ]);
    let mut gateway = home.beside(command, "gateway.log");
    let line = gateway.line();
    let (_, url) = line
        .split_once("http://")
        .unwrap_or_else(|| panic!("{line} {}", gateway.log()));
    let address = url.split(' ').next().unwrap();
    assert!(line.contains("https://push.example.com"), "{line}");
    assert_eq!(ask(address, "GET", "/healthz", None, "").0, 200);
    let (status, answer) = ask(address, "POST", "/v1/apns/00ff00ff", None, "{}");
    assert_eq!(status, 401, "{answer}");
    let (_, metrics) = ask(address, "GET", "/metrics", None, "");
    assert!(
        metrics.contains("tocsin_gateway_outcomes_total{outcome=\"refused\"} 1"),
        "{metrics}"
    );
    gateway.signal("-TERM");
    assert_eq!(gateway.wait(), Some(0), "{}", gateway.log());

    let mistaken = home.write("mistaken.toml", &text.replace("topics", "topic"));
    let said = home.run(&["gateway", "--settings", &mistaken]);
    assert_eq!(said.code, 3, "{said:?}");
    assert!(said.err.contains(&format!("{mistaken}:6:")), "{}", said.err);
}
