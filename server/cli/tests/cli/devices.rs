//! Whether phones would ring: drills, readiness, and who is on call with what.

use serde_json::{Value, json};

use crate::common::{Home, Server};

/// Ana, who is on call, with a phone that is played by the test.
struct Ana {
    home: Home,
    server: Server,
    token: String,
    device: String,
}

impl Ana {
    fn new(language: &str) -> Self {
        let home = Home::new();
        let server = Server::with_team(&home);
        let code = || {
            let given = home.run(&["enroll", "ana", "--json"]).done().json();
            given["code"].as_str().unwrap().to_owned()
        };
        let request = json!({"code": code(), "device_name": "Ana's phone"});
        let phone = server.phone("POST", "/v1/enroll", None, &request);
        let login = ["login", &server.url, &code(), "--lang", language];
        home.run(&[&login[..], &["--config", "ana.toml"]].concat())
            .done();
        Self {
            token: phone["token"].as_str().unwrap().to_owned(),
            device: phone["device"].as_str().unwrap().to_owned(),
            home,
            server,
        }
    }

    fn phone(&self, method: &str, path: &str, json: &Value) -> Value {
        self.server.phone(method, path, Some(&self.token), json)
    }

    /// The phone tells about itself what a good one does.
    fn reports(&self, volume: f64) {
        self.phone(
            "PUT",
            "/v1/device/status",
            &json!({
                "platform": "desktop",
                "sound": {"effective_volume": volume, "output_present": true},
                "network": {"connectivity": "online", "stream_live": true}
            }),
        );
    }

    fn run(&self, arguments: &[&str]) -> crate::common::Said {
        self.home
            .run(&[arguments, &["--config", "ana.toml"]].concat())
    }
}

#[test]
fn a_drill_shows_every_rung_and_passes_when_the_phone_says_that_it_sounds() {
    let ana = Ana::new("en");
    let mut command = ana.home.command();
    command
        .args(["drill", "--audible", "--device", &ana.device])
        .args(["--config", "ana.toml"]);
    let mut drill = ana.home.beside(command, "drill.log");
    let head = drill.line();
    assert!(
        head.contains("audible drill") && head.contains("Ana's phone"),
        "{head} {}",
        drill.log()
    );
    let drills = ana.phone("GET", "/v1/drills", &Value::Null);
    let ordered = &drills[0]["drill"];
    assert_eq!(ordered["audible"], true);
    let at = ordered["at"].as_i64().unwrap();
    let report = |rung: &str, after: i64, more: Value| {
        let mut report = json!({"drill": ordered["id"], "rung": rung, "at": at + after});
        let more = more.as_object().unwrap().clone();
        report.as_object_mut().unwrap().extend(more);
        report
    };
    ana.phone(
        "POST",
        "/v1/receipts",
        &json!({"id": "0123456789abcdef0123456789abcdef", "receipts": [], "drills": [
            report("received", 12, json!({"transport": "web_push"})),
            report("sounding", 31, json!({"effective_volume": 0.8})),
        ]}),
    );
    let told = drill.rest();
    assert_eq!(drill.wait(), Some(0), "{told} {}", drill.log());
    let told: Vec<String> = told
        .lines()
        .map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "))
        .collect();
    for line in [
        "received by WebPush 12 ms",
        "sounding 31 ms",
        "the drill passed: you should have heard the siren at 80 % volume",
    ] {
        assert!(told.iter().any(|it| it == line), "{line} in {told:?}");
    }
}

#[test]
fn a_drill_that_does_not_arrive_fails_and_says_what_to_do() {
    let ana = Ana::new("en");
    let said = ana.run(&["drill", "--device", "Ana's phone", "--wait", "1s"]);
    assert_eq!(said.code, 1, "{said:?}");
    for told in ["did not receive the drill within 1 s", "tocsin devices"] {
        assert!(said.err.contains(told), "{told} in {}", said.err);
    }
    let json = ana.run(&["drill", "--device", &ana.device, "--wait", "1s", "--json"]);
    assert_eq!(json.code, 1, "{json:?}");
    assert_eq!(json.json()["device"], ana.device.as_str());
    let unknown = ana.run(&["drill", "--device", "zzz"]);
    assert_eq!(unknown.code, 3, "{unknown:?}");
    assert!(unknown.err.contains("Ana's phone"), "{unknown:?}");
}

#[test]
fn devices_and_oncall_say_what_is_wrong_and_what_to_do() {
    let ana = Ana::new("en");
    ana.reports(0.0);
    let devices = ana.run(&["devices"]).done().out;
    for told in [
        "Ana Silva (ana)",
        "● red",
        "Ana's phone",
        "no drill",
        "Bea Lindqvist (bea)",
    ] {
        assert!(devices.contains(told), "{told} in {devices}");
    }
    let json = ana.run(&["devices", "--json"]).done().json();
    let phone = json
        .as_array()
        .unwrap()
        .iter()
        .find(|device| device["device"] == ana.device.as_str())
        .unwrap();
    let worst = &phone["readiness"]["findings"][0];
    for text in ["what", "next"] {
        let text = worst[text]["en"].as_str().unwrap();
        assert!(devices.contains(text), "{text} in {devices}");
    }
    // It has not connected either, and nothing can be pushed to it.
    let on_call = ana.run(&["oncall"]).done().out;
    for told in ["● red   Ana Silva (ana)", "No page reaches it now"] {
        assert!(on_call.contains(told), "{told} in {on_call}");
    }
    assert!(devices.contains("No page reaches it now"), "{devices}");
    let json = ana.run(&["oncall", "--json"]).done().json();
    assert_eq!(json[0]["best_device"]["name"], "Ana's phone");
    assert_eq!(json[0]["best_device"]["light"], "red");
}

#[test]
fn a_login_of_the_command_line_is_no_pager() {
    let ana = Ana::new("en");
    let devices = ana.run(&["devices"]).done().out;
    for told in ["no device that can be paged", "tocsin command line"] {
        assert!(devices.contains(told), "{told} in {devices}");
    }
    let on_call = ana.run(&["oncall"]).done().out;
    assert!(on_call.contains("tocsin enroll ana"), "{on_call}");
    let drill = ana.run(&["drill"]);
    assert_eq!(drill.code, 3, "{drill:?}");
    assert!(drill.err.contains("tocsin enroll ana"), "{drill:?}");
}

#[test]
fn advice_is_given_in_the_language_of_the_login() {
    let ana = Ana::new("ko");
    ana.reports(0.0);
    let json = ana.run(&["devices", "--json"]).done().json();
    let phone = json
        .as_array()
        .unwrap()
        .iter()
        .find(|device| device["device"] == ana.device.as_str())
        .unwrap();
    let next = phone["readiness"]["findings"][0]["next"]["ko"]
        .as_str()
        .unwrap();
    let devices = ana.run(&["devices"]).done().out;
    assert!(devices.contains(next), "{next} in {devices}");
}
