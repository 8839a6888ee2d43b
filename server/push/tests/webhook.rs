//! Gateways against their peers: who is called, who never can be, and what nobody can smuggle in.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::sync::Arc;
use std::time::Duration;

use tempfile::NamedTempFile;
use tocsin_peers::faults::Fault;
use tocsin_peers::https::{Peer, ca_pem};
use tocsin_peers::webhook::{
    Condition, SEVEN_KEY, SIGNING_SECRET, Seven, Signed, TWILIO_SID, TWILIO_TOKEN, Telephones,
    Twilio, VONAGE_KEY, VONAGE_SECRET, Vonage,
};
use tocsin_push::guard::Guard;
use tocsin_push::settings::Settings;
use tocsin_push::webhook::{GatewayError, Webhook};
use tocsin_push::{Address, Outcome, Purpose, Push, Transport, Words};
use tocsin_ticket::Millis;

const NOW: Millis = Millis(1_790_000_000_000);
const ANA: &str = "+493012345678";

fn to(number: &str) -> Address {
    Address::Telephone {
        gateway: "ours".to_owned(),
        number: number.to_owned(),
    }
}

fn page() -> Push {
    Push {
        id: "b2JsaWdhdGlvbi0x".into(),
        purpose: Purpose::Page,
        payload: Arc::from(&b"{}"[..]),
        words: Arc::new(Words {
            subject: "SEV1 shop <down> & \"out\"".to_owned(),
            body: "Since 03:12.\nCheck in: https://t.example.org/1?a={number}&b=2".to_owned(),
        }),
        expires_at: Millis(NOW.0 + 419_001),
    }
}

/// A file with a credential; the path as TOML text.
fn secret(text: &str) -> (NamedTempFile, String) {
    let mut file = NamedTempFile::new().expect("a temporary file");
    writeln!(file, "{text}").expect("written");
    let source = format!("{{ file = {:?} }}", file.path());
    (file, source)
}

/// The gateway `ours` of these settings.
fn webhook(settings: &str, allow: bool) -> Result<Webhook, GatewayError> {
    let settings = Settings::parse(settings).expect("settings");
    let allowed: &[String] = if allow {
        &["127.0.0.1".to_owned()]
    } else {
        &[]
    };
    let guard = Guard::new(allowed).expect("a guard");
    let client = guard.client(ca_pem()).expect("a client");
    Webhook::start(&settings.gateway, guard, client)
}

struct Scene {
    peer: Peer,
    telephones: Telephones,
    webhook: Webhook,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Vendor {
    TwilioSms,
    TwilioCall,
    Vonage,
    Seven,
}

impl Vendor {
    const ALL: [Self; 4] = [Self::TwilioSms, Self::TwilioCall, Self::Vonage, Self::Seven];

    async fn scene(self) -> Scene {
        self.scene_as(None).await
    }

    async fn scene_as(self, wrong: Option<&str>) -> Scene {
        let telephones = Telephones::default();
        let behind = telephones.clone();
        let peer = match self {
            Self::TwilioSms | Self::TwilioCall => Peer::start(Twilio { telephones: behind }).await,
            Self::Vonage => Peer::start(Vonage { telephones: behind }).await,
            Self::Seven => Peer::start(Seven { telephones: behind }).await,
        }
        .expect("a peer");
        let (kind, fields, credential) = match self {
            Self::TwilioSms | Self::TwilioCall => {
                let kind = if self == Self::TwilioSms {
                    "twilio_sms"
                } else {
                    "twilio_call"
                };
                let fields = format!("account_sid = '{TWILIO_SID}'\nfrom = '+12025550123'");
                (kind, format!("{fields}\nauth_token = "), TWILIO_TOKEN)
            }
            Self::Vonage => {
                let fields = format!("api_key = '{VONAGE_KEY}'\nfrom = 'Tocsin'\napi_secret = ");
                ("vonage_sms", fields, VONAGE_SECRET)
            }
            Self::Seven => (
                "seven_sms",
                "from = 'Tocsin'\napi_key = ".to_owned(),
                SEVEN_KEY,
            ),
        };
        let (_file, source) = secret(wrong.unwrap_or(credential));
        let url = peer.url();
        let settings = format!("[gateway.ours.{kind}]\nbase_url = '{url}'\n{fields}{source}");
        Scene {
            webhook: webhook(&settings, true).expect("a transport"),
            peer,
            telephones,
        }
    }
}

impl Scene {
    async fn send(&self, number: &str) -> Outcome {
        let (to, page) = (to(number), page());
        let attempt = self.webhook.send(&to, &page, NOW);
        let outcome = tokio::time::timeout(Duration::from_secs(20), attempt).await;
        outcome.expect("an attempt ends")
    }
}

#[tokio::test]
async fn what_goes_over_the_wire() {
    for vendor in Vendor::ALL {
        let scene = vendor.scene().await;
        assert_eq!(scene.send(ANA).await, Outcome::Accepted, "{vendor:?}");
        let request = &scene.peer.requests()[0];
        let body = String::from_utf8(request.body.to_vec()).expect("text");
        let capture = format!("{}\n{body}", request.head());
        insta::assert_snapshot!(format!("webhook_wire_{vendor:?}"), capture);
    }
}

#[tokio::test]
async fn the_words_arrive_as_they_were_written() {
    let words = page().words;
    for vendor in [Vendor::TwilioSms, Vendor::Vonage, Vendor::Seven] {
        let scene = vendor.scene().await;
        assert_eq!(scene.send(ANA).await, Outcome::Accepted);
        let received = scene.telephones.received();
        assert_eq!(received[0].number, ANA);
        assert_eq!(
            received[0].text,
            format!("{}\n{}", words.subject, words.body)
        );
    }
    let scene = Vendor::TwilioCall.scene().await;
    assert_eq!(scene.send(ANA).await, Outcome::Accepted);
    let twiml = &scene.telephones.received()[0].text;
    assert!(
        twiml.contains("SEV1 shop &lt;down&gt; &amp; &quot;out&quot;. Since"),
        "{twiml}"
    );
}

#[tokio::test]
async fn a_page_of_any_length_is_one_message_that_is_taken() {
    let mut long = page();
    long.words = Arc::new(Words {
        subject: "SEV1".to_owned(),
        body: "&ü漢".repeat(4000),
    });
    for vendor in Vendor::ALL {
        let scene = vendor.scene().await;
        let outcome = scene.webhook.send(&to(ANA), &long, NOW).await;
        assert_eq!(outcome, Outcome::Accepted, "{vendor:?}");
        assert!(scene.telephones.received()[0].text.contains('…'));
    }
}

#[tokio::test]
async fn a_number_that_never_works_is_told_apart_from_a_bad_day() {
    let invalid = [Condition::Invalid; 4];
    let dead = Vendor::ALL.into_iter().zip(invalid).chain([
        (Vendor::TwilioSms, Condition::Unsubscribed),
        (Vendor::TwilioSms, Condition::Landline),
        (Vendor::Vonage, Condition::Unsubscribed),
    ]);
    for (vendor, condition) in dead {
        let scene = vendor.scene().await;
        scene.telephones.set(ANA, condition);
        let outcome = scene.send(ANA).await;
        assert!(
            matches!(outcome, Outcome::DeadToken { .. }),
            "{vendor:?} {condition:?} {outcome:?}"
        );
    }
    for vendor in Vendor::ALL {
        let scene = vendor.scene().await;
        for code in [429, 500, 502, 503, 504] {
            scene.peer.faults().next([Fault::later(code, "23")]);
            let Outcome::RetryAfter { after, .. } = scene.send(ANA).await else {
                panic!("{vendor:?} {code}");
            };
            assert_eq!(after, Some(Duration::from_secs(23)), "{vendor:?} {code}");
        }
        for (fault, code) in [(Fault::status(400), 400), (Fault::status(302), 302)] {
            scene.peer.faults().next([fault]);
            let outcome = scene.send(ANA).await;
            assert!(
                matches!(outcome, Outcome::Refused { .. }),
                "{vendor:?} {code} {outcome:?}"
            );
        }
        assert_eq!(scene.send(ANA).await, Outcome::Accepted);
        assert_eq!(scene.telephones.received().len(), 1);
    }
}

#[tokio::test]
async fn a_landline_can_be_called() {
    let scene = Vendor::TwilioCall.scene().await;
    scene.telephones.set(ANA, Condition::Landline);
    assert_eq!(scene.send(ANA).await, Outcome::Accepted);
}

#[tokio::test]
async fn what_is_no_number_is_not_dialled() {
    let scene = Vendor::TwilioSms.scene().await;
    for nonsense in [
        "",
        "03012345678",
        "+49301234567890123",
        "+49 30 1",
        "+1?To=+1900",
    ] {
        let outcome = scene.send(nonsense).await;
        assert!(
            matches!(outcome, Outcome::DeadToken { .. }),
            "{nonsense}: {outcome:?}"
        );
    }
    assert_eq!(scene.peer.received(), 0);
}

#[tokio::test]
async fn wrong_credentials_say_what_to_do_and_are_not_repeated() {
    for vendor in Vendor::ALL {
        let scene = vendor.scene_as(Some("wr0ngwr0ng")).await;
        let Outcome::Refused { why } = scene.send(ANA).await else {
            panic!("{vendor:?}");
        };
        assert!(why.contains("check "), "{why}");
        assert!(!why.contains("wr0ng"), "{why}");
        assert!(!format!("{:?}", scene.webhook).contains("wr0ng"));
    }
}

#[tokio::test]
async fn a_status_of_200_is_not_yet_an_acceptance() {
    let says = |code, body: &str| Fault::Status {
        code,
        retry_after: None,
        body: Some(body.to_owned()),
    };
    for vendor in Vendor::ALL {
        let scene = vendor.scene().await;
        for body in ["", "<html>Sign in</html>", "{}", r#"{"sid":null}"#] {
            scene.peer.faults().next([says(200, body)]);
            let outcome = scene.send(ANA).await;
            assert!(
                matches!(outcome, Outcome::Unknown { .. }),
                "{vendor:?} {body}: {outcome:?}"
            );
        }
    }
    let scene = Vendor::TwilioSms.scene().await;
    let failed = says(201, r#"{"sid":"SM1","status":"failed"}"#);
    scene.peer.faults().next([failed]);
    assert!(matches!(scene.send(ANA).await, Outcome::Unknown { .. }));

    let scene = Vendor::Seven.scene().await;
    for (body, expected) in [
        (r#"{"success":"202"}"#, "DeadToken"),
        (r#"{"success":"402"}"#, "RetryAfter"),
        (r#"{"success":"500"}"#, "Refused"),
        (r#"{"success":"600"}"#, "RetryAfter"),
        (r#"{"success":"900"}"#, "Refused"),
        ("900", "Refused"),
        (
            r#"{"success":"100","messages":[{"success":false}]}"#,
            "Unknown",
        ),
    ] {
        scene.peer.faults().next([says(200, body)]);
        let outcome = format!("{:?}", scene.send(ANA).await);
        assert!(outcome.starts_with(expected), "{body}: {outcome}");
    }
}

#[tokio::test]
async fn the_same_text_again_is_not_taken_for_sent_by_seven() {
    let scene = Vendor::Seven.scene().await;
    assert_eq!(scene.send(ANA).await, Outcome::Accepted);
    let Outcome::RetryAfter { after, .. } = scene.send(ANA).await else {
        panic!("the reload lock");
    };
    assert_eq!(after, Some(Duration::from_secs(180)));
}

#[tokio::test]
async fn a_broken_connection_says_that_it_may_have_arrived() {
    for vendor in Vendor::ALL {
        let scene = vendor.scene().await;
        for fault in [Fault::ResetBefore, Fault::ResetAfter] {
            scene.peer.faults().next([fault]);
            let outcome = scene.send(ANA).await;
            assert!(
                matches!(outcome, Outcome::Unknown { .. }),
                "{vendor:?}: {outcome:?}"
            );
        }
        assert_eq!(scene.telephones.received().len(), 1);
    }
}

#[tokio::test]
async fn a_gateway_that_says_goodbye_is_asked_again_at_once() {
    let scene = Vendor::TwilioSms.scene().await;
    assert_eq!(scene.send(ANA).await, Outcome::Accepted);
    scene.peer.faults().next([Fault::GoAway]);
    assert_eq!(scene.send(ANA).await, Outcome::Accepted);
    assert_eq!(scene.telephones.received().len(), 2);
    assert_eq!(scene.peer.connections(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn silence_ends_the_attempt_and_the_next_one_goes_through() {
    let scene = Vendor::Vonage.scene().await;
    scene.peer.faults().next([Fault::Stall]);
    let outcome = scene.send(ANA).await;
    assert!(matches!(outcome, Outcome::Unknown { .. }), "{outcome:?}");
    assert_eq!(scene.send(ANA).await, Outcome::Accepted);
}

#[tokio::test]
async fn one_connection_serves_a_whole_night() {
    let scene = Vendor::TwilioSms.scene().await;
    for _ in 0..20 {
        assert_eq!(scene.send(ANA).await, Outcome::Accepted);
    }
    assert_eq!(scene.peer.connections(), 1);
}

async fn signed(now_s: i64) -> Scene {
    let telephones = Telephones::default();
    let receiver = Signed {
        telephones: telephones.clone(),
        now_s,
    };
    let peer = Peer::start(receiver).await.expect("a peer");
    let (_file, key) = secret(SIGNING_SECRET);
    let (_token, token) = secret("t0ken");
    let settings = format!(
        "[gateway.ours.generic]\n\
         url = '{}/send/{{number}}?text={{subject}}'\n\
         headers = {{ 'Idempotency-Key' = '{{id}}', 'X-Token' = {token} }}\n\
         signing_secret = {key}\n\
         body.json = {{ to = '{{number}}', words = ['{{subject}}', '{{body}}'], urgent = true }}\n",
        peer.url()
    );
    Scene {
        webhook: webhook(&settings, true).expect("a transport"),
        peer,
        telephones,
    }
}

#[tokio::test]
async fn an_own_gateway_gets_what_its_template_says_signed() {
    let scene = signed(NOW.0 / 1000).await;
    assert_eq!(scene.send(ANA).await, Outcome::Accepted);
    let request = &scene.peer.requests()[0];
    let capture = format!(
        "{}\n{}",
        request.head(),
        scene.telephones.received()[0].text
    );
    insta::assert_snapshot!("webhook_wire_generic", capture);
}

#[tokio::test]
async fn a_receiver_refuses_a_clock_that_is_ten_minutes_wrong_and_we_say_so() {
    for wrong_s in [-600, 600] {
        let scene = signed(NOW.0 / 1000 + wrong_s).await;
        let Outcome::Refused { why } = scene.send(ANA).await else {
            panic!("{wrong_s}");
        };
        assert!(why.contains("timestamp"), "{why}");
    }
}

#[tokio::test]
async fn the_server_is_not_sent_into_its_own_network() {
    let settings = "[gateway.ours.generic]\nurl = 'https://127.0.0.1/{number}'";
    let error = webhook(settings, false).expect_err("a private address");
    assert!(error.to_string().starts_with("ours.url: "), "{error}");

    let peer = Peer::start(Vonage::default()).await.expect("a peer");
    let url = peer.url_by_name();
    let settings = format!("[gateway.ours.generic]\nurl = '{url}/{{number}}'");
    let outcome = webhook(&settings, false)
        .expect("a name is resolved when it is used")
        .send(&to(ANA), &page(), NOW)
        .await;
    let Outcome::Refused { why } = outcome else {
        panic!("{outcome:?}");
    };
    assert!(why.contains("allow_hosts"), "{why}");
    assert_eq!(peer.received(), 0);
}

#[test]
fn a_template_that_could_go_astray_is_refused_when_the_server_starts() {
    for (fields, field) in [
        ("url = 'http://sms.example.org/'", "url"),
        ("url = 'https://{number}.example.org/'", "url"),
        ("url = 'https://SMS.example.org:443/'", ""),
        ("url = 'https://sms.example.org'", "url"),
        ("url = 'https://sms.example.org{number}/'", "url"),
        ("url = 'https://sms.example.org:{number}/'", "url"),
        ("url = 'https://u:p@sms.example.org/'", "url"),
        (
            "url = 'https://a.example/'\nheaders = { X = '{body}' }",
            "headers",
        ),
        (
            "url = 'https://a.example/'\nheaders = { 'a b' = 'x' }",
            "headers",
        ),
        (
            "url = 'https://a.example/'\nheaders = { X = { env = 'TOCSIN_NO' } }",
            "headers",
        ),
        (
            "url = 'https://a.example/'\nsigning_secret = { env = 'CARGO_PKG_NAME' }",
            "signing_secret",
        ),
    ] {
        let started = webhook(&format!("[gateway.ours.generic]\n{fields}"), true);
        match started {
            Ok(_) => assert_eq!(field, "", "{fields}"),
            Err(error) => assert_eq!(error.problem.field, field, "{fields}: {error}"),
        }
    }
}

#[tokio::test]
async fn an_unknown_gateway_is_named() {
    let webhook = Webhook::start(
        &BTreeMap::new(),
        Guard::default(),
        Guard::default().client(ca_pem()).expect("a client"),
    );
    let outcome = webhook
        .expect("no gateways")
        .send(&to(ANA), &page(), NOW)
        .await;
    let Outcome::Refused { why } = outcome else {
        panic!("{outcome:?}");
    };
    assert!(why.contains("[gateway.ours]"), "{why}");
}
